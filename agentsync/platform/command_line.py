"""Run a command line that the user gave, in the shell of the system; what it is about comes in variables alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from agentsync.platform.processes import communicate, find_program, start


def run_command_line(line: str, variables: Mapping[str, str]) -> tuple[int, str]:
    """Run a command line with more variables; return its exit code, and what it printed.

    Nothing is put into the line.
    """
    if sys.platform == "win32":
        command = [os.environ.get("COMSPEC", "cmd.exe"), "/d", "/c", line]
    else:
        command = [find_program("sh", os.environ.get("PATH")) or "/bin/sh", "-c", line]
    process = start(command, {**os.environ, **variables}, Path.cwd())
    out, err = communicate(process, b"")
    return process.returncode, (out + err).decode("utf-8", "replace").strip()
