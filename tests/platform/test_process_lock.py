"""A lock file lets one in at a time, also where the file is tampered with."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from agentsync.errors import DiskError, RefusedError
from agentsync.platform.process_lock import Patience, process_lock


def test_one_at_a_time(tmp_path: Path) -> None:
    """The second process waits; the file stays, and tells nothing once it is free."""
    lock, order = tmp_path / "x.lock", list[str]()

    def second() -> None:
        with process_lock(lock, "x", Patience()):
            order.append("second")

    thread = threading.Thread(target=second)
    with process_lock(lock, "x", Patience()):
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert lock.read_bytes() == b""


@pytest.mark.parametrize("is_ours", [True, False])
def test_filelock_is_the_other_half(tmp_path: Path, is_ours: bool) -> None:
    """What was taken without loading it keeps a process out that uses it, and the other way round."""
    lock = tmp_path / "x.lock"
    theirs = FileLock(lock)
    with process_lock(lock, "x", Patience()) if is_ours else theirs:
        with pytest.raises(Timeout) if is_ours else pytest.raises(RefusedError):
            with theirs.acquire(timeout=0) if is_ours else process_lock(lock, "x", Patience(waits=False)):
                raise AssertionError
    with theirs.acquire(timeout=0):
        pass


def test_it_is_let_go_after_a_failure(tmp_path: Path) -> None:
    """A process that failed is not waited for."""
    with pytest.raises(ZeroDivisionError), process_lock(tmp_path / "x.lock", "x", Patience()):
        raise ZeroDivisionError
    with process_lock(tmp_path / "x.lock", "x", Patience(waits=False)):
        pass


def test_a_lock_that_is_deleted_meanwhile(tmp_path: Path) -> None:
    """It guards no name any more: who gets it takes the one that is there now."""
    lock, inside = tmp_path / "x.lock", threading.Event()

    def second() -> None:
        with process_lock(lock, "x", Patience()):
            inside.set()

    thread = threading.Thread(target=second)
    with process_lock(lock, "x", Patience()):
        thread.start()
        thread.join(0.2)
        lock.unlink()
        other = process_lock(lock, "x", Patience())
        other.__enter__()
    assert not inside.wait(0.2)
    other.__exit__(None, None, None)
    assert inside.wait(10)
    thread.join()


def test_another_process_holds_it(tmp_path: Path) -> None:
    """Without patience that is told at once, and by whom."""
    lock = tmp_path / "x.lock"
    with process_lock(lock, "x", Patience()):
        lock.write_text("process 1 (agentsync update)\n")
        with pytest.raises(RefusedError, match="x is in use") as caught, process_lock(lock, "x", Patience(waits=False)):
            raise AssertionError
    assert caught.value.why == "by process 1 (agentsync update)"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A project may hold any link; what it leads to is not even opened."""
    (tmp_path / "x.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskError, match="cannot lock x"), process_lock(tmp_path / "x.lock", "x", Patience()):
        raise AssertionError
    assert not (tmp_path / "elsewhere").exists()
