"""The parts of a command line that are read without typer: `-C`, `help`, aliases, flags in front, switches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from agentsync.cli.all_commands import ALIASES, COMMANDS, GROUPS, MEMBERS
from agentsync.cli.table import Argument
from agentsync.errors import UsageError

_FOLDER: Final = "-C"


def prepared(arguments: Sequence[str]) -> list[str]:
    """Go to the folder that `-C` names, and return the words of a command line in their usual order and names."""
    words = _behind_the_command(_in_folder(arguments))
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if words and words[0] in ALIASES:
        words[0] = ALIASES[words[0]]
    elif len(words) > 1 and words[0] in GROUPS:
        words[1] = GROUPS[words[0]].aliases.get(words[1], words[1])
    return words


def command_in(words: Sequence[str]) -> str:
    """Return the command that a prepared command line begins with, two words for one of a group; "" where none does."""
    count = 2 if words[:1] and words[0] in GROUPS else 1
    named = words[:count]
    return "" if not named or named[0].startswith("-") else " ".join(word for word in named if word[:1] != "-")


def read(words: Sequence[str], name: str) -> dict[str, bool] | None:
    """Return the parameters that a command and its switches set; None where it takes typer to read the line.

    To load typer takes longer than to run most commands. It reads values, abbreviations, words beside the flags
    and mistakes.
    """
    command = COMMANDS.get(name)
    if command is None or any(isinstance(one, Argument) and one.required for one in command.parameters):
        return None
    switches = command.switches
    given = [switches.get(word, "") for word in words[len(name.split()) :]]
    return dict.fromkeys(given, True) if all(given) else None


def _behind_the_command(words: list[str]) -> list[str]:
    """Return the words with the flags that stand before a command behind it, as `-q list` is meant."""
    count = next((place for place, word in enumerate(words) if word[:1] != "-" or word == "--"), len(words))
    flags, rest = words[:count], words[count:]
    if not flags or not rest or "--version" in flags:
        return words
    if rest[0] == "help":
        return rest
    if rest[0] not in MEMBERS and rest[0] not in ALIASES:
        return words
    named = 2 if rest[0] in GROUPS else 1
    return [*rest[:named], *flags, *rest[named:]]


def _in_folder(arguments: Sequence[str]) -> list[str]:
    """Go to each folder of a `-C`, and return the other words; those behind `--` are left as they are."""
    words: list[str] = []
    left = iter(arguments)
    for word in left:
        if word == "--":
            return [*words, word, *left]
        if not word.startswith(_FOLDER):
            words.append(word)
            continue
        folder = word.removeprefix(_FOLDER) or next(left, "")
        try:
            os.chdir(folder)
        except OSError as error:
            raise UsageError(
                f"cannot go to the folder {folder!r}",
                why=(error.strerror or str(error)).lower(),
                hint="name a folder that is there",
            ) from error
    return words
