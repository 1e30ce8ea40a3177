"""Standard output and standard error, closed, full or not read to the end; progress and questions for a person."""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, ParamSpec, TypeVar

from agentsync.errors import DiskError, UsageError
from agentsync.platform.streams import drop, moves_cursor, shows_colours
from agentsync.reporting.failure import shown

_PATIENCE: Final = 0.5  # seconds

_P = ParamSpec("_P")
_R = TypeVar("_R")


def is_attended(*, as_json: bool) -> bool:
    """Return whether a person can be asked: a terminal at both ends, and no program that reads the output."""
    return not as_json and sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def writing() -> Iterator[None]:
    """Print everything at the end; a reader that goes away, as `| head` does, has read enough."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        drop(sys.stdout)
        # On Windows it is EINVAL.
        if isinstance(error, BrokenPipeError) or error.errno == errno.EINVAL:
            return
        raise DiskError(
            "cannot write the output",
            why=(error.strerror or str(error)).lower(),
            hint="what was to be done is done; send the output elsewhere and look with `agentsync status`",
        ) from error


def to_stdout(line: str, *, verbatim: bool = False, colours: bool = False) -> None:
    """Print one line of data, escaped as `shown` does; bytes stay bytes in a patch that no terminal shows."""
    if colours and not verbatim:
        print(_painted(shown(line)))
    elif verbatim and not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape") + b"\n")
    else:
        print(shown(line))


def to_stderr(line: str) -> None:
    """Print one line for a person; where it cannot be written, the exit code still tells."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.write((_painted(shown(line)) if shows_colours(sys.stderr) else shown(line)) + "\n")
        sys.stderr.flush()


def _painted(line: str) -> str:
    from agentsync.reporting.paint import paint_line  # few outputs are in colour

    return paint_line(line)


def confirm(lines: Sequence[str], question: str) -> bool:
    """Show lines, and let a person say yes or no; no where only Enter is pressed."""
    for line in lines:
        to_stderr(line)
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def choose(described: Mapping[str, str]) -> Sequence[str]:
    """Let a person choose some names, each given with its description.

    Raises:
        UsageError: for another name, and where none is chosen.
        KeyboardInterrupt: where the person leaves all as it is.
    """
    if not moves_cursor(sys.stderr):
        return _choose_by_numbers([*described])
    from agentsync.cli.chooser import choose_by_keys  # prompt_toolkit takes long to load

    chosen = choose_by_keys(described)
    to_stderr(f"chosen: {', '.join(chosen)}")
    return chosen


def _choose_by_numbers(names: Sequence[str]) -> Sequence[str]:
    for number, name in enumerate(names, start=1):
        to_stderr(f"{number:>4}  {name}")
    words = _answer("which (numbers or names, with blanks between): ").split()
    chosen = [names[int(word) - 1] if word.isdecimal() and 0 < int(word) <= len(names) else word for word in words]
    unknown = [word for word in chosen if word not in names]
    if unknown or not chosen:
        raise UsageError(f"no such pack: {', '.join(unknown)}" if unknown else "nothing chosen")
    return chosen


def _answer(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


class Progress:
    """The display of what is being fetched, on standard error, once it takes longer than half a second.

    Args:
        wanted: whether to show anything at all; never shown where standard error is no terminal.
        as_lines: write every step as a line instead, terminal or not.
    """

    def __init__(self, wanted: bool, *, as_lines: bool) -> None:
        self._shown = as_lines or (wanted and sys.stderr.isatty())
        self._as_lines = as_lines
        self.steps = self._show if self._shown else None
        """The listener to what is being done; None where it is not shown. It may be called from several threads."""
        self.counts = None if as_lines else self.steps
        """The listener to how far a fetch is; None where it is not shown, or would fill the screen."""
        self._text = ""
        self._status: Any = None
        self._timer: threading.Timer | None = None
        self._guard = threading.Lock()

    def _show(self, text: str) -> None:
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
            if self._shown and self._timer is not None:
                self._status = Console(stderr=True).status(self._text, spinner="line")
                self._status.start()

    def aside(self, ask: Callable[_P, _R]) -> Callable[_P, _R]:
        """Return a function that asks a person something, while no progress is shown."""

        def asking(*arguments: _P.args, **named: _P.kwargs) -> _R:
            self._clear()
            return ask(*arguments, **named)

        return asking

    def close(self) -> None:
        """Show nothing from now on."""
        self._shown = False
        self._clear()

    def _clear(self) -> None:
        """Take away what is shown; the next step shows it anew."""
        with self._guard:
            if self._timer is not None:
                self._timer.cancel()
            if self._status is not None:
                self._status.stop()
            self._timer = self._status = None
