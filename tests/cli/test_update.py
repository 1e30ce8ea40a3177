"""Updates: newest allowed versions, with every edit of the user in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import agent
from tests.cli.project import snapshot, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LINES = "".join(f"Line {number}.\n" for number in range(1, 21))
HEADER = "---\nname: critic\ndescription: Reads code.\ntools: Read, Grep, Glob\nmodel: sonnet\n---\n"
RELEASES = {"v1.0.0": {"agents/critic.md": HEADER + LINES, "agents/other.md": agent("other")}}


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project that has that release."""
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url)
    return sandbox


def critic(project: Sandbox) -> Path:
    """The installed agent."""
    return project.project / ".claude/agents/critic.md"


def test_both_sides_are_kept(project: Sandbox, registry: GitRegistry) -> None:
    """An edit of the body and another one upstream are both there afterwards."""
    critic(project).write_text(HEADER + LINES.replace("Line 2.", "My line 2."))
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + LINES.replace("Line 19.", "Their line 19.")})
    run = project.run("update")
    assert run.exit == 0, run.stderr
    assert "locked    team/team 1.0.0 -> 1.1.0" in run.stdout
    assert "merged    .claude/agents/critic.md" in run.stdout
    wanted = LINES.replace("Line 2.", "My line 2.").replace("Line 19.", "Their line 19.")
    assert critic(project).read_text() == HEADER + wanted
    assert not (project.project / ".claude/agents/other.md").exists()
    assert [file["drift"] for file in project.json("drift")["data"]["files"]] == ["edited"]


def test_header_by_key(project: Sandbox, registry: GitRegistry) -> None:
    """A model chosen here, a tool taken out here and one added upstream do not conflict."""
    mine = HEADER.replace("model: sonnet", "model: haiku  # cheaper").replace("Read, Grep, Glob", "Read, Grep")
    critic(project).write_text(mine + LINES)
    theirs = HEADER.replace("Read, Grep, Glob", "Read, Grep, Glob, Bash").replace("Reads code.", "Reads all code.")
    registry.publish("v1.1.0", {"agents/critic.md": theirs + LINES})
    assert project.run("update", "--accept-grants").exit == 0
    assert critic(project).read_text() == (
        "---\nname: critic\ndescription: Reads all code.\ntools: Read, Grep, Bash\nmodel: haiku  # cheaper\n---\n"
        + LINES
    )


def test_twice_is_once(project: Sandbox, registry: GitRegistry) -> None:
    """A second update changes nothing."""
    critic(project).write_text(HEADER + LINES + "Mine.\n")
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + "First.\n" + LINES})
    succeed(project, "update")
    before = snapshot(project.project)
    succeed(project, "update")
    after = snapshot(project.project)
    assert {path: entry.content for path, entry in after.items()} == {
        path: entry.content for path, entry in before.items()
    }


def test_a_conflict_never_reaches_the_live_file(project: Sandbox, registry: GitRegistry) -> None:
    """The file stays, the attempt and upstream's version lie beside it, and `resolve` settles it."""
    mine, theirs = LINES.replace("Line 5.", "Mine 5."), LINES.replace("Line 5.", "Theirs 5.")
    critic(project).write_text(HEADER + mine)
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + theirs, "agents/other.md": agent("other", "New.\n")})
    run = project.run("update")
    assert run.exit == 1
    assert "conflict  .claude/agents/critic.md" in run.stdout
    assert critic(project).read_text() == HEADER + mine
    assert (project.project / ".claude/agents/other.md").read_text() == agent("other", "New.\n")
    attempt = project.project / ".agentsync/conflicts/.claude/agents/critic.md"
    assert "<<<<<<< yours\nMine 5.\n" in attempt.read_text()
    assert attempt.with_name("critic.md.upstream").read_text() == HEADER + theirs
    assert project.json("drift")["data"]["summary"]["diverged"] == 1

    assert project.run("resolve").exit == 3, "the attempt still holds markers"
    attempt.write_text(HEADER + LINES.replace("Line 5.", "Both 5."))
    assert project.run("update").exit == 1
    assert "Both 5." in attempt.read_text(), "an attempt that was worked on stays"
    succeed(project, "resolve", ".claude/agents/critic.md")
    assert "Both 5." in critic(project).read_text()
    assert not (project.project / ".agentsync/conflicts").exists()
    assert project.json("drift")["data"]["summary"] == {"edited": 1, "in sync": 1}


@pytest.mark.parametrize(
    ("side", "word", "drift"), [("--ours", "Mine 5.", "edited"), ("--theirs", "Theirs 5.", "in sync")]
)
def test_one_side(project: Sandbox, registry: GitRegistry, side: str, word: str, drift: str) -> None:
    """A conflict can be settled with one side; the other one is not lost."""
    critic(project).write_text(HEADER + LINES.replace("Line 5.", "Mine 5."))
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + LINES.replace("Line 5.", "Theirs 5.")})
    assert project.run("update").exit == 1
    succeed(project, "resolve", side)
    assert word in critic(project).read_text()
    assert project.json("status")["data"]["files"][0]["drift"] == drift
    if side == "--theirs":
        kept = list((project.project / ".agentsync/backup").rglob("critic.md"))
        assert any("Mine 5." in path.read_text() for path in kept)


