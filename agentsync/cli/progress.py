"""The progress of a command, for a person to watch."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from agentsync.cli.streams import to_stderr
from agentsync.reporting.failure import shown

_PATIENCE: Final = 0.5  # seconds


class Progress:
    """The display of what is being fetched, on standard error, once it takes longer than half a second.

    Args:
        wanted: whether to show anything at all; never shown where standard error is no terminal.
        as_lines: write every step as a line instead, terminal or not.
    """

    def __init__(self, wanted: bool = True, *, as_lines: bool = False) -> None:
        self._shown = as_lines or (wanted and sys.stderr.isatty())
        self._as_lines = as_lines
        self._text = ""
        self._status: Any = None
        self._timer: threading.Timer | None = None
        self._guard = threading.Lock()

    @property
    def steps(self) -> Callable[[str], None] | None:
        """The listener to what is being done; None where it is not shown."""
        return self if self._shown else None

    @property
    def counts(self) -> Callable[[str], None] | None:
        """The listener to how far a fetch is; None where it is not shown, or would fill the screen."""
        return None if self._as_lines else self.steps

    def __call__(self, text: str) -> None:
        """Say what is being done now; may come from several threads."""
        if not self._shown or not text:
            return
        if self._as_lines:
            to_stderr(text)
            return
        with self._guard:
            self._text = shown(text)
            if self._status is not None:
                self._status.update(self._text)
            elif self._timer is None:
                self._timer = threading.Timer(_PATIENCE, self._start)
                self._timer.daemon = True
                self._timer.start()

    def _start(self) -> None:
        from rich.console import Console

        with self._guard:
            if self._shown:
                self._status = Console(stderr=True).status(self._text, spinner="line")
                self._status.start()

    def close(self) -> None:
        """Show nothing from now on."""
        with self._guard:
            self._shown = False
            if self._timer is not None:
                self._timer.cancel()
            if self._status is not None:
                self._status.stop()
