"""Contributions: an edit as one commit on the locked one, on a branch of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.packs import agent, registry_yaml, skill
from tests.cli.project import manifest_text, succeed, write_manifest
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
    """No edit, an edit of what the manifest sets, a user git does not know."""
    (project.home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    run = project.run("contribute")
    assert run.exit == 3
    assert "tell git who you are" in run.stderr
    (project.home / ".gitconfig").write_text(WHO)
    succeed(project, "restore")
    assert project.run("contribute").exit == 3

    overridden(project, "overrides: {acme/web: {agent:critic: {model: haiku}}}")
    assert project.run("contribute").exit == 3
    path = project.project / ".claude/agents/critic.md"
    path.write_text(path.read_text().replace("model: haiku", "model: opus"))
    run = project.run("contribute")
    assert run.exit == 3
    assert "the edit changes what agentsync.yaml sets itself: model" in run.stderr
    assert registry.git("branch", "--format=%(refname:short)").split() == ["main"]


def overridden(project: Sandbox, more: str) -> None:
    """The project with more in its manifest, installed."""
    write_manifest(project, f"{manifest_text(project)}{more}\n")
    if project.run("install").exit:
        succeed(project, "install", "--merge")


@pytest.mark.parametrize("kept", [False, True])
def test_what_the_manifest_sets_is_not_sent(project: Sandbox, registry: GitRegistry, kept: bool) -> None:
    """A file with another name, and a header with other values, goes back as upstream has them, with the edit."""
    entry = 'acme/web: {version: "*", rename: {"agent:critic": judge}}'
    write_manifest(project, re.sub("acme/web: .*", entry, manifest_text(project)))
    overridden(project, "overrides: {acme/web: {agent:critic: {model: haiku, tools: [Read]}}}")
    path = project.project / ".claude/agents/judge.md"
    assert path.read_text().endswith("Better.\n") and "model: haiku" in path.read_text()
    path.write_text(path.read_text().replace("Knows about", "Knows all about"))
    if kept:
        succeed(project, "keep")
    sent = project.json("contribute")["data"]["contributions"][0]
    assert sent["files"] == ["packs/web/agents/critic.md"]
    wanted = agent("critic", "Better.\n").replace("Knows about", "Knows all about")
    assert registry.read(sent["branch"], "packs/web/agents/critic.md").decode() == wanted


def test_a_new_file_of_a_skill_is_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    """What the project keeps beside upstream's files goes where the skill is."""
    registry = GitRegistry(tmp_path / "skills.git")
    registry.publish("v1.0.0", {"all/pdf/SKILL.md": skill("pdf")})
    (sandbox.home / ".gitconfig").write_text(WHO)
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url, "--accept-grants")
    (sandbox.project / ".claude/skills/pdf/more").mkdir()
    (sandbox.project / ".claude/skills/pdf/more/own.md").write_text("Ours.\n")
    succeed(sandbox, "keep")
    sent = sandbox.json("contribute")["data"]["contributions"][0]
    assert registry.read(sent["branch"], "all/pdf/more/own.md") == b"Ours.\n"


def test_line_ends_are_upstreams(project: Sandbox, registry: GitRegistry) -> None:
    """From a checkout with CRLF goes the edit alone; with line ends alone there is nothing to send."""
    path = project.project / ".claude/agents/critic.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    sent = project.json("contribute")["data"]["contributions"][0]
    assert registry.read(sent["branch"], "packs/web/agents/critic.md") == agent("critic", "Better.\n").encode()
    path.write_bytes(agent("critic").encode().replace(b"\n", b"\r\n"))
    assert project.run("contribute").exit == 3


def published(registry: GitRegistry, version: str, body: str) -> None:
    """A release whose agent has this body."""
    registry.publish(
        version, {"registry.yaml": registry_yaml("web"), "packs/web/agents/critic.md": agent("critic", body)}
    )


def test_an_edit_of_an_older_release(project: Sandbox, registry: GitRegistry) -> None:
    """What upstream changed since is not undone: the edit is merged with the locked version."""
    body = "One.\nTwo.\nThree.\nFour.\n"
    path = project.project / ".claude/agents/critic.md"
    path.unlink()
    published(registry, "v1.1.0", body)
    succeed(project, "update")
    published(registry, "v1.2.0", body.replace("One.", "First."))
    path.write_text(path.read_text().replace("Four.", "My four."))
    mate = Sandbox(project.root / "mate")
    for name in ("agentsync.yaml", "agentsync.lock"):
        (mate.project / name).write_bytes((project.project / name).read_bytes())
    succeed(mate, "update")
    (project.project / "agentsync.lock").write_bytes((mate.project / "agentsync.lock").read_bytes())
    sent = project.json("contribute")["data"]["contributions"][0]
    wanted = agent("critic", body.replace("One.", "First.").replace("Four.", "My four."))
    assert registry.read(sent["branch"], "packs/web/agents/critic.md").decode() == wanted
