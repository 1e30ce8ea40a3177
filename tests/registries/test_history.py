"""The history of a registry: subjects of commits, and where bytes come from; mended, and never in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsync.git.cache import Cache
from agentsync.git.git_object import object_id
from agentsync.model.git_file import Origin, Searched
from agentsync.registries import history
from agentsync.registries.history import search, subjects
from tests.git.kit import url_of
from tests.git_registry import File, GitRegistry


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


def _ids(text: str, *, long: bool = False) -> tuple[str, ...]:
    return (object_id(b"blob", text.encode(), long=long),)


def test_where_bytes_come_from(cache: Cache, git_registry: GitRegistry) -> None:
    """The newest commit that wrote them, on any branch; a symlink's text is no file; a deleted file is found."""
    wanted = {name: _ids(f"{name}\n") for name in ("first", "again", "side", "never")} | {"link": _ids("to/there")}
    first = git_registry.publish("v1", {"a.md": "first\n", "b.md": "again\n"})
    git_registry.publish("v2", {"a.md": "2\n", "l": File("to/there", symlink=True)})
    again = git_registry.publish("v3", {"deep/\tb.md": "again\n"})
    git_registry.publish("v4", {"a.md": "4\n"})
    git_registry.add_branch("side", first)
    side = git_registry.publish(None, {"a.md": "side\n"}, branch="side")
    found = search(cache.repository(url_of(git_registry)), wanted)
    assert found == Searched(
        {"first": Origin(first, "a.md"), "again": Origin(again, "deep/\tb.md"), "side": Origin(side, "a.md")}
    )


def test_what_only_a_merge_wrote_is_found(cache: Cache, git_registry: GitRegistry) -> None:
    """A conflict that was settled in a merge stands in none of its parents."""
    one = git_registry.publish("v1", {"a.md": "1\n"})
    two = git_registry.publish("v2", {"a.md": "2\n"})
    blob = git_registry.git("hash-object", "-w", "--stdin", stdin=b"merged\n")
    tree = git_registry.git("mktree", stdin=f"100644 blob {blob}\ta.md\n".encode())
    merge = git_registry.git("commit-tree", "-m", "Merge", "-p", two, "-p", one, tree)
    git_registry.git("update-ref", "refs/heads/main", merge)
    found = search(cache.repository(url_of(git_registry)), {"x": _ids("merged\n")})
    assert found.found == {"x": Origin(merge, "a.md")}


def test_a_bounded_search_says_so(cache: Cache, git_registry: GitRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deeper commits are unknown; this is reported only where something was not found."""
    monkeypatch.setattr(history, "_DEPTH", 2)
    for number in range(4):
        git_registry.publish(None, {"a.md": f"{number}\n"})
    repository = cache.repository(url_of(git_registry))
    assert search(repository, {"x": _ids("2\n")}).why == ""
    deep = search(repository, {"x": _ids("0\n")})
    assert deep.found == {} and "longer than is searched" in deep.why


def test_a_search_out_of_reach_or_offline(cache: Cache, git_registry: GitRegistry, tmp_path: Path) -> None:
    """Commits that were fetched before are searched; the reason is given for the rest."""
    first = git_registry.publish("v1", {"a.md": "1\n"})
    git_registry.publish("v2", {"a.md": "2\n"})
    repository = cache.repository(url_of(git_registry))
    assert search(cache.offline().repository(repository.url), {"x": _ids("1\n")}) == Searched(
        {}, "--offline asks no remote"
    )
    assert search(repository, {"x": _ids("1\n")}).found == {"x": Origin(first, "a.md")}
    git_registry.path.rename(tmp_path / "gone")
    assert search(repository, {"x": _ids("1\n")}) == Searched({"x": Origin(first, "a.md")})
    found = search(repository, {"x": _ids("1\n"), "y": _ids("other\n")})
    assert found.found == {"x": Origin(first, "a.md")} and found.why


def test_a_repository_with_long_ids(cache: Cache, tmp_path: Path) -> None:
    """Bytes have ids of the repository's own kind."""
    registry = GitRegistry(tmp_path / "long.git")
    for path in sorted(registry.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    registry.git("init", "--quiet", "--bare", "--template=", "--object-format=sha256", "--initial-branch=main", ".")
    first = registry.publish("v1", {"a.md": "1\n"})
    assert len(first) == 64
    found = search(cache.repository(url_of(registry)), {"x": _ids("1\n", long=True)})
    assert found == Searched({"x": Origin(first, "a.md")})
