"""Answer a shell that asks what may follow: from the command table, and from the files of the project.

A shell asks by variables, in the way of typer's scripts, which `agentsync completion` prints. Nothing is asked of a
network, and nothing is ever said on the terminal: where there is no answer, there is none.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Final, NamedTuple

from agentsync.cli.all_commands import ALIASES, COMMANDS, GROUPS, MEMBERS
from agentsync.cli.table import Argument, Command, Flag
from agentsync.platform.streams import drop

VARIABLE: Final = "_AGENTSYNC_COMPLETE"
# What a shell could read as anything but a part of a word is left out: zsh evaluates what it is told.
_WORD: Final = re.compile(r"[^\W_](?:[\w./@:+,=#~-]*)|[._-][\w./@:+,=#~-]*")
_MOST: Final = 500


class Offer(NamedTuple):
    """A word that may stand there, and what it is, "" where that is plain."""

    word: str
    about: str = ""


def answer(instruction: str) -> int:
    """Answer the shell that a variable names, as `complete_SHELL`; return an exit code."""
    shell = instruction.removeprefix("complete_")
    if shell not in SHELLS:
        return 0
    drop(sys.stderr)
    try:
        words, last = SHELLS[shell].asked(os.environ)
        found = [one for one in offers(words, last) if _WORD.fullmatch(one.word)][:_MOST]
        said = SHELLS[shell].told(found, last)
        sys.stdout.write(said and f"{said}\n")
        sys.stdout.flush()
        return 0 if found or shell != "fish" else 1
    except Exception:
        return 1


def offers(words: Sequence[str], last: str) -> Iterator[Offer]:
    """Yield what the last word of a command line may become, which is not finished yet; `words` stand before it."""
    return (one for one in _every(_in_folder(words), last) if one.word.startswith(last) and one.word != last)


def _in_folder(words: Sequence[str]) -> list[str]:
    """Return the words without `-C`, and go to the folders that it names."""
    left, kept = list(words), list[str]()
    while left:
        word = left.pop(0)
        if word.startswith("-C"):
            os.chdir(word.removeprefix("-C") or left.pop(0))
        else:
            kept.append(word)
    return kept


def _every(words: Sequence[str], last: str) -> Iterable[Offer]:
    plain = [ALIASES.get(word, word) for word in words if not word.startswith("-")]
    name = " ".join(plain[: 2 if plain[:1] and plain[0] in GROUPS else 1])
    if plain[:1] == ["help"] or not plain:
        members = {**MEMBERS, **dict.fromkeys(ALIASES)} if not words else MEMBERS
        return (Offer(one, getattr(member, "help", "") or "") for one, member in members.items())
    if name in GROUPS:
        return (Offer(one, member.help) for one, member in GROUPS[name].members.items())
    command = COMMANDS.get(name)
    return _of(command, words, last) if command is not None else ()


def _of(command: Command, words: Sequence[str], last: str) -> Iterable[Offer]:
    """Return what may follow within a command: the value of a flag, a flag, or a word."""

    def values(parameter: str) -> list[Offer]:
        # Only that part of the program is loaded that knows them.
        known = import_module("agentsync.commands.offered_words").words
        return [Offer(*one) for one in known(parameter, command.name, is_user="--user" in words)]

    flags = {word: one for one in command.parameters if isinstance(one, Flag) for word in one.spelled.split()}
    if words and words[-1] in flags and flags[words[-1]].type is not bool:
        return values(flags[words[-1]].parameter)
    flag, has_value, _ = last.partition("=")
    if has_value and flag in flags:
        return (Offer(f"{flag}={one.word}", one.about) for one in values(flags[flag].parameter))
    if last.startswith("-"):
        return (Offer(word, one.help) for word, one in flags.items() if word.startswith("--") and word not in words)
    argument = next((one for one in command.parameters if isinstance(one, Argument)), None)
    return (one for one in values(argument.parameter) if one.word not in words) if argument is not None else ()


class Shell(NamedTuple):
    """A way to ask and to be told.

    Args:
        asked: returns the words before the last one, and the last one, from the environment.
        told: returns the text that the shell reads.
    """

    asked: Callable[[Mapping[str, str]], tuple[list[str], str]]
    told: Callable[[Sequence[Offer], str], str]


def _split(line: str) -> list[str]:
    """Return the words of a line that may end within quotes."""
    for end in ("", "'", '"'):
        try:
            return shlex.split(line + end)
        except ValueError:
            continue
    return line.split()


def _asked_by_bash(variables: Mapping[str, str]) -> tuple[list[str], str]:
    """Read words that bash has cut at each colon and equals sign, and join them again."""
    words = variables["COMP_WORDS"].split("\n")
    number = int(variables["COMP_CWORD"])
    joined: list[str] = []
    is_open = False
    for word in words[1 : number + 1]:
        is_mark = word in (":", "=", "::")
        if joined and (is_mark or is_open):
            joined[-1] += word
        else:
            joined.append(word)
        is_open = is_mark
    return joined[:-1], joined[-1] if joined else ""


def _told_to_bash(found: Sequence[Offer], last: str) -> str:
    """Write words without what stands before the last mark that bash cuts at."""
    cut = max(last.rfind(":"), last.rfind("=")) + 1
    return "\n".join(one.word[cut:] for one in found)


def _asked_by_line(variables: Mapping[str, str]) -> tuple[list[str], str]:
    line = variables.get("_TYPER_COMPLETE_ARGS", "")
    words = _split(line)[1:]
    return (words, "") if not words or line.endswith(" ") else (words[:-1], words[-1])


def _asked_by_powershell(variables: Mapping[str, str]) -> tuple[list[str], str]:
    last = variables.get("_TYPER_COMPLETE_WORD_TO_COMPLETE", "")
    words = _split(variables.get("_TYPER_COMPLETE_ARGS", ""))[1:]
    return (words[:-1] if last else words), last


def _told_to_zsh(found: Sequence[Offer], last: str) -> str:
    def escaped(text: str) -> str:
        return re.sub(r"[^\w .:/@+,=#~-]", "", text).replace(":", r"\\:")

    rows = [f'"{escaped(one.word)}"' + (f':"{escaped(one.about)}"' if one.about else "") for one in found]
    return "_arguments '*: :((" + "\n".join(rows) + "))'" if rows else "_files"


def _told_to_fish(found: Sequence[Offer], last: str) -> str:
    if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return ""
    return "\n".join(f"{one.word}\t{' '.join(one.about.split())}" if one.about else one.word for one in found)


def _told_to_powershell(found: Sequence[Offer], last: str) -> str:
    return "\n".join(f"{one.word}:::{' '.join(one.about.split()) or ' '}" for one in found)


SHELLS: Final = {
    "bash": Shell(_asked_by_bash, _told_to_bash),
    "zsh": Shell(_asked_by_line, _told_to_zsh),
    "fish": Shell(_asked_by_line, _told_to_fish),
    "powershell": Shell(_asked_by_powershell, _told_to_powershell),
}
