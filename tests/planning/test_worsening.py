"""Releases that need a person: a file that became empty, or whose header can no longer be read."""

from __future__ import annotations

from typing import Final

import pytest

from agentsync.model.lock import LockedPack
from agentsync.model.names import PackName
from agentsync.planning.gains import worsened
from agentsync.planning.locking import examine
from agentsync.targets.all_tools import TOOLS
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

GOOD: Final = "---\nname: critic\ndescription: Reads code.\n---\nHelp.\n"
BROKEN: Final = "---\nname: critic\ndescription: Use it: when A: <b> 'so\n---\nHelp.\n"
AGENT: Final = "agents/critic.md"


def locked(files: Files) -> LockedPack:
    """A pack as a lock has it."""
    contents = MemoryContents(files)
    pack = LockedPack(PackName("team/all"), "1.0.0", "https://x.example/a", "", "0" * 40, contents.tree, "", "")
    return examine(pack, contents, (TOOLS["claude-code"],)).pack


def told(before: Files, after: Files) -> list[str]:
    """Return the findings that are worse after than before."""
    return list(worsened(locked(before), MemoryContents(after)))


@pytest.mark.parametrize("old", [GOOD, BROKEN])
@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("", "agent:critic became empty"),
        ("\n \r\n", "agent:critic became empty"),
        ("Help.\n", "it has no header"),
        ("---\nname: critic\nHelp.\n", "it has no header"),
        ("---\n<<<<<<< HEAD\nname: critic\n=======\nname: crit\n>>>>>>> x\n---\n", "git conflict markers"),
        ("---\nname: !!python/none x\n---\nHelp.\n", "tag"),
        ("---\nname: critic\x00\n---\nHelp.\n", "line 2: a control character"),
    ],
)
def test_worse(old: str, new: str, said: str) -> None:
    """The sentence names the item, its file and what is wrong."""
    (sentence,) = told({AGENT: old}, {AGENT: new, "agents/other.md": GOOD.replace("critic", "other")})
    assert sentence.startswith("agent:critic ") and AGENT in sentence
    assert said in sentence


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({AGENT: GOOD}, {AGENT: GOOD.replace("Help.", "")}, id="an empty body"),
        pytest.param({AGENT: GOOD}, {AGENT: BROKEN}, id="a header that can be repaired"),
        pytest.param({AGENT: BROKEN}, {AGENT: GOOD}, id="a header that is better"),
        pytest.param({AGENT: GOOD}, {AGENT: GOOD.replace("name: critic", "name: new")}, id="another name"),
        pytest.param({AGENT: GOOD}, {"agents/other.md": GOOD}, id="moved"),
        pytest.param({AGENT: GOOD}, {"README.md": "Nothing left.\n"}, id="deleted"),
        pytest.param({AGENT: GOOD}, {AGENT: File("other.md", symlink=True)}, id="a link: refused elsewhere"),
        pytest.param({"commands/do.md": "Do it.\n"}, {"commands/do.md": ""}, id="never had a header"),
        pytest.param({AGENT: GOOD, "README.md": GOOD}, {AGENT: GOOD, "README.md": ""}, id="no item"),
    ],
)
def test_not_worse(before: Files, after: Files) -> None:
    """Changes that people make, and changes that other checks cover."""
    assert told(before, after) == []


def test_every_item_is_looked_at() -> None:
    """Skills by their SKILL.md; other files of theirs may be as empty as they like."""
    before = {AGENT: GOOD, "skills/pdf/SKILL.md": GOOD, "skills/pdf/notes.md": GOOD}
    after = {AGENT: "", "skills/pdf/SKILL.md": "No header.\n", "skills/pdf/notes.md": ""}
    assert [sentence.split(" (")[0] for sentence in told(before, after)] == [
        "agent:critic became empty",
        "skill:critic lost its header",
    ]