def test_a_moved_file_keeps_its_edit(project: Sandbox, registry: GitRegistry) -> None:
    """Upstream moves an agent to another folder: the edit goes with it."""
    critic(project).write_text(HEADER + LINES + "Mine.\n")
    registry.publish(
        "v1.1.0", {"agents/review/critic.md": HEADER + "Theirs.\n" + LINES, "agents/other.md": agent("other")}
    )
    run = project.run("update")
    assert run.exit == 0, run.stderr
    assert not critic(project).exists()
    moved = project.project / ".claude/agents/review/critic.md"
    assert moved.read_text() == HEADER + "Theirs.\n" + LINES + "Mine.\n"
    assert "your edit went with it" in run.stderr


def test_a_deleted_file_with_an_edit_stays(project: Sandbox, registry: GitRegistry) -> None:
    """What was edited here and is gone upstream becomes the user's own."""
    critic(project).write_text(HEADER + "Mine.\n")
    registry.publish("v1.1.0", {"agents/other.md": agent("other")})
    run = project.run("update")
    assert run.exit == 0
    assert critic(project).read_text() == HEADER + "Mine.\n"
    assert "is yours from now on" in run.stderr
    assert project.run("drift").exit == 0


@pytest.mark.parametrize("content", ["", "\n", "No header any more.\n", "---\nname: [\n<<<<<<< x\n---\n"])
def test_a_worse_release_is_not_taken(project: Sandbox, registry: GitRegistry, content: str) -> None:
    """A file that became empty or lost its header holds its pack back."""
    before = snapshot(project.project)
    registry.publish("v1.1.0", {"agents/critic.md": content, "agents/other.md": agent("other", "New.\n")})
    run = project.run("update")
    assert run.exit == 0
    assert "team/team is kept at its old version" in run.stderr
    assert critic(project).read_text() == HEADER + LINES
    assert snapshot(project.project / ".claude") == {
        path: entry for path, entry in before.items() if path.is_relative_to(project.project / ".claude")
    }


def test_only_what_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    """`update PACK` moves that pack alone."""
    succeed(sandbox, "init")
    for name in ("one", "two"):
        registry = GitRegistry(tmp_path / f"{name}.git")
        registry.publish("v1.0.0", {f"agents/{name}.md": agent(name)})
        succeed(sandbox, "add", registry.url)
        registry.publish("v1.1.0", {f"agents/{name}.md": agent(name, "New.\n")})
    moves = sandbox.json("update", "two")["data"]["versions"]
    assert moves == [{"pack": "two/two", "from": "1.0.0", "to": "1.1.0"}]
    assert sandbox.run("update", "three").exit == 2


def test_dry_run(project: Sandbox, registry: GitRegistry) -> None:
    """Nothing is written, and the moves are told."""
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + "New.\n"})
    before = snapshot(project.project)
    document = project.json("update", "--dry-run")
    assert document["data"]["versions"] == [{"pack": "team/team", "from": "1.0.0", "to": "1.1.0"}]
    assert snapshot(project.project) == before


def test_a_moved_tag_is_an_error(project: Sandbox, registry: GitRegistry) -> None:
    """A locked tag that names another commit now is refused, with both ids."""
    old = registry.read("v1.0.0", "agents/critic.md")
    assert old
    new = registry.publish(None, {"agents/critic.md": HEADER + "Other.\n"})
    registry.move_tag("v1.0.0", new)
    run = project.run("update")
    assert run.exit == 3
    assert "the tag v1.0.0 moved" in run.stderr
    assert new in run.stderr


def test_rollback(project: Sandbox, registry: GitRegistry) -> None:
    """An earlier lock comes back, and the edit stays."""
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + "New.\n" + LINES})
    succeed(project, "update")
    critic(project).write_text(critic(project).read_text() + "Mine.\n")
    run = project.run("rollback")
    assert run.exit == 0, run.stderr
    assert critic(project).read_text() == HEADER + LINES + "Mine.\n"
    assert "1.1.0 -> 1.0.0" in run.stdout
    assert project.run("rollback", "5").exit == 2


def test_rollback_past_an_addition(project: Sandbox, tmp_path: Path) -> None:
    """The manifest still asks for what was added since: that is told, as the next command brings it back."""
    more = GitRegistry(tmp_path / "more.git")
    more.publish("v1.0.0", {"agents/more.md": HEADER.replace("critic", "more")})
    succeed(project, "add", more.url)
    assert "asks for what this lock does not have: more/more" in succeed(project, "rollback").stderr
    assert "more/more" in succeed(project, "install").stdout


