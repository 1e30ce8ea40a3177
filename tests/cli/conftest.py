"""What the stories begin with. What costs time is made once and copied."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.cli.packs import TEAM
from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox
from tests.stamping import restamp

# What the inner loop runs; the other stories start hundreds of processes and are marked slow.
_INNER_LOOP: Final = frozenset(
    ("test_install_verbatim", "test_drift", "test_own_files", "test_remove", "test_overrides", "test_lock_conflict")
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories that the inner loop leaves out."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.stem not in _INNER_LOOP:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> GitRegistry:
    """A registry of one pack, `team`, released as 1.0.0. Shared: do not publish to it."""
    registry = GitRegistry(tmp_path_factory.mktemp("shared") / "team.git")
    registry.publish("v1.0.0", TEAM)
    return registry


@pytest.fixture(scope="session")
def _installed_once(tmp_path_factory: pytest.TempPathFactory, team: GitRegistry) -> Sandbox:
    sandbox = Sandbox(tmp_path_factory.mktemp("installed") / "sandbox")
    succeed(sandbox, "init")
    succeed(sandbox, "add", team.url)
    return sandbox


@pytest.fixture
def installed(_installed_once: Sandbox, tmp_path: Path) -> Sandbox:
    """A project in which `team` is installed, and the cache that this left."""
    root = tmp_path / "installed"
    shutil.copytree(_installed_once.root, root, symlinks=True)
    restamp(root / "project", root / "config/state")
    return Sandbox(root)


@pytest.fixture
def registry(tmp_path: Path, request: pytest.FixtureRequest) -> GitRegistry:
    """A registry with the `RELEASES` of the test's module: the files of each tag, in order."""
    registry = GitRegistry(tmp_path / "team.git")
    for tag, files in request.module.RELEASES.items():
        registry.publish(tag, files)
    return registry


@pytest.fixture
def asking(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project that asks for `^1` of that registry's one pack, `team/team`, and has it installed."""
    write_manifest(sandbox, f"registries:\n  team: {registry.url}\npacks:\n  team/team: ^1\n")
    succeed(sandbox, "install")
    return sandbox


@pytest.fixture
def clone(_installed_once: Sandbox, sandbox: Sandbox) -> Sandbox:
    """The same project as a colleague has it after `git clone`: no receipt, no cache."""
    for name in ("agentsync.yaml", "agentsync.lock", ".claude"):
        source, goal = _installed_once.project / name, sandbox.project / name
        if source.is_dir():
            shutil.copytree(source, goal)
        else:
            shutil.copy(source, goal)
    return sandbox
