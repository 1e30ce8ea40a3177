"""The command line as typer reads it: every command, with help for people and answers to mistakes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException
from typer.models import CommandInfo

from agentsync.cli import changing, looking, merging, registries
from agentsync.cli.console import Terminal
from agentsync.cli.helping import Command, Group
from agentsync.cli.words import GROUPS, help_for, suggestion
from agentsync.errors import Exit, UsageError


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
        code = int(app(words[0] if words else "")(words, prog_name="agentsync", standalone_mode=False) or Exit.OK)
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


def _mistake(words: Sequence[str], command: str, message: str) -> UsageError:
    """What is wrong with a command line, and what to write instead."""
    if not message.startswith("No such command"):
        known = command if command in names() or command in GROUPS else ""
        hint = f"agentsync {known} --help" if known else help_for(words or ["--help"], names())
        misplaced = words[:1] and words[0].startswith("-") and hint != "agentsync --help"
        why = "it stands before the command; options of a command stand behind it" if misplaced else ""
        return UsageError(message.rstrip("."), why=why, hint=hint)
    group, line = (words[0], words[1:]) if words[0] in GROUPS else ("", words)
    inside = [
        name.partition(" ")[2] if group else name for name in names() if name.startswith(f"{group} ") or not group
    ]
    meant = suggestion(line, [name for name in inside if " " not in name], group)
    return UsageError(f"there is no command {command!r}", hint=_that_runs(meant))


def _that_runs(line: str) -> str:
    """Return the command line that is meant or, where its words are not enough for it, the help of its command."""
    words = shlex.split(line)[1:]
    known: Any = typer.main.get_command(app())
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


def names() -> list[str]:
    """Every command, those of a group with the group's name before theirs."""
    alone = [info.name for group in (changing, merging, looking, registries) for info in group.app.registered_commands]
    grouped = [
        f"{name} {info.name}"
        for name, group in zip(GROUPS, (registries.registries, registries.cache, registries.policy), strict=True)
        for info in group.registered_commands
    ]
    return [*filter(None, alone), *GROUPS, *grouped]


def app(command: str = "") -> typer.Typer:
    """The command line, with one command alone where it is known: typer takes a millisecond to build each."""
    whole = typer.Typer(
        name="agentsync",
        cls=Group,
        help="The package manager for the files that steer AI coding tools.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    whole.callback()(_global)
    declared = [info for group in (changing, merging, looking, registries) for info in group.app.registered_commands]
    if command == "--help":
        declared = [_named(info) for info in declared]
    for info in declared:
        info.cls = Command
    whole.registered_commands += [info for info in declared if info.name == command] or declared
    if len(whole.registered_commands) > 1:
        for name, group in zip(GROUPS, (registries.registries, registries.cache, registries.policy), strict=True):
            for info in group.registered_commands:
                info.cls = Command
            whole.add_typer(group, name=name, cls=Group)
    return whole


def _named(info: CommandInfo) -> CommandInfo:
    """A command by its name and its first line, which is all that the help of the whole shows of it."""

    def nothing() -> None: ...

    nothing.__doc__ = info.callback.__doc__ if info.callback is not None else ""
    return CommandInfo(info.name, callback=nothing)


def _global(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    folder: Annotated[str, typer.Option("-C", metavar="FOLDER", help="Run in this folder; anywhere on the line.")] = "",
) -> None:
    assert not folder, "it is read before the command is known"
    if version:
        from agentsync import __version__

        typer.echo(f"agentsync {__version__}")
        raise typer.Exit
