"""A person who types into a shell on a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_BEGIN: Final = "\x01"  # Ctrl-A: to the begin of the line
_SECONDS: Final = 60
# Becomes a program that has the terminal as its own, without which fish does not start.
_OWNING: Final = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def typed(shell: str, environment: Mapping[str, str], folder: Path, keys: str) -> str:
    """Type keys into an interactive shell, then let it echo the line that came of them; return what was drawn.

    After each tab it is waited until the shell has nothing to draw any more.
    """
    person, program = pty.openpty()
    command = [sys.executable, "-c", _OWNING, shell, "-i"]
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdin=program, stdout=program, stderr=program
    )
    os.close(program)
    try:
        _drawn(person, 3.0)
        for part in keys.split("\t")[:-1]:
            os.write(person, part.encode())
            _drawn(person, 0.5)
            os.write(person, b"\t")
            _drawn(person, 2.0)
        os.write(person, f"{_BEGIN}echo ".encode())
        _drawn(person, 0.5)
        os.write(person, b"\r")
        return _drawn(person, 2.0)
    finally:
        process.kill()
        process.wait()
        os.close(person)


def _drawn(terminal: int, quiet: float) -> str:
    """Return what is drawn until nothing was for some seconds."""
    drawn, end = b"", time.monotonic() + _SECONDS
    while time.monotonic() < end and select.select([terminal], [], [], quiet)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        drawn += part
    return drawn.decode(errors="replace")
