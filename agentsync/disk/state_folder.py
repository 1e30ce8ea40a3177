"""The state folder of a scope: its files are read, written, set aside and removed, never through a link."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_errors
from agentsync.disk.scope import Scope
from agentsync.disk.stage import Stage
from agentsync.disk.whole import ANYTHING, Anything, put_staged, write_whole
from agentsync.errors import UnsafeError
from agentsync.model.drift import Local
from agentsync.model.names import STATE_FOLDER
from agentsync.platform.descent import Descent, entered, remove_empty
from agentsync.platform.file_system import takes_modes
from agentsync.platform.links import is_link
from agentsync.platform.names import is_one_file, other_spellings
from agentsync.platform.open_folder import Entry, NotAFolder, OpenFolder
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.retrying import make_folders

_ALL_BUT_PATCHES: Final = "# Everything here is this machine's own, except the patches.\n/*\n!/patches/\n"
# Below the patches are folders called `.claude`, which many projects ignore.
_IGNORED: Final = f"{_ALL_BUT_PATCHES}!/patches/**\n"
FOLDERS: Final = ("stage", "backup", "conflicts", "history", "patches")
_IGNORE: Final = ".gitignore"
_LARGEST: Final = 8 * 1024 * 1024


class StateFolder:
    """The folder `.agentsync` of one scope.

    A project may hold any link, so a folder here that is a link is never entered.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.path = scope.state
        # The staged files of a run, for as long as one is at work.
        self.staged: Stage | None = None

    @contextmanager
    def enter(self, *names: str) -> Iterator[OpenFolder]:
        """Open the state folder or a folder in it; make it where it is missing.

        Raises:
            UnsafeError: where one of the folders is a link or a file.
            OSError: where the file system refuses.
        """
        with Descent() as descent:
            try:
                found = descent.enter(str(self.scope.home), (STATE_FOLDER, *names), make=True)
            except NotAFolder as error:
                what = "/".join((str(self.scope.home), STATE_FOLDER, *names[: error.depth - 1]))
                raise _refused_link(what, is_link=error.is_link) from error
            yield found

    @contextmanager
    def entry(self, where: Path) -> Iterator[Entry]:
        """Open the folder of a file, and make it where it is missing.

        Args:
            where: a file in the state folder, the manifest or the lock.

        Raises:
            UnsafeError: where a folder above it in the state folder is a link or a file.
            OSError: where the file system refuses.
        """
        if where.is_relative_to(self.path):
            with self.enter(*where.relative_to(self.path).parts[:-1]) as folder:
                yield Entry(folder, where.name)
        else:
            with entered(str(where.parent), (), make=True) as folder:
                yield Entry(folder, where.name)

    def write(self, where: Path, data: bytes, expected: Local | Anything = ANYTHING) -> bool:
        """Write such a file whole or not at all; as `write_whole`."""
        for listed, named in self._other_spellings(where):
            from agentsync.platform.files import replace

            replace(listed, named)
        with self.entry(where) as entry:
            scratch = self.staged.take(str(where), entry.folder, data) if self.staged is not None else None
            if scratch is not None:
                return put_staged(scratch, entry, data, expected)
            with self.enter("stage") as stage:
                return write_whole(entry, data, stage=stage, expected=expected)

    @contextmanager
    def staging(self) -> Iterator[Stage]:
        """Return the staged files of a run for a block: what is written in it is taken from them."""
        with Stage(lambda: self.enter("stage")) as self.staged:
            try:
                yield self.staged
            finally:
                self.staged = None

    def inside(self, *parts: str) -> Path:
        """Return a path in the state folder.

        Raises:
            UnsafeError: where a folder on the way is a link.
        """
        where = self.path.joinpath(*parts)
        for folder in where.relative_to(self.path).parents:
            _refuse_link(self.path / folder)
        return where

    def remove(self, where: Path) -> None:
        """Remove a file, if there is one; a file of another spelling stays."""
        if os.path.lexists(where.parent) and not any(self._other_spellings(where)):
            with self.entry(where) as entry:
                entry.unlink(missing_ok=True)

    def put_aside(self, where: Path) -> None:
        """Move a file, or a folder in its place, into a backup of its own; a file of another spelling stays."""
        if (where.is_file() or where.is_dir()) and not any(self._other_spellings(where)):
            aside = self.unused_backup() / self.path.name / where.relative_to(self.path)
            with self.entry(where) as entry, self.entry(aside) as goal:
                entry.replace(goal)

    @cached_property
    def folds_case(self) -> bool:
        """Return whether the file system finds a file by its name in any case."""
        other = self.path.with_name(self.path.name.upper())
        return os.path.lexists(other) and is_one_file(str(self.path), str(other))

    def _other_spellings(self, where: Path) -> Iterator[tuple[Path, Path]]:
        if not where.is_relative_to(self.path) or not self.folds_case:
            return iter(())
        return other_spellings(self.path, where.relative_to(self.path).parts)

    def make_way(self, where: Path) -> None:
        """Move a folder aside that stands in the place of a file."""
        if where.is_dir() and not is_link(where):
            self.put_aside(where)

    def unused_backup(self) -> Path:
        """Return the path of a new backup folder, named after the time; nothing is made yet."""
        folder = self.path / "backup" / time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        number, name = 1, folder
        while name.exists():
            number += 1
            name = folder.with_name(f"{folder.name}-{number}")
        return name

    def prune(self, where: Path) -> None:
        """Remove the empty folders above a path."""
        with disk_errors(f"cannot remove a folder above {where}"):
            remove_empty(str(self.path), where.relative_to(self.path).parts[:-1])

    def refuse_links(self) -> None:
        """Raise UnsafeError where the state folder or one of its folders is a link."""
        for folder in (self.path, *(self.path / name for name in FOLDERS)):
            _refuse_link(folder)

    def make(self) -> None:
        """Make the state folder and nothing in it; a caller need not hold the project lock.

        Raises:
            UnsafeError: where it, or a folder in it, is a link.
            DiskError: where it cannot be made.
        """
        self.refuse_links()
        with disk_errors(f"cannot write to {self.path}"):
            make_folders(self.path)

    def prepare(self) -> None:
        """Make the state folder, and keep its content out of the project's version control.

        Raises:
            UnsafeError: where it, or a folder in it, is a link.
            DiskError: where it cannot be written to.
        """
        self.make()
        ignore = self.path / _IGNORE
        if not is_plain(ignore) or _is_outdated(ignore):
            with disk_errors(f"cannot write {ignore}"):
                self.make_way(ignore)
                self.write(ignore, _IGNORED.encode())

    def keeps_modes(self) -> bool:
        """Return whether the file system keeps the executable bit of each file.

        A file of ours is tried, or the manifest before the first command that writes. The first is none that a clean
        check depends on: a change of its mode there and back is a change to the record of such a check.
        """
        ours = (self.path / _IGNORE, self.path / "receipt.json", self.scope.lock, self.scope.manifest)
        return takes_modes(next((where for where in ours if is_plain(where)), ours[0]))

    def clear_stage(self) -> None:
        """Remove the folder of staged files."""
        with suppress(OSError, UnsafeError):
            with self.enter("stage") as stage:
                for name in stage.names():
                    Entry(stage, name).unlink()
            with self.enter() as state:
                Entry(state, "stage").remove_folder()


def is_plain(where: Path) -> bool:
    """Return whether a plain file stands on a path."""
    return where.is_file() and not is_link(where)


def read_state(where: Path, *, follow: bool = False) -> bytes:
    """Return the bytes of a plain file.

    Raises:
        OSError: where it is no plain file, or larger than any file of the state.
    """
    return read_plain_file(where, _LARGEST, follow=follow)


def _refuse_link(folder: Path) -> None:
    if is_link(folder):
        raise _refused_link(str(folder))


def _refused_link(what: str, *, is_link: bool = True) -> UnsafeError:
    return UnsafeError(
        f"{what} is {'a symlink' if is_link else 'no folder'}",
        why="what agentsync keeps there would go wherever it points" if is_link else "agentsync keeps its state there",
        hint="remove it: agentsync makes a folder of its own",
    )


def _is_outdated(ignore: Path) -> bool:
    """Return whether an earlier version wrote this `.gitignore`; any other one is the user's."""
    try:
        return read_state(ignore) == _ALL_BUT_PATCHES.encode()
    except OSError:
        return False
