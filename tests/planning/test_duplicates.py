"""Of items of one pack that ask for one name or path, one is taken, and the other is told."""

from __future__ import annotations

import shlex

import pytest

from agentsync.model.item import Choice
from agentsync.model.lock import LockedPack
from agentsync.model.names import PackName
from agentsync.planning.filling import Examined
from agentsync.planning.locking import examine
from agentsync.planning.naming import NamesInUse, left_out_finding
from agentsync.targets.claude_code import CLAUDE_CODE
from tests.cli.packs import agent, skill
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

CLAUDE = (CLAUDE_CODE,)
PACK = LockedPack(PackName("a/p"), "1", "u", "", "c" * 40, "t" * 40, "", "*")


def examined(files: Files, choice: Choice | None = None, before: LockedPack | None = None) -> Examined:
    """Lock a pack with these files."""
    return examine(PACK._replace(choice=choice or Choice()), MemoryContents(files), CLAUDE, before=before)


def paths(found: Examined) -> list[str]:
    """Return the paths of the items that were taken."""
    return sorted(item.path for item in found.pack.items)


def new_name(found: Examined, path: str) -> str:
    """The name that is proposed for an item that was left out."""
    left = next(one for one in found.left_out if one.path == path)
    fix = left_out_finding(left, NamesInUse([found.pack], CLAUDE), "a/p").fix
    return shlex.split(fix.split("`")[1])[-1].rpartition("=")[2]


def test_the_same_bytes_are_one_item() -> None:
    """In how many folders they may lie; nothing is told of that."""
    files: Files = {
        f"{folder}{path}": text
        for folder in ("", ".claude/", ".cursor/", "src/")
        for path, text in {"agents/x.md": agent("x"), "skills/s/SKILL.md": skill("s"), "skills/s/a": "a"}.items()
    }
    found = examined(files)
    assert paths(found) == [".claude/agents/x.md", ".claude/skills/s/SKILL.md"]
    assert found.left_out == () and found.findings == ()
    assert sorted(found.pack.files) == [*(".claude/agents/x.md", ".claude/skills/s/SKILL.md", ".claude/skills/s/a")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (".claude/agents/x.md", "agents/x.md"),
        ("agents/x.md", ".cursor/agents/x.md"),
        ("agents/x.md", "plugins/02/agents/x.md"),
        ("agents/x.md", "agents/team/x.md"),
        ("agents/a.md", "agents/b.md"),
        ("agents/team/x.md", "b/agents/x.md"),
        ("app/.claude/agents/x.md", "app/agents/x.md"),
        ("one/agents/x.md", "two/agents/X.md"),
    ],
)
def test_which_one_is_taken(first: str, second: str) -> None:
    """The nearest to its tool's own folder, the shortest path, the first by name; in whatever order they come."""
    files: Files = {second: agent("x", "Other\n"), first: agent("x")}
    found = examined(files)
    assert paths(found) == [first]
    (left,) = found.left_out
    assert (left.item, left.path, left.taken) == ("agent:x", second, first)
    both = examined(files, Choice(rename={second: new_name(found, second)}))
    assert paths(both) == sorted([first, second]) and both.left_out == ()
    assert paths(examined(files, Choice(only=(second,)))) == [second]
    assert paths(examined(files, Choice(excluded=(first,)))) == [second]


def test_what_is_installed_keeps_its_place() -> None:
    """A better one that comes later does not take it; the installed one that goes away does."""
    before = examined({"b/agents/x.md": agent("x")}).pack
    later: Files = {"agents/x.md": agent("x", "New\n"), "b/agents/x.md": agent("x", "Changed\n")}
    assert paths(examined(later, before=before)) == ["b/agents/x.md"]
    assert paths(examined(later)) == ["agents/x.md"]
    assert paths(examined({"agents/x.md": agent("x", "New\n")}, before=before)) == ["agents/x.md"]


def test_skills_are_compared_whole() -> None:
    """One more file, or other bytes of one, make another skill."""
    same: Files = {"skills/s/SKILL.md": skill("s"), "skills/s/a.sh": File("a", executable=True)}
    for more in ({"b/s/a.sh": "b"}, {"b/s/a.sh": "a", "b/s/b": ""}, {}):
        found = examined({**same, "b/s/SKILL.md": skill("s"), **more})
        assert [left.path for left in found.left_out] == ["b/s/SKILL.md"]
        assert sorted(found.pack.files) == [".claude/skills/s/SKILL.md", ".claude/skills/s/a.sh"]


def test_one_folder_name_and_two_names() -> None:
    """A skill's folder is a path: `rename` to the name that a skill has gives it a folder of its own."""
    files: Files = {"skills/a/review/SKILL.md": skill("a-review"), "skills/b/review/SKILL.md": skill("b-review")}
    found = examined(files)
    assert paths(found) == ["skills/a/review/SKILL.md"]
    assert [left.item for left in found.left_out] == ["skill:b-review"]
    both = examined(files, Choice(rename={"skill:a-review": "a-review", "skill:b-review": "b-review"}))
    assert sorted(both.pack.files) == [".claude/skills/a-review/SKILL.md", ".claude/skills/b-review/SKILL.md"]


def test_a_name_that_was_given_goes_first() -> None:
    """A renamed item takes the name from the item that has it by itself."""
    files: Files = {"agents/x.md": agent("x"), "agents/team/y.md": agent("y")}
    found = examined(files, Choice(rename={"agent:y": "x"}))
    assert paths(found) == ["agents/team/y.md"]
    assert [left.path for left in found.left_out] == ["agents/x.md"]


def test_a_new_name_does_not_bring_the_twin_in() -> None:
    """The other item keeps its place where the chosen one gets another name, by key or by path."""
    files: Files = {"skills/x/SKILL.md": skill("y"), ".cursor/skills/x/SKILL.md": skill("x")}
    for key in ("skill:y", "skills/x/SKILL.md"):
        found = examined(files, Choice(rename={key: "z"}))
        assert paths(found) == ["skills/x/SKILL.md"]
        assert [left.path for left in found.left_out] == [".cursor/skills/x/SKILL.md"]


def test_the_line_that_takes_it() -> None:
    """A finding has the command, with everything that a shell reads in quotes."""
    found = examined({"agents/x.md": agent("x"), "my team/agents/x.md": agent("x", "Other\n")})
    told = left_out_finding(found.left_out[0], NamesInUse([found.pack], CLAUDE), "a/p", ("agentsync", "add", "--user"))
    assert (told.item, told.path) == ("agent:x", "my team/agents/x.md")
    assert told.fix == "`agentsync add --user a/p --rename 'my team/agents/x.md=my-team-x'` installs both"
