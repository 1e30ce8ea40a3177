"""A kept edit whose item is no longer installed is the user's own; going back brings its patch back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.cli.packs import agent
from tests.cli.project import drifts, files_below, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Run, Sandbox

LINES: Final = "".join(f"Line {number}.\n" for number in range(1, 13))
FIRST: Final = {"agents/critic.md": agent("critic", LINES), "agents/writer.md": agent("writer")}
RELEASES: Final = {"v1.0.0": FIRST}
MINE: Final = agent("critic", LINES.replace("Line 2.", "My line 2."))
PATH: Final = ".claude/agents/critic.md"


@pytest.fixture
def project(asking: Sandbox) -> Sandbox:
    """A project that keeps an edit of one of the agents."""
    (asking.project / PATH).write_text(MINE)
    succeed(asking, "keep")
    return asking


def without(name: str) -> Callable[[Sandbox], Run]:
    """Leave an item out by the manifest."""

    def leave_out(project: Sandbox) -> Run:
        write_manifest(project, manifest_text(project).replace("^1", f'{{version: ^1, {name}: ["agent:writer"]}}'))
        return succeed(project, "install")

    return leave_out


def excepted(project: Sandbox) -> Run:
    """Leave the item out by its name."""
    write_manifest(project, manifest_text(project).replace("^1", '{version: ^1, except: ["agent:critic"]}'))
    return succeed(project, "install")


def removed_by_hand(project: Sandbox) -> Run:
    """Take the line out of the manifest; the lock is decided before the next install."""
    write_manifest(project, re.sub("packs:\n.*\n", "packs: {}\n", manifest_text(project)))
    locked = succeed(project, "lock")
    installed = succeed(project, "install")
    return replace(installed, stderr=locked.stderr + installed.stderr)


WAYS: Final[dict[str, Callable[[Sandbox], Run]]] = {
    "remove": lambda project: succeed(project, "remove", "team"),
    "only": without("only"),
    "except": excepted,
    "by hand": removed_by_hand,
}


def patches(project: Sandbox) -> set[str]:
    """The patches that would be committed."""
    return {path for path in files_below(project.project / ".agentsync/patches") if path.endswith(".patch")}


@pytest.mark.parametrize("way", WAYS)
def test_released(way: str, project: Sandbox) -> None:
    """The file stays as it is and is told; the patch is gone, and nothing claims the file any more."""
    run = WAYS[way](project)
    assert f"{PATH} is no longer kept as a patch: it is no longer installed; your edit is on disk" in run.stderr
    assert f"{PATH} was edited here and is yours from now on" in run.stderr
    assert (project.project / PATH).read_text() == MINE
    assert not patches(project) and not (project.project / ".agentsync/patches").exists()
    assert drifts(project) == {}
    assert "nothing to do" in succeed(project, "install").stdout
    assert (project.project / PATH).read_text() == MINE


@pytest.mark.parametrize("way", WAYS)
def test_rollback_brings_it_back(way: str, project: Sandbox) -> None:
    """The lock of before has the edit again, with its patch."""
    before = files_below(project.project / ".agentsync/patches")
    WAYS[way](project)
    run = succeed(project, "rollback")
    assert f"your edit of {PATH} is kept again" in run.stderr
    assert files_below(project.project / ".agentsync/patches") == before
    assert (project.project / PATH).read_text() == MINE
    assert project.run("keep", "--list").stdout.startswith(PATH)


def test_a_clone_that_has_no_such_file(project: Sandbox, tmp_path: Path) -> None:
    """What is not on disk is not said to be: the patch is in the backup."""
    other = Sandbox(tmp_path / "other")
    for name in ("agentsync.yaml", "agentsync.lock"):
        shutil.copy(project.project / name, other.project)
    shutil.copytree(project.project / ".agentsync/patches", other.project / ".agentsync/patches")
    run = succeed(other, "remove", "team")
    assert "the patch is in .agentsync/backup/" in run.stderr
    assert any("My line 2." in text.decode() for text in files_below(other.project / ".agentsync/backup").values())


def test_an_edit_that_was_given_up_comes_back(project: Sandbox, registry: GitRegistry) -> None:
    """There: the update conflicts, and upstream's side is taken. Back: the edit. There again: the conflict."""
    registry.publish("v1.1.0", FIRST | {"agents/critic.md": agent("critic", LINES.replace("Line 2.", "Theirs."))})
    assert project.run("update").exit == 1
    assert not patches(project)
    succeed(project, "resolve", "--theirs")
    succeed(project, "rollback")
    assert (project.project / PATH).read_text() == MINE
    assert patches(project) == {f"team/team/{PATH}.patch"}
    assert project.run("update").exit == 1
    assert (project.project / PATH).read_text() == MINE


def test_a_memory_that_is_gone(project: Sandbox, registry: GitRegistry) -> None:
    """Where the patch is remembered nowhere, that is told, and the lock is gone back to without it."""
    registry.publish("v1.1.0", FIRST | {"agents/critic.md": agent("critic", LINES.replace("Line 2.", "Theirs."))})
    project.run("update")
    succeed(project, "resolve", "--theirs")
    for folder in (project.project / ".agentsync/history").iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    run = succeed(project, "rollback")
    assert f"{PATH} was kept with that lock, and its patch is not remembered on this machine" in run.stderr
    assert (project.project / PATH).read_text() == FIRST["agents/critic.md"]
    assert project.run("drift").exit == 0


def test_a_colleague_ends_it(project: Sandbox, tmp_path: Path) -> None:
    """The lock that was pulled has no edit any more: the file is upstream's again, and the edit in the backup."""
    mate = Sandbox(tmp_path / "mate")
    for name in ("agentsync.yaml", "agentsync.lock"):
        shutil.copy(project.project / name, mate.project)
    shutil.copytree(project.project / ".agentsync/patches", mate.project / ".agentsync/patches")
    succeed(mate, "install")
    succeed(mate, "keep", "--drop", PATH)
    shutil.copy(mate.project / "agentsync.lock", project.project)
    shutil.rmtree(project.project / ".agentsync/patches")
    run = succeed(project, "install")
    assert (project.project / PATH).read_text() == FIRST["agents/critic.md"]
    assert "your own files were set aside in .agentsync/backup/" in run.stderr
    assert MINE.encode() in files_below(project.project / ".agentsync/backup").values()


def test_a_patch_that_lies_there_serves_again(project: Sandbox) -> None:
    """The lock is made anew: the patches are the project's own, and hold. One that fits nothing is told by doctor."""
    (project.project / "agentsync.lock").unlink()
    stray = project.project / ".agentsync/patches/team/team/.claude/agents/gone.md.patch"
    stray.write_text("--- a\n+++ b\n")
    run = succeed(project, "install")
    assert f"the patch of {PATH} was in .agentsync/patches and is used again" in run.stderr
    assert project.run("drift").exit == 0
    assert (project.project / PATH).read_text() == MINE
    doctor = project.run("doctor")
    assert doctor.exit == 1
    assert ".agentsync/patches/team/team/.claude/agents/gone.md.patch" in doctor.stdout
    assert "critic" not in doctor.stdout
    assert "gone.md" in project.run("keep", "--list").stderr
