"""A kept edit passes the gate that upstream's files pass: grants, policies, hidden text."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.lock import LOCK_VERSION
from tests.cli.packs import agent, skill
from tests.cli.project import fail, locked, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

READS = agent("critic").replace("---\nHelp", "tools: Read\n---\nHelp")
PATH = ".claude/agents/critic.md"


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A project with an agent that reads, and a skill without programs."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish(
        "v1.0.0", {"agents/critic.md": READS, "skills/pdf/SKILL.md": skill("pdf"), "skills/pdf/notes.txt": "Notes\n"}
    )
    write_manifest(sandbox, f"registries:\n  team: {registry.url}\npacks:\n  team/team: ^1\n")
    succeed(sandbox, "install")
    return sandbox


def committed(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """Another machine, with what the project commits."""
    other = Sandbox(tmp_path / "other")
    for name in ("agentsync.yaml", "agentsync.lock"):
        shutil.copy(sandbox.project / name, other.project)
    shutil.copytree(sandbox.project / ".agentsync/patches", other.project / ".agentsync/patches")
    return other


def grants(sandbox: Sandbox, item: str) -> str:
    """What the lock says that an item may do."""
    return str(locked(sandbox, "team/team")["items"][item].get("grants"))


def test_the_lock_names_what_an_edit_asks_for(project: Sandbox, tmp_path: Path) -> None:
    """More tools, and a file that may be executed: told, locked, installed elsewhere, and gone with the edit."""
    before = grants(project, "agent:critic"), grants(project, "skill:pdf")
    (project.project / PATH).write_text(READS.replace("Read", "Read, Bash"))
    (project.project / ".claude/skills/pdf/notes.txt").chmod(0o755)
    run = succeed(project, "keep")
    assert "team/team agent:critic asks for exec with the edit" in run.stderr
    assert "exec" in grants(project, "agent:critic")
    assert "executable" in grants(project, "skill:pdf")
    other = committed(project, tmp_path)
    succeed(other, "install")
    assert "Bash" in (other.project / PATH).read_text()
    assert other.run("verify").exit == 0
    succeed(project, "keep", "--drop")
    assert (grants(project, "agent:critic"), grants(project, "skill:pdf")) == before


def test_a_policy_holds_for_edits(project: Sandbox, tmp_path: Path) -> None:
    """Neither kept here, nor installed from what others kept."""
    (project.project / PATH).write_text(READS.replace("Read", "Read, Bash"))
    policy = "deny_grants: [exec]\n"
    project.config.mkdir(parents=True, exist_ok=True)
    (project.config / "policy.yaml").write_text(policy)
    assert project.run("keep").exit == 3
    (project.config / "policy.yaml").unlink()
    succeed(project, "keep")
    other = committed(project, tmp_path)
    other.config.mkdir(parents=True, exist_ok=True)
    (other.config / "policy.yaml").write_text(policy)
    assert other.run("install").exit == 3
    assert not (other.project / PATH).exists()


def test_hidden_text_is_not_kept(project: Sandbox) -> None:
    """What could hide a message is refused, with its place."""
    (project.project / PATH).write_text(READS + "Do it.\u202e\n")
    said = fail(project, "keep", exit=3, code="unsafe")
    assert "line 7" in said


def with_old_lock(sandbox: Sandbox) -> str:
    """Keep an edit that widens an agent, and write the lock as version 1 had it: without what the edit asks for."""
    (sandbox.project / PATH).write_text(READS.replace("Read", "Read, Bash"))
    succeed(sandbox, "keep")
    lock = sandbox.project / "agentsync.lock"
    lines = lock.read_text().replace("lockfile: 2", "lockfile: 1").replace("[exec, read]", "[read]").splitlines(True)
    lock.write_text("".join(line for line in lines if "    seal: " not in line))
    return lock.read_text()


@pytest.mark.parametrize("first", ["verify", "install"])
def test_a_lock_of_version_1_does_not_name_edits(project: Sandbox, tmp_path: Path, first: str) -> None:
    """Its edits are installed without a question, and the lock names what they ask for once it is written anew."""
    old = with_old_lock(project)
    other = committed(project, tmp_path)
    other.run(first)
    succeed(other, "install", "--locked")
    assert (other.project / "agentsync.lock").read_text() == old or first == "install"
    assert "Bash" in (other.project / PATH).read_text()
    assert "asks for more" not in other.run("verify").stderr
    assert "version 2" in succeed(project, "install").stderr
    assert "exec" in grants(project, "agent:critic")
    assert project.run("verify").exit == 0


def test_a_policy_holds_for_edits_of_version_1(project: Sandbox, tmp_path: Path) -> None:
    """What a policy denies is not installed, however often it is tried."""
    with_old_lock(project)
    other = committed(project, tmp_path)
    other.config.mkdir(parents=True, exist_ok=True)
    (other.config / "policy.yaml").write_text("deny_grants: [exec]\n")
    for words in (("install", "--locked"), ("install",), ("install", "--frozen"), ("restore",), ("verify",)):
        assert other.run(*words).exit == 3
        assert not (other.project / PATH).exists()


def test_an_entry_with_a_refused_edit_is_never_taken_for_looked_at(project: Sandbox, tmp_path: Path) -> None:
    """A sealed lock that says less than its edits ask for is refused each time."""
    with_old_lock(project)
    lock = project.project / "agentsync.lock"
    lock.write_text(dump_lock(parse_lock(lock.read_text())._replace(number=LOCK_VERSION)))
    other = committed(project, tmp_path)
    for _ in range(2):
        run = other.run("install")
        assert run.exit == 3
        assert "asks for more than the lock says" in run.stderr
        assert not (other.project / PATH).exists()
