"""The commands that hints name: each must be one that the command line knows, with options that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from agentsync.cli.all_commands import MEMBERS
from agentsync.cli.command_line import prepared
from agentsync.cli.parser import parser, with_values

_QUOTED: Final = re.compile(r"`(agentsync [^`]+)`")
_KNOWN: Final = frozenset(MEMBERS)


def commands_in(text: str) -> Iterator[list[str]]:
    """The command lines that a hint or a note names, without the program's name.

    A command stands between backticks, or is the whole text.

    Raises:
        AssertionError: where one stands in a sentence without them.
    """
    if text.startswith("agentsync ") and set(text.split()[1:2]) & _KNOWN:
        yield _words(text)
        return
    for quoted in _QUOTED.findall(text):
        yield _words(quoted)
    rest = _QUOTED.sub("", text)
    bare = [word for word in re.findall(r"agentsync ([a-z-]+)", rest) if word in _KNOWN]
    assert not bare, f"a command stands without backticks: {text}"


def check(text: str) -> None:
    """Insist that each command in a text can be run as it is written.

    Raises:
        AssertionError: for a command, an option or a number of words that the command line does not take.
    """
    for words in commands_in(text):
        if words[:1] != ["-C"] and not words[0].startswith("-"):
            _parse(prepared(words), text)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)[1:]
    except ValueError as error:
        raise AssertionError(f"{line}: {error}") from error


@cache
def _command_line() -> Any:
    return parser()


def _parse(words: list[str], text: str) -> None:
    command, name = _command_line(), ""
    while hasattr(command, "commands"):
        assert words and (words[0] in command.commands or words[0].startswith("-")), f"there is no such command: {text}"
        if words[0].startswith("-"):
            return
        command, name, words = command.commands[words[0]], f"{name} {words[0]}".strip(), words[1:]
    if {"--help", "-h"} & set(words):
        return
    try:
        command.make_context(command.name, with_values(words, name))
    except Exception as error:
        raise AssertionError(f"{text}: {type(error).__name__}: {error}") from error
