"""Owners: one slot serves the items of several packs, and one item for several tools, where the bytes agree."""

from __future__ import annotations

from typing import Final

from agentsync.model.digest import digest_of
from agentsync.model.drift import Drift, Local
from agentsync.model.item import Kind
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName
from agentsync.model.plan import CAREFUL, Owner, Plan
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import Receipt, SlotPath
from agentsync.planning.clashing import find_clashes
from agentsync.planning.filling import Examined
from agentsync.planning.lock_check import entry_faults
from agentsync.planning.locking import examine
from agentsync.planning.planner import Disk, Known, make_plan
from agentsync.rendering.rendered import Rendered, Source
from agentsync.targets.tool import FilePlace, FolderPlace, Tool
from tests.cli.packs import agent, skill
from tests.git_registry import Files
from tests.memory_contents import MemoryContents

SHARED: Final = FolderPlace(".agents/skills")
ONE: Final = Tool("one", "", {Kind.SKILL: (SHARED,), Kind.AGENT: (FilePlace(".one/agents"),)})
OTHER: Final = Tool("other", "", {Kind.SKILL: (SHARED,), Kind.AGENT: (FilePlace(".other/agents"),)})
TOOLS: Final = (ONE, OTHER)
FILES: Final[Files] = {"skills/pdf/SKILL.md": skill("pdf"), "agents/a.md": agent("a")}
MAIN: Final = RelPath(".agents/skills/pdf/SKILL.md")


def upper(source: Source) -> Rendered:
    """A tool's own form."""
    return Rendered(source.data.upper())


def examined(name: str, files: Files, tools: tuple[Tool, ...] = TOOLS) -> Examined:
    """The entry of a pack with these files."""
    pack = LockedPack(PackName(name), "1.0.0", f"https://x.example/{name}", "", "c" * 40, "t" * 40, "", "*")
    return examine(pack, MemoryContents(files), tools)


def planned(*packs: LockedPack) -> Plan:
    """The plan of a scope with nothing on disk but a new file in the skill's folder."""
    lock = Lock({pack.name: pack for pack in packs}, {"one": 1, "other": 1})
    mine = RelPath(".agents/skills/pdf/mine")
    local: dict[SlotPath, Local] = {mine: digest_of(b"mine"), MAIN: lock.files()[MAIN]}
    disk = Disk(lambda paths: {path: local.get(path) for path in paths}, lambda _: (), lambda _: {})
    return make_plan(Known(lock, None, Receipt(), TOOLS), disk, (mine,), CAREFUL)


def test_one_file_for_two_tools() -> None:
    """Where both read one folder, it is one line of the lock, without a clash or a fault."""
    pack = examined("acme/p", FILES).pack
    assert sorted(pack.files) == [MAIN, ".one/agents/a.md", ".other/agents/a.md"]
    assert find_clashes([pack], TOOLS) == ()
    assert entry_faults(Lock({pack.name: pack._replace(requested="*", ref="refs/tags/v1.0.0")}), TOOLS) == ()
    owners = {change.path: change.owners for change in planned(pack).changes}
    both = (Owner("acme/p", "skill:pdf", "one"), Owner("acme/p", "skill:pdf", "other"))
    assert owners == {
        MAIN: both,
        ".agents/skills/pdf/mine": both,
        ".one/agents/a.md": (Owner("acme/p", "agent:a", "one"),),
        ".other/agents/a.md": (Owner("acme/p", "agent:a", "other"),),
    }


def test_one_file_for_two_packs() -> None:
    """The same bytes in two packs are one slot, which each of them owns for each tool."""
    packs = [examined(name, FILES).pack for name in ("acme/p", "acme/q")]
    assert find_clashes(packs, TOOLS) == ()
    change = next(change for change in planned(*packs).changes if change.path == MAIN)
    assert change.drift is Drift.IN_SYNC
    assert (change.packs, change.items, change.targets) == (("acme/p", "acme/q"), ("skill:pdf",), ("one", "other"))
    assert len(change.owners) == 4


def test_other_bytes_are_a_clash() -> None:
    """Each clash is told once, however many tools share the slot."""
    other = {**FILES, "skills/pdf/SKILL.md": skill("pdf", "Other.\n")}
    packs = [examined("acme/p", FILES).pack, examined("acme/q", other).pack]
    (clash,) = find_clashes(packs, TOOLS)
    assert {claim.pack for claim in clash.claims} == {"acme/p", "acme/q"}


def test_tools_that_write_other_bytes_to_one_slot() -> None:
    """Within one pack the first tool has the slot; what the other one does not get is told."""
    loud = OTHER._replace(places={Kind.SKILL: (SHARED._replace(render=upper),)})
    found = examined("acme/p", {"skills/pdf/SKILL.md": skill("pdf")}, (ONE, loud))
    assert found.pack.files[MAIN] == digest_of(skill("pdf").encode())
    assert [(one.target, one.item, one.code, one.about) for one in found.told] == [
        ("other", "skill:pdf", "refused", str(MAIN))
    ]
