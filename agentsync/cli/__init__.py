"""The command line: flags in, exit code out, and the one place where failures end."""

from __future__ import annotations

import sys
from types import FrameType

from agentsync.cli.command_line import command_in, prepared, read
from agentsync.cli.console import Terminal
from agentsync.cli.performing import perform
from agentsync.errors import AgentsyncError, Exit
from agentsync.platform.modes import write_for_user_alone
from agentsync.platform.streams import drop


class Terminated(SystemExit):
    """A request to end the process: like Ctrl-C, with an exit code of its own."""


def terminate(number: int, frame: FrameType | None) -> None:
    """Answer a request to end: undo and let go, as for Ctrl-C."""
    raise Terminated(Exit.TERMINATED)


def run(arguments: list[str]) -> int:
    """Run a command line without the program's name; return an exit code of `docs/reference/exit-codes.md`."""
    if "--profile" not in arguments:
        return _run(arguments)
    from agentsync.cli.profile import profiled

    return profiled(lambda: _run([word for word in arguments if word != "--profile"]))


def _run(arguments: list[str]) -> int:
    write_for_user_alone()  # git obeys the files of a cached repository
    terminal = Terminal(command_in(arguments), as_json="--json" in arguments, is_user="--user" in arguments)
    try:
        words = prepared(arguments)
        terminal.command = command_in(words)
        given = read(words, terminal.command)
        if given is not None:
            return perform(terminal.command, given)
        from agentsync.cli.parser import call

        return call(words, terminal)
    except Terminated:
        return terminal.interrupted(Exit.TERMINATED)
    except KeyboardInterrupt:
        return terminal.interrupted(Exit.INTERRUPTED)
    except AgentsyncError as error:
        return terminal.fail(error)
    except BrokenPipeError:
        drop(sys.stdout)  # its reader has closed it, as `| head` does
        return Exit.OK
    except (OSError, UnicodeError) as error:
        return terminal.refused(error)
    except Exception as error:
        if (code := _wrapped_request(error)) is not None:
            return terminal.interrupted(code)
        return terminal.bug(error)


def _wrapped_request(error: Exception) -> Exit | None:
    """Return the exit code of a request to end that came while a class was made: before 3.12 Python wraps it."""
    if isinstance(error.__cause__, Terminated):
        return Exit.TERMINATED
    return Exit.INTERRUPTED if isinstance(error.__cause__, KeyboardInterrupt) else None
