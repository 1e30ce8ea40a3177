"""Places of items: upstream's names stay, but for those that the manifest renames or prefixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.errors import ResolutionError, UnsafeError
from agentsync.model.digest import digest_of
from agentsync.model.item import Choice, ClaudeCode, HeaderStatus
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName
from agentsync.model.pack import PackRoot
from agentsync.model.rel_path import RelPath, rel_path, why_unsafe
from agentsync.planning.choosing import edits_of, installed_name
from agentsync.planning.placing import placed_files, places
from agentsync.targets.all_tools import TOOLS
from tests.strategies import PATHS

CLAUDE = (TOOLS["claude-code"],)


def item(key: str, path: str) -> LockedItem:
    """One item."""
    return LockedItem(ItemKey(key), path, HeaderStatus.STRICT, ClaudeCode.OK)


def pack(*items: LockedItem, choice: Choice | None = None, name: str = "acme/back", path: str = "") -> LockedPack:
    """A pack of these items."""
    return LockedPack(
        PackName(name), "1", "u", "r", "c" * 40, "t" * 40, path, "*", choice=choice or Choice(), items=items
    )


def path_of(locked: LockedPack) -> str:
    """Return the place of its one item."""
    (place,) = places(locked, CLAUDE)
    return place.path


@pytest.mark.parametrize(
    ("key", "path", "place"),
    [
        ("agent:x", "agents/x.md", ".claude/agents/x.md"),
        ("agent:x", "x.md", ".claude/agents/x.md"),
        ("agent:other-name", "agents/file.md", ".claude/agents/file.md"),
        ("agent:x", "agents/team/x.md", ".claude/agents/team/x.md"),
        ("agent:x", "plugin/subagents/a/b/x.md", ".claude/agents/a/b/x.md"),
        ("agent:x", "somewhere/else/x.agent.md", ".claude/agents/x.agent.md"),
        ("command:x", "commands/git/x.md", ".claude/commands/git/x.md"),
        ("command:x", ".opencode/command/x.md", ".claude/commands/x.md"),
        ("rule:x", "rules/python/x.md", ".claude/rules/python/x.md"),
        ("rule:x", "agents/x.md", ".claude/rules/x.md"),
        ("skill:x", "skills/pdf/SKILL.md", ".claude/skills/pdf"),
        ("skill:x", "deep/down/pdf/SKILL.md", ".claude/skills/pdf"),
        ("skill:x", "SKILL.md", ".claude/skills/x"),
    ],
)
def test_upstreams_names_stay(key: str, path: str, place: str) -> None:
    """With the path below the folder of the kind; the name in the header decides nothing."""
    assert path_of(pack(item(key, path))) == place


@pytest.mark.parametrize(
    ("key", "path", "choice", "place"),
    [
        ("agent:new", "agents/team/x.md", Choice(rename={"agent:x": "new"}), ".claude/agents/team/new.md"),
        ("agent:new", "agents/x.md", Choice(rename={"agents/x.md": "new"}), ".claude/agents/new.md"),
        ("skill:new", "skills/pdf/SKILL.md", Choice(rename={"skill:pdf": "new"}), ".claude/skills/new"),
        ("command:new", "commands/x.md", Choice(rename={"command:x": "new"}), ".claude/commands/new.md"),
        ("agent:x", "agents/x.md", Choice(rename={"command:x": "new"}), ".claude/agents/x.md"),
        ("agent:x", "agents/team/x.md", Choice(prefix=True), ".claude/agents/team/back--x.md"),
        ("skill:x", "skills/pdf/SKILL.md", Choice(prefix=True), ".claude/skills/back--pdf"),
        ("agent:new", "agents/x.md", Choice(rename={"agent:x": "new"}, prefix=True), ".claude/agents/back--new.md"),
    ],
)
def test_what_the_manifest_says(key: str, path: str, choice: Choice, place: str) -> None:
    """A new name, or the pack's name in front."""
    assert path_of(pack(item(key, path), choice=choice)) == place


@pytest.mark.parametrize("name", ["a/b", "..", "a:b", "con", "x.", "", "a\nb"])
def test_a_name_that_is_no_file_name(name: str) -> None:
    """Refused where it is chosen."""
    locked = pack(item(f"agent:{name}", "agents/x.md"), choice=Choice(rename={"agents/x.md": name}))
    with pytest.raises(ResolutionError, match="cannot be a file name"):
        list(places(locked, CLAUDE))


def test_what_a_tool_has_no_place_for() -> None:
    """It is no place at all."""
    assert list(places(pack(item("hook:x", "hooks/hooks.json"), item("mcp:y", ".mcp.json")), CLAUDE)) == []


def test_the_name_of_a_pack_that_is_a_skill() -> None:
    """The last part of its path, else of its name."""
    assert PackRoot(PackName("acme/back")).folder == "back"
    assert PackRoot(PackName("tdd")).folder == "tdd"
    assert PackRoot(PackName("tdd"), "skills/test-driven").folder == "test-driven"


