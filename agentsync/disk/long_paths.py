"""Paths that are longer than the system takes: 259 characters on Windows, unless long paths are switched on."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agentsync.disk.scope import Scope
from agentsync.errors import UnsafeError
from agentsync.formats.intent import Intent
from agentsync.model.names import STATE_FOLDER
from agentsync.model.plan import SETTING_ASIDE
from agentsync.model.slot import patch_path
from agentsync.platform.files import remove, remove_folder
from agentsync.platform.retrying import make_folders, may_not, retried

_TAKEN_ANYWHERE: Final = 200  # characters; Windows takes 247 of a folder
_LONGEST_NAME: Final = 100
_TIME: Final = "20250101T000000Z"
_TOO_LONG: Final = (errno.ENOENT, errno.ENAMETOOLONG, errno.EINVAL)


def refuse_long_paths(scope: Scope, intent: Intent) -> None:
    """Insist that every path can be written; a path as long as the longest of them is tried in the state folder.

    Raises:
        UnsafeError: where it is too long; nothing is left of the attempt.
    """
    longest = max(written_paths(intent), key=len, default="")
    size = len(str(scope.root)) + 1 + len(longest)
    if size > _TAKEN_ANYWHERE and not _takes(scope.state, size - len(longest.rpartition("/")[2]) - 1, size):
        raise UnsafeError(
            f"the path of {longest} is too long",
            why=f"it has {size} characters here, and this system takes fewer",
            hint=f"move {scope.root} to a folder with a shorter path, or leave the item out with `except`",
        )


def written_paths(intent: Intent) -> Iterator[str]:
    """Yield what is written, from the root of the scope on: files, patches, conflicts, backups."""
    yield from intent.contents
    yield from (f"{STATE_FOLDER}/patches/{patch_path(pack, path)}" for pack, path in intent.patches)
    yield from (f"{STATE_FOLDER}/conflicts/{path}" for path in intent.conflicts)
    yield from (
        f"{STATE_FOLDER}/backup/{_TIME}/{one.path}" for one in intent.plan.changes if one.action in SETTING_ASIDE
    )


def _takes(folder: Path, above: int, size: int) -> bool:
    """Return whether a file of so many characters can be made, in a folder of so many."""
    made: list[Path] = []
    try:
        while (left := above - len(str(folder)) - 1) > 0:
            # What is left after it is never too short for a name of its own.
            folder /= "x" * (left if left <= _LONGEST_NAME else min(_LONGEST_NAME, left - 2))
            make_folders(folder)
            made.append(folder)
        tried = folder / ("x" * (size - len(str(folder)) - 1))
        retried(tried.touch, lambda: may_not(os.W_OK, str(folder)))
        remove(tried)
    except OSError as error:
        return error.errno not in _TOO_LONG
    finally:
        for one in reversed(made):
            remove_folder(one)
    return True
