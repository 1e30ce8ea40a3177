"""Every test runs on a machine without a user: empty home, no configuration, no network.

A test that writes into the real user's agent folders or agentsync configuration all the same
fails. Hypothesis runs without deadlines, with few examples (with many in `make long`), and on a build server with
the same examples each time.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest

from tests.git_registry import GitRegistry
from tests.in_memory import write_in_memory
from tests.needs import as_the_system_is, skip_without
from tests.sandbox import Sandbox, profile

REAL_HOME = Path.home()
GUARDED = [
    *(REAL_HOME / ".claude" / kind for kind in ("agents", "commands", "skills", "rules")),
    REAL_HOME / ".config" / "agentsync",
    REAL_HOME / ".cache" / "agentsync",
    *(Path(where) / "agentsync" for name in ("APPDATA", "LOCALAPPDATA") if (where := os.environ.get(name))),
]
LEAKING = ("GIT_", "AGENTSYNC_", "XDG_", "CLAUDE_")

hypothesis.settings.register_profile("local", deadline=None, max_examples=30)
hypothesis.settings.register_profile("many", deadline=None, max_examples=500)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")

write_in_memory()

# What is made while tests are collected stays: to look for garbage in it again and again takes a tenth of the time.
_THRESHOLDS: Final = gc.get_threshold()
gc.set_threshold(50_000, 10, 10)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Search for garbage only among what tests make."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@pytest.fixture(autouse=True, scope="session")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home, and no variable of the real environment that git or agentsync listens to."""
    home = tmp_path_factory.mktemp("home")
    empty = tmp_path_factory.mktemp("settings") / "gitconfig"
    empty.touch()
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(LEAKING) or name in ("CI", "NO_COLOR"):
                patch.delenv(name)
        for name, where in profile(home).items():
            patch.setenv(name, where)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_CONFIG_GLOBAL", str(empty))
        patch.setenv("GIT_ALLOW_PROTOCOL", "file")
        yield home


@pytest.fixture(autouse=True)
def _trap(_home: Path) -> Iterator[None]:
    """Empty the home after each test, and fail one that wrote into the real home."""
    before = _state_of_real_home()
    yield
    for left in _home.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
    changed = [str(path) for path, state in _state_of_real_home().items() if before[path] != state]
    if changed:
        pytest.fail(f"the test wrote into the real home: {', '.join(changed)}")


@pytest.fixture(autouse=True, scope="session")
def _system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test that makes links is skipped where there are none; read-only files are removed everywhere."""
    with as_the_system_is(tmp_path_factory.getbasetemp()):
        yield


@pytest.fixture(autouse=True)
def _abilities(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A test is skipped where the system lacks what it is marked to need."""
    for mark in request.node.iter_markers("needs"):
        for ability in mark.args:
            skip_without(ability, tmp_path_factory.getbasetemp())


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A machine with an empty home and an empty project."""
    return Sandbox(tmp_path / "sandbox")


@pytest.fixture
def git_registry(tmp_path: Path) -> GitRegistry:
    """An empty registry, `agents.git`."""
    return GitRegistry(tmp_path / "agents.git")


def _state_of_real_home() -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns if path.exists() else 0 for path in GUARDED}
