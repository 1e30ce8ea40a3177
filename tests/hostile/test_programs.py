"""Programs that a project or a registry would like to have run."""

from __future__ import annotations

import os
import stat

import pytest

from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry, plain_git_environment
from tests.needs import needs
from tests.programs import write_program
from tests.sandbox import Sandbox

AGENT = "---\nname: a\ndescription: d\n---\nOne\nTwo\n"
HOOKS = ("pre-receive", "update", "post-receive", "post-update", "reference-transaction", "proc-receive")


def test_a_local_registry_runs_nothing_as_it_takes_a_contribution(sandbox: Sandbox) -> None:
    """Neither its hooks nor what its configuration names: it may have come with the project."""
    registry = GitRegistry(sandbox.project / "vendor.git")
    registry.publish("v1.0.0", {"agents/a.md": AGENT})
    canary = sandbox.root / "ran"
    (registry.path / "hooks").mkdir(exist_ok=True)
    for name in HOOKS:
        write_program(registry.path / "hooks" / name, f"echo {name} >> {canary}")
    program = f'"echo ran >> {canary};"'
    with (registry.path / "config").open("a", encoding="utf-8") as config:
        config.write(f"[core]\n\talternateRefsCommand = {program}\n\tfsmonitor = {program}\n")
    (registry.path / "objects/info").mkdir(exist_ok=True)
    write_manifest(sandbox, 'registries: {acme: ./vendor.git}\npacks: {acme/vendor: "^1"}\n')
    succeed(sandbox, "install")
    installed = sandbox.project / ".claude/agents/a.md"
    installed.write_text(AGENT.replace("Two", "Three"), "utf-8")
    run = succeed(sandbox, "contribute", env={name: "x@example.invalid" for name in _WHO})
    assert "pushed" in run.stdout
    assert not canary.exists(), canary.read_text("utf-8")


_WHO = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


@pytest.mark.parametrize("entry", [".", "", "bin"])
def test_git_is_not_looked_for_in_the_project(sandbox: Sandbox, entry: str) -> None:
    """A folder that the PATH names relative to the current one is the project's."""
    registry = GitRegistry(sandbox.root / "agents.git")
    registry.publish("v1.0.0", {"agents/a.md": AGENT})
    write_manifest(sandbox, f'registries: {{acme: {registry.url}}}\npacks: {{acme/agents: "^1"}}\n')
    write_program(sandbox.project / entry / "git", f"touch {sandbox.root}/ran\nexit 1")
    succeed(sandbox, "install", env={"PATH": os.pathsep.join((entry, plain_git_environment()["PATH"]))})
    assert not (sandbox.root / "ran").exists()


@needs("modes")
def test_the_cache_is_never_writable_by_everybody(sandbox: Sandbox) -> None:
    """Whatever the umask says: git obeys the configuration of a cached repository."""
    registry = GitRegistry(sandbox.root / "agents.git")
    registry.publish("v1.0.0", {"agents/a.md": AGENT})
    write_manifest(sandbox, f'registries: {{acme: {registry.url}}}\npacks: {{acme/agents: "^1"}}\n')
    for _ in range(2):
        run = sandbox.shell("umask 000; rm -rf .claude; agentsync install")
        assert run.exit == 0, run.stdout
    open_to_all = [path for path in sandbox.cache.rglob("*") if path.lstat().st_mode & stat.S_IWOTH]
    assert open_to_all == []


def test_a_file_of_a_person_is_no_scratch_file(sandbox: Sandbox) -> None:
    """What only begins like the name of a scratch file is left alone after an interruption."""
    registry = GitRegistry(sandbox.root / "agents.git")
    registry.publish("v1.0.0", {"agents/a.md": AGENT})
    write_manifest(sandbox, f'registries: {{acme: {registry.url}}}\npacks: {{acme/agents: "^1"}}\n')
    for name in (".agentsync-notes.txt", ".agentsync-1", ".agentsync-1-2-3"):
        (sandbox.project / name).write_text("mine", "utf-8")
    (sandbox.project / ".agentsync/stage").mkdir(parents=True)
    (sandbox.project / ".agentsync-7-8.new").write_text("scratch", "utf-8")
    succeed(sandbox, "install")
    left = sorted(path.name for path in sandbox.project.glob(".agentsync-*"))
    assert left == [".agentsync-1", ".agentsync-1-2-3", ".agentsync-notes.txt"]
