"""Single files of a scope's state: found, read, set aside and removed, never through a link."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.disk.scope import Scope
from agentsync.disk.state_folder import refused_link, state_entry
from agentsync.platform.plain_files import read_plain_file

_LARGEST: Final = 8 * 1024 * 1024


def inside(scope: Scope, *parts: str) -> Path:
    """Return a path in the state folder.

    Raises:
        UnsafeError: where a folder on the way is a link: a project may hold any link.
    """
    where = scope.state.joinpath(*parts)
    for folder in where.relative_to(scope.state).parents:
        refuse_link(scope.state / folder)
    return where


def put_aside(scope: Scope, where: Path) -> None:
    """Move a file of the state folder, or a folder in its place, if there is one, into a backup of its own."""
    if where.is_file() or where.is_dir():
        from agentsync.disk.apply import unused_folder

        aside = unused_folder(scope) / scope.state.name / where.relative_to(scope.state)
        with state_entry(scope, where) as entry, state_entry(scope, aside) as goal:
            entry.replace(goal)


def make_way(scope: Scope, where: Path) -> None:
    """Move a folder aside that stands in the place of one of our files."""
    if where.is_dir() and not where.is_symlink():
        put_aside(scope, where)


def remove(scope: Scope, where: Path) -> None:
    """Remove a file of the state folder, if there is one."""
    if os.path.lexists(where.parent):
        with state_entry(scope, where) as entry:
            entry.unlink(missing_ok=True)


def prune(where: Path, top: Path) -> None:
    """Remove the folders between a path and `top` that hold nothing any more."""
    for parent in where.parents:
        if parent == top:
            return
        try:
            parent.rmdir()
        except FileNotFoundError:
            continue  # an interrupted run came as far as that
        except OSError as error:
            if error.errno == errno.EIO:
                raise disk_error(f"cannot remove {parent}", error) from error
            return


def refuse_link(folder: Path) -> None:
    """Insist that a folder of the state is no link.

    Raises:
        UnsafeError: where it is one.
    """
    if folder.is_symlink():
        raise refused_link(str(folder))


def is_plain(where: Path) -> bool:
    """Return whether a plain file stands on a path."""
    return where.is_file() and not where.is_symlink()


def read_plain(where: Path, *, follow: bool = False) -> bytes:
    """Return the bytes of a plain file.

    Raises:
        OSError: where it is something else, which may have no end, or is larger than anything kept here.
    """
    return read_plain_file(where, _LARGEST, follow=follow)
