"""Kept edits: patches that are committed with the project and hold on every machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.packs import agent
from tests.cli.project import another_machine, succeed
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

LINES = "".join(f"Line {number}.\n" for number in range(1, 21))
SKILL = "---\nname: pdf\ndescription: Fills forms.\n---\nSteps.\n"
FIRST = {"agents/critic.md": agent("critic", LINES), "skills/pdf/SKILL.md": SKILL, "skills/pdf/run.sh": "echo\n"}
RELEASES = {"v1.0.0": FIRST}
PATCHES = ".agentsync/patches"


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project with three edits: a line, an executable bit, a new file in the skill."""
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url)
    critic(sandbox).write_text(agent("critic", LINES.replace("Line 2.", "My line 2.")))
    (sandbox.project / ".claude/skills/pdf/run.sh").chmod(0o755)
    (sandbox.project / ".claude/skills/pdf/own.md").write_text("Ours.\n")
    return sandbox


def critic(sandbox: Sandbox) -> Path:
    """The installed agent."""
    return sandbox.project / ".claude/agents/critic.md"


@needs("modes")
def test_kept_is_clean_everywhere(project: Sandbox, tmp_path: Path) -> None:
    """After `keep` the check is clean, here and on a machine that only has what was committed."""
    assert project.run("drift").exit == 1
    succeed(project, "keep")
    document = project.json("drift")
    assert document["exit"] == 0
    assert document["data"]["summary"] == {"in sync": 1, "kept": 3}
    assert project.run("install").exit == 0

    other = another_machine(project, PATCHES)
    succeed(other, "install", "--locked")
    assert critic(other).read_text() == critic(project).read_text()
    assert (other.project / ".claude/skills/pdf/run.sh").stat().st_mode & 0o100
    assert (other.project / ".claude/skills/pdf/own.md").read_text() == "Ours.\n"
    assert other.run("drift").exit == 0


@needs("modes")
def test_an_update_rebases(project: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """The patch is carried over to the new release, and a second machine gets both."""
    succeed(project, "keep")
    changed = FIRST | {"agents/critic.md": agent("critic", LINES.replace("Line 19.", "Their line 19."))}
    registry.publish("v1.1.0", changed)
    succeed(project, "update")
    both = LINES.replace("Line 2.", "My line 2.").replace("Line 19.", "Their line 19.")
    assert critic(project).read_text() == agent("critic", both)
    assert project.json("drift")["data"]["summary"] == {"in sync": 1, "kept": 3}
    other = another_machine(project, PATCHES)
    succeed(other, "install", "--frozen")
    assert critic(other).read_text() == agent("critic", both)


def test_a_patch_that_no_longer_applies(project: Sandbox, registry: GitRegistry) -> None:
    """It is a conflict like any other: the edit stays on disk, and nothing is lost in silence."""
    succeed(project, "keep", ".claude/agents/critic.md")
    registry.publish("v1.1.0", FIRST | {"agents/critic.md": agent("critic", LINES.replace("Line 2.", "Theirs."))})
    run = project.run("update")
    assert run.exit == 1
    assert "the patch no longer applies" in run.stderr
    assert "My line 2." in critic(project).read_text()
    assert (project.project / ".agentsync/conflicts/.claude/agents/critic.md").exists()


def test_upstream_takes_the_edit(project: Sandbox, registry: GitRegistry) -> None:
    """Once upstream has the edit, there is nothing to keep."""
    succeed(project, "keep", ".claude/agents/critic.md")
    registry.publish("v1.1.0", FIRST | {"agents/critic.md": critic(project).read_text()})
    succeed(project, "update")
    assert "critic.md" not in project.run("keep", "--list").stdout
    assert not list((project.project / ".agentsync/patches").rglob("critic.md.patch"))


@needs("modes")
def test_drop(project: Sandbox) -> None:
    """Ending the keeping leaves the files as they are, as local edits."""
    succeed(project, "keep")
    before = critic(project).read_bytes()
    succeed(project, "keep", "--drop", ".claude/agents/critic.md")
    assert critic(project).read_bytes() == before
    assert project.json("status")["data"]["summary"] == {"edited": 1, "in sync": 1, "kept": 2}
    succeed(project, "restore", ".claude/agents/critic.md")
    assert critic(project).read_text() == agent("critic", LINES)


def test_editing_on(project: Sandbox) -> None:
    """A kept file that is edited again is edited; keeping it again is one patch; going back ends it."""
    succeed(project, "keep")
    critic(project).write_text(critic(project).read_text() + "More.\n")
    assert project.json("status")["data"]["summary"]["edited"] == 1
    succeed(project, "keep")
    assert project.run("drift").exit == 0
    critic(project).write_text(agent("critic", LINES))
    succeed(project, "keep")
    assert "critic" not in project.run("keep", "--list").stdout
    assert project.run("drift").exit == 0


def test_what_cannot_be_kept(project: Sandbox) -> None:
    """A link, a deleted file and a lost patch are refused with the reason."""
    critic(project).unlink()
    critic(project).symlink_to("/etc/hostname")
    run = project.run("keep", ".claude/agents/critic.md")
    assert run.exit == 3
    assert "only an edit of a plain file" in run.stderr
    succeed(project, "keep")
    shutil.rmtree(project.project / ".agentsync/patches")
    (project.project / ".claude/skills/pdf/own.md").unlink()
    run = project.run("install")
    assert run.exit == 3
    assert "its patch is missing" in run.stderr


def test_a_folder_pack(sandbox: Sandbox) -> None:
    """An edit of a pack that is a folder on disk is kept like any other."""
    pack = sandbox.root / "pack"
    (pack / "agents").mkdir(parents=True)
    (pack / "agents/own.md").write_text(agent("own"))
    succeed(sandbox, "init")
    succeed(sandbox, "add", str(pack))
    (sandbox.project / ".claude/agents/own.md").write_text(agent("own", "Edited.\n"))
    succeed(sandbox, "keep")
    assert sandbox.run("drift").exit == 0
