"""A person at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess

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
