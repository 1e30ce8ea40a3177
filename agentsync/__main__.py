"""The entry point: gives at once the answers that need no work, and hands everything else to the command line."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # for type checkers it is true: `typing` itself takes long to load
if TYPE_CHECKING:
    from typing import NoReturn

# How many objects are made before a search for garbage in cycles: loading modules makes tens of thousands,
# none of them garbage.
_GARBAGE = 200_000


def main() -> NoReturn:
    """Run agentsync on the arguments of this process, and exit."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from agentsync import __version__

        if _said(f"agentsync {__version__}"):
            os._exit(0)
    from agentsync.unchanged import answer

    line = answer(arguments)
    if line is not None and _said(line):
        os._exit(0)
    import gc
    import signal

    gc.set_threshold(_GARBAGE)
    from agentsync.cli import run, terminate

    signal.signal(signal.SIGTERM, terminate)
    _end(run(arguments))


def _end(code: int) -> NoReturn:
    """End the process at once: taking all of Python down in order takes a third as long as most commands.

    Nothing is left to do by then. Every file is closed, every lock let go, every thread has ended.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # closed, or never there: what mattered was flushed, and told, where it was written
    os._exit(code)


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
