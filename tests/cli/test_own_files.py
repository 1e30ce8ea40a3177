"""A user's bytes are never lost: foreign files, edits, and what every command does with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import SCRIPT, TEAM, TEAM_NEXT
from tests.cli.project import (
    are_the_programs,
    drifts,
    files_below,
    lock_text,
    locked,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import File, GitRegistry
from tests.needs import needs
from tests.sandbox import Run, Sandbox

DESIGNER = ".claude/agents/designer.md"
MINE = b"My own designer\r\n\xff"


def _begin(sandbox: Sandbox, registry: GitRegistry) -> None:
    write_manifest(sandbox, f"registries: {{team: {registry.url}}}\npacks: {{team/team: ^1}}\n")


def _put(sandbox: Sandbox, path: str, data: bytes) -> Path:
    where = sandbox.project / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(data)
    return where


def _backed_up(sandbox: Sandbox) -> dict[str, bytes]:
    """Everything in the backup, by its path in the scope."""
    (folder,) = (sandbox.project / ".agentsync/backup").iterdir()
    return files_below(folder)


def _pull_newer_lock(sandbox: Sandbox, registry: GitRegistry) -> None:
    """What `git pull` brings after a colleague updated: a lock for the next release, and no files."""
    colleague = Sandbox(sandbox.root / "colleague")
    write_manifest(colleague, manifest_text(sandbox).replace("^1", "^1.1"))
    succeed(colleague, "lock")
    write_manifest(sandbox, manifest_text(colleague))
    (sandbox.project / "agentsync.lock").write_text(lock_text(colleague))
    assert locked(sandbox, "team/team")["commit"] == registry.git("rev-parse", "main")


def test_a_foreign_file_is_never_overwritten(sandbox: Sandbox, team: GitRegistry) -> None:
    """That file stops with exit 3, every other one is installed, again and again."""
    _begin(sandbox, team)
    mine = _put(sandbox, DESIGNER, MINE)
    before = snapshot(sandbox.project / ".claude/agents")[mine]
    for _ in range(2):
        document = sandbox.json("install")
        assert document["exit"] == 3
        assert document["data"]["stopped"] == [{"path": DESIGNER, "pack": "team/team", "drift": "foreign"}]
        (error,) = document["errors"]
        assert error["code"] == "refused" and DESIGNER in error["what"] and "--theirs" in error["hint"]
        assert snapshot(sandbox.project / ".claude/agents")[mine] == before
    assert len(files_below(sandbox.project / ".claude")) == len(TEAM)
    assert drifts(sandbox) == {DESIGNER: "foreign"}


@pytest.mark.parametrize("kind", ["symlink", "folder", "link above"])
def test_what_is_foreign_need_not_be_a_file(sandbox: Sandbox, team: GitRegistry, kind: str) -> None:
    """A link or a folder on the path stops it too, and nothing is written through or into it."""
    _begin(sandbox, team)
    outside = sandbox.root / "outside"
    outside.mkdir()
    (outside / "kept.md").write_text("Kept\n")
    where, path = sandbox.project / ".claude/agents", DESIGNER
    where.mkdir(parents=True)
    if kind == "link above":
        path = ".claude/agents/review/critic.md"
        (where / "review").symlink_to(outside)
    elif kind == "symlink":
        (where / "designer.md").symlink_to(outside / "kept.md")
    else:
        (where / "designer.md").mkdir()
    standing = (sandbox.project / path).parent if kind == "link above" else sandbox.project / path
    before = snapshot(standing, outside)
    for flags in ((), ("--theirs",), ("--adopt",)):
        document = sandbox.json("install", *flags)
        assert document["exit"] == 3
        assert {file["path"] for file in document["data"]["stopped"]} == {path}
        (error,) = document["errors"]
        named = standing.relative_to(sandbox.project).as_posix()
        assert error["what"].startswith(f"left as it is: {named} (a {'folder' if kind == 'folder' else 'symlink'})")
        assert f"`agentsync restore {named}`" in error["hint"]
        assert snapshot(standing, outside) == before
    succeed(sandbox, "restore", named)
    assert files_below(outside) == {"kept.md": b"Kept\n"}
    assert (sandbox.project / path).read_bytes() == team.read("v1.0.0", path.removeprefix(".claude/"))
    assert drifts(sandbox) == {}


def test_theirs_sets_aside_first(sandbox: Sandbox, team: GitRegistry) -> None:
    """The user's bytes are in the backup, and the message says where."""
    _begin(sandbox, team)
    _put(sandbox, DESIGNER, MINE)
    run = succeed(sandbox, "install", "--theirs")
    assert ".agentsync/backup/" in run.stderr
    assert _backed_up(sandbox) == {DESIGNER: MINE}
    assert (sandbox.project / DESIGNER).read_bytes() == team.read("v1.0.0", "agents/designer.md")
    assert drifts(sandbox) == {}


