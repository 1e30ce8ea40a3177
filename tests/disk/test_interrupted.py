"""An installation that was killed is finished by the next one, wherever it was killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync.commands.install import InstallOptions, install
from agentsync.project.opening import Start, write_in
from agentsync.project.session import Options
from tests.git_registry import GitRegistry

STEPS = [
    "state_folder.StateFolder.prepare",
    "state.State.save_lock_text",
    "journal.apply_plan",
    "past_locks.PastLocks.remember",
    "state.State.save_receipt",
]


class Killed(BaseException):
    """The end of a process."""


@pytest.fixture
def project(tmp_path: Path, git_registry: GitRegistry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the old release installed, one file of it edited, and the new one asked for."""
    for version in ("1.0.0", "2.0.0"):
        agents = {f"agents/{name}.md": f"---\nname: {name}\ndescription: {version}\n---\n" for name in "ab"}
        git_registry.publish(
            f"v{version}", {**agents, f"agents/only-{version}.md": "---\nname: x\ndescription: y\n---\n"}
        )
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(tmp_path / "cache"))
    ask_for(folder, git_registry, "1.0.0")
    install_here()
    (folder / ".claude/agents/b.md").write_text("mine\n")
    ask_for(folder, git_registry, "2.0.0")
    return folder


def install_here() -> None:
    """Install in the current folder, as the command does."""
    write_in(Options(), Start.UP, lambda workspace: install(workspace, InstallOptions()))


def ask_for(folder: Path, registry: GitRegistry, version: str) -> None:
    """Write the manifest."""
    (folder / "agentsync.yaml").write_text(f"registries: {{x: {registry.url}}}\npacks: {{x/agents: '{version}'}}\n")


def installed(folder: Path) -> dict[str, str]:
    """Every file of the tool, and the lock."""
    files = {path.name: path.read_text() for path in (folder / ".claude").rglob("*") if path.is_file()}
    return {**files, "agentsync.lock": (folder / "agentsync.lock").read_text()}


def run_killed_at(step: str) -> None:
    """Install, and end right before a step."""

    def killed(*arguments: object, **options: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"agentsync.disk.{step}", killed)
        try:
            install_here()
        except Killed:
            return


def assert_the_same_end(project: Path, step: str) -> None:
    """Killed at a step and run again is run."""
    run_killed_at(step)
    install_here()
    found = installed(project)
    assert found["a.md"] == "---\nname: a\ndescription: 2.0.0\n---\n"
    assert found["b.md"] == "mine\n"
    assert "only-2.0.0.md" in found and "only-1.0.0.md" not in found
    assert "version: 2.0.0" in found["agentsync.lock"]
    assert "only-2.0.0" in (project / ".agentsync/receipt.json").read_text()


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_two_steps(project: Path, step: str) -> None:
    """The next run comes to the same end, and keeps what a person wrote."""
    assert_the_same_end(project, step)


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_a_fresh_clone(project: Path, step: str) -> None:
    """The same where only the lock tells what was written before."""
    (project / ".agentsync/receipt.json").unlink()
    assert_the_same_end(project, step)
