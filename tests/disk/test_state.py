"""Manifest, lock and receipt on disk: read as they are, written whole, never where a link points."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync.disk.scope import Scope
from agentsync.disk.state import State
from agentsync.errors import DiskError, LockError, ManifestError, UnsafeError
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.digest import digest_of
from agentsync.model.lock import Lock
from agentsync.model.names import ScopeName
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import Receipt
from tests.needs import needs

RECEIPT = Receipt({RelPath(".claude/agents/a.md"): digest_of(b"a")})


@pytest.fixture
def state(scope: Scope) -> State:
    """The memory of an empty project."""
    return State(scope)


def test_nothing_yet(state: State, scope: Scope) -> None:
    """No manifest is an error, and says how to begin; no lock and no receipt are none."""
    with pytest.raises(ManifestError, match="no manifest at") as caught:
        state.manifest_text()
    assert caught.value.hint == "start one with `agentsync init`"
    assert state.lock() is None and state.receipt() is None
    user = Scope(ScopeName.USER, scope.root, scope.root)
    with pytest.raises(ManifestError) as caught:
        State(user).manifest_text()
    assert caught.value.hint == "start one with `agentsync init`"
    assert list(scope.root.iterdir()) == []


def test_what_is_saved_is_loaded(state: State, scope: Scope) -> None:
    """Byte for byte."""
    text = "packs: {}  # é\r\n"
    state.save_manifest(text)
    assert scope.manifest.read_bytes() == text.encode() and state.manifest_text() == text
    assert state.save_lock(Lock()) is True
    assert state.lock() == Lock()
    state.save_receipt(RECEIPT)
    assert state.receipt() == RECEIPT


@needs("inodes")
def test_what_is_the_same_is_not_written(state: State, scope: Scope) -> None:
    """Neither lock nor receipt is touched without need."""
    state.save_lock(Lock())
    state.save_receipt(RECEIPT)
    before = [path.stat().st_ino for path in (scope.lock, scope.state / "receipt.json")]
    assert state.save_lock(Lock()) is False
    state.save_receipt(RECEIPT)
    assert [path.stat().st_ino for path in (scope.lock, scope.state / "receipt.json")] == before


def test_the_state_folder(state: State, scope: Scope) -> None:
    """Nothing of it gets into version control but the patches; staged files go away."""
    state.folder.prepare()
    assert (scope.state / ".gitignore").read_text().splitlines()[1:] == ["/*", "!/patches/", "!/patches/**"]
    (scope.state / ".gitignore").write_text("mine\n")
    state.folder.prepare()
    assert (scope.state / ".gitignore").read_text() == "mine\n"
    state.folder.clear_stage()
    assert not (scope.state / "stage").exists()
    state.folder.clear_stage()


@pytest.mark.parametrize("data", [b"\xff", b"lockfile: 2\npacks: {\xe9}\n", "lockfile: 1".encode("utf-16")])
def test_a_lock_that_is_no_text(state: State, scope: Scope, data: bytes) -> None:
    """An error, and never an absent lock."""
    scope.lock.write_bytes(data)
    with pytest.raises(LockError):
        state.lock()
    with pytest.raises(LockError, match="not UTF-8"):
        State(scope).save_lock(Lock())
    assert scope.lock.read_bytes() == data


def test_a_folder_in_place_of_a_file(state: State, scope: Scope) -> None:
    """Told as the system tells it."""
    scope.manifest.mkdir()
    scope.lock.mkdir()
    with pytest.raises(DiskError, match=r"cannot read .*agentsync\.yaml"):
        state.manifest_text()
    with pytest.raises(DiskError, match=r"cannot read .*agentsync\.lock"):
        state.lock()
    with pytest.raises(DiskError, match=r"cannot read .*agentsync\.yaml"):
        state.save_manifest("x: 1")


def test_a_file_that_is_far_too_large(state: State, scope: Scope) -> None:
    """It is not read into memory."""
    with scope.lock.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(LockError, match=r"agentsync\.lock is larger than 8 MiB"):
        state.lock()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"receipt": 2, "files": {}}',
        b'{"receipt": 1, "files": {"../x": "y"}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_receipt_is_none(state: State, scope: Scope, data: bytes) -> None:
    """It is only a memory; the next one takes its place."""
    scope.state.mkdir()
    (scope.state / "receipt.json").write_bytes(data)
    assert state.receipt() is None
    state.save_receipt(RECEIPT)
    assert state.receipt() == RECEIPT


def test_old_or_new_and_nothing_else(state: State, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that becomes full during a write, the old file is whole."""
    state.save_receipt(RECEIPT)
    state.save_lock(Lock())

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskError, match="cannot write"):
        state.save_receipt(Receipt())
    with pytest.raises(DiskError, match="cannot write"):
        state.save_lock(Lock({}, {"claude-code": 1, "other": 1}))
    assert state.receipt() == RECEIPT
    assert scope.lock.read_text() == dump_lock(Lock())


@pytest.mark.parametrize("name", ["", "stage", "backup", "conflicts", "history", "patches"])
def test_a_project_cannot_send_our_files_elsewhere(state: State, scope: Scope, tmp_path: Path, name: str) -> None:
    """A checkout may hold any link; nothing is put where it points."""
    outside = tmp_path / "outside"
    outside.mkdir()
    scope.state.parent.mkdir(exist_ok=True)
    link = scope.state / name if name else scope.state
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    with pytest.raises(UnsafeError, match="is a symlink") as caught:
        state.save_receipt(RECEIPT)
    assert str(link) in caught.value.what
    with pytest.raises(UnsafeError):
        state.save_lock(Lock())
    assert list(outside.iterdir()) == []


def test_links_in_place_of_our_files(state: State, scope: Scope, tmp_path: Path) -> None:
    """The link is replaced; what it points to is not written to, not even where nothing is there yet."""
    outside = tmp_path / "outside"
    scope.state.mkdir()
    for name in ("receipt.json", ".gitignore"):
        (scope.state / name).symlink_to(outside)
    scope.lock.symlink_to(outside)
    state.save_receipt(RECEIPT)
    state.save_lock(Lock())
    assert not outside.exists()
    assert state.lock() == Lock() and state.receipt() == RECEIPT
    assert not (scope.state / ".gitignore").is_symlink()


def test_history(state: State, scope: Scope) -> None:
    """The last ten locks, the newest first; the same one is not remembered twice."""
    locks = [Lock({}, {"claude-code": 1, f"t{number}": 1}) for number in range(12)]
    for lock in locks:
        state.history.remember(dump_lock(lock))
        state.history.remember(dump_lock(lock))
    assert state.history.locks() == locks[:1:-1]
    (scope.state / "history" / "999999.lock").write_bytes(b"\xff")
    assert state.history.locks() == locks[:1:-1]


def test_conflicts(state: State) -> None:
    """An attempt at merging waits for its decision; another one sets it aside, and does not lose it."""
    path = RelPath(".claude/agents/a.md")
    state.conflicts.save(path, b"attempt", b"upstream")
    assert state.conflicts.all() == {path: b"attempt"}
    state.conflicts.save(path, b"attempt again", b"upstream")
    assert state.conflicts.all() == {path: b"attempt"}
    state.conflicts.save(path, b"another", b"newer upstream")
    assert state.conflicts.all() == {path: b"another"}
    state.conflicts.drop(path)
    assert state.conflicts.all() == {}
    state.conflicts.drop(path)
