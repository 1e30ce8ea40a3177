"""The command line as typer reads it: every command, with help for people and answers to mistakes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.exceptions import TyperException

from agentsync.cli.all_commands import ALIASES, COMMANDS, EXAMPLES, GROUPS, HEADINGS, MEMBERS
from agentsync.cli.console import Terminal
from agentsync.cli.performing import perform
from agentsync.cli.table import Argument, Command, Flag, Group
from agentsync.errors import Exit, UsageError

# What people try, and the command line that they mean.
_MEANT: Final = {
    **{word: name for name, command in COMMANDS.items() for word in command.mistaken},
    "ci": "install --locked",
    "unkeep": "keep --drop",
    "version": "--version",
}
# A word that begins so says the opposite of what follows.
_OPPOSITES: Final = ("un", "de", "dis", "non")
# What other programs call `-C`.
_FOLDERS: Final = ("--project", "--directory", "--cwd", "--dir", "--root")
_WIDEST: Final = 46  # of a command line in an example, for what it does to stand beside it
_GLOBAL: Final = (
    Flag("--version", "Print the version."),
    Flag("-C", "Run in this folder; anywhere on the line.", str, name="folder", metavar="FOLDER"),
)


class _Helped:
    """Something whose help ends with examples."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples; they can be run as they are written."""
        _, _, command = ctx.command_path.partition(" ")
        with formatter.section("Examples"):
            rows = [(f"agentsync {line}", does) for line, does in EXAMPLES[command].items()]
            formatter.write_dl(rows, col_max=_WIDEST)


_MOST_EXTRA: Final = 5  # words for which a hint writes the whole line
_LONGEST: Final = 1000  # no sentence is cut


class HelpedCommand(_Helped, TyperCommand):
    """A command."""


class HelpedGroup(_Helped, TyperGroup):
    """A group, whose help shows its commands under headings where it has many."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each with the whole of its sentence."""
        headings = {one.name: one.members for one in HEADINGS} if ctx.parent is None else {"Commands": self.commands}
        for heading, names in headings.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(_LONGEST)) for name in names])


def call(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run the command that a prepared command line names, tell mistakes in it, and return the exit code."""
    words = with_values(arguments, terminal.command)
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


def with_values(words: Sequence[str], name: str) -> list[str]:
    """Return the words of a command with the values of options that stand alone: typer knows none to be left away."""
    command = COMMANDS.get(name)
    flags = [one for one in command.parameters if isinstance(one, Flag) and one.alone] if command is not None else []
    alone = {word: flag for flag in flags for word in flag.spelled.split()}
    rest = (
        next((one for one in command.parameters if isinstance(one, Flag) and one.takes_rest), None) if command else None
    )
    if rest is not None and "--" in words:
        place = list(words).index("--")
        return [*with_values(words[:place], name), *(f"{rest.spelled}={word}" for word in words[place + 1 :])]
    found: list[str] = []
    for place, word in enumerate(words):
        flag = alone.get(word)
        follows = place + 1 < len(words) and words[place + 1][:1] != "-"
        found.append(f"{word}={flag.alone}" if flag is not None and (flag.joins or not follows) else word)
    return found


def parser() -> TyperGroup:
    """Build typer's command line from the table."""

    def answer(*, version: bool, folder: str) -> None:
        assert not folder, "it is read before the command is known"
        if version:
            from agentsync import built

            typer.echo(f"agentsync {built.version()}")
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
        name: HelpedGroup(
            name=name,
            help=one.help,
            commands=_members(one.members, name),
            no_args_is_help=True,
            rich_markup_mode=None,
        )
        if isinstance(one, Group)
        else _command(one, f"{group} {name}".strip())
        for name, one in members.items()
    }


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
        if "unexpected extra argument" in message and (meant := _each_with_its_option(words, command)) is not None:
            return meant
        hint = f"agentsync {command} --help" if command in EXAMPLES and command else _help_for(words or ["--help"])
        misplaced = words[:1] and words[0].startswith("-") and hint != "agentsync --help"
        why = "it stands before the command; options of a command stand behind it" if misplaced else ""
        return UsageError(message.rstrip("."), why=why, hint=hint)
    group, line = (words[0], words[1:]) if words[0] in GROUPS else ("", words)
    return UsageError(f"there is no command {command!r}", hint=_that_runs(suggestion(line, group)))


def _each_with_its_option(words: Sequence[str], command: str) -> UsageError | None:
    """Return what is wrong where an option takes several words at once, as a glob does that the shell expanded."""
    known = COMMANDS.get(command)
    flags = [one for one in known.parameters if isinstance(one, Flag) and one.type is tuple] if known else []
    options = {word for flag in flags for word in flag.spelled.split()}
    found, option, extra = list[str](), "", 0
    for place, word in enumerate(words):
        if word[:1] == "-":
            option = word if word in options else ""
        elif option and words[place - 1] != option:
            found.append(option)
            extra += 1
        found.append(word)
    line = shlex.join(["agentsync", *found])
    if not extra or _that_runs(line) != line:
        return None
    option = next(word for word in words if word in options)
    hint = line if extra <= _MOST_EXTRA else f"write {option} before each word, or put a glob between quotes"
    why = "the shell makes several words of a glob without quotes"
    return UsageError(f"{option} takes one word, and is written before each", why=why, hint=hint)


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


def _help_for(words: Sequence[str]) -> str:
    """Return the command line that helps where one begins with an option that takes a value, or with an unknown one."""
    option, *rest = words
    if option in _FOLDERS and len(rest) > 1:
        return shlex.join(["agentsync", "-C", *rest])
    named = (ALIASES.get(word, word) for word in rest)
    command = next((word for word in named if word and word in EXAMPLES), "")
    return f"agentsync {command} --help" if command else "agentsync --help"


def suggestion(words: Sequence[str], group: str = "") -> str:
    """Return a command line to write instead of one whose first word is no command.

    Args:
        words: the command line, without its group.
        group: the group that it was looked for in, "" for none.
    """
    word, *rest = words
    whole = ["agentsync", *([group] if group else [])]
    if not group and Path(word).is_dir():
        return shlex.join([*whole, "-C", word, *(rest or ["status"])])
    if not group and word in _MEANT:
        return shlex.join([*whole, *_MEANT[word].split(), *rest])
    names, aliases = (GROUPS[group].members, GROUPS[group].aliases) if group else (MEMBERS, ALIASES)
    known = {**{name: name for name in names}, **aliases}
    close = get_close_matches(word, [name for name in known if not _is_opposite(word, name)], n=1)
    if not close and not group:
        known = _MEANT
        close = get_close_matches(word, known, n=1, cutoff=0.75)
    return shlex.join([*whole, *known[close[0]].split(), *rest] if close else [*whole, "--help"])


def _is_opposite(word: str, name: str) -> bool:
    return any(word.startswith(prefix) and not name.startswith(prefix) for prefix in _OPPOSITES)
