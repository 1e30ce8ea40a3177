"""Any pack for any set of AI tools: what is locked is sound, is read again as it is, and goes with its tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.digest import FileDigest
from agentsync.model.finding import Told
from agentsync.model.item import Choice
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName, ScopeName
from agentsync.model.plan import CAREFUL, Action
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import Receipt, SlotPath
from agentsync.packs import frontmatter
from agentsync.planning.consent import Consent
from agentsync.planning.filling import Examined
from agentsync.planning.lock_check import entry_faults
from agentsync.planning.locking import examine
from agentsync.planning.planner import Disk, Known, make_plan
from agentsync.targets.all_tools import TOOLS, forms_of, tools_of
from agentsync.targets.sharing import read_twice, sharing
from tests.cli.packs import agent, skill
from tests.git_registry import Files
from tests.memory_contents import MemoryContents

PACK: Final = LockedPack(PackName("acme/p"), "1.0.0", "u", "refs/tags/v1.0.0", "c" * 40, "b" * 40, "", "*")
YES: Final = Consent(agrees=lambda pack, item, grant: True)
EVERY: Final = tuple(tool.within(ScopeName.PROJECT) for tool in TOOLS.values())
LIMITS: Final = (
    "",
    "tools: Read, Grep",
    "tools: Bash, Write, Edit",
    "tools: []",
    "permissionMode: plan",
    "model: opus",
)
NAMES: Final = st.sampled_from(("a", "b", "A", "My Agent", "my-agent"))


def limited(name: str, limit: str) -> str:
    """An agent with a line in its header."""
    return agent(name).replace("\n---\n", f"\n{limit}\n---\n", 1) if limit else agent(name)


@st.composite
def packs(draw: st.DrawFn) -> Files:
    """Agents, some of them native to a tool, skills, commands and rules."""
    files: dict[str, str] = {}
    folders = st.sampled_from(("agents/", "agents/team/", ".claude/agents/", ".cursor/agents/", ".github/agents/"))
    for folder, name, limit in draw(st.lists(st.tuples(folders, NAMES, st.sampled_from(LIMITS)), max_size=5)):
        files[f"{folder}{name}.md"] = limited(name, limit)
    for name in draw(st.sets(st.sampled_from(("pdf", "xls")))):
        files |= {f"skills/{name}/SKILL.md": skill(name), f"skills/{name}/a.txt": "a\n"}
    for name in draw(st.sets(st.sampled_from(("fix", "git/fix")))):
        files[f"commands/{name}.md"] = "---\ndescription: Fix.\n---\nFix $ARGUMENTS.\n"
    if draw(st.booleans()):
        files["rules/style.md"] = "Be brief.\n"
    return {**files, "agents/last.md": agent("last")}


TARGETS: Final = st.sets(st.sampled_from(sorted(TOOLS)), min_size=1, max_size=7).map(sorted)


def examined(files: Files, targets: Sequence[str], consent: Consent = YES, choice: Choice | None = None) -> Examined:
    """The entry of a pack with these files for some tools."""
    tools = [tool for tool in EVERY if tool.name in targets]
    return examine(PACK._replace(choice=choice or Choice()), MemoryContents(files), tools, consent=consent)


def locked(files: Files, targets: Sequence[str], consent: Consent = YES) -> Lock:
    """The lock of that pack alone."""
    return Lock({PACK.name: examined(files, targets, consent).pack}, forms_of(targets))


def on_disk(there: Mapping[SlotPath, FileDigest]) -> Disk:
    """A disk with these files and entries."""
    return Disk(
        look=lambda paths: {path: there.get(path) for path in paths},
        hidden=lambda _: (),
        sharing=lambda _: {},
        entries=lambda entries: {entry: there.get(entry) for entry in entries},
    )


@settings(max_examples=40, deadline=None)
@given(packs(), TARGETS, st.booleans())
def test_a_lock_for_many_tools_is_sound(files: Files, targets: list[str], consents: bool) -> None:
    """It has one text, which is read as it was; no fault is found in it; what it wants is in sync once it is there."""
    lock = locked(files, targets, YES if consents else Consent())
    assert parse_lock(dump_lock(lock)) == lock
    tools = tools_of(lock, ScopeName.PROJECT)
    assert entry_faults(lock, tools) == ()
    there = dict(lock.slots())
    disk = on_disk(there)
    assert make_plan(Known(lock, lock, Receipt(there), tools, every=lambda: EVERY), disk, (), CAREFUL).is_clean


@settings(max_examples=40, deadline=None)
@given(packs(), TARGETS, TARGETS)
def test_a_tool_that_is_taken_out_leaves_nothing(files: Files, before: list[str], after: list[str]) -> None:
    """What was there for it is deleted; what is there for others stays."""
    old, new = locked(files, before), locked(files, after)
    tools = tools_of(new, ScopeName.PROJECT)
    there = dict(old.slots())
    disk = on_disk(there)
    plan = make_plan(Known(new, old, Receipt(there), tools, every=lambda: EVERY), disk, (), CAREFUL)
    left: dict[SlotPath, FileDigest] = {slot: digest for slot, digest in there.items()}
    for change in plan.changes:
        assert change.action in (Action.TAKE, Action.ADOPT), change
        if change.wanted is None:
            left.pop(change.path, None)
        else:
            left[change.path] = change.wanted
            assert {*change.targets} <= {*after} and change.targets
    assert left == new.slots()


@settings(max_examples=40, deadline=None)
@given(packs(), TARGETS)
def test_without_a_yes_nothing_has_residue(files: Files, targets: list[str]) -> None:
    """What waits is not installed for that tool, and is told; with a yes the lock has the grant."""
    waiting, agreed = examined(files, targets, Consent()), examined(files, targets)
    assert not any(grant.startswith("residue:") for item in waiting.pack.items for grant in item.grants)
    waits = {(item.key, grant.split(":")[1]) for item in waiting.pack.items for grant in item.waits}
    told = {(one.item, one.target) for one in waiting.told if one.code == "residue" and one.waits}
    assert told == waits
    grants = {
        (item.key, *grant.split(":")) for item in agreed.pack.items for grant in item.grants if "residue" in grant
    }
    assert {(item, target) for item, _, target, _ in grants} == waits
    denied = examined(files, targets, Consent(denied=lambda asked: [one for one in asked if "residue" in one]))
    assert not any(item.waits for item in denied.pack.items)


def test_skills_lie_in_the_fewest_folders() -> None:
    """`.claude/skills` for Claude Code and all that read it, `.agents/skills` for all others that read that."""

    def folders(*names: str) -> set[str]:
        found = examined({"skills/pdf/SKILL.md": skill("pdf")}, names).pack
        return {path.removesuffix("/pdf/SKILL.md") for path in found.files}

    assert folders("claude-code") == {".claude/skills"}
    assert folders("claude-code", "copilot", "cursor", "opencode") == {".claude/skills"}
    assert folders("claude-code", "codex", "gemini", "opencode") == {".claude/skills", ".agents/skills"}
    assert folders("copilot", "codex", "opencode") == {".agents/skills"}
    tools = [TOOLS[name] for name in ("claude-code", "codex", "opencode")]
    assert read_twice(tools) == {"opencode": (".claude/skills", ".agents/skills")}
    assert read_twice(sharing(tools)) == read_twice(tools), "it comes out the same from where it ends"


def test_native_files_win() -> None:
    """They are taken as they are for their tool; alone they are no source for another one, which is told."""
    files = {"agents/a.md": agent("a"), ".cursor/agents/a.md": limited("a", "x: 1"), ".cursor/agents/b.md": agent("b")}
    found = examined(files, ("claude-code", "codex", "cursor"))
    assert found.pack.files.keys() == {
        *(".claude/agents/a.md", ".claude/agents/b.md", ".codex/agents/a.toml"),
        *(".cursor/agents/a.md", ".cursor/agents/b.md"),
    }
    items = {str(item.key): item for item in found.pack.items}
    assert items["agent:a"].native == (("cursor", ".cursor/agents/a.md"),)
    assert items["agent:b"].not_for == ("codex",)
    assert [(one.target, one.item, one.code) for one in found.told if one.code == "refused"] == [
        ("codex", "agent:b", "refused")
    ]


def test_native_files_are_no_loss_of_other_tools() -> None:
    """Beside an item that the others get there is nothing to tell; alone each is told once, as the item that it is."""
    sibling = {"agents/a.md": agent("a"), "commands/c.md": "C\n"}
    files = {".codex/agents/a.toml": 'name = "a"\n', ".github/prompts/c.prompt.md": "C\n"}
    tools = ("claude-code", "cursor", "copilot", "gemini")
    assert examined({**sibling, **files}, tools).told == ()
    alone = examined(files, ("claude-code", "codex", "copilot")).told
    assert [(one.target, one.item or one.about) for one in alone] == [
        ("codex", "prompt"),
        ("claude-code", "agent:a"),
        ("copilot", "agent:a"),
        ("claude-code", "command:c"),
    ]


def test_names_as_they_are_there() -> None:
    """Two names that one tool takes for one: the other of them is not installed for that tool alone."""
    found = examined({"agents/a.md": agent("My Agent"), "agents/b.md": agent("my-agent")}, ("claude-code", "gemini"))
    assert found.pack.files.keys() == {".claude/agents/a.md", ".claude/agents/b.md", ".gemini/agents/a.md"}
    assert Told("gemini", "acme/p", "agent:my-agent", "refused", "agents/b.md", "") in [
        one._replace(why="") for one in found.told
    ]


def test_changes_for_one_tool_alone() -> None:
    """Declared in the manifest for one tool, a field is in its file alone."""
    choice = Choice(own_edits={"agent:a": {"codex": {"model": "o3"}}})
    plain, own = examined({"agents/a.md": agent("a")}, ("claude-code", "codex"), choice=None), None
    own = examined({"agents/a.md": agent("a")}, ("claude-code", "codex"), choice=choice)
    changed = {path for path, digest in own.pack.files.items() if plain.pack.files[path] != digest}
    assert changed == {".codex/agents/a.toml"}
    wide = Choice(own_edits={"agent:a": {"codex": {"tools": ("Read", "Bash")}}})
    files = {"agents/a.md": limited("a", "tools: Read")}
    (item,) = examined(files, ("claude-code", "codex"), choice=wide).pack.items
    assert "exec" in item.grants, "what only one tool may do is a grant of the item"


def test_a_header_is_read_once_for_all_tools() -> None:
    """Whatever a file is rendered for, its header is the same."""
    frontmatter._read_head.cache_clear()
    text = "---\nname: reader\ndescription: Reads.\n---\nRead.\n"
    lock = locked({"agents/reader.md": text}, [tool.name for tool in EVERY])
    read = frontmatter._read_head.cache_info()
    assert len(lock.files()) > 6 and (read.misses, read.hits > 6) == (1, True)


def test_a_slot_has_its_digest_by_itself() -> None:
    """It is the one among all slots of its pack."""
    text = "---\nname: reader\ndescription: Reads.\n---\nRead.\n"
    pack = locked({"agents/reader.md": text}, [tool.name for tool in EVERY]).packs[PACK.name]
    assert {slot: pack.digest_of(slot) for slot in pack.slots} == pack.slots
    assert pack.digest_of(RelPath("nowhere.md")) is None


def test_native_files_are_in_the_order_of_the_lock() -> None:
    """Whatever their order in the pack is: two of one name, in the folders of two tools."""
    text = "---\nname: My Agent\ndescription: Helps.\n---\nHelp.\n"
    lock = locked({f".{folder}/agents/My Agent.md": text for folder in ("cursor", "github")}, ["copilot", "cursor"])
    assert parse_lock(dump_lock(lock)) == lock
