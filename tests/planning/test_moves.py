"""Files that upstream moved: where the edit on the old path belongs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.digest import digest_of
from agentsync.model.drift import Drift, Local, Replaced
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName
from agentsync.model.plan import UPDATING, Action
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import Receipt, SlotPath
from agentsync.planning.locking import examine
from agentsync.planning.planner import Disk, Known, make_plan
from agentsync.planning.succession import leaving, moves, successors
from agentsync.targets.all_tools import TOOLS
from tests.memory_contents import MemoryContents

TARGET = (TOOLS["claude-code"],)
EDIT = digest_of(b"edited here")


def agent(name: str, body: str = "Help.\n") -> str:
    """An agent with a plain header."""
    return f"---\nname: {name}\ndescription: Knows about {name}.\n---\n{body}"


def skill(body: str = "Follow the steps.\n") -> str:
    """The SKILL.md of a skill `pdf`."""
    return f"---\nname: pdf\ndescription: Reads files.\n---\n{body}"


def lock(**packs: Mapping[str, str]) -> Lock:
    """A lock of packs by their files."""
    found: dict[str, LockedPack] = {}
    for name, files in packs.items():
        contents = MemoryContents(files)
        pack = LockedPack(PackName(f"team/{name}"), "1.0.0", "https://x.example/a", "", "0" * 40, contents.tree, "", "")
        found[pack.name] = examine(pack, contents, TARGET).pack
    return Lock(found)


def followed(before: Lock, after: Lock, disk: Mapping[str, Local]) -> dict[str, str]:
    """Old path to new path of what is followed; the disk is as the old lock but for what is given."""
    local: dict[SlotPath, Local] = {**before.slots(), **{RelPath(path): found for path, found in disk.items()}}
    new = Known(after, before, Receipt(before.slots()), TARGET)
    files = Disk(lambda paths: {path: local.get(path) for path in paths}, lambda _: (), lambda _: {})
    plan = make_plan(new, files, (), UPDATING)
    found = moves(plan, successors(before, after, leaving(plan), nothing, lambda _: TARGET))
    for move in found:
        assert (move.old.action, move.new.drift) == (Action.RELEASE, Drift.MISSING)
    assert len({move.new.path for move in found}) == len(found)
    return {_short(move.old.path): _short(move.new.path) for move in found}


def nothing(old: object, new: object) -> tuple[dict[SlotPath, bytes], dict[SlotPath, bytes]]:
    """No text of any file."""
    return {}, {}


def _short(path: str) -> str:
    return path.removeprefix(".claude/")


def edited(*paths: str) -> dict[str, Local]:
    """A disk on which these files are edited."""
    return {f".claude/{path}": EDIT for path in paths}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        pytest.param(
            {"agents/a.md": agent("a")},
            {"agents/team/a.md": agent("a")},
            {"agents/a.md": "agents/team/a.md"},
            id="to another folder",
        ),
        pytest.param(
            {"agents/a.md": agent("a")},
            {"agents/b.md": agent("a")},
            {"agents/a.md": "agents/b.md"},
            id="another file name",
        ),
        pytest.param(
            {"agents/a.md": agent("a")},
            {"agents/team/b.md": agent("a", "Help more.\n")},
            {"agents/a.md": "agents/team/b.md"},
            id="moved and changed, the same item",
        ),
        pytest.param({"agents/a.md": agent("a")}, {"agents/b.md": agent("b")}, {}, id="another item"),
        pytest.param(
            {"a.md": agent("a"), "b.md": agent("b")},
            {"plugins/x/agents/a.md": agent("a"), "plugins/y/agents/b.md": agent("b")},
            {},
            id="the same place here",
        ),
        pytest.param(
            {"commands/a.md": "Do it.\n"},
            {"commands/x/b.md": "Do it.\n", "commands/y/a.md": "Do it.\n", "commands/z/c.md": "Do it.\n"},
            {"commands/a.md": "commands/y/a.md"},
            id="several copies: the one of its name",
        ),
        pytest.param(
            {"commands/a.md": "Do it.\n", "commands/b.md": "Do it.\n"},
            {"commands/x/a.md": "Do it.\n", "commands/w/b.md": "Do it.\n"},
            {"commands/a.md": "commands/x/a.md", "commands/b.md": "commands/w/b.md"},
            id="two of the same bytes",
        ),
        pytest.param(
            {"skills/pdf/SKILL.md": skill(), "skills/pdf/notes.txt": "Notes\n", "skills/pdf/run.sh": "run\n"},
            {"skills/doc/SKILL.md": skill("New.\n"), "skills/doc/notes.txt": "New\n", "skills/doc/bin/run.sh": "run\n"},
            {
                "skills/pdf/SKILL.md": "skills/doc/SKILL.md",
                "skills/pdf/notes.txt": "skills/doc/notes.txt",
                "skills/pdf/run.sh": "skills/doc/bin/run.sh",
            },
            id="a skill in another folder",
        ),
        pytest.param(
            {"skills/pdf/SKILL.md": skill(), "skills/pdf/a/x.txt": "X\n", "skills/pdf/b/x.txt": "X\n"},
            {"skills/doc/SKILL.md": skill(), "skills/doc/b/x.txt": "X\n", "skills/doc/a/x.txt": "X\n"},
            {
                "skills/pdf/SKILL.md": "skills/doc/SKILL.md",
                "skills/pdf/a/x.txt": "skills/doc/a/x.txt",
                "skills/pdf/b/x.txt": "skills/doc/b/x.txt",
            },
            id="bytes and place before bytes alone",
        ),
        pytest.param(
            {"skills/pdf/SKILL.md": skill(), "agents/a.md": agent("a")},
            {"skills/doc/SKILL.md": skill("New.\n"), "skills/doc/references/pdf.md": skill()},
            {"skills/pdf/SKILL.md": "skills/doc/references/pdf.md"},
            id="a skill that became a page of another one",
        ),
    ],
)
def test_followed(before: dict[str, str], after: dict[str, str], wanted: dict[str, str]) -> None:
    """Every file of the old release is edited here."""
    old = lock(all=before)
    assert followed(old, lock(all=after), {path: EDIT for path in old.files()}) == wanted


def test_only_edits_are_followed() -> None:
    """An unedited file is removed, or is already on its new path."""
    old, new = lock(all={"agents/a.md": agent("a")}), lock(all={"agents/x/a.md": agent("a")})
    assert followed(old, new, {}) == {}
    assert followed(old, new, {".claude/agents/a.md": None}) == {}
    assert followed(old, new, {".claude/agents/a.md": Replaced.SYMLINK}) == {}
    assert followed(old, new, edited("agents/a.md")) == {"agents/a.md": "agents/x/a.md"}


def test_nothing_is_put_on_what_stands_there() -> None:
    """The user has a file of their own where upstream's moved to."""
    old, new = lock(all={"agents/a.md": agent("a")}), lock(all={"agents/x/a.md": agent("a")})
    assert followed(old, new, edited("agents/a.md", "agents/x/a.md")) == {}


