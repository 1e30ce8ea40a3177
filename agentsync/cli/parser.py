"""The command line as typer reads it: every command, with help for people and answers to mistakes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.exceptions import TyperException

from agentsync.cli.all_commands import EXAMPLES, GROUPS, MEMBERS
from agentsync.cli.console import Terminal
from agentsync.cli.help import HelpedCommand, HelpedGroup
from agentsync.cli.performing import perform
from agentsync.cli.suggestions import help_for, suggestion
from agentsync.cli.table import Argument, Command, Flag, Group
from agentsync.errors import Exit, UsageError

_GLOBAL: Final = (
    Flag("--version", "Print the version."),
    Flag("-C", "Run in this folder; anywhere on the line.", str, name="folder", metavar="FOLDER"),
)


def call(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run the command that a command line names.

    Args:
        arguments: the command line without the program's name.
        terminal: where a mistake in it is told.

    Returns:
        The exit code.
    """
    # An option with a value that may be left away is nothing that typer knows.
    words = ["--accept-grants=*" if word == "--accept-grants" else word for word in arguments]
    try:
        code = int(parser()(words, prog_name="agentsync", standalone_mode=False) or Exit.OK)
        # What typer makes of Ctrl-C.
        return terminal.interrupted(Exit.INTERRUPTED) if code == Exit.INTERRUPTED else code
    except TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if message.startswith("Usage: "):  # no command was named: what there is to choose from is the answer
            typer.echo(message, err=True)
            return Exit.USAGE
        return terminal.fail(_mistake(words, terminal.command, message))
    except typer.Exit as exit_:
        return exit_.exit_code
    except typer.Abort:
        return terminal.interrupted(Exit.INTERRUPTED)


def parser() -> TyperGroup:
    """Build typer's command line from the table."""

    def answer(*, version: bool, folder: str) -> None:
        assert not folder, "it is read before the command is known"
        if version:
            from agentsync import __version__

            typer.echo(f"agentsync {__version__}")
            raise typer.Exit

    return HelpedGroup(
        name="agentsync",
        help="The package manager for the files that steer AI coding tools.",
        params=[_option(flag) for flag in _GLOBAL],
        callback=answer,
        commands=_members(MEMBERS),
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        rich_markup_mode=None,
    )


def _members(members: Mapping[str, Command | Group], group: str = "") -> dict[str, Any]:
    return {
        name: _group(one) if isinstance(one, Group) else _command(one, f"{group} {name}".strip())
        for name, one in members.items()
    }


def _group(group: Group) -> TyperGroup:
    return HelpedGroup(
        name=group.name,
        help=group.help,
        commands=_members(group.members, group.name),
        no_args_is_help=True,
        rich_markup_mode=None,
    )


def _command(command: Command, name: str) -> HelpedCommand:
    def run(**given: Any) -> int:
        return perform(name, {parameter: value for parameter, value in given.items() if value is not None})

    return HelpedCommand(
        name=command.name,
        help=command.help,
        params=[_argument(one) if isinstance(one, Argument) else _option(one) for one in command.parameters],
        callback=run,
        rich_markup_mode=None,
    )


def _option(flag: Flag) -> TyperOption:
    return TyperOption(
        param_decls=[flag.parameter, *flag.spelled.split()],
        type=None if flag.type is bool else str,
        is_flag=flag.type is bool,
        multiple=flag.type is tuple,
        default=flag.default if flag.type is tuple else flag.default or flag.type(),
        show_default=True,
        help=flag.help,
        metavar=flag.metavar,
    )


def _argument(argument: Argument) -> TyperArgument:
    return TyperArgument(
        param_decls=[argument.parameter],
        type=str if argument.type is tuple else argument.type,
        nargs=-1 if argument.type is tuple else None,
        required=argument.required,
        default=argument.default,
        help=argument.help,
    )


def _mistake(words: Sequence[str], command: str, message: str) -> UsageError:
    """Return what is wrong with a command line, and what to write instead."""
    if not message.startswith("No such command"):
        hint = f"agentsync {command} --help" if command in EXAMPLES and command else help_for(words or ["--help"])
        misplaced = words[:1] and words[0].startswith("-") and hint != "agentsync --help"
        why = "it stands before the command; options of a command stand behind it" if misplaced else ""
        return UsageError(message.rstrip("."), why=why, hint=hint)
    group, line = (words[0], words[1:]) if words[0] in GROUPS else ("", words)
    return UsageError(f"there is no command {command!r}", hint=_that_runs(suggestion(line, group)))


def _that_runs(line: str) -> str:
    """Return the command line that is meant or, where its words are not enough for it, the help of its command."""
    words = shlex.split(line)[1:]
    known: Any = parser()
    path: list[str] = []
    while words and words[0] in getattr(known, "commands", ()):
        path.append(words.pop(0))
        known = known.commands[path[-1]]
    if hasattr(known, "commands") or {"--help", "-h"} & set(words):
        return line
    try:
        known.make_context(path[-1], words)
    except TyperException:
        return shlex.join(["agentsync", *path, "--help"])
    return line
