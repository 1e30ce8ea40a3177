"""Let two files change places, or give one a name that is free, in one step, where the system can.

Sources: rename(2) RENAME_EXCHANGE and RENAME_NOREPLACE, renameatx_np(2) RENAME_SWAP and RENAME_EXCL.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any, Final

from agentsync.platform.c_library import c_library
from agentsync.platform.retrying import may_be_unknown

_CURRENT_FOLDER: Final = -2 if sys.platform == "darwin" else -100  # AT_FDCWD
_SWAP: Final = 2
_IF_FREE: Final = 4 if sys.platform == "darwin" else 1


def exchange(one: str, other: str, one_folder: int | None, other_folder: int | None) -> bool:
    """Let two files change places in one step; return False where this system cannot.

    Args:
        one: a file.
        other: another file of the same file system.
        one_folder: the handle of the folder that `one` starts from, None for the current one.
        other_folder: the same for `other`.

    Raises:
        OSError: where the file system refuses.
    """
    return _renamed(one, other, one_folder, other_folder, _SWAP)


def rename_new(one: str, other: str, one_folder: int | None, other_folder: int | None) -> bool:
    """Give a file a name that nothing has; return False where this system cannot. The rest is as in `exchange`.

    Raises:
        FileExistsError: where that name is taken.
        OSError: where the file system refuses.
    """
    return _renamed(one, other, one_folder, other_folder, _IF_FREE)


def _renamed(one: str, other: str, one_folder: int | None, other_folder: int | None, how: int) -> bool:
    rename = _system_call()
    if rename is None:
        return False
    here = _CURRENT_FOLDER if one_folder is None else one_folder
    there = _CURRENT_FOLDER if other_folder is None else other_folder
    if rename(here, os.fsencode(one), there, os.fsencode(other), how):
        import ctypes

        number = ctypes.get_errno()
        if may_be_unknown(number):
            return False
        raise OSError(number, os.strerror(number), other)
    return True


@cache
def _system_call() -> Any:
    return getattr(c_library(), "renameatx_np" if sys.platform == "darwin" else "renameat2", None)