def test_packs_are_apart() -> None:
    """A file of one pack does not become another pack's."""
    old = lock(one={"agents/a.md": agent("a")}, two={"agents/b.md": agent("b")})
    new = lock(one={"agents/c.md": agent("c")}, two={"agents/b.md": agent("b"), "agents/x/a.md": agent("a")})
    assert followed(old, new, edited("agents/a.md")) == {}


PLACES = st.permutations([f"{folder}{number}.md" for folder in ("", "x/", "y/z/") for number in range(3)])


@given(PLACES, PLACES, st.sets(st.integers(0, 5)))
def test_pure_moves(before: list[str], after: list[str], which: set[int]) -> None:
    """Whatever is moved wherever: an edit goes where its bytes went, unless that path was there before."""
    old = {f"commands/{path}": f"Command {number}.\n" for number, path in enumerate(before[:6])}
    new = {f"commands/{path}": f"Command {number}.\n" for number, path in enumerate(after[:6])}
    edits = [f"commands/{before[number]}" for number in sorted(which)]
    wanted = {
        path: goal
        for number in sorted(which)
        if (path := f"commands/{before[number]}") not in new and (goal := f"commands/{after[number]}") not in old
    }
    found = followed(lock(all=old), lock(all=new), edited(*edits))
    assert wanted.items() <= found.items()
    assert found.keys() <= set(edits) - new.keys()
