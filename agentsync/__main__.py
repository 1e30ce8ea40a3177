"""The entry point: gives at once the answers that need no work, and hands everything else to the command line."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # for type checkers it is true: `typing` itself takes long to load
if TYPE_CHECKING:
    from typing import NoReturn

# How many objects are made before a search for garbage in cycles: loading modules makes tens of thousands,
# none of them garbage.
_GARBAGE = 500_000
# Seconds after which a thread that computes lets one go on that has waited for a program or a network.
_TURN = 0.0005
_INTERRUPTED = 130  # `Exit.INTERRUPTED`, which takes a while to load


def main() -> NoReturn:
    """Run agentsync on the arguments of this process, and end the process."""
    try:
        code = exit_code(sys.argv[1:])
    except KeyboardInterrupt:  # before the command line was loaded, which answers it
        code = _INTERRUPTED
    # All is done: every file is closed, every lock let go, every thread has ended. To take all of
    # Python down in order would take a third as long as most commands.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # closed, or never there: what mattered was flushed, and told, where it was written
    os._exit(code)


def exit_code(arguments: list[str]) -> int:
    """Run agentsync.

    Args:
        arguments: the command line without the program's name.

    Returns:
        What the process ends with.
    """
    if (shell := os.environ.get("_AGENTSYNC_COMPLETE")) is not None:
        from agentsync.cli.completing import answer as answer_shell

        return answer_shell(shell)
    if arguments == ["--version"]:
        from agentsync.built import version

        if _said(f"agentsync {version()}"):
            return 0
    from agentsync.disk.clean_record import answer

    line = answer(arguments)
    if line is not None and _said(line):
        return 0
    import gc
    import signal

    gc.set_threshold(_GARBAGE)
    sys.setswitchinterval(_TURN)
    from agentsync.cli import run, terminate

    signal.signal(signal.SIGTERM, terminate)
    return run(arguments)


def _said(line: str) -> bool:
    """Print a line; False where that is not possible, which the command line knows how to tell."""
    if sys.stdout is None:
        return False
    try:
        return os.write(sys.stdout.fileno(), f"{line}\n".encode()) > 0
    except OSError:
        return False


if __name__ == "__main__":
    main()
