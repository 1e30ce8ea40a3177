"""Start programs by their full path, and end them together with the programs that they started."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from agentsync.platform.plain_files import open_plain

if TYPE_CHECKING:
    import subprocess

    Process = subprocess.Popen[bytes]

_HEARTBEAT: Final = 0.5  # seconds
_ROOM: Final = 1 << 20  # bytes that a pipe of any user may hold
_ENDING: Final = ".exe" if sys.platform == "win32" else ""


def find_program(name: str, path: str | None) -> str | None:
    """Return the full path of a program, None where it is in no folder of `path`.

    A relative folder is not searched, nor is the current one, where a project may hold a program of this name.

    Args:
        name: its name, without an ending.
        path: the value of `PATH`, None where it is not set.
    """
    for folder in (path or os.defpath).split(os.pathsep):
        where = Path(folder, f"{name}{_ENDING}")
        if where.is_absolute() and where.is_file() and os.access(where, os.X_OK):
            return str(where)
    return None


def finds_as_git() -> bool:
    """Return whether git finds the programs that we do: on Windows it brings a shell and an ssh of its own."""
    return os.name == "posix"


def is_script(program: str) -> bool:
    """Return whether a program is a script, as one is that a person puts before another program of its name."""
    try:
        handle = open_plain(program, follow=True)
    except OSError:
        return False
    try:
        return os.read(handle, 2) == b"#!"
    finally:
        os.close(handle)


def start(
    command: Sequence[str], environment: Mapping[str, str], cwd: Path, *, errors: IO[bytes] | None = None
) -> Process:
    """Start a program in a group of its own, with pipes to its standard streams.

    Args:
        command: its full path and its arguments.
        environment: all of its variables.
        cwd: the folder to run in.
        errors: the file that takes its standard error, None for a pipe.

    Raises:
        OSError: where it cannot be started.
    """
    import subprocess  # many commands start no program

    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors or subprocess.PIPE,
        env=environment,
        cwd=cwd,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def communicate(process: Process, data: bytes) -> tuple[bytes, bytes]:
    """Send a program its input, and return its output and errors.

    On Windows, Ctrl-C is handled only between two waits: there the wait begins anew again and again. Elsewhere, Python
    would not write the rest of the input in the second one.
    """
    import subprocess

    if sys.platform != "win32":
        return process.communicate(data)
    left: bytes | None = data
    while True:
        try:
            return process.communicate(left, timeout=_HEARTBEAT)
        except subprocess.TimeoutExpired:
            left = None  # it goes on with what it has


def terminate(process: Process) -> None:
    """Ask a program, and those that it started, to end; on Windows they are killed, as there is no way to ask."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # it has ended
            os.killpg(process.pid, signal.SIGTERM)
    else:
        kill(process)


def kill(process: Process) -> None:
    """Kill a program and those that it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return
    if sys.platform == "win32" and process.poll() is None:
        import subprocess

        killer = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
        with suppress(OSError):
            subprocess.run([killer, "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    process.kill()


def close_pipes(process: Process) -> None:
    """Close our ends of a program's pipes."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def widened(pipe: int) -> int:
    """Let a pipe hold as much as a user may ask for, so that its writer waits less; return how much, 0 for unknown."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # other pipes of this user hold too much
            return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _ROOM)
    return 0


def run_in_front(command: Sequence[str], cwd: Path, *, shows_output: bool) -> int:
    """Run a program with our own terminal in a folder, and return its exit code, as a shell tells it.

    Args:
        command: its name or path, and its arguments.
        shows_output: whether its standard output is ours; else it goes to our standard error.

    Raises:
        OSError: where it cannot be started.
    """
    import subprocess

    done = subprocess.run(command, cwd=cwd, stdout=None if shows_output else sys.stderr, check=False)
    return done.returncode if done.returncode >= 0 else 128 - done.returncode
