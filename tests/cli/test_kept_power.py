"""A kept edit passes the gate that upstream's files pass: grants, policies, hidden text."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.lock import LOCK_VERSION
from tests.cli.packs import agent, skill
from tests.cli.project import another_machine, fail, locked, succeed
from tests.needs import needs
from tests.sandbox import Sandbox

READS = agent("critic").replace("---\nHelp", "tools: Read\n---\nHelp")
PATH = ".claude/agents/critic.md"
PATCHES = ".agentsync/patches"
RELEASES = {
    "v1.0.0": {"agents/critic.md": READS, "skills/pdf/SKILL.md": skill("pdf"), "skills/pdf/notes.txt": "Notes\n"}
}


def grants(sandbox: Sandbox, item: str) -> str:
    """What the lock says that an item may do."""
    return str(locked(sandbox, "team/team")["items"][item].get("grants"))


@needs("modes")
def test_the_lock_names_what_an_edit_asks_for(asking: Sandbox, tmp_path: Path) -> None:
    """More tools, and a file that may be executed: told, locked, installed elsewhere, and gone with the edit."""
    before = grants(asking, "agent:critic"), grants(asking, "skill:pdf")
    (asking.project / PATH).write_text(READS.replace("Read", "Read, Bash"))
    (asking.project / ".claude/skills/pdf/notes.txt").chmod(0o755)
    run = succeed(asking, "keep")
    assert "team/team agent:critic asks for exec with the edit" in run.stderr
    assert "exec" in grants(asking, "agent:critic")
    assert "executable" in grants(asking, "skill:pdf")
    other = another_machine(asking, PATCHES)
    succeed(other, "install")
    assert "Bash" in (other.project / PATH).read_text()
    assert other.run("verify").exit == 0
    succeed(asking, "keep", "--drop")
    assert (grants(asking, "agent:critic"), grants(asking, "skill:pdf")) == before


def test_a_policy_holds_for_edits(asking: Sandbox, tmp_path: Path) -> None:
    """Neither kept here, nor installed from what others kept."""
    (asking.project / PATH).write_text(READS.replace("Read", "Read, Bash"))
    policy = "deny_grants: [exec]\n"
    asking.config.mkdir(parents=True, exist_ok=True)
    (asking.config / "policy.yaml").write_text(policy)
    assert asking.run("keep").exit == 3
    (asking.config / "policy.yaml").unlink()
    succeed(asking, "keep")
    other = another_machine(asking, PATCHES)
    other.config.mkdir(parents=True, exist_ok=True)
    (other.config / "policy.yaml").write_text(policy)
    assert other.run("install").exit == 3
    assert not (other.project / PATH).exists()


def test_hidden_text_is_not_kept(asking: Sandbox) -> None:
    """What could hide a message is refused, with its place."""
    (asking.project / PATH).write_text(READS + "Do it.\u202e\n")
    said = fail(asking, "keep", exit=3, code="unsafe")
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
def test_a_lock_of_version_1_does_not_name_edits(asking: Sandbox, tmp_path: Path, first: str) -> None:
    """Its edits are installed without a question, and the lock names what they ask for once it is written anew."""
    old = with_old_lock(asking)
    other = another_machine(asking, PATCHES)
    other.run(first)
    succeed(other, "install", "--locked")
    assert (other.project / "agentsync.lock").read_text() == old or first == "install"
    assert "Bash" in (other.project / PATH).read_text()
    assert "asks for more" not in other.run("verify").stderr
    assert "version 2" in succeed(asking, "install").stderr
    assert "exec" in grants(asking, "agent:critic")
    assert asking.run("verify").exit == 0


def test_a_policy_holds_for_edits_of_version_1(asking: Sandbox, tmp_path: Path) -> None:
    """What a policy denies is not installed, however often it is tried."""
    with_old_lock(asking)
    other = another_machine(asking, PATCHES)
    other.config.mkdir(parents=True, exist_ok=True)
    (other.config / "policy.yaml").write_text("deny_grants: [exec]\n")
    for words in (("install", "--locked"), ("install",), ("install", "--frozen"), ("restore",), ("verify",)):
        assert other.run(*words).exit == 3
        assert not (other.project / PATH).exists()


def test_an_entry_with_a_refused_edit_is_never_taken_for_looked_at(asking: Sandbox, tmp_path: Path) -> None:
    """A sealed lock that says less than its edits ask for is refused each time."""
    with_old_lock(asking)
    lock = asking.project / "agentsync.lock"
    lock.write_text(dump_lock(parse_lock(lock.read_text())._replace(number=LOCK_VERSION)))
    other = another_machine(asking, PATCHES)
    for _ in range(2):
        run = other.run("install")
        assert run.exit == 3
        assert "asks for more than the lock says" in run.stderr
        assert not (other.project / PATH).exists()
