"""Conflicts of an update: how they wait, how they are settled, how they come to an end by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import files_below, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LINES = "".join(f"Line {number}.\n" for number in range(1, 9))
MINE, THEIRS = LINES.replace("Line 5.", "Mine 5."), LINES.replace("Line 5.", "Theirs 5.")
PATH = ".claude/agents/critic.md"
RELEASES = {"v1.0.0": {"agents/critic.md": agent("critic", LINES)}}


@pytest.fixture
def conflicted(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project in which one line of it is changed here and upstream."""
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url)
    (sandbox.project / PATH).write_text(agent("critic", MINE))
    registry.publish("v1.1.0", {"agents/critic.md": agent("critic", THEIRS)})
    assert sandbox.run("update").exit == 1
    return sandbox


def attempt(project: Sandbox, path: str = PATH) -> Path:
    """Where the attempt at a merge is."""
    return project.project / ".agentsync/conflicts" / path


def backups(project: Sandbox) -> str:
    """Everything in the backups, as one text."""
    return "".join(data.decode() for data in files_below(project.project / ".agentsync/backup").values())


def test_a_moved_file_waits_on_its_new_path(conflicted: Sandbox, registry: GitRegistry) -> None:
    """Upstream moves a file whose edit does not merge: it stays the user's, over there, until it is settled."""
    registry.publish("v1.2.0", {"agents/review/critic.md": agent("critic", THEIRS + "More.\n")})
    run = conflicted.run("update")
    moved = ".claude/agents/review/critic.md"
    assert run.exit == 1
    assert f"conflict  {moved}" in run.stdout
    assert files_below(conflicted.project / ".claude") == {"agents/review/critic.md": agent("critic", MINE).encode()}
    assert [file["drift"] for file in conflicted.json("drift")["data"]["files"]] == ["diverged"]
    assert not attempt(conflicted).exists(), "the old attempt came to an end"
    assert conflicted.run("update").exit == 1
    attempt(conflicted, moved).write_text(agent("critic", MINE + "More.\n"))
    succeed(conflicted, "resolve")
    assert (conflicted.project / moved).read_text() == agent("critic", MINE + "More.\n")
    assert conflicted.run("update").exit == 0


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_a_side_of_a_moved_file(conflicted: Sandbox, registry: GitRegistry, side: str) -> None:
    """Both sides of a moved file are there to choose from."""
    registry.publish("v1.2.0", {"agents/review/critic.md": agent("critic", THEIRS)})
    assert conflicted.run("update").exit == 1
    succeed(conflicted, "resolve", side)
    wanted = agent("critic", MINE if side == "--ours" else THEIRS)
    assert files_below(conflicted.project / ".claude") == {"agents/review/critic.md": wanted.encode()}


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_work_on_an_attempt_is_not_lost(conflicted: Sandbox, side: str) -> None:
    """Who chooses a side after all finds the attempt in a backup."""
    attempt(conflicted).write_text("worked on\n")
    succeed(conflicted, "resolve", side)
    assert "worked on\n" in backups(conflicted)
    assert not attempt(conflicted).parent.exists()


def test_an_attempt_of_another_release(conflicted: Sandbox, registry: GitRegistry) -> None:
    """The lock moved on, as by a colleague: the attempt would undo what upstream did since."""
    attempt(conflicted).write_text(agent("critic", MINE))
    registry.publish("v1.2.0", {"agents/critic.md": agent("critic", "First.\n" + THEIRS)})
    lock = conflicted.project / "agentsync.lock"
    mate = Sandbox(conflicted.root / "mate")
    for name in ("agentsync.yaml", "agentsync.lock"):
        (mate.project / name).write_bytes((conflicted.project / name).read_bytes())
    succeed(mate, "update")
    lock.write_bytes((mate.project / "agentsync.lock").read_bytes())
    run = conflicted.run("resolve")
    assert run.exit == 3
    assert "was made with another release" in run.stderr
    assert conflicted.run("update").exit == 1
    assert "First.\n" in attempt(conflicted).read_text()
    assert agent("critic", MINE) in backups(conflicted)


