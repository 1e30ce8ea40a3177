"""Command lines that are read without typer mean what typer takes them for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from agentsync.cli.app import app
from agentsync.cli.plain import COMMANDS, act_of, flags

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


def declared(name: str) -> dict[str, str]:
    """The flags of a command as typer declares them, and the parameter that each sets."""
    command = typer.main.get_command(app(name))
    command = getattr(command, "commands", {}).get(name, command)
    return {
        spelled: str(parameter.name)
        for parameter in command.params
        if getattr(parameter, "is_flag", False) and parameter.name not in ("help", "version")
        for spelled in parameter.opts
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_the_flags_are_those_of_typer(name: str) -> None:
    """All of them, spelled the same, for the same parameters."""
    assert flags(COMMANDS[name]) == declared(name)


@given(name=st.sampled_from(sorted(COMMANDS)), words=st.lists(st.sampled_from(WORDS), max_size=4))
def test_flags_alone_are_read(name: str, words: list[str]) -> None:
    """Each sets its parameter; with one that the command does not have, nothing is read."""
    known = declared(name)
    found = act_of([name, *words])
    if all(word in known for word in words):
        assert found is not None and arguments_of(found) == dict.fromkeys((known[word] for word in words), True)
    else:
        assert found is None


def arguments_of(call: Callable[[], int]) -> dict[str, bool]:
    """What a command would be called with."""
    return dict(getattr(call, "keywords", {}))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--json",
        "update",
        "registry list",
        "list --help",
        "drift --format json",
        "install x",
        "drift --jso",
        "-q list",
    ],
)
def test_everything_else_is_left_to_typer(line: str) -> None:
    """Values, abbreviations, help, commands that are not called often, and mistakes."""
    assert act_of(line.split()) is None
