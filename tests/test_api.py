"""agentsync as a library: the documented surface does what the command line does."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync import api
from agentsync.errors import LockError, ManifestError
from agentsync.model.drift import Drift
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

AGENT = "---\nname: helper\ndescription: Helps.\n---\nHelp.\n"


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A project that asks for one pack, with nothing locked yet."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", {"agents/helper.md": AGENT})
    manifest = f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    (sandbox.project / "agentsync.yaml").write_text(manifest)
    return sandbox


def test_load_resolve_plan_drift(project: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve and plan write nothing; after an install by the command, the library agrees with it."""
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(project.cache))
    workspace = api.open_project(project.project)
    assert [wish.key for wish in api.load_manifest(workspace).packs] == ["team"]
    decision = api.resolve(workspace)
    assert decision.changed
    assert decision.lock.packs["team/team"].version == "1.0.0"
    plan = api.plan(workspace, decision.lock)
    assert [change.drift for change in plan.changes] == [Drift.MISSING]
    assert [(change.path, change.pack, change.item, change.action) for change in plan.changes] == [
        (".claude/agents/helper.md", "team/team", "agent:helper", "take")
    ]
    assert [path.name for path in project.project.iterdir()] == ["agentsync.yaml"]
    with pytest.raises(LockError):
        api.resolve(workspace, locked=True)

    assert project.run("install").exit == 0
    offline = api.open_project(project.project, offline=True)
    assert not api.resolve(offline, locked=True).changed
    outcome = api.drift(offline)
    assert outcome.exit == 0
    data = project.json("drift")["data"]
    # The library has them as values of their own.
    assert (data.pop("notes"), data.pop("findings")) == ([*outcome.notes], [*outcome.findings]) == ([], [])
    assert outcome.data == data


def test_failures_are_expected_ones(tmp_path: Path) -> None:
    """A folder without a manifest is an error of the documented kind."""
    with pytest.raises(ManifestError):
        api.load_manifest(api.open_project(tmp_path))