def test_rollback_past_a_kept_edit(project: Sandbox, registry: GitRegistry) -> None:
    """To keep an edit is no step: the edit goes back with the project."""
    old = critic(project).read_text()
    registry.publish("v1.1.0", {"agents/critic.md": old + "Upstream.\n"})
    succeed(project, "update")
    critic(project).write_text(
        "---\n" + critic(project).read_text().removeprefix("---\n").replace("name:", "# mine\nname:", 1)
    )
    succeed(project, "keep")
    assert project.json("rollback")["data"]["versions"][0]["to"] == "1.0.0"
    assert "# mine" in critic(project).read_text() and "Upstream." not in critic(project).read_text()
    assert project.run("drift").exit == 0


def test_pulled_lock_then_update(project: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """A lock that a teammate moved, over an edit of ours: `install` stops, `update` merges."""
    critic(project).write_text(HEADER + LINES + "Mine.\n")
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + "Theirs.\n" + LINES, "agents/other.md": agent("other")})
    mate = Sandbox(tmp_path / "mate")
    for name in ("agentsync.yaml", "agentsync.lock"):
        (mate.project / name).write_bytes((project.project / name).read_bytes())
    succeed(mate, "update")
    (project.project / "agentsync.lock").write_bytes((mate.project / "agentsync.lock").read_bytes())
    assert project.run("install").exit == 3
    assert critic(project).read_text() == HEADER + LINES + "Mine.\n"
    assert project.run("update").exit == 0
    assert critic(project).read_text() == HEADER + "Theirs.\n" + LINES + "Mine.\n"


def test_a_new_name_is_told(project: Sandbox, registry: GitRegistry) -> None:
    """Upstream renames an item in its header: what people call it changes, so it is said."""
    renamed = HEADER.replace("name: critic", "name: reviewer")
    registry.publish("v1.1.0", {"agents/critic.md": renamed + LINES, "agents/other.md": agent("other")})
    document = project.json("update")
    assert document["data"]["renamed"] == [{"pack": "team/team", "from": "agent:critic", "to": "agent:reviewer"}]
    assert critic(project).read_text() == renamed + LINES


def test_one_file_that_became_several(project: Sandbox, registry: GitRegistry) -> None:
    """The edit goes to one of them, the others arrive as they are, and nothing is lost."""
    critic(project).write_text(HEADER + LINES + "Mine.\n")
    copies = {f"agents/{name}/critic.md": HEADER.replace("critic", f"{name}-critic") + LINES for name in ("one", "two")}
    registry.publish("v1.1.0", copies | {"agents/other.md": agent("other")})
    assert project.run("update").exit == 0
    found = [path.read_text() for path in (project.project / ".claude/agents").rglob("critic.md")]
    assert sum("Mine.\n" in text for text in found) == 1
    assert (project.project / ".claude/agents/two/critic.md").exists()


def test_one_version(project: Sandbox, registry: GitRegistry) -> None:
    """As bots ask for it: outside of the range only with --widen, which edits the manifest's line and nothing else."""
    registry.publish("v1.1.0", {"agents/critic.md": HEADER + "1.1\n"})
    registry.publish("v2.0.0", {"agents/critic.md": HEADER + "2.0\n"})
    registry.publish("v2.1.0", {"agents/critic.md": HEADER + "2.1\n"})
    manifest = project.project / "agentsync.yaml"
    before = manifest.read_text(encoding="utf-8")
    run = project.run("update", "team@2.0.0")
    assert run.exit == 3 and "hint: write `team/team: 2.0.0` there and run" in run.stderr
    assert project.run("update", "team", "--widen").exit == 2
    planned = project.json("update", "team@2.0.0", "--widen", "--dry-run")
    assert planned["data"]["versions"] == [{"pack": "team/team", "from": "1.0.0", "to": "2.0.0"}]
    assert manifest.read_text(encoding="utf-8") == before and "Line 1." in critic(project).read_text()
    succeed(project, "update", "team@2.0.0", "--widen")
    assert manifest.read_text(encoding="utf-8") == before.replace('"^1.0.0"', '"^1.0.0 || ^2.0.0"') != before
    assert critic(project).read_text().endswith("2.0\n")
    assert project.run("drift").exit == 0 and project.run("install", "--locked").exit == 0
    succeed(project, "update", "team@1.1.0", "--widen")
    assert "^1.0.0 || ^2.0.0" in manifest.read_text(encoding="utf-8")
    registry.publish("v0.9.0", {"agents/critic.md": HEADER + "0.9\n"})
    for words in (["team@0.9.0"], ["team@0.9.0", "--widen"]):
        document = project.json("update", *words)
        assert document["exit"] == 3 and "0.9.0" not in manifest.read_text(encoding="utf-8")
        assert "agentsync update team/team@0.9.0 --widen --allow-downgrade" in document["errors"][0]["hint"]
    succeed(project, "update", "team@0.9.0", "--widen", "--allow-downgrade")
    assert "|| ^0.9.0" in manifest.read_text(encoding="utf-8") and critic(project).read_text().endswith("0.9\n")