def test_files_of_items() -> None:
    """One file, or all of a folder but the folders beside it; only files that may be installed."""
    locked = pack(item("agent:a", "agents/a.md"), item("agent:b", "agents/b.md"), item("skill:s", "skills/s/SKILL.md"))
    paths = ["agents/a.md", "skills/s/SKILL.md", "skills/s/scripts/run.sh", "skills/s2/SKILL.md", "README.md"]
    assert [(file.source, file.path, file.item) for file in placed_files(locked, CLAUDE, paths)] == [
        ("agents/a.md", ".claude/agents/a.md", "agent:a"),
        ("skills/s/SKILL.md", ".claude/skills/s/SKILL.md", "skill:s"),
        ("skills/s/scripts/run.sh", ".claude/skills/s/scripts/run.sh", "skill:s"),
    ]


def test_a_pack_that_is_a_skill() -> None:
    """All of its files, in a folder of its own name; below the pack's where it was locked there, or has none."""
    locked = pack(item("skill:s", "SKILL.md"))
    paths = ["SKILL.md", "lib/a.md"]

    def folder(one: LockedPack) -> set[str]:
        return {file.path.removesuffix(f"/{file.source}") for file in placed_files(one, CLAUDE, paths)}

    assert folder(locked) == {".claude/skills/s"}
    assert folder(pack(item("skill:a/b", "SKILL.md"))) == {".claude/skills/back"}
    assert folder(locked._replace(path="skills/pdf")) == {".claude/skills/pdf"}
    before = locked._replace(files={rel_path(".claude/skills/back/SKILL.md"): digest_of(b"")})
    assert folder(before) == {".claude/skills/back"}


def test_a_skills_own_file_has_one_name() -> None:
    """However upstream spells it; one that was locked as it is spelled stays so."""
    locked = pack(item("skill:s", "skills/s/skill.md"))
    paths = ["skills/s/skill.md", "skills/s/sub/skill.md"]
    found = [file.path for file in placed_files(locked, CLAUDE, paths)]
    assert found == [".claude/skills/s/SKILL.md", ".claude/skills/s/sub/skill.md"]
    before = locked._replace(files={rel_path(".claude/skills/s/skill.md"): digest_of(b"")})
    assert next(placed_files(before, CLAUDE, paths)).path == ".claude/skills/s/skill.md"


def test_what_a_place_holds() -> None:
    """A file is its own place; a folder holds what is below it, and nothing that only begins like it."""
    agent, skill = places(pack(item("agent:a", "agents/a.md"), item("skill:s", "skills/s/SKILL.md")), CLAUDE)
    assert agent.holds(".claude/agents/a.md") and not agent.holds(".claude/agents/a.md/x")
    assert skill.holds(".claude/skills/s/x") and not skill.holds(".claude/skills/s2/x")
    assert not skill.holds(".claude/skills/s")


def test_header_edits() -> None:
    """A rename changes the name in the header, but for commands, which have none; overrides change the rest."""
    edits = {"agent:x": {"model": "haiku"}, "agent:y": {"model": "opus"}}
    choice = Choice(rename={"agent:x": "new", "command:c": "d"}, edits=edits)
    assert edits_of(choice, item("agent:new", "agents/x.md")) == {"name": "new", "model": "haiku"}
    assert edits_of(choice, item("agent:y", "agents/y.md")) == {"model": "opus"}
    assert edits_of(choice, item("command:d", "commands/c.md")) == {}
    assert edits_of(choice, item("agent:z", "agents/z.md")) == {}
    assert installed_name(choice, ItemKey("agent:x"), "agents/x.md") == "new"
    assert installed_name(choice, ItemKey("agent:z"), "agents/z.md") == "z"


def test_the_header_of_a_skill_is_in_one_file() -> None:
    """Its other files stay as they are."""
    locked = pack(item("skill:new", "skills/s/SKILL.md"), choice=Choice(rename={"skill:s": "new"}))
    files = {file.source: file.edits for file in placed_files(locked, CLAUDE, ["skills/s/SKILL.md", "skills/s/x.md"])}
    assert files == {"skills/s/SKILL.md": {"name": "new"}, "skills/s/x.md": {}}


@given(PATHS, st.sampled_from(["agent", "command", "rule", "skill"]), st.booleans(), PATHS)
def test_places_are_safe_and_below_their_home(path: RelPath, kind: str, prefix: bool, name: RelPath) -> None:
    """Whatever upstream calls its files."""
    source = f"{path}/SKILL.md" if kind == "skill" else f"{path}.md"
    locked = pack(item(f"{kind}:x", source), choice=Choice(prefix=prefix), name=f"acme/{name.replace('/', '-')}")
    home = {"agent": "agents", "command": "commands", "rule": "rules", "skill": "skills"}[kind]
    try:
        (place,) = places(locked, CLAUDE)
    except UnsafeError:
        return
    assert place.path.startswith(f".claude/{home}/") and why_unsafe(place.path) is None
    assert place.path.rpartition("/")[2].endswith(source.removesuffix("/SKILL.md").rpartition("/")[2])


def test_a_skill_is_its_own_folder_and_no_other() -> None:
    """Whose name its own begins, or is begun by; in any order of names."""
    locked = pack(item("skill:s", "skills/s/SKILL.md"))
    inside = ["skills/s/SKILL.md", "skills/s/-.md", "skills/s/z/~.md"]
    beside = ["skills/s.md", "skills/s-1/a.md", "skills/s0/a.md", "skills/sz/a.md", "skills/S/a.md", "a.md", "z.md"]
    found = [file.source for file in placed_files(locked, CLAUDE, [*beside, *inside])]
    assert found == sorted(inside)
