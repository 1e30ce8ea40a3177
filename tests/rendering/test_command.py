"""Commands in the forms of other tools: what is typed, what runs as they are loaded, and what is refused."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.item import Kind
from agentsync.model.names import ItemKey
from agentsync.rendering.rendered import Rendered, Source
from agentsync.targets.all_tools import TOOLS

HEAD = "---\ndescription: Fix it now\nargument-hint: [issue]\nmodel: haiku\n---\n"


def rendered(tool: str, text: str) -> Rendered:
    """A command as a tool reads it."""
    (place,) = TOOLS[tool].places[Kind.COMMAND]
    return place.render(Source(ItemKey("command:git:fix"), "commands/git/fix.md", text.encode()))


def body_of(tool: str, text: str) -> str:
    """The text that the tool gets."""
    data = rendered(tool, text).data
    assert data is not None
    return str(tomllib.loads(data.decode())["prompt"]) if tool == "gemini" else data.decode()


def lost(tool: str, text: str) -> list[tuple[str, str]]:
    """Code and subject of all that is told."""
    return [(one.code, one.about) for one in rendered(tool, text).lost]


@pytest.mark.parametrize(
    ("tool", "data"),
    [
        ("copilot", '---\ndescription: "Fix it now"\nagent: agent\n---\nFix ${input:arguments}.\n'),
        ("cursor", "Fix $ARGUMENTS.\n"),
        ("opencode", '---\ndescription: "Fix it now"\n---\nFix $ARGUMENTS.\n'),
        ("kilo", '---\ndescription: "Fix it now"\n---\nFix $ARGUMENTS.\n'),
        ("gemini", 'description = "Fix it now"\nprompt = """\nFix {{args}}.\n"""\n'),
    ],
)
def test_what_is_typed(tool: str, data: str) -> None:
    """And the keys that a tool does not have."""
    text = f"{HEAD}Fix $ARGUMENTS.\n"
    assert rendered(tool, text).data == data.encode()
    changed = [("changed", "$ARGUMENTS")] if tool == "cursor" else []
    assert lost(tool, text) == [("dropped", "argument-hint"), ("dropped", "model"), *changed]


@pytest.mark.parametrize("tool", ["copilot", "cursor", "opencode", "gemini"])
def test_without_a_header(tool: str) -> None:
    """Nothing is lost, and nothing is made up."""
    head = "---\nagent: agent\n---\n" if tool == "copilot" else ""
    assert body_of(tool, "Do it.\r\n") == f"{head}Do it.\r\n"
    assert lost(tool, "Do it.\r\n") == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Fix $1.", {"copilot", "gemini"}),
        ("Fix $ARGUMENTS[0].", {"copilot", "gemini", "opencode"}),
        ("Now: !`git status`", {"copilot", "cursor"}),
        ("```!\ngit status\n```", {"copilot", "cursor", "opencode", "gemini"}),
        ("a!`git status`", {"opencode", "gemini"}),
        ("Now: !`echo }`", {"copilot", "cursor", "gemini"}),
        ("Now: !`echo '{}'` and $!`x`", {"copilot", "cursor", "opencode", "gemini"}),
        ("!{git status}", {"gemini"}),
        ("see @{docs}", {"gemini"}),
        ("{{args}}", {"gemini"}),
        ("{env:HOME}", {"opencode"}),
        ("{file:x}", {"opencode"}),
        ('---\ndescription: "{env:HOME}"\n---\nx', {"opencode"}),
        ("${input:x}", {"copilot"}),
        ("---\nno header\n---\nx", {"copilot", "cursor", "opencode", "gemini"}),
    ],
)
def test_refused(text: str, refused: set[str]) -> None:
    """Where it would do something else than in Claude Code."""
    tools = ("copilot", "cursor", "opencode", "gemini")
    assert {tool for tool in tools if lost(tool, text) == [("refused", "")]} == refused


def test_what_runs_at_load() -> None:
    """As the tool writes it."""
    text = "Now: !`git diff $ARGUMENTS`\n"
    assert body_of("gemini", text) == "Now: !{git diff {{args}}}\n"
    assert body_of("opencode", text) == text


def test_words_of_what_is_typed() -> None:
    """Kept where they work, told where they are text."""
    assert body_of("opencode", "Fix $1 and $2.") == "Fix $1 and $2."
    assert lost("cursor", "Fix $1, $2 and $1: $ARGUMENTS.") == [
        ("changed", "$ARGUMENTS"),
        ("changed", "$1"),
        ("changed", "$2"),
    ]


@given(st.text(st.sampled_from('a"\\ \n\r\t\u00e9\x07\x7f{}!`$'), max_size=30))
def test_toml_gives_back_the_text(text: str) -> None:
    """Every byte of it, whatever it holds."""
    if (data := rendered("gemini", text).data) is not None and "!`" not in text:
        assert tomllib.loads(data.decode())["prompt"] == text