def test_adopt_makes_it_an_edit(sandbox: Sandbox, team: GitRegistry) -> None:
    """`--adopt` owns the file as it is: `edited` from now on, and restored like any edit."""
    _begin(sandbox, team)
    _put(sandbox, DESIGNER, MINE)
    assert f"adopted   {DESIGNER}" in succeed(sandbox, "install", "--adopt").stdout.splitlines()
    assert (sandbox.project / DESIGNER).read_bytes() == MINE
    assert drifts(sandbox) == {DESIGNER: "edited"}
    succeed(sandbox, "install")
    assert (sandbox.project / DESIGNER).read_bytes() == MINE
    succeed(sandbox, "restore", DESIGNER)
    assert _backed_up(sandbox) == {DESIGNER: MINE}
    assert drifts(sandbox) == {}


def test_equal_bytes_are_adopted_in_silence(sandbox: Sandbox, team: GitRegistry) -> None:
    """A file that is already what it should be is left alone and is ours from then on."""
    _begin(sandbox, team)
    mine = _put(sandbox, DESIGNER, team.read("v1.0.0", "agents/designer.md"))
    before = snapshot(sandbox.project / ".claude/agents")[mine]
    succeed(sandbox, "install")
    assert snapshot(sandbox.project / ".claude/agents")[mine] == before
    assert drifts(sandbox) == {}
    succeed(sandbox, "remove", "team")
    assert not mine.exists()


@needs("modes")
def test_edits_are_kept_by_every_install(installed: Sandbox) -> None:
    """An edit, a lost bit, an extra file: kept and told, exit 0."""
    _put(installed, DESIGNER, MINE)
    _put(installed, ".claude/skills/pdf/mine.txt", MINE)
    (installed.project / ".claude/skills/pdf/scripts/fill.sh").chmod(0o644)
    before = snapshot(installed.project)
    for arguments in (("install",), ("install", "--locked"), ("install", "--frozen")):
        run = succeed(installed, *arguments)
        assert f"kept      {DESIGNER}: edited" in run.stdout.splitlines()
        assert "kept      .claude/skills/pdf/mine.txt: extra" in run.stdout.splitlines()
        assert "kept      .claude/skills/pdf/scripts/fill.sh: edited (+x lost)" in run.stdout.splitlines()
        assert snapshot(installed.project) == before


def test_theirs_takes_edits_too_and_leaves_extras(installed: Sandbox) -> None:
    """`--theirs` is about files that upstream has; a note in a skill folder stays."""
    _put(installed, DESIGNER, MINE)
    _put(installed, ".claude/skills/pdf/mine.txt", MINE)
    succeed(installed, "install", "--theirs")
    assert _backed_up(installed) == {DESIGNER: MINE}
    assert drifts(installed) == {".claude/skills/pdf/mine.txt": "extra"}


def test_what_was_deleted_is_written_again(installed: Sandbox, team: GitRegistry) -> None:
    """With the bytes and the mode that it had."""
    script = installed.project / ".claude/skills/pdf/scripts/fill.sh"
    script.unlink()
    script.parent.rmdir()
    (installed.project / DESIGNER).unlink()
    succeed(installed, "install")
    assert script.read_text() == SCRIPT and are_the_programs(script.parent, {"fill.sh"})
    assert (installed.project / DESIGNER).read_bytes() == team.read("v1.0.0", "agents/designer.md")
    assert drifts(installed) == {}


def _moving(sandbox: Sandbox) -> GitRegistry:
    """Install 1.0.0, then pull a lock for 1.1.0: a file changed, one gone, one new, one mode changed."""
    registry = GitRegistry(sandbox.root / "team.git")
    registry.publish("v1.0.0", TEAM)
    _begin(sandbox, registry)
    succeed(sandbox, "install")
    following = {path: data for path, data in TEAM_NEXT.items() if path != "agents/review/critic.md"}
    following["agents/review/new.md"] = "---\nname: new\ndescription: New\n---\n"
    following["skills/pdf/scripts/fill.sh"] = File(SCRIPT)
    registry.publish("v1.1.0", following)
    _pull_newer_lock(sandbox, registry)
    return registry


@needs("modes")
def test_a_newer_lock_was_pulled(sandbox: Sandbox) -> None:
    """`behind`, `stale`, `missing`: told by `drift`, settled by `install`."""
    registry = _moving(sandbox)
    assert drifts(sandbox) == {
        DESIGNER: "behind",
        ".claude/agents/review/critic.md": "stale",
        ".claude/agents/review/new.md": "missing",
        ".claude/skills/pdf/scripts/fill.sh": "behind",
    }
    run = succeed(sandbox, "install")
    assert f"wrote     {DESIGNER}" in run.stdout.splitlines()
    assert "deleted   .claude/agents/review/critic.md" in run.stdout.splitlines()
    assert "chmod     .claude/skills/pdf/scripts/fill.sh" in run.stdout.splitlines()
    assert (sandbox.project / DESIGNER).read_bytes() == registry.read("v1.1.0", "agents/designer.md")
    assert not (sandbox.project / ".claude/agents/review/critic.md").exists()
    assert drifts(sandbox) == {}


def test_edits_meet_a_newer_lock(sandbox: Sandbox) -> None:
    """Changed on both sides: stopped, the user's bytes untouched, the rest done, exit 3."""
    _moving(sandbox)
    _put(sandbox, DESIGNER, MINE)
    critic = _put(sandbox, ".claude/agents/review/critic.md", MINE)
    assert drifts(sandbox)[DESIGNER] == "diverged"
    run: Run = sandbox.run("install")
    assert run.exit == 3
    assert DESIGNER in run.stderr and "diverged" in run.stderr
    assert "--adopt" not in run.stderr
    assert ((sandbox.project / DESIGNER).read_bytes(), critic.read_bytes()) == (MINE, MINE)
    assert ".claude/agents/review/critic.md was edited here and is yours from now on" in run.stderr
    assert (sandbox.project / ".claude/agents/review/new.md").is_file()
    assert drifts(sandbox) == {DESIGNER: "diverged"}
    succeed(sandbox, "install", "--theirs")
    assert _backed_up(sandbox) == {DESIGNER: MINE}
    assert critic.read_bytes() == MINE


def test_an_edit_that_upstream_made_as_well(sandbox: Sandbox) -> None:
    """Local bytes that are what the new lock wants are in sync, whatever they were before."""
    registry = _moving(sandbox)
    _put(sandbox, DESIGNER, registry.read("v1.1.0", "agents/designer.md"))
    (sandbox.project / ".claude/agents/review/critic.md").unlink()
    assert DESIGNER not in drifts(sandbox)
    assert ".claude/agents/review/critic.md" not in drifts(sandbox)
    succeed(sandbox, "install")
    assert drifts(sandbox) == {}


@pytest.mark.parametrize("name", [".agentsync", ".agentsync/backup", ".agentsync/stage", ".agentsync/history"])
def test_our_own_folder_is_no_way_out(sandbox: Sandbox, team: GitRegistry, name: str) -> None:
    """A project may hold any link; nothing is written to, moved to or deleted where it leads."""
    _begin(sandbox, team)
    outside = sandbox.root / "outside"
    (outside / "stage").mkdir(parents=True)
    (outside / "stage/precious.lock").write_text("Kept\n")
    (sandbox.project / name).parent.mkdir(exist_ok=True)
    (sandbox.project / name).symlink_to(outside)
    _put(sandbox, DESIGNER, MINE)
    before = snapshot(outside)
    run = sandbox.run("install", "--theirs")
    assert run.exit == 3 and "is a symlink" in run.stderr
    assert snapshot(outside) == before
    assert (sandbox.project / DESIGNER).read_bytes() == MINE


def test_backups_do_not_overwrite_each_other(installed: Sandbox) -> None:
    """Two edits set aside one after the other, even within a second, are both kept."""
    for text in (b"First\n", b"Second\n"):
        _put(installed, DESIGNER, text)
        succeed(installed, "install", "--theirs")
    kept = files_below(installed.project / ".agentsync/backup")
    assert sorted(kept.values()) == [b"First\n", b"Second\n"]
    assert drifts(installed) == {}
