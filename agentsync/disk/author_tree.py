"""The files of an author's working tree: new ones are written where nothing stands, others where they are as expected.

Every path is entered from the top of the tree, and no link below it is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_errors
from agentsync.disk.swap import look, read_entry
from agentsync.disk.whole import write_whole
from agentsync.errors import RefusedError, UnsafeError, UsageError
from agentsync.model.digest import FileDigest
from agentsync.platform.descent import entered, remove_empty
from agentsync.platform.modes import is_program
from agentsync.platform.open_folder import Entry, NotAFolder, OpenFolder

_FULL: Final = "wrote nothing"


class AuthorTree:
    """A working tree.

    Args:
        top: its folder; made where it is missing.
        stage: a folder on the same file system that git does not look at, None where there is none: files are then
            staged beside their place.
    """

    def __init__(self, top: Path, stage: Path | None = None) -> None:
        self.top = top
        self._stage = stage

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a plain file, None where nothing stands; raise UnsafeError for anything else."""
        with disk_errors(f"cannot read {path}"):
            try:
                with self._entry(path) as where:
                    return read_entry(where) if _is_file(where, path) else None
            except FileNotFoundError:
                return None

    def add(self, files: Mapping[str, bytes]) -> list[str]:
        """Write new files, all or none; return their paths.

        Raises:
            UsageError: where something stands at the place of one.
        """
        self.refuse_taken(files)
        written: list[str] = []
        try:
            for path, data in files.items():
                self.put(path, None, data)
                written.append(path)
        except BaseException:
            for path in reversed(written):
                with suppress(OSError, UnsafeError):
                    self.put(path, files[path], None)
            raise
        return written

    def refuse_taken(self, paths: Iterable[str]) -> None:
        """Raise UsageError where something stands at one of these places; all that do are named."""
        taken = [path for path in paths if os.path.lexists(self.top / path)]
        if taken:
            raise UsageError(
                f"{', '.join(taken)} {'exists' if len(taken) == 1 else 'exist'} already",
                why=f"{_FULL}, as no file of yours is replaced",
                hint="move them away, or name another folder"
                if len(taken) > 1
                else "move it away, or name another folder",
            )

    def copy_from(self, other: AuthorTree, path: str) -> None:
        """Write the plain file that another tree has at a path, with its executable bit; nothing where it has none."""
        try:
            data = other.read(path)
        except UnsafeError:
            return
        if data is not None:
            with other._entry(path) as where:
                executable = is_program(where.lstat())
            self.put(path, None, data, executable=executable)

    def put(self, path: str, before: bytes | None, after: bytes | None, *, executable: bool = False) -> None:
        """Write or remove a file, of which a whole version stands at any moment.

        Args:
            before: what must stand there, None for nothing.
            after: what is to stand there, None for nothing.

        Raises:
            RefusedError: where something else stands there.
        """
        with disk_errors(f"cannot write {path}"), self._entry(path, make=after is not None) as where:
            there = look(where)
            found = read_entry(where) if isinstance(there, FileDigest) else None
            if found != before or (there is not None and found is None):
                raise _changed(path)
            if after is None:
                where.unlink(missing_ok=True)
            else:
                mode = stat.S_IMODE(where.lstat().st_mode) if there is not None else None
                with self._staging() as stage:
                    if not write_whole(where, after, stage=stage, executable=executable, expected=there, mode=mode):
                        raise _changed(path)
        if after is None:
            remove_empty(str(self.top), path.split("/")[:-1])

    @contextmanager
    def _entry(self, path: str, *, make: bool = False) -> Iterator[Entry]:
        *folders, name = path.split("/")
        try:
            with entered(str(self.top), folders, make=make) as folder:
                yield Entry(folder, name)
        except NotAFolder as error:
            raise UnsafeError(f"{path} is not in a folder", why="a link or a file stands on the way to it") from error

    @contextmanager
    def _staging(self) -> Iterator[OpenFolder | None]:
        if self._stage is None:
            yield None
            return
        with entered(str(self._stage.parent), [self._stage.name], make=True) as stage:
            yield stage


def _is_file(where: Entry, path: str) -> bool:
    try:
        status = where.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeError(f"{path} is no plain file", why="a link or a folder stands there")
    return True


def _changed(path: str) -> RefusedError:
    return RefusedError(f"{path} changed meanwhile", hint="run the command again when it is at rest")
