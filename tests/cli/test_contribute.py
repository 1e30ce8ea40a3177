"""Contributions: an edit as one commit on the locked one, on a branch of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

WHO = "[user]\n\tname = Ann\n\temail = ann@example.org\n"


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry whose pack lies in a folder."""
    registry = GitRegistry(tmp_path / "team.git")
    files = {"registry.yaml": registry_yaml("web"), "packs/web/agents/critic.md": agent("critic"), "LICENSE": "x\n"}
    registry.publish("v1.0.0", files)
    registry.publish(None, files | {"later.md": "Moved on.\n"})
    return registry


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project with one edit, and a user that git knows."""
    (sandbox.home / ".gitconfig").write_text(WHO)
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "acme", registry.url)
    succeed(sandbox, "add", "acme/web")
    (sandbox.project / ".claude/agents/critic.md").write_text(agent("critic", "Better.\n"))
    return sandbox


def test_one_commit_on_the_locked_one(project: Sandbox, registry: GitRegistry) -> None:
    """The branch holds just the edit, at the pack's own path, by the user, on top of the locked commit."""
    locked = registry.git("rev-parse", "v1.0.0^{commit}").strip()
    main = registry.git("rev-parse", "main").strip()
    document = project.json("contribute", "-m", "Say it better")
    sent = document["data"]["contributions"][0]
    shown = registry.git("show", "--format=%P|%an|%s", "--name-only", sent["branch"])
    assert shown.split() == f"{locked}|Ann|Say it better packs/web/agents/critic.md".split()
    assert registry.read(sent["branch"], "packs/web/agents/critic.md") == agent("critic", "Better.\n").encode()
    assert registry.git("rev-parse", "main").strip() == main
    again = project.run("contribute")
    assert again.exit == 0
    assert "already" in again.stdout


def test_published_it_is_in_sync(project: Sandbox, registry: GitRegistry) -> None:
    """Once upstream releases the branch, an update ends the drift."""
    branch = project.json("contribute")["data"]["contributions"][0]["branch"]
    registry.git("tag", "v1.1.0", branch)
    succeed(project, "update")
    assert project.run("drift").exit == 0


def test_patch(project: Sandbox, registry: GitRegistry) -> None:
    """`--patch` pushes nothing and writes what `git am` takes."""
    run = project.run("contribute", "--patch")
    assert run.exit == 0
    assert registry.git("branch", "--format=%(refname:short)").split() == ["main"]
    clone = project.root / "clone"
    (project.root / "mail").write_text(run.stdout)
    applied = project.shell(f"git clone -q {registry.path} {clone} && git -C {clone} am -q {project.root}/mail")
    assert applied.exit == 0, applied.stderr
    assert (clone / "packs/web/agents/critic.md").read_text() == agent("critic", "Better.\n")


def test_fork(project: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """`--fork` pushes there, and leaves the registry alone."""
    fork = tmp_path / "fork.git"
    assert project.shell(f"git clone -q --bare {registry.path} {fork}").exit == 0
    succeed(project, "contribute", "--fork", str(fork))
    assert "agentsync/web" in project.shell(f"git -C {fork} branch").stdout
    assert "agentsync/web" not in registry.git("branch")


def test_what_cannot_be_sent(project: Sandbox, registry: GitRegistry) -> None:
    """No edit, an installed copy that was changed by the manifest, a user git does not know."""
    (project.home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    run = project.run("contribute")
    assert run.exit == 3
    assert "tell git who you are" in run.stderr
    (project.home / ".gitconfig").write_text(WHO)
    succeed(project, "restore")
    assert project.run("contribute").exit == 3

    manifest = project.project / "agentsync.yaml"
    text = manifest.read_text()
    manifest.write_text(text + "overrides: {acme/web: {agent:critic: {model: haiku}}}\n")
    succeed(project, "install")
    path = project.project / ".claude/agents/critic.md"
    path.write_text(path.read_text() + "Edited.\n")
    run = project.run("contribute")
    assert run.exit == 3
    assert "agentsync.yaml changes its model" in run.stderr
    assert registry.git("branch", "--format=%(refname:short)").split() == ["main"]
