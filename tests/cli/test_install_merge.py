"""`install --merge`: edits are merged onto a lock that a colleague moved."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.cli.packs import agent
from tests.cli.project import another_machine, locked, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LINES = "".join(f"Line {number}.\n" for number in range(1, 9))
PATH = ".claude/agents/critic.md"
RELEASES = {"v1.0.0": {"agents/critic.md": agent("critic", LINES)}}


def release(registry: GitRegistry, version: str, body: str) -> None:
    """Publish the agent."""
    registry.publish(version, {"agents/critic.md": agent("critic", body)})


@pytest.fixture
def pulled(asking: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project with an edit, whose lock a colleague moved to 1.1.0; 1.2.0 is out as well."""
    release(registry, "v1.1.0", LINES.replace("Line 8.", "Theirs."))
    mate = another_machine(asking)
    succeed(mate, "update")
    release(registry, "v1.2.0", LINES + "More.\n")
    file = asking.project / PATH
    file.write_text(file.read_text().replace("Line 2.", "Mine."))
    shutil.copy(mate.project / "agentsync.lock", asking.project)
    return asking


def test_the_hint_does_it(pulled: Sandbox) -> None:
    """`install` stops and names it; it merges, keeps the lock, and needs no second time."""
    lock = (pulled.project / "agentsync.lock").read_bytes()
    run = pulled.run("install")
    assert run.exit == 3
    command = re.search(r"`agentsync (install --merge)`", run.stderr)
    assert command is not None
    succeed(pulled, *command[1].split())
    assert (pulled.project / PATH).read_text() == agent(
        "critic", LINES.replace("Line 2.", "Mine.").replace("Line 8.", "Theirs.")
    )
    assert (pulled.project / "agentsync.lock").read_bytes() == lock
    assert locked(pulled, "team/team")["version"] == "1.1.0"
    assert pulled.json("install", "--merge")["data"]["changed"] == []


def test_a_conflict_waits(pulled: Sandbox) -> None:
    """Where both changed the same line the file stays, and `resolve` settles it."""
    file = pulled.project / PATH
    file.write_text(file.read_text().replace("Line 8.", "My last."))
    document = pulled.json("install", "--merge")
    assert document["exit"] == 1
    assert [one["path"] for one in document["data"]["conflicts"]] == [PATH]
    assert "My last." in file.read_text()
    succeed(pulled, "resolve", "--ours")
    assert pulled.run("install").exit == 0


def test_nothing_is_decided(pulled: Sandbox) -> None:
    """A manifest that asks for something else is no business of a merge, nor is another way out."""
    before = (pulled.project / PATH).read_bytes(), (pulled.project / "agentsync.lock").read_bytes()
    write_manifest(pulled, manifest_text(pulled).replace("^1", '">=1.2"'))
    assert pulled.run("install", "--merge").exit == 3
    assert pulled.run("install", "--merge", "--theirs").exit == 2
    assert ((pulled.project / PATH).read_bytes(), (pulled.project / "agentsync.lock").read_bytes()) == before
