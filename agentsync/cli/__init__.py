"""The command line: flags in, exit code out, and the one place where failures end."""

from __future__ import annotations

from types import FrameType
from typing import Annotated

import typer

from agentsync.cli import changing, looking, merging, registries
from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.terminal import Terminal


def _app(command: str) -> typer.Typer:
    """The command line, with one command alone where it is known: typer takes a millisecond to build each."""
    app = typer.Typer(
        name="agentsync",
        help="The package manager for the files that steer AI coding tools.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_global)
    declared = [info for group in (changing, merging, looking, registries) for info in group.app.registered_commands]
    app.registered_commands += [info for info in declared if info.name == command] or declared
    if len(app.registered_commands) > 1:
        app.add_typer(registries.registries, name="registry")
        app.add_typer(registries.cache, name="cache")
        app.add_typer(registries.policy, name="policy")
    return app


def _global(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from agentsync import __version__

        typer.echo(f"agentsync {__version__}")
        raise typer.Exit


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
    from typer.exceptions import TyperException

    # An option with a value that may be left away is nothing that typer knows.
    arguments = ["--accept-grants=*" if word == "--accept-grants" else word for word in arguments]
    terminal = Terminal(_command_in(arguments), as_json="--json" in arguments)
    try:
        app = _app(arguments[0] if arguments else "")
        return int(app(arguments, prog_name="agentsync", standalone_mode=False) or Exit.OK)
    except TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if message.startswith("Usage: "):  # no command was named: what there is to choose from is the answer
            typer.echo(message, err=True)
            return Exit.USAGE
        known = terminal.command and not message.startswith("No such command")
        hint = f"agentsync {terminal.command} --help" if known else "agentsync --help"
        return terminal.fail(UsageError(message.rstrip("."), hint=hint))
    except typer.Exit as exit_:
        return exit_.exit_code
    except Terminated:
        return Exit.TERMINATED
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except AgentsyncError as error:
        return terminal.fail(error)
    except BrokenPipeError:
        return _reader_went_away()
    except OSError as error:
        return terminal.refused(error)
    except Exception as error:
        return terminal.bug(error)


def _command_in(arguments: list[str]) -> str:
    """The command that is meant, for messages: one word, or two for a group."""
    words = [word for word in arguments if not word.startswith("-")]
    return " ".join(words[: 2 if words[:1] in (["registry"], ["cache"], ["policy"]) else 1])


def _reader_went_away() -> int:
    """Whoever read our output closed it, as `| head` does: no more can be said, and none has to be."""
    import os
    import sys

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK
