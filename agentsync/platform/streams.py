"""Standard streams: their encodings, and terminals that show colours."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

_OUTPUT_HANDLE: Final = -11  # STD_OUTPUT_HANDLE
_SHOWS_COLOURS: Final = 0x0004  # ENABLE_VIRTUAL_TERMINAL_PROCESSING


def prepare_streams() -> None:
    """Replace streams that are closed, and let what the encoding of the others lacks be written as an escape."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def drop(stream: TextIO) -> None:
    """Let go of an open stream, so that nothing is written to it again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def shows_colours(output: TextIO) -> bool:
    """Return whether an output is a terminal that shows colours, and its user wants them.

    A console of Windows shows them once that is switched on. `NO_COLOR` has the last word, and `FORCE_COLOR` asks
    for them where no terminal is.

    Sources: https://no-color.org; https://force-color.org; SetConsoleMode (Microsoft).
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") and not output.isatty():
        return True
    if os.environ.get("TERM") == "dumb" or not output.isatty():
        return False
    if sys.platform == "win32":
        with suppress(AttributeError, OSError):
            return _switch_on()
        return False
    return True


def moves_cursor(output: TextIO) -> bool:
    """Return whether an output is a terminal on which a program may move the cursor and draw again."""
    if not output.isatty() or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    if sys.platform == "win32":
        with suppress(AttributeError, OSError):
            return _switch_on()
        return False
    return bool(os.environ.get("TERM"))


def _switch_on() -> bool:
    import ctypes

    console = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle, mode = console.GetStdHandle(_OUTPUT_HANDLE), ctypes.c_uint32()
    if not console.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    return bool(console.SetConsoleMode(handle, mode.value | _SHOWS_COLOURS))
