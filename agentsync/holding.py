"""One process at a time: a lock file that dies with its holder, and says who that is.

The file stays: to remove it would let one process hold what has no name any more, and another the next of that name.

Source: flock(2).
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from agentsync.errors import DiskError, RefusedError


class Patience(NamedTuple):
    """What to do where somebody else holds what is needed.

    Args:
        waits: whether to wait at all.
        told: told once for whom; None where nobody watches.
    """

    waits: bool = True
    told: Callable[[str], None] | None = None


@contextmanager
def held(lock: Path, what: str, patience: Patience) -> Iterator[None]:
    """Hold a lock file; whoever comes second waits, however long that takes.

    Args:
        lock: the file; it stays, and says who holds it.
        what: what it stands for, for messages.
        patience: whether to wait, and whom to tell.

    Raises:
        RefusedError: where somebody holds it, and there is to be no waiting.
        DiskError: where the file cannot be made.
    """
    try:
        handle = _taken(lock)
        if handle is None:
            handle = _waited_for(lock, what, patience)
    except OSError as error:
        raise DiskError(
            f"cannot lock {what}: {lock}",
            why=(error.strerror or str(error)).lower(),
            hint="give yourself permission to write there, and see that there is space",
        ) from error
    try:
        _write(lock, f"{_process()}(agentsync {_command()})\n")
        yield
    finally:
        _write(lock, "")
        os.close(handle)


def _taken(lock: Path, *, waits: bool = False) -> int | None:
    """The lock file, held until it is closed; None where somebody else holds it, and there is to be no waiting."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        try:
            if not _locked(handle, waits):
                os.close(handle)
                return None
            if os.fstat(handle).st_nlink:
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # somebody deleted it meanwhile: whoever comes next would make another


def _locked(handle: int, waits: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if not waits and error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _waited_for(lock: Path, what: str, patience: Patience) -> int:
    holder = _holder(lock)
    # Another thread of ours is done in a moment, and nobody else's business.
    is_ours = holder.startswith(_process())
    if not patience.waits and not is_ours:
        raise RefusedError(
            f"{what} is in use",
            why=f"by {holder or 'another agentsync'}",
            hint="run the command again when that is done, or without --no-wait",
        )
    if patience.told is not None and not is_ours:
        patience.told(f"waiting for {holder or 'another agentsync'}: {what} is in use")
    handle = _taken(lock, waits=True)
    assert handle is not None
    return handle


def _process() -> str:
    return f"process {os.getpid()} "


def _command() -> str:
    """What this process was asked to do, without anything that may be a URL."""
    return " ".join(word for word in sys.argv[1:3] if not word.startswith("-") and "/" not in word)


def _write(lock: Path, text: str) -> None:
    """Say who holds it; where that cannot be written, the lock holds all the same."""
    with suppress(OSError):
        handle = os.open(lock, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            os.ftruncate(handle, 0)
            os.write(handle, text.encode("utf-8", "backslashreplace"))
        finally:
            os.close(handle)


def _holder(lock: Path) -> str:
    try:
        return lock.read_bytes()[:200].decode("utf-8", "replace").strip()
    except OSError:
        return ""
