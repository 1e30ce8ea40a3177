"""Calls that are refused: for a moment, as a virus scanner does with a new file, or by a file system for good.

Source: CreateFileW and MoveFileExW, ERROR_SHARING_VIOLATION (Microsoft).
"""

from __future__ import annotations

import errno
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
_left = 8.0 if sys.platform == "win32" else 0.5


def may_be_unknown(number: int | None) -> bool:
    """Return whether a file system that does not know a call may answer with this number.

    They differ too much for a list: `ENOSYS`, `EINVAL`, `ENOTSUP`, `EPERM`, `EACCES`, `ENOTTY`... So after any number
    but the plain failures another way is tried, and its failure counts.
    """
    return number not in _LASTING


def retried(call: Callable[[], T]) -> T:
    """Call until it is not refused, for as long as this process has time left.

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
            if wait > _left:
                raise
        else:
            _left = before
            return found
        _left -= wait
        time.sleep(wait)
    return call()
