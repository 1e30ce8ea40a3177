"""A sandbox on each imitated system."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.git_registry import GitRegistry
from tests.portable import fuse
from tests.portable.systems import ALL, GIVEN_FOLDER, System, mounted
from tests.sandbox import Sandbox


class SystemSandbox(Sandbox):
    """A user's machine that runs another system."""

    def __init__(self, root: Path, system: System) -> None:
        self.system = system
        super().__init__(root)

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a command sees."""
        return super().environment(**{**self.system.variables, **more})


@pytest.fixture(scope="module", params=ALL, ids=lambda system: system.name)
def mount(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Path]]:
    """Each system, and where its file system is mounted."""
    system: System = request.param
    if GIVEN_FOLDER:
        yield system, Path(GIVEN_FOLDER)
        return
    if why := fuse.why_not():
        pytest.skip(why)
    with mounted(system.manners, tmp_path_factory.mktemp(system.name)) as folder:
        yield system, folder


@pytest.fixture
def machine(mount: tuple[System, Path]) -> SystemSandbox:
    """A machine of each system, all its folders on an imitated file system."""
    system, folder = mount
    return SystemSandbox(Path(tempfile.mkdtemp(dir=folder)), system)


@pytest.fixture
def upstream(tmp_path: Path) -> GitRegistry:
    """A registry on a machine of its own, which runs Linux."""
    return GitRegistry(tmp_path / "team.git")
