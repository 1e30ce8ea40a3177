"""A person at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios

from tests.sandbox import AGENTSYNC, SECONDS, Sandbox


def answered(sandbox: Sandbox, answer: str, *arguments: str) -> tuple[int, str]:
    """Run agentsync on a terminal and type an answer; returns the exit code and what was asked."""
    person, program = pty.openpty()
    try:
        process = subprocess.Popen(
            [*AGENTSYNC, *arguments],
            cwd=sandbox.project,
            env=sandbox.environment(),
            stdin=program,
            stdout=subprocess.PIPE,
            stderr=program,
        )
        os.write(person, f"{answer}\n".encode())
        process.communicate(timeout=SECONDS)
        shown = os.read(person, 65536).decode()
    finally:
        os.close(person)
        os.close(program)
    return process.returncode, shown


def pressed(
    sandbox: Sandbox, keys: str, *arguments: str, term: str = "xterm", size: tuple[int, int] = (24, 80), **env: str
) -> tuple[int, str]:
    """Run agentsync on a terminal of that size (rows, columns), and press keys once it shows a chooser.

    Returns the exit code and everything that was drawn.
    """
    person, program = pty.openpty()
    fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    process = subprocess.Popen(
        [*AGENTSYNC, *arguments],
        cwd=sandbox.project,
        env=sandbox.environment(TERM=term, **env),
        stdin=program,
        stdout=program,
        stderr=program,
    )
    os.close(program)
    drawn, waits = b"", True
    with os.fdopen(person, "r+b", buffering=0) as terminal:
        while part := _read(terminal.fileno()):
            drawn += part
            if waits and (b"[ ]" in drawn or b"which (" in drawn):
                waits = False
                terminal.write(keys.encode())
        return process.wait(timeout=SECONDS), drawn.decode(errors="replace")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: the other end is closed
        return b""
