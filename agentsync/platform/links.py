"""Links: symlinks, and the junctions of Windows, which look like folders to most calls.

Source: the documentation of `os.lstat` (`st_reparse_tag`) and `os.path.isjunction`.
"""

# ruff: noqa: PTH115, PTH118, PTH120 - what a link holds is text

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Final

_JUNCTION: Final = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT
_MOST: Final = 40  # links on one way, as in Linux


def is_link_status(status: os.stat_result) -> bool:
    """Return whether a status that was got without following links is that of a link."""
    return stat.S_ISLNK(status[stat.ST_MODE]) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


def is_link(path: str | os.PathLike[str]) -> bool:
    """Return whether a link stands on a path."""
    try:
        return is_link_status(os.lstat(path))
    except (OSError, ValueError):
        return False


def read_link(path: str | os.PathLike[str]) -> str:
    """Return the target of a link, `/` between its components."""
    return os.readlink(path).replace(os.sep, "/")


def walk(top: str | os.PathLike[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each folder at or below `top` with the names in it; as `os.walk`, but no link counts as a folder."""
    for base, folders, files in os.walk(top):
        links = [name for name in folders if is_link(os.path.join(base, name))]
        if links:
            folders[:] = [name for name in folders if name not in links]
        yield base, folders, [*files, *links]


def real_path(path: str | os.PathLike[str]) -> str:
    """Return a path without links; where links lead in a circle, the path of one of them."""
    found = os.path.realpath(path)
    for _ in range(_MOST):
        if not is_link(found):
            break
        try:
            found = os.path.realpath(os.path.join(os.path.dirname(found), os.readlink(found)))
        except OSError:
            break
    return found
