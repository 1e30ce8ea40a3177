"""A dry run ends as the run would, in the future tense, and changes nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.packs import TEAM, TEAM_NEXT, agent
from tests.cli.project import snapshot, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox
from tests.stamping import restamp

DESIGNER = ".claude/agents/designer.md"
_PAST = re.compile(
    r"^(wrote|deleted|replaced|merged|adopted|released|removed|dropped|kept|locked|unlocked|resolved|registry|pushed)\b"
)


@pytest.fixture(scope="module")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A project that names its registry by a relative path, so that both can be copied."""
    sandbox = Sandbox(tmp_path_factory.mktemp("dry") / "sandbox")
    GitRegistry(sandbox.root / "team").publish("v1.0.0", TEAM)
    succeed(sandbox, "init")
    succeed(sandbox, "add", "../team")
    return sandbox


@pytest.fixture
def project(_prepared: Sandbox, tmp_path: Path) -> tuple[Sandbox, GitRegistry]:
    """A copy for each test."""
    shutil.copytree(_prepared.root, tmp_path / "sandbox", symlinks=True)
    restamp(tmp_path / "sandbox/project", tmp_path / "sandbox/config/state")
    return Sandbox(tmp_path / "sandbox"), GitRegistry(tmp_path / "sandbox/team")


def _powerful(project: Sandbox, registry: GitRegistry) -> None:
    header = "---\nname: designer\ndescription: Knows.\ntools: Bash\n---\nDesign.\n"
    registry.publish(
        "v1.1.0", TEAM | {"agents/designer.md": header, "agents/review/critic.md": agent("critic", "Two\n")}
    )


def _edited(project: Sandbox, registry: GitRegistry) -> None:
    (project.project / DESIGNER).write_text("Mine\n")


def _kept(project: Sandbox, registry: GitRegistry) -> None:
    _edited(project, registry)
    succeed(project, "keep")


def _conflict(project: Sandbox, registry: GitRegistry) -> None:
    (project.project / DESIGNER).write_text(agent("designer", "Design it my way.\n"))
    registry.publish("v1.1.0", TEAM_NEXT)


def _left(project: Sandbox, registry: GitRegistry) -> None:
    _conflict(project, registry)
    assert project.run("update").exit == 1


def _foreign(project: Sandbox, registry: GitRegistry) -> None:
    registry.publish("v1.1.0", TEAM | {"agents/new.md": agent("new")})
    (project.project / ".claude/agents/new.md").write_text("Mine\n")


def _gone(project: Sandbox, registry: GitRegistry) -> None:
    (project.project / DESIGNER).unlink()


@pytest.mark.parametrize(
    ("prepare", "command"),
    [
        (_powerful, "update"),
        (_conflict, "update"),
        (_foreign, "update"),
        (_edited, "install --theirs"),
        (_gone, "install"),
        (_edited, "restore"),
        (_edited, "keep"),
        (_kept, "keep --drop"),
        (_edited, "remove team/team"),
        (_left, "resolve --theirs"),
        (_left, "resolve --ours"),
        (_left, "rollback"),
        (_powerful, "grants --accept"),
        (_edited, "registry remove team"),
        (_gone, "lock"),
        (_edited, "contribute --patch"),
        (_edited, "registry add more ../team"),
    ],
)
def test_a_dry_run_is_the_run(project: tuple[Sandbox, GitRegistry], prepare: object, command: str) -> None:
    """With the same exit code; nothing is told as if it had been done, and nothing is done."""
    sandbox, registry = project
    assert callable(prepare)
    prepare(sandbox, registry)
    before = snapshot(sandbox.project, sandbox.config)
    dry = sandbox.run(*command.split(), "--dry-run")
    assert snapshot(sandbox.project, sandbox.config) == before
    assert not [line for line in dry.stdout.splitlines() if _PAST.match(line)], dry.stdout
    assert not re.search(r"\b(was|were) set aside", dry.stderr)
    run = sandbox.run(*command.split())
    assert dry.exit == run.exit, f"{dry.stdout}{dry.stderr}---\n{run.stdout}{run.stderr}"


def test_what_was_set_aside_is_in_the_document(project: tuple[Sandbox, GitRegistry]) -> None:
    """With the path that it had and where it is; a dry run knows of no place."""
    sandbox, _ = project
    for command in ("restore", "install --theirs"):
        (sandbox.project / DESIGNER).write_text(f"Mine before {command}\n")
        assert "backups" not in sandbox.json(*command.split(), "--dry-run")["data"]
        (row,) = sandbox.json(*command.split())["data"]["backups"]
        assert row["path"] == DESIGNER
        assert (sandbox.project / row["backup"]).read_text() == f"Mine before {command}\n"
        assert sandbox.json(*command.split())["data"]["backups"] == []
