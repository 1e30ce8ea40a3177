"""The entry point: answers `--version` at once, and hands everything else to the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run agentsync on the arguments of this process, and exit."""
    if sys.argv[1:] == ["--version"]:
        from agentsync import __version__

        print(f"agentsync {__version__}")
        raise SystemExit(0)
    import signal

    from agentsync.cli import run, terminate

    signal.signal(signal.SIGTERM, terminate)
    raise SystemExit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
