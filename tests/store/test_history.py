"""The subjects of commits: help for reading, from a repository that is mended and never in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsync.store.cache import Cache
from agentsync.store.history import subjects
from tests.git_registry import GitRegistry
from tests.store.kit import url_of


def _truncate(folder: Path) -> None:
    for pack in (folder / "objects/pack").iterdir():
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:20])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no HEAD": lambda folder: (folder / "HEAD").unlink(),
    "packs cut": _truncate,
    "half made": lambda folder: (folder / "config").write_bytes(b"[core"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_one_is_made_anew(cache: Cache, git_registry: GitRegistry, name: str) -> None:
    """And a lock that a killed git left does not block it."""
    ids = [git_registry.publish(f"v{number}", {"a.md": f"{number}\n"}, message=f"Step {number}") for number in range(3)]
    repository = cache.repository(url_of(git_registry))
    repository.folder.parent.mkdir(parents=True, exist_ok=True)
    assert subjects(repository, ids[0], ids[1], "") == ["Step 1"]
    folder = repository.folder.with_suffix(".log")
    DAMAGE[name](folder)
    assert subjects(repository, ids[0], ids[2], "") == ["Step 2", "Step 1"]
    lock = folder / f"refs/agentsync/{ids[2]}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    git_registry.publish("v3", {"a.md": "3\n"}, message="Step 3")
    assert subjects(repository, ids[1], ids[2], "") == ["Step 2"]


def test_out_of_reach(cache: Cache, git_registry: GitRegistry, tmp_path: Path) -> None:
    """No lines, and no failure."""
    first = git_registry.publish("v1", {"a.md": "1\n"})
    second = git_registry.publish("v2", {"a.md": "2\n"})
    repository = cache.repository(url_of(git_registry))
    git_registry.path.rename(tmp_path / "gone")
    assert subjects(repository, first, second, "") == []
