"""`remove`: what is ours and unedited goes, the rest is kept and told, no empty folder stays."""

from __future__ import annotations

from tests.cli.packs import TEAM, agent
from tests.cli.project import (
    drifts,
    fail,
    files_below,
    lock_text,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox


def test_everything_goes(installed: Sandbox) -> None:
    """Files, folders, the lock's entry and the manifest's line; the registry stays."""
    run = succeed(installed, "remove", "team/team")
    assert "deleted   .claude/skills/pdf/assets/logo.bin" in run.stdout.splitlines()
    assert not (installed.project / ".claude").exists()
    assert "team/team" not in manifest_text(installed) + lock_text(installed)
    assert "team:" in manifest_text(installed)
    assert drifts(installed) == {}


def test_a_clone_can_remove_too(clone: Sandbox) -> None:
    """Without a receipt the lock says which bytes are ours."""
    succeed(clone, "remove", "team")
    assert not (clone.project / ".claude").exists()


@needs("modes")
def test_edits_and_neighbours_stay(installed: Sandbox) -> None:
    """Edited files are kept, told, and the user's own from then on; neighbours are untouched."""
    claude = installed.project / ".claude"
    (claude / "agents/designer.md").write_text("Edited\n")
    (claude / "agents/mine.md").write_text("Mine\n")
    (claude / "skills/pdf/extra.txt").write_text("Extra\n")
    (claude / "skills/pdf/scripts/fill.sh").chmod(0o644)
    (claude / "settings.json").write_text("{}")
    (claude / "agents/review/critic.md").unlink()
    (claude / "agents/review/critic.md").symlink_to("../mine.md")
    neighbours = [claude / "agents/mine.md", claude / "settings.json", claude / "skills/pdf/extra.txt"]
    before = {path: snapshot(path.parent)[path] for path in neighbours}
    run = succeed(installed, "remove", "team")
    assert {path: snapshot(path.parent)[path] for path in neighbours} == before
    assert files_below(claude) == {
        "agents/designer.md": b"Edited\n",
        "agents/mine.md": b"Mine\n",
        "settings.json": b"{}",
        "skills/pdf/extra.txt": b"Extra\n",
        "skills/pdf/scripts/fill.sh": b"#!/bin/sh\necho filled\n",
    }
    assert (claude / "agents/review/critic.md").is_symlink()
    for kept in ("agents/designer.md", "skills/pdf/scripts/fill.sh", "agents/review/critic.md"):
        assert f".claude/{kept} was edited here and is yours from now on" in run.stderr
    assert not (claude / "commands").exists() and not (claude / "skills/pdf/assets").exists()
    assert drifts(installed) == {}


def test_one_of_two(sandbox: Sandbox, git_registry: GitRegistry, team: GitRegistry) -> None:
    """Only the files of that pack go; comments and the order of the manifest stay."""
    git_registry.publish("v1.0.0", {"agents/other.md": agent("other"), "agents/review/b.md": agent("b")})
    text = (
        f"registries: {{team: {team.url}, acme: {git_registry.url}}}\n"
        "packs:\n  # the team's own\n  team/team: ^1   # pinned\n  acme/agents: ^1\n"
    )
    write_manifest(sandbox, text)
    succeed(sandbox, "install")
    succeed(sandbox, "remove", "acme/agents")
    assert set(files_below(sandbox.project / ".claude")) == set(TEAM)
    assert manifest_text(sandbox) == text.replace("  acme/agents: ^1\n", "")
    succeed(sandbox, "remove", "team")
    assert not (sandbox.project / ".claude").exists()


def test_overrides_go_with_the_pack(sandbox: Sandbox, team: GitRegistry) -> None:
    """What was declared for a pack makes no sense without it."""
    write_manifest(
        sandbox,
        f"registries: {{team: {team.url}}}\npacks:\n  team/team: ^1\n"
        "overrides:\n  team/team:\n    agent:designer: { model: haiku }\n",
    )
    succeed(sandbox, "install")
    assert "model: haiku" in (sandbox.project / ".claude/agents/designer.md").read_text()
    succeed(sandbox, "remove", "team/team")
    assert "haiku" not in manifest_text(sandbox)
    assert not (sandbox.project / ".claude").exists()


def test_a_pack_that_is_not_there(installed: Sandbox) -> None:
    """The nearest name is told, nothing is changed; not even when another name is right."""
    assert "did you mean `team/team`?" in fail(installed, "remove", "team/taem", exit=2, code="usage")
    fail(installed, "remove", "team/team", "nothing", exit=2, code="usage")


def test_dry_run(installed: Sandbox) -> None:
    """The plan, and nothing else."""
    before = snapshot(installed.project)
    run = succeed(installed, "remove", "team", "--dry-run")
    assert "would delete    .claude/agents/designer.md" in run.stdout.splitlines()
    assert snapshot(installed.project) == before


def test_a_pack_leaves_the_manifest_by_hand(installed: Sandbox) -> None:
    """To delete the line and install gives the same as `remove`."""
    lines = manifest_text(installed).splitlines(keepends=True)
    write_manifest(installed, "".join(line for line in lines if "team/team" not in line))
    assert installed.json("drift")["exit"] == 1
    succeed(installed, "install")
    assert not (installed.project / ".claude").exists()
    assert drifts(installed) == {}
