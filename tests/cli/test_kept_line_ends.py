"""Kept edits in checkouts in which git has made CRLF of every line end, patches included."""

from __future__ import annotations

from tests.cli.packs import agent, skill
from tests.cli.project import files_below, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LINES = "".join(f"Line {number}.\n" for number in range(1, 9))
FILES = {
    "agents/critic.md": agent("critic", LINES),
    "skills/pdf/SKILL.md": skill("pdf"),
    "skills/pdf/dos.txt": LINES.replace("\n", "\r\n"),
}
RELEASES = {"v1.0.0": FILES}
CRITIC, DOS = ".claude/agents/critic.md", ".claude/skills/pdf/dos.txt"


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


def test_the_same_patch_from_every_checkout(asking: Sandbox) -> None:
    """Edits are compared without line ends, and a patch has those of upstream's file."""
    edit(asking, CRITIC)
    edit(asking, DOS)
    succeed(asking, "keep")
    wanted, lock = patches(asking), (asking.project / "agentsync.lock").read_bytes()
    assert b"\n-Line 2.\r\n+My line 2.\r\n" in wanted[f"team/team/{DOS}.patch"]
    succeed(asking, "keep", "--drop")
    succeed(asking, "restore")
    checked_out(asking, CRITIC, DOS)
    edit(asking, CRITIC)
    edit(asking, DOS)
    succeed(asking, "keep")
    assert patches(asking) == wanted
    assert (asking.project / "agentsync.lock").read_bytes() == lock
    assert asking.run("drift").exit == 0
    assert b"My line 2.\r\n" in (asking.project / CRITIC).read_bytes()


def test_line_ends_alone_are_no_edit(asking: Sandbox) -> None:
    """There is nothing to keep of a file that git has rewritten."""
    checked_out(asking, CRITIC)
    assert "nothing to keep" in succeed(asking, "keep").stdout
    assert not patches(asking)


def test_patches_with_other_line_ends(asking: Sandbox, registry: GitRegistry) -> None:
    """They apply, and are carried over; git is told to leave them alone from then on."""
    edit(asking, CRITIC)
    succeed(asking, "keep")
    patch = f".agentsync/patches/team/team/{CRITIC}.patch"
    assert patches(asking)[".gitattributes"] == b"*.patch -text\n"
    checked_out(asking, patch)
    (asking.project / CRITIC).unlink()
    succeed(asking, "install")
    assert "My line 2.\n" in (asking.project / CRITIC).read_bytes().decode()
    checked_out(asking, CRITIC, patch)
    assert asking.run("drift").exit == 0
    registry.publish("v1.1.0", FILES | {"agents/critic.md": agent("critic", LINES.replace("Line 8.", "Last."))})
    succeed(asking, "update")
    text = (asking.project / CRITIC).read_bytes()
    assert b"My line 2." in text and b"Last." in text
    assert asking.run("drift").exit == 0
    assert asking.run("verify").exit == 0
