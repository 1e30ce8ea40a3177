"""The command line: flags in, exit code out, and the one place where failures end."""

from __future__ import annotations

import os
from types import FrameType

from agentsync.cli.console import Terminal
from agentsync.cli.plain import act_of
from agentsync.cli.words import command_in, prepared
from agentsync.errors import AgentsyncError, Exit


class Terminated(SystemExit):
    """Somebody asked the process to end: like Ctrl-C, with an exit code of its own."""


def terminate(number: int, frame: FrameType | None) -> None:
    """What a process does that is asked to end: undo and let go, as for Ctrl-C."""
    raise Terminated(Exit.TERMINATED)


def run(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name.

    Returns:
        The exit code, as `docs/reference/exit-codes.md` lists them.
    """
    if "--profile" not in arguments:
        return _run(arguments)
    from agentsync.cli.profile import profiled

    return profiled(lambda: _run([word for word in arguments if word != "--profile"]))


def _run(arguments: list[str]) -> int:
    # Git obeys what stands in a cached repository: it is never made so that everybody may write to it.
    os.umask(os.umask(0o077) | 0o002)
    terminal = Terminal(command_in(arguments), as_json="--json" in arguments)
    try:
        words = prepared(arguments)
        terminal.command = command_in(words)
        terminal.is_user = "--user" in words
        act = act_of(words)
        if act is not None:
            return act()
        from agentsync.cli.app import call

        return call(words, terminal)
    except Terminated:
        return terminal.interrupted(Exit.TERMINATED)
    except KeyboardInterrupt:
        return terminal.interrupted(Exit.INTERRUPTED)
    except AgentsyncError as error:
        return terminal.fail(error)
    except BrokenPipeError:
        return _reader_went_away()
    except OSError as error:
        return terminal.refused(error)
    except Exception as error:
        return terminal.bug(error)


def _reader_went_away() -> int:
    """Whoever read our output closed it, as `| head` does: no more can be said, and none has to be."""
    import sys

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK
