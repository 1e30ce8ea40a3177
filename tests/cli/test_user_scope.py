"""The user scope: the home folder, wherever the tool and the user have moved it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import TEAM
from tests.cli.project import are_the_programs, drifts, fail, files_below, snapshot, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


def _moved(sandbox: Sandbox, name: str) -> tuple[Path, dict[str, str]]:
    """Where the files go, and the variable that says so."""
    if name == "":
        return sandbox.home / ".claude", {}
    where = sandbox.root / name
    return where, {"CLAUDE_CONFIG_DIR": str(where)}


@pytest.mark.parametrize("place", ["", *(pytest.param(name, marks=pytest.mark.slow) for name in ("moved", "home/x"))])
def test_the_whole_way(sandbox: Sandbox, team: GitRegistry, place: str) -> None:
    """Start, add, look, edit, restore, remove: all in the home folder, nothing in the project."""
    where, env = _moved(sandbox, place)
    succeed(sandbox, "init", "--user", env=env)
    succeed(sandbox, "add", "--user", team.url, env=env)
    assert (sandbox.config / "agentsync.yaml").is_file()
    assert files_below(where) == {path: team.read("v1.0.0", path) for path in TEAM}
    assert are_the_programs(where, {"skills/pdf/scripts/fill.sh"})
    assert ".claude/agents/designer.md: sha256:" in (sandbox.config / "agentsync.lock").read_text()
    assert drifts(sandbox, "--user", env=env) == {}
    assert sandbox.json("status", "--user", env=env)["data"]["scope"] == "user"
    (where / "agents/designer.md").write_text("Mine\n")
    assert drifts(sandbox, "--user", env=env) == {".claude/agents/designer.md": "edited"}
    succeed(sandbox, "restore", "--user", ".claude/agents/designer.md", env=env)
    assert (where / "agents/designer.md").read_bytes() == team.read("v1.0.0", "agents/designer.md")
    before = snapshot(sandbox.home, sandbox.config, where)
    assert succeed(sandbox, "install", "--user", env=env, git_log=True).git_calls == []
    assert snapshot(sandbox.home, sandbox.config, where) == before
    succeed(sandbox, "remove", "--user", "team", env=env)
    assert files_below(where) == {}
    assert list(sandbox.project.iterdir()) == []


def test_a_fresh_machine(sandbox: Sandbox, team: GitRegistry) -> None:
    """Manifest, lock and files of a dotfiles repository are enough for `drift --user`."""
    succeed(sandbox, "init", "--user")
    succeed(sandbox, "add", "--user", team.url)
    for path in sorted((sandbox.config / ".agentsync").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    env = sandbox.cut_off()
    assert drifts(sandbox, "--user", env=env) == {}
    (sandbox.home / ".claude/skills/pdf/scripts/fill.sh").write_text("Mine\n")
    assert drifts(sandbox, "--user", env=env) == {".claude/skills/pdf/scripts/fill.sh": "edited"}


def test_a_linked_home_folder_is_the_users_business(sandbox: Sandbox, team: GitRegistry) -> None:
    """`~/.claude` may be a link to a dotfiles repository; below it no link is followed."""
    (sandbox.home / "dotfiles").mkdir()
    (sandbox.home / ".claude").symlink_to("dotfiles")
    succeed(sandbox, "init", "--user")
    succeed(sandbox, "add", "--user", team.url)
    assert files_below(sandbox.home / "dotfiles") == {path: team.read("v1.0.0", path) for path in TEAM}
    assert drifts(sandbox, "--user") == {}


def test_a_linked_manifest_stays_a_link(sandbox: Sandbox, team: GitRegistry) -> None:
    """Manifest and lock that are kept in a dotfiles repository stay there."""
    dotfiles = sandbox.home / "dotfiles"
    dotfiles.mkdir()
    sandbox.config.mkdir()
    for name, text in (("agentsync.yaml", "packs: {}\n"), ("agentsync.lock", "lockfile: 2\npacks: {}\n")):
        (dotfiles / name).write_text(text)
        (sandbox.config / name).symlink_to(dotfiles / name)
    succeed(sandbox, "add", "--user", team.url)
    assert (sandbox.config / "agentsync.yaml").is_symlink() and (sandbox.config / "agentsync.lock").is_symlink()
    assert team.url in (dotfiles / "agentsync.yaml").read_text()
    assert team.url in (dotfiles / "agentsync.lock").read_text()


def test_the_platforms_own_config_folder(sandbox: Sandbox, team: GitRegistry) -> None:
    """Without `AGENTSYNC_CONFIG_DIR` the manifest is where the platform keeps configuration."""
    env = {"AGENTSYNC_CONFIG_DIR": "", "XDG_CONFIG_HOME": str(sandbox.root / "xdg")}
    succeed(sandbox, "init", "--user", env=env)
    assert (sandbox.root / "xdg" / "agentsync" / "agentsync.yaml").is_file()
    assert not sandbox.config.exists()


def test_two_scopes_do_not_know_each_other(installed: Sandbox, team: GitRegistry) -> None:
    """The same pack in both is two installations."""
    succeed(installed, "init", "--user")
    succeed(installed, "add", "--user", team.url)
    (installed.home / ".claude/agents/designer.md").write_text("Mine\n")
    assert drifts(installed) == {}
    assert drifts(installed, "--user") == {".claude/agents/designer.md": "edited"}
    succeed(installed, "remove", "team")
    assert (installed.home / ".claude/agents/review/critic.md").is_file()


def test_without_a_user_manifest(sandbox: Sandbox) -> None:
    """The next step is named, and nothing is made on the way."""
    assert "agentsync init --user" in fail(sandbox, "install", "--user", exit=2, code="manifest")
    assert "agentsync init --user" in fail(sandbox, "drift", "--user", exit=2, code="manifest")


def test_paths_from_the_home_folder(sandbox: Sandbox, team: GitRegistry) -> None:
    """Files can be named from where one stands, below the home folder too."""
    succeed(sandbox, "init", "--user")
    succeed(sandbox, "add", "--user", team.url)
    designer = sandbox.home / ".claude/agents/designer.md"
    for word, where in (("designer.md", designer.parent), ("agents", sandbox.home / ".claude"), (".", sandbox.home)):
        designer.write_text("Mine\n")
        succeed(sandbox, "restore", "--user", word, cwd=where)
        assert designer.read_bytes() == team.read("v1.0.0", "agents/designer.md")


def test_paths_in_a_folder_that_was_moved(sandbox: Sandbox, team: GitRegistry) -> None:
    """The folder that the tool's own variable names is as good as the home folder."""
    where, env = _moved(sandbox, "moved")
    succeed(sandbox, "init", "--user", env=env)
    succeed(sandbox, "add", "--user", team.url, env=env)
    designer = where / "agents/designer.md"
    for word, cwd in ((str(designer), sandbox.project), ("agents", where), (".claude/agents", sandbox.project)):
        designer.write_text("Mine\n")
        succeed(sandbox, "restore", "--user", word, cwd=cwd, env=env)
        assert designer.read_bytes() == team.read("v1.0.0", "agents/designer.md")
