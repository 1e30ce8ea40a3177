"""The vocabulary of AI tools: a made-up tool that has every kind of place, and other places in user scope."""

from __future__ import annotations

from typing import Final

import pytest

from agentsync.model.digest import digest_of
from agentsync.model.item import Choice, ClaudeCode, HeaderStatus, Kind
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName, ScopeName
from agentsync.model.slot import EntryPath
from agentsync.planning.locking import examine
from agentsync.planning.placing import placed_files, places, render
from agentsync.rendering.rendered import Loss, Rendered, Source
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Root, Tool
from tests.memory_contents import MemoryContents


def upper(source: Source) -> Rendered:
    """A form that loses something."""
    return Rendered(source.data.upper(), (Loss("changed", "text", f"{source.item.name} is loud"),))


def lower(source: Source) -> Rendered:
    """Another form."""
    return Rendered(source.data.lower())


TOOL: Final = Tool(
    name="made-up",
    docs="https://example.com/docs",
    roots=(Root(".made", "MADE_HOME"),),
    places={
        Kind.AGENT: (FilePlace(".made/agents", suffix=".agent.md", nested=False, render=upper),),
        Kind.COMMAND: (FilePlace(".made/commands", suffix=".toml"),),
        Kind.SKILL: (FolderPlace(".made/skills", render=lower),),
        Kind.MCP: (EntryPlace(".made/settings.json", "/mcpServers", "json"),),
    },
    user_places={Kind.AGENT: (FilePlace(".config/made/agents"),)},
)
SKILL: Final = ("skills/pdf/SKILL.md", "skills/pdf/run.sh")
FILES: Final = {"agents/team/x.md": b"a", "commands/git/y.md": b"c", SKILL[0]: b"S", SKILL[1]: b"R"}


def pack(choice: Choice | None = None) -> LockedPack:
    """A pack with an item of each kind."""
    keys = {
        "agent:x": "agents/team/x.md",
        "command:git:y": "commands/git/y.md",
        "skill:pdf": SKILL[0],
        "mcp:a/b": ".mcp.json",
        "rule:r": "rules/r.md",
    }
    items = tuple(LockedItem(ItemKey(key), path, HeaderStatus.STRICT, ClaudeCode.OK) for key, path in keys.items())
    name = PackName("acme/p")
    chosen = choice or Choice()
    entries = {EntryPath(".made/settings.json#/mcpServers/a~1b"): digest_of(b"")}
    return LockedPack(name, "1", "u", "r", "c" * 40, "t" * 40, "", "*", choice=chosen, items=items, entries=entries)


def test_each_kind_of_place_is_a_slot() -> None:
    """A file, a folder and an entry; an item without a place has no slot."""
    found = {place.item.key: place.slot for place in places(pack(), [TOOL])}
    assert found == {
        "agent:x": ".made/agents/x.agent.md",
        "command:git:y": ".made/commands/git/y.toml",
        "skill:pdf": ".made/skills/pdf",
        "mcp:a/b": ".made/settings.json#/mcpServers/a~1b",
    }
    entry = found[ItemKey("mcp:a/b")]
    assert isinstance(entry, EntryPath)
    assert (entry.document, entry.pointer) == (".made/settings.json", "/mcpServers/a~1b")


def test_an_items_own_file_is_rendered() -> None:
    """The other files of a folder are taken as they are; an entry is no file."""
    placed = list(placed_files(pack(), [TOOL], FILES))
    assert {file.path: render(file, FILES[file.source]).data for file in placed} == {
        ".made/agents/x.agent.md": b"A",
        ".made/commands/git/y.toml": b"c",
        ".made/skills/pdf/SKILL.md": b"s",
        ".made/skills/pdf/run.sh": b"R",
    }


def test_new_names() -> None:
    """`rename` and `prefix` change the stem alone."""
    choice = Choice(rename={"agent:x": "z"}, prefix=True)
    renamed = pack(choice)
    item = renamed.items[0]._replace(key=ItemKey("agent:z"), own="x")
    (place,) = places(renamed._replace(items=(item,)), [TOOL])
    assert place.slot == ".made/agents/p--z.agent.md"


@pytest.mark.parametrize(
    ("scope", "above", "homes"),
    [
        (ScopeName.PROJECT, (".made",), (".made/agents", ".made/commands", ".made/skills", ".other/skills")),
        (ScopeName.USER, (".config", ".config/made"), (".config/made/agents",)),
    ],
)
def test_each_scope_has_its_places(scope: ScopeName, above: tuple[str, ...], homes: tuple[str, ...]) -> None:
    """A tool may read other folders in the user's home than in a project."""
    tool = TOOL._replace(skills=(".other/skills",) if scope is ScopeName.PROJECT else ()).within(scope)
    assert tool.home(Kind.AGENT) == homes[0]
    assert tool.homes == homes
    assert tool.folders == (*above, *((".other",) if scope is ScopeName.PROJECT else ()), *homes)
    assert tool.home(Kind.MCP) == ""


def test_what_is_lost_is_told() -> None:
    """By tool and item, with code and reason."""
    contents = MemoryContents({"agents/x.md": "---\nname: x\ndescription: d\n---\n"})
    empty = pack()._replace(items=())
    told = examine(empty, contents, [TOOL]).told
    assert [(one.target, one.item, one.code, one.about, one.why) for one in told] == [
        ("made-up", "agent:x", "changed", "text", "x is loud")
    ]
