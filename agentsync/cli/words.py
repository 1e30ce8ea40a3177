"""What holds for every command line, read before its command is known: `-C`, `help`, other names of commands."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from agentsync.errors import UsageError

GROUPS: Final = ("registry", "cache", "policy")
ALIASES: Final[Mapping[str, str]] = {
    "ls": "list",
    "rm": "remove",
    "uninstall": "remove",
    "upgrade": "update",
    "sync": "install",
}
_GROUP_ALIASES: Final[Mapping[str, str]] = {"ls": "list", "rm": "remove"}
# What people try, and what it is called here; in hints alone.
_MEANT: Final[Mapping[str, str]] = {
    "check": "drift",
    "ci": "install --locked",
    "delete": "remove",
    "del": "remove",
    "erase": "remove",
    "deinstall": "remove",
    "get": "add",
    "i": "install",
    "fetch": "update",
    "pull": "update",
    "push": "contribute",
    "find": "search",
    "show": "info",
    "reset": "restore",
    "revert": "restore",
    "undo": "rollback",
    "unkeep": "keep --drop",
    "validate": "verify",
    "version": "--version",
}
# A word that begins so says the opposite of what follows.
_OPPOSITES: Final = ("un", "de", "dis", "non")
_FOLDER: Final = "-C"
# What other programs call `-C`; in hints alone.
_FOLDERS: Final = ("--project", "--directory", "--cwd", "--dir", "--root")


def prepared(arguments: Sequence[str]) -> list[str]:
    """Go to the folder that `-C` names, and put the words of a command line as typer knows them.

    Args:
        arguments: the command line without the program's name.

    Raises:
        UsageError: where `-C` names no folder.
    """
    words = _behind_the_command(_in_folder(arguments))
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if words and words[0] in ALIASES:
        words[0] = ALIASES[words[0]]
    elif len(words) > 1 and words[0] in GROUPS:
        words[1] = _GROUP_ALIASES.get(words[1], words[1])
    return words


def command_in(words: Sequence[str]) -> str:
    """The command that a prepared command line begins with, two words for one of a group; "" where none does."""
    count = 2 if words[:1] and words[0] in GROUPS else 1
    named = words[:count]
    return "" if not named or named[0].startswith("-") else " ".join(word for word in named if word[:1] != "-")


def help_for(words: Sequence[str], commands: Iterable[str]) -> str:
    """The command line that helps where one begins with an option that takes a value, or that there is not."""
    import shlex

    option, *rest = words
    if option in _FOLDERS and len(rest) > 1:
        return shlex.join(["agentsync", _FOLDER, *rest])
    known = set(commands)
    command = next((ALIASES.get(word, word) for word in rest if ALIASES.get(word, word) in known), "")
    return f"agentsync {command} --help" if command else "agentsync --help"


def suggestion(words: Sequence[str], commands: Iterable[str], group: str = "") -> str:
    """A command line to write instead of one whose first word is no command.

    Args:
        words: the command line, without its group.
        commands: the commands that there are.
        group: the group that it was looked for in, "" for none.
    """
    import shlex  # where something is wrong already, time matters less
    from difflib import get_close_matches

    word, *rest = words
    whole = ["agentsync", *([group] if group else [])]
    if not group and Path(word).is_dir():
        return shlex.join([*whole, _FOLDER, word, *(rest or ["status"])])
    if not group and word in _MEANT:
        return shlex.join([*whole, *_MEANT[word].split(), *rest])
    known = {name: name for name in commands}
    known |= {name: meant for name, meant in (_GROUP_ALIASES if group else ALIASES).items() if meant in known}
    close = get_close_matches(word, [name for name in known if not _is_opposite(word, name)], n=1)
    if not close and not group:
        known = dict(_MEANT)
        close = get_close_matches(word, known, n=1, cutoff=0.75)
    return shlex.join([*whole, *known[close[0]].split(), *rest] if close else [*whole, "--help"])


def _is_opposite(word: str, name: str) -> bool:
    """Whether a word says that a command is to be undone."""
    return any(word.startswith(prefix) and not name.startswith(prefix) for prefix in _OPPOSITES)


def _behind_the_command(words: list[str]) -> list[str]:
    """The words with the flags that stand before a command behind it, as `-q list` is meant."""
    count = next((place for place, word in enumerate(words) if word[:1] != "-" or word == "--"), len(words))
    flags, rest = words[:count], words[count:]
    if not flags or not rest or "--version" in flags:
        return words
    from agentsync.cli.app import names  # it loads typer, for this rare order of words alone

    if rest[0] == "help":
        return rest
    if rest[0] not in {*names(), *ALIASES}:
        return words
    named = 2 if rest[0] in GROUPS else 1
    return [*rest[:named], *flags, *rest[named:]]


def _in_folder(arguments: Sequence[str]) -> list[str]:
    """The words without `-C FOLDER`, in that folder; what follows `--` is left as it is."""
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
