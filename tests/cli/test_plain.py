"""Command lines that are read without typer mean the same as with it."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync import cli
from agentsync.cli.all_commands import COMMANDS
from agentsync.cli.command_line import command_in, read
from agentsync.cli.parser import parser
from agentsync.cli.performing import load

WORDS = (
    "--json",
    "--user",
    "-q",
    "--quiet",
    "--upstream",
    "--check",
    "--frozen",
    "--tree",
    "--deep",
    "-v",
    "--offline",
)


SHARED = {"user", "offline", "target", "accept_grants", "no_wait", "as_json", "quiet", "verbose"}
PLAIN = [name for name in COMMANDS if read(name.split(), name) is not None]


def switches(name: str) -> dict[str, str]:
    """Return the switches of a command as typer has them, and the parameter that each sets."""
    command: Any = parser()
    for word in name.split():
        command = command.commands[word]
    return {spelled: str(one.name) for one in command.params if getattr(one, "is_flag", False) for spelled in one.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_switches_are_those_of_typer(name: str) -> None:
    """All of them, spelled the same, for the same parameters."""
    assert COMMANDS[name].switches == switches(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_parameter_is_used(name: str) -> None:
    """By a verb of the command or, where many commands have it, by what performs them all."""
    command = COMMANDS[name]
    used: set[str] = set()
    for verb in (command.verb, *command.instead.values()):
        call = load(verb, {**command.defaults, "tell": print})
        signature(call).bind(*(["workspace"] if verb.start else []))
        options = call.keywords.get("options", ())
        used |= {*call.keywords, *getattr(options, "_fields", ())}
    declared = command.defaults.keys()
    assert declared - used <= {*SHARED, *command.instead}
    assert command.instead.keys() <= declared


@given(name=st.sampled_from(PLAIN), words=st.lists(st.sampled_from(WORDS), max_size=4))
def test_switches_alone_are_read(name: str, words: list[str]) -> None:
    """Each sets its parameter; with one that the command does not have, nothing is read."""
    known = switches(name)
    found = read([*name.split(), *words], name)
    if all(word in known for word in words):
        assert found == dict.fromkeys((known[word] for word in words), True)
    else:
        assert found is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--json",
        "remove",
        "registry add",
        "cache",
        "list --help",
        "drift --format json",
        "install x",
        "drift --jso",
        "update -qv",
        "-q list",
    ],
)
def test_everything_else_is_left_to_typer(line: str) -> None:
    """Values, abbreviations, help, commands that need a word, and mistakes."""
    words = line.split()
    assert read(words, command_in(words)) is None


@pytest.mark.parametrize(("request_to_end", "code"), [(KeyboardInterrupt(), 130), (cli.Terminated(143), 143)])
def test_an_end_while_a_class_is_made(
    request_to_end: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no bug, though Python before 3.12 makes another error of it."""

    class Field:
        def __set_name__(self, *_: object) -> None:
            raise request_to_end

    monkeypatch.setattr(cli, "perform", lambda *_: type("Made", (), {"field": Field()}))
    assert cli.run(["drift"]) == code
