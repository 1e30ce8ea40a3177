"""References out of an item's folder: told where what they lead to is not installed."""

from __future__ import annotations

import pytest

from agentsync.model.finding import Rule
from agentsync.model.lock import LockedPack
from agentsync.model.names import PackName
from agentsync.planning.locking import examine
from agentsync.targets.all_tools import TOOLS
from tests.cli.packs import agent, skill
from tests.memory_contents import MemoryContents

PACK = LockedPack(
    PackName("acme/p"), "1.0.0", "https://x.example/p.git", "refs/tags/v1.0.0", "c" * 40, "t" * 40, "", "*"
)


def told(body: str) -> list[tuple[str, int]]:
    """Return the notes on a skill with this text, beside another skill, an agent and shared files."""
    files = {
        "skills/s/SKILL.md": skill("s", body),
        "skills/s/sub/own.md": "",
        "skills/other/SKILL.md": skill("other"),
        "agents/a.md": agent("a", "See ../shared/rules.md"),
        "shared/rules.md": "",
    }
    found = examine(PACK, MemoryContents(files), (TOOLS["claude-code"],)).findings
    assert all(one.rule is Rule.REFERENCE_DANGLING for one in found)
    assert [one.line for one in found if one.item == "agent:a"] == [5]
    return [(one.what.split(",")[0].removeprefix("it refers to "), one.line) for one in found if one.item == "skill:s"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("See [the rules](../../shared/rules.md) first.\n", ("../../shared/rules.md", 5)),
        ("\nRead `../../shared/rules.md`.", ("../../shared/rules.md", 6)),
        ("[folder](../../shared/)", ("../../shared", 5)),
        ("[gone](../../gone.md#part)", ("../../gone.md", 5)),
        ("[gone](<../../../out.md>)", ("../../../out.md", 5)),
    ],
)
def test_what_is_told(body: str, expected: tuple[str, int]) -> None:
    """With its line."""
    assert told(body) == [expected]


@pytest.mark.parametrize(
    "body",
    [
        "[other](../other/SKILL.md), [own](sub/own.md), [agent](../../agents/a.md), [own](../s/gone.md)",
        "cd ../src && run ../../x/y.sh",
        "https://x.example/../shared/rules.md and .../shared and a../shared/rules.md",
    ],
)
def test_what_is_fine(body: str) -> None:
    """Paths that are installed too, paths that exist nowhere, and texts that are no path."""
    assert told(body) == []
