"""Calls that are refused: for a moment, as a virus scanner does with a new file, or by a file system for good.

Source: CreateFileW and MoveFileExW, ERROR_SHARING_VIOLATION (Microsoft).
"""

# ruff: noqa: PTH100, PTH103, PTH120 - paths as they come

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

# The failures of a disk that is full or broken, and of a path that leads nowhere.
_LASTING: Final = (
    errno.EIO,
    errno.ENOSPC,
    getattr(errno, "EDQUOT", errno.ENOSPC),
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
)
_WAITS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
# Seconds that all waits in vain of a process may take together: a refusal that lasts is told without delay.
_left = 8.0 if sys.platform == "win32" else 2.0


def may_be_unknown(number: int | None) -> bool:
    """Return whether a file system that does not know a call may answer with this number.

    They differ too much for a list: `ENOSYS`, `EINVAL`, `ENOTSUP`, `EPERM`, `EACCES`, `ENOTTY`... So after any number
    but the plain failures another way is tried, and its failure counts.
    """
    return number not in _LASTING


def retried(call: Callable[[], T], lasts: Callable[[], bool] = lambda: False) -> T:
    """Call until it is not refused, for as long as this process has time left.

    Args:
        call: what may be refused.
        lasts: whether a refusal would last, as far as the system knows: then nothing is waited for.

    Raises:
        PermissionError: the last refusal.
        OSError: any other failure of the call.
    """
    global _left
    before = _left
    for wait in _WAITS:
        try:
            found = call()
        except PermissionError:
            if wait > _left or lasts():
                raise
        else:
            _left = before
            return found
        _left -= wait
        time.sleep(wait)
    return call()


def may_not(use: int, path: str | os.PathLike[str], folder: int | None = None) -> bool:
    """Return whether the rights of a file or folder forbid a use (`os.R_OK`, `os.W_OK`), as far as the system tells."""
    where = path or "."
    return os.name == "posix" and os.access(where, os.F_OK, dir_fd=folder) and not os.access(where, use, dir_fd=folder)


def open_file(path: str | os.PathLike[str], flags: int, mode: int = 0o777, *, folder: int | None = None) -> int:
    """Open a file and return its handle, also one that is held for a moment; as `os.open`.

    Raises:
        OSError: where it cannot be opened.
    """
    try:
        return os.open(path, flags, mode, dir_fd=folder)
    except PermissionError:
        is_new = bool(flags & os.O_CREAT) and not os.access(path, os.F_OK, dir_fd=folder)
        where = os.path.dirname(path) if is_new else path
        use = os.R_OK if flags & (os.O_WRONLY | os.O_RDWR) == 0 else os.W_OK
        return retried(lambda: os.open(path, flags, mode, dir_fd=folder), lambda: may_not(use, where, folder))


def make_folders(path: str | os.PathLike[str], mode: int = 0o777) -> None:
    """Make a folder and those above it, where they are missing.

    Raises:
        OSError: where the file system refuses.
    """
    try:
        os.makedirs(path, mode, exist_ok=True)
    except PermissionError:
        retried(lambda: os.makedirs(path, mode, exist_ok=True), lambda: may_not(os.W_OK, _existing(path)))


def _existing(path: str | os.PathLike[str]) -> str:
    """Return the nearest folder above a path that is there."""
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return folder
