"""The data of all AI tools: complete, and without two meanings for one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync.model.item import Kind
from agentsync.model.names import ScopeName
from agentsync.packs.pack_tree import tool_of
from agentsync.targets import all_tools
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.described import own_folders, places_of, shown_place
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

ALL = pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)


@ALL
def test_every_place_has_a_source(tool: Tool) -> None:
    """The documentation, or the loader that was asked; of nothing else."""
    kinds = {*tool.places, *tool.within(ScopeName.USER).places}
    assert kinds == tool.sources.keys()
    assert all(url.startswith("https://") for url in (tool.docs, *tool.sources.values()))


@ALL
def test_places_are_relative_paths(tool: Tool) -> None:
    """Of folders that are not another tool's, but for those that several read."""
    for scope in ScopeName:
        for kind, places in tool.within(scope).places.items():
            for place in places:
                where = place.folder if isinstance(place, FilePlace | FolderPlace) else place.document
                assert not where.startswith(("/", "~"))
                assert ".." not in where.split("/")
                assert isinstance(place, FolderPlace) == (kind is Kind.SKILL)
    for sign in tool.signs:
        assert tool_of(f"{sign}/x.md") in ("", tool.name)


@ALL
def test_a_skill_is_read_where_another_tool_may_have_put_it(tool: Tool) -> None:
    """The folders that are read beside the own one are own folders of others, or its own by another name."""
    (own,) = tool.places[Kind.SKILL]
    assert isinstance(own, FolderPlace)
    assert own.folder not in tool.skills


def test_no_two_tools_write_one_file_in_two_forms() -> None:
    """Where tools have one place, they have one form there, but for what only one of them can have."""
    forms: dict[str, set[object]] = {}
    for tool in TOOLS.values():
        for place in (place for found in tool.places.values() for place in found if isinstance(place, FilePlace)):
            forms.setdefault(shown_place(place), set()).add(tool.name)
    assert {place: names for place, names in forms.items() if len(names) > 1} == {
        ".kiro/steering/NAME.md": {"kiro", "kiro-cli"}
    }


def test_every_file_is_a_tool_by_its_name() -> None:
    """Beside the vocabulary, a file of the folder is one tool, and is named after it."""
    files = {path.stem for path in Path(all_tools.__file__).parent.glob("*.py")}
    named = {name.replace("-", "_") for name in TOOLS}
    assert files - named == {"__init__", "all_tools", "authoring", "described", "sharing", "tool"} and named <= files
    assert [tool.name for tool in TOOLS.values()] == list(TOOLS) and "nothing" not in TOOLS


def test_sixteen_tools_or_more() -> None:
    """Each has a name of its own."""
    assert len(TOOLS) == len({tool.name for tool in TOOLS.values()}) >= 16


def test_in_words() -> None:
    """As `targets` shows it."""
    codex = TOOLS["codex"]
    assert places_of(codex)[Kind.SKILL] == (".agents/skills/NAME/",)
    assert places_of(codex)[Kind.RULE] == ("AGENTS.md (a section)",)
    assert own_folders(codex.within(ScopeName.USER)) == {".codex"}
