"""Kept edits in checkouts in which git has made CRLF of every line end, patches included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import files_below, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LINES = "".join(f"Line {number}.\n" for number in range(1, 9))
FILES = {
    "agents/critic.md": agent("critic", LINES),
    "skills/pdf/SKILL.md": skill("pdf"),
    "skills/pdf/dos.txt": LINES.replace("\n", "\r\n"),
}
CRITIC, DOS = ".claude/agents/critic.md", ".claude/skills/pdf/dos.txt"


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry with a file that ends its lines in CRLF."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", FILES)
    return registry


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project that has it installed."""
    write_manifest(sandbox, f"registries:\n  team: {registry.url}\npacks:\n  team/team: ^1\n")
    succeed(sandbox, "install")
    return sandbox


def checked_out(sandbox: Sandbox, *names: str) -> None:
    """Make the line ends of files what a checkout with `core.autocrlf` has."""
    for name in names:
        file = sandbox.project / name
        file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def edit(sandbox: Sandbox, name: str) -> None:
    """Another second line."""
    file = sandbox.project / name
    file.write_bytes(file.read_bytes().replace(b"Line 2.", b"My line 2."))


def patches(sandbox: Sandbox) -> dict[str, bytes]:
    """What the project commits of its edits."""
    return files_below(sandbox.project / ".agentsync/patches")


def test_the_same_patch_from_every_checkout(project: Sandbox) -> None:
    """Edits are compared without line ends, and a patch has those of upstream's file."""
    edit(project, CRITIC)
    edit(project, DOS)
    succeed(project, "keep")
    wanted, lock = patches(project), (project.project / "agentsync.lock").read_bytes()
    assert b"\n-Line 2.\r\n+My line 2.\r\n" in wanted[f"team/team/{DOS}.patch"]
    succeed(project, "keep", "--drop")
    succeed(project, "restore")
    checked_out(project, CRITIC, DOS)
    edit(project, CRITIC)
    edit(project, DOS)
    succeed(project, "keep")
    assert patches(project) == wanted
    assert (project.project / "agentsync.lock").read_bytes() == lock
    assert project.run("drift").exit == 0
    assert b"My line 2.\r\n" in (project.project / CRITIC).read_bytes()


def test_line_ends_alone_are_no_edit(project: Sandbox) -> None:
    """There is nothing to keep of a file that git has rewritten."""
    checked_out(project, CRITIC)
    assert "nothing to keep" in succeed(project, "keep").stdout
    assert not patches(project)


def test_patches_with_other_line_ends(project: Sandbox, registry: GitRegistry) -> None:
    """They apply, and are carried over; git is told to leave them alone from then on."""
    edit(project, CRITIC)
    succeed(project, "keep")
    patch = f".agentsync/patches/team/team/{CRITIC}.patch"
    assert patches(project)[".gitattributes"] == b"*.patch -text\n"
    checked_out(project, patch)
    (project.project / CRITIC).unlink()
    succeed(project, "install")
    assert "My line 2.\n" in (project.project / CRITIC).read_bytes().decode()
    checked_out(project, CRITIC, patch)
    assert project.run("drift").exit == 0
    registry.publish("v1.1.0", FILES | {"agents/critic.md": agent("critic", LINES.replace("Line 8.", "Last."))})
    succeed(project, "update")
    text = (project.project / CRITIC).read_bytes()
    assert b"My line 2." in text and b"Last." in text
    assert project.run("drift").exit == 0
    assert project.run("verify").exit == 0