def test_a_conflict_ends_by_itself(conflicted: Sandbox, registry: GitRegistry) -> None:
    """Upstream takes its change back: the edit merges, and no attempt waits."""
    registry.publish("v1.2.0", {"agents/critic.md": agent("critic", LINES + "More.\n")})
    succeed(conflicted, "update")
    assert (conflicted.project / PATH).read_text() == agent("critic", MINE + "More.\n")
    assert not attempt(conflicted).exists()
    assert conflicted.run("resolve").exit == 2


def test_headings_are_no_markers(conflicted: Sandbox) -> None:
    """A line of equals signs underlines a heading; the other markers are never text."""
    attempt(conflicted).write_text(agent("critic", "Heading\n=======\n||||||| base\n"))
    assert conflicted.run("resolve").exit == 3
    attempt(conflicted).write_text(agent("critic", "Heading\n=======\n"))
    succeed(conflicted, "resolve")
    assert "Heading\n=======\n" in (conflicted.project / PATH).read_text()


def test_something_else_on_the_path(conflicted: Sandbox) -> None:
    """A folder stands there meanwhile: it is set aside for what the attempt says."""
    (conflicted.project / PATH).unlink()
    (conflicted.project / PATH).mkdir()
    (conflicted.project / PATH / "note.txt").write_text("Noted.\n")
    attempt(conflicted).write_text(agent("critic", MINE))
    succeed(conflicted, "resolve")
    assert (conflicted.project / PATH).read_text() == agent("critic", MINE)
    assert "Noted.\n" in backups(conflicted)


def test_a_base_that_is_gone(sandbox: Sandbox) -> None:
    """The pack is a folder, and its old files are nowhere any more: nothing is merged, nothing is lost."""
    (sandbox.project / "own/agents").mkdir(parents=True)
    (sandbox.project / "own/agents/critic.md").write_text(agent("critic", LINES))
    write_manifest(sandbox, "packs:\n  own: {path: ./own}\n")
    succeed(sandbox, "install")
    (sandbox.project / PATH).write_text(agent("critic", LINES + "Mine.\n"))
    (sandbox.project / "own/agents/critic.md").write_text(agent("critic", "Theirs.\n" + LINES))
    run = sandbox.run("update")
    assert run.exit == 1, run.stderr
    assert "nothing was merged" in run.stderr
    assert (sandbox.project / PATH).read_text() == agent("critic", LINES + "Mine.\n")
    assert attempt(sandbox).read_text() == agent("critic", "Theirs.\n" + LINES)


def test_a_worse_release_that_another_pack_needs(sandbox: Sandbox, tmp_path: Path) -> None:
    """What needs it is held back with it; where the manifest insists, nothing is updated."""
    registry = GitRegistry(tmp_path / "acme.git")

    def publish(version: str, text: str) -> None:
        for name in ("one", "two"):
            files = {
                "registry.yaml": registry_yaml("one", "two"),
                "packs/one/agents/one.md": agent("one", version),
                "packs/one/pack.yaml": f"requires: {{two: '>={version}'}}\n",
                "packs/two/agents/two.md": text,
            }
            registry.publish(f"{name}-v{version}", files)

    publish("1.0.0", agent("two"))
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "acme", registry.url)
    succeed(sandbox, "add", "acme/one")
    publish("1.1.0", "")
    before = files_below(sandbox.project / ".claude")
    for words in (["update"], ["update", "acme/two"], ["update", "acme/one"]):
        run = succeed(sandbox, *words)
        assert "acme/two is kept at its old version: agent:two became empty" in run.stderr
        assert files_below(sandbox.project / ".claude") == before
    assert "acme/one is kept at its old version: its new version needs acme/two" in run.stderr
    write_manifest(sandbox, f"registries:\n  acme: {registry.url}\npacks:\n  acme/one: '>=1.1'\n")
    run = sandbox.run("update")
    assert run.exit == 3
    assert "acme/two cannot be kept at the old version" in run.stderr
    assert files_below(sandbox.project / ".claude") == before
