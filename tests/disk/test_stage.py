"""New files of a run are staged and flushed together; where that cannot be, each is flushed by itself."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.disk.stage import FEW, Stage
from agentsync.disk.state_folder import StateFolder
from agentsync.model.digest import digest_of
from agentsync.model.names import ScopeName
from agentsync.model.rel_path import RelPath
from agentsync.platform import flushing
from agentsync.platform.descent import entered
from agentsync.platform.flushing import FileSystem, file_system_of

PATHS = [RelPath(f".claude/agents/{number}.md") for number in range(FEW + 2)]
NEW = b"new"


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    """A scope on a file system that is flushed in one call."""
    scope = Scope(ScopeName.PROJECT, tmp_path, tmp_path)
    with entered(str(tmp_path), ()) as folder:
        if (system := file_system_of(folder)) is None:
            pytest.skip("files are flushed one by one here")
        system.close()
    return scope


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that wait for the disk."""
    found = list[str]()
    real = FileSystem.flush

    def flush(system: FileSystem) -> None:
        found.append("syncfs")
        real(system)

    monkeypatch.setattr(os, "fsync", lambda _: found.append("fsync"))
    monkeypatch.setattr(FileSystem, "flush", flush)
    return found


def staged_names(scope: Scope) -> list[str]:
    """What is in the folder of staged files."""
    return sorted(path.name for path in (scope.state / "stage").glob("*"))


def write(scope: Scope, staged: Stage, **options: bool) -> list[bool]:
    """Write all paths, each only where nothing stands."""
    folder = Folder(scope, staged)
    with folder.staying():
        return [folder.write(path, NEW, expected=None, **options) for path in PATHS]


def test_one_wait_for_all(scope: Scope, calls: list[str]) -> None:
    """Nothing is in its place before they are on disk; a file of a person is left, and so is nothing of ours."""
    mine = scope.root / PATHS[0]
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with StateFolder(scope).staging() as staged:
        for path in PATHS:
            staged.add(path, NEW, executable=True)
        staged.settle()
        assert calls == ["syncfs"] and len(staged_names(scope)) == len(PATHS)
        assert write(scope, staged, executable=True) == [False] + [True] * (FEW + 1)
    assert calls == ["syncfs"] and mine.read_bytes() == b"mine" and staged_names(scope) == []
    assert all((scope.root / path).stat().st_mode & 0o111 for path in PATHS[1:])


def test_in_the_place_of_what_is_expected(scope: Scope, calls: list[str]) -> None:
    """What a person saved meanwhile stays; other bytes than those that were staged are written and flushed alone."""
    folder = Folder(scope)
    for path in PATHS:
        folder.write(path, b"old")
    (scope.root / PATHS[0]).write_bytes(b"mine")
    calls.clear()
    with StateFolder(scope).staging() as staged:
        for path in PATHS:
            staged.add(path, NEW)
        staged.settle()
        folder = Folder(scope, staged)
        done = [folder.write(path, NEW, expected=digest_of(b"old")) for path in PATHS[:-1]]
        assert done == [False] + [True] * FEW and calls == ["syncfs"]
        assert folder.write(PATHS[-1], b"other", expected=digest_of(b"old")) and calls == ["syncfs", "fsync"]
    assert [folder.read(path) for path in PATHS] == [b"mine", *[NEW] * FEW, b"other"] and staged_names(scope) == []


@pytest.mark.parametrize("trouble", ["few", "old", "other", "failed", "full"])
def test_where_one_call_is_not_enough(
    scope: Scope, calls: list[str], monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """For few files, an old kernel, another file system or a failure: nothing is staged, and each is flushed."""

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    if trouble == "old":
        monkeypatch.setattr(flushing, "_TELLS_OF_FAILURES", (10_000, 0))
    elif trouble == "other":
        monkeypatch.setattr(flushing, "_TRUSTED", frozenset())
    elif trouble == "failed":
        monkeypatch.setattr(FileSystem, "flush", fails)
    with StateFolder(scope).staging() as staged:
        for path in PATHS[: FEW if trouble == "few" else len(PATHS)]:
            staged.add(path, NEW)
        with pytest.MonkeyPatch.context() as patch:
            if trouble == "full":
                patch.setattr(os, "write", fails)
            assert staged.settle() is None
        assert staged_names(scope) == []
        assert all(write(scope, staged)) and calls == ["fsync"] * len(PATHS)
