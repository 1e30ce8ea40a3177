"""`restore`: back to the lock, by path, folder, pack or item; what stood there is set aside first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.packs import TEAM
from tests.cli.project import drifts, executables_below, fail, files_below, snapshot, succeed
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

DESIGNER, CRITIC = ".claude/agents/designer.md", ".claude/agents/review/critic.md"
SCRIPT, EXTRA = ".claude/skills/pdf/scripts/fill.sh", ".claude/skills/pdf/mine.txt"


@pytest.fixture
def edited(installed: Sandbox) -> Sandbox:
    """Four files that drifted, each in its own way."""
    (installed.project / DESIGNER).write_text("My designer\n")
    (installed.project / CRITIC).write_text("My critic\n")
    (installed.project / SCRIPT).unlink()
    (installed.project / EXTRA).write_text("Mine\n")
    return installed


def _backup(sandbox: Sandbox) -> dict[str, bytes]:
    (folder,) = (sandbox.project / ".agentsync/backup").iterdir()
    return files_below(folder)


def test_everything(edited: Sandbox, team: GitRegistry) -> None:
    """Without words: all that drifted; the old bytes are in the backup, which is told."""
    run = succeed(edited, "restore")
    assert drifts(edited) == {}
    assert files_below(edited.project / ".claude") == {path: team.read("v1.0.0", path) for path in TEAM}
    assert _backup(edited) == {DESIGNER: b"My designer\n", CRITIC: b"My critic\n", EXTRA: b"Mine\n"}
    assert ".agentsync/backup/" in run.stderr


@pytest.mark.parametrize(
    ("word", "left"),
    [
        (DESIGNER, {CRITIC, SCRIPT, EXTRA}),
        (".claude/agents", {SCRIPT, EXTRA}),
        (".claude/agents/", {SCRIPT, EXTRA}),
        ("./.claude/agents/review", {DESIGNER, SCRIPT, EXTRA}),
        ("agent:critic", {DESIGNER, SCRIPT, EXTRA}),
        ("skill:pdf", {DESIGNER, CRITIC}),
        ("team/team", set()),
        ("team", set()),
        (EXTRA, {DESIGNER, CRITIC, SCRIPT}),
        (".", set()),
    ],
)
def test_what_is_named(edited: Sandbox, word: str, left: set[str]) -> None:
    """A path, a folder, an item or a pack; everything else stays as it was."""
    said = succeed(edited, "restore", word).stdout
    assert set(drifts(edited)) == left
    assert not any(path in said for path in left)
    if DESIGNER in left:
        assert (edited.project / DESIGNER).read_text() == "My designer\n"


def test_from_where_one_stands(edited: Sandbox) -> None:
    """A path counts from the current folder, and an absolute one is understood."""
    succeed(edited, "restore", "critic.md", cwd=edited.project / ".claude/agents/review")
    assert CRITIC not in drifts(edited)
    succeed(edited, "restore", str(edited.project / DESIGNER), cwd=edited.project / ".claude")
    assert DESIGNER not in drifts(edited)


def test_several_words(edited: Sandbox) -> None:
    """They add up; one that names nothing stops everything before it begins, and the nearest is told."""
    assert "did you mean `agent:critic`?" in fail(edited, "restore", DESIGNER, "critic", exit=2, code="usage")
    succeed(edited, "restore", "agent:designer", "skill:pdf")
    assert set(drifts(edited)) == {CRITIC}


def test_whatever_stands_in_place_of_a_file(installed: Sandbox, team: GitRegistry) -> None:
    """Links and folders are moved away whole, never followed."""
    outside = installed.root / "outside"
    outside.mkdir()
    (outside / "critic.md").write_text("Outside\n")
    (installed.project / DESIGNER).unlink()
    (installed.project / DESIGNER).mkdir()
    (installed.project / DESIGNER / "inside.txt").write_text("Inside\n")
    shutil.rmtree(installed.project / ".claude/agents/review")
    (installed.project / ".claude/agents/review").symlink_to(outside)
    (installed.project / SCRIPT).unlink()
    (installed.project / SCRIPT).symlink_to("/etc/passwd")
    succeed(installed, "restore")
    assert drifts(installed) == {}
    assert files_below(installed.project / ".claude") == {path: team.read("v1.0.0", path) for path in TEAM}
    assert files_below(outside) == {"critic.md": b"Outside\n"}
    (backup,) = (installed.project / ".agentsync/backup").iterdir()
    assert (backup / DESIGNER / "inside.txt").read_text() == "Inside\n"
    assert (backup / ".claude/agents/review").is_symlink() and (backup / SCRIPT).is_symlink()


def test_a_file_where_a_folder_was(installed: Sandbox, team: GitRegistry) -> None:
    """A file in the way of a folder is set aside as well."""
    shutil.rmtree(installed.project / ".claude/agents/review")
    (installed.project / ".claude/agents/review").write_text("In the way\n")
    succeed(installed, "restore")
    assert (installed.project / CRITIC).read_bytes() == team.read("v1.0.0", "agents/review/critic.md")
    assert _backup(installed) == {".claude/agents/review": b"In the way\n"}


def test_a_clone_without_a_cache(clone: Sandbox, team: GitRegistry) -> None:
    """The locked bytes are fetched; where that is not possible nothing is touched."""
    (clone.project / DESIGNER).write_text("Mine\n")
    fail(clone, "restore", "--offline", exit=3, code="fetch")
    succeed(clone, "restore")
    assert (clone.project / DESIGNER).read_bytes() == team.read("v1.0.0", "agents/designer.md")
    assert _backup(clone) == {DESIGNER: b"Mine\n"}


def test_nothing_to_restore(installed: Sandbox) -> None:
    """Exit 0, no git, no write."""
    before = snapshot(installed.project)
    assert succeed(installed, "restore", git_log=True).git_calls == []
    assert snapshot(installed.project) == before


@needs("modes")
def test_a_mode(installed: Sandbox) -> None:
    """A file of which the mode alone was changed keeps its bytes, and needs no backup."""
    (installed.project / SCRIPT).chmod(0o644)
    assert f"would chmod     {SCRIPT}" in succeed(installed, "restore", "--dry-run").stdout
    succeed(installed, "restore")
    assert drifts(installed) == {} and not (installed.project / ".agentsync/backup").exists()
    assert executables_below(installed.project / ".claude") == {"skills/pdf/scripts/fill.sh"}


def test_dry_run(edited: Sandbox) -> None:
    """The plan alone, as lines and as data."""
    before = snapshot(edited.project)
    run = succeed(edited, "restore", "--dry-run")
    assert f"would replace   {DESIGNER}" in run.stdout.splitlines()
    assert f"would write     {SCRIPT}" in run.stdout.splitlines()
    assert f"would set aside {EXTRA}" in run.stdout.splitlines()
    changed = edited.json("restore", "--dry-run")["data"]["changed"]
    assert {change["path"]: change["action"] for change in changed} == {
        DESIGNER: "replace",
        CRITIC: "replace",
        SCRIPT: "write",
        EXTRA: "set aside",
    }
    assert snapshot(edited.project) == before


def test_without_a_lock(edited: Sandbox) -> None:
    """There is nothing to go back to."""
    (edited.project / "agentsync.lock").unlink()
    fail(edited, "restore", exit=3, code="lock")


def test_a_word_outside_the_project(edited: Sandbox, tmp_path: Path) -> None:
    """A path that is not ours is a word that names nothing."""
    fail(edited, "restore", str(tmp_path), exit=2, code="usage")
    fail(edited, "restore", "..", exit=2, code="usage")


def test_a_backup_is_listed_and_put_back(installed: Sandbox) -> None:
    """What `restore` set aside comes back, and what stands there then is set aside in turn."""
    mine = installed.project / ".claude/agents/designer.md"
    mine.write_text("Mine.\n")
    succeed(installed, "restore")
    locked_text = mine.read_text()
    (backup,) = installed.json("restore", "--backups")["data"]["backups"]
    assert backup["files"] == [".claude/agents/designer.md"]
    assert fail(installed, "restore", "--from-backup", "19700101T000000Z", exit=2, code="usage")
    succeed(installed, "restore", "--from-backup", "last")
    assert mine.read_text() == "Mine.\n"
    assert drifts(installed) == {".claude/agents/designer.md": "edited"}
    newest = installed.json("restore", "--backups")["data"]["backups"][-1]
    aside = installed.project / ".agentsync/backup" / newest["backup"] / ".claude/agents/designer.md"
    assert aside.read_text() == locked_text


def test_a_patch_that_was_set_aside_is_put_back(edited: Sandbox) -> None:
    """To where patches are, not to a folder of the project that is called the same."""
    succeed(edited, "keep", DESIGNER)
    (patch,) = (edited.project / ".agentsync/patches").rglob("*.patch")
    text = patch.read_text()
    succeed(edited, "remove", "team/team")
    assert not patch.exists()
    succeed(edited, "restore", "--from-backup", "last")
    assert patch.read_text() == text and not (edited.project / "patches").exists()
