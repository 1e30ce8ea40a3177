"""The entry point: gives at once the answers that need no work, and hands everything else to the command line."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run agentsync on the arguments of this process, and exit."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from agentsync import __version__

        print(f"agentsync {__version__}")
        raise SystemExit(0)
    from agentsync.unchanged import answer

    line = answer(arguments)
    if line is not None and _said(line):
        raise SystemExit(0)
    import signal

    from agentsync.cli import run, terminate

    signal.signal(signal.SIGTERM, terminate)
    raise SystemExit(run(arguments))


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
