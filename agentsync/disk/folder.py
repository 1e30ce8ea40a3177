"""The files of a scope: read, hashed, written, set aside. Never through a link.

Every path is checked from the scope's root downwards: where something on the way is no real
folder, a symlink or a file, nothing below it is read or written. Files appear whole: bytes are
staged in the state folder, flushed to disk, and renamed into place.
"""

# ruff: noqa: PTH103, PTH112, PTH120 - a Path for each step of each file takes most of the time

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentsync.disk.scope import Scope
from agentsync.disk.swap import look, look_closer, read_plain, reason, take_away
from agentsync.disk.whole import ANYTHING, Anything, scratch_for, write_whole
from agentsync.errors import AgentsyncError, DiskError, UnsafeError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Local, Replaced
from agentsync.model.rel_path import RelPath, rel_path


class Folder:
    """The files below a scope's root."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._stage = scope.state / "stage"
        self.statuses: dict[RelPath, os.stat_result] = {}

    def locate(self, path: RelPath) -> Path:
        """Where a path of the scope is on this machine."""
        root, rest = self._split(path)
        return root.joinpath(*rest)

    def local(self, path: RelPath) -> Local:
        """What stands on a path: its digest, what else it is, or None where nothing is."""
        return self.local_files((path,))[path]

    def local_files(self, paths: Iterable[RelPath]) -> dict[RelPath, Local]:
        """What stands on each of these paths; what is on the way to a folder is looked at once.

        How each of them was before it was read is remembered in `statuses`.
        """
        folders: dict[str, str] = {}
        found: dict[RelPath, Local] = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            above = folders.get(folder)
            if above is None:
                obstacle = self._obstacle(path)
                above = obstacle[1] if obstacle is not None else f"{self._text(folder or '.')}/"
                folders[folder] = above
            found[path] = above if isinstance(above, Replaced) else self._look(path, above + name)
        return found

    def _look(self, path: RelPath, where: str) -> Local:
        try:
            status = self.statuses[path] = os.lstat(where)
        except OSError:
            return look(where)  # which knows why
        return look_closer(where, status)

    def read(self, path: RelPath) -> bytes:
        """The bytes of a plain file.

        Raises:
            DiskError: where they cannot be read.
        """
        where = self.locate(path)
        try:
            return read_plain(where)
        except OSError as error:
            raise disk_error(f"cannot read {path}", error) from error

    def link_target(self, path: RelPath) -> bytes | None:
        """Where the link on a path points to; None where a folder above it is the link."""
        if self._obstacle(path) is not None:
            return None
        try:
            return os.fsencode(os.readlink(self.locate(path)))  # noqa: PTH115 - a Path would tidy the text up
        except OSError as error:
            raise disk_error(f"cannot read the link {path}", error) from error

    def walk(self, folder: RelPath) -> Iterator[RelPath]:
        """Every file, link or other thing below a folder that is no folder itself.

        Names that could not stand in a lock are told as they are.
        """
        if self._obstacle(folder) is not None:
            return
        top = self.locate(folder)
        if top.is_symlink():
            return
        for base, folders, files in os.walk(top):
            inside = Path(base).relative_to(top).as_posix()
            prefix = folder if inside == "." else f"{folder}/{inside}"
            links = [name for name in folders if Path(base, name).is_symlink()]
            for name in (*files, *links):
                try:
                    yield rel_path(f"{prefix}/{name}")
                except UnsafeError:
                    yield RelPath(f"{prefix}/{name}")

    def write(self, path: RelPath, data: bytes, *, executable: bool, expected: Local | Anything = ANYTHING) -> bool:
        """Put a file in place, whole or not at all.

        Args:
            path: where.
            data: its bytes.
            executable: whether it may be executed.
            expected: what must stand there until the last moment.

        Returns:
            Whether it is there; False where something else stands there than expected, which is left alone.

        Raises:
            UnsafeError: where a folder on the way is a link.
            DiskError: where the file system refuses.
        """
        self._refuse_obstacle(path)
        where = self._text(path)
        folder = os.path.dirname(where)
        try:
            if not os.path.isdir(folder):
                os.makedirs(folder, exist_ok=True)
            return write_whole(where, data, stage=self._stage, executable=executable, expected=expected)
        except OSError as error:
            raise disk_error(f"cannot write {path}", error) from error

    def make_executable(self, path: RelPath, executable: bool) -> None:
        """Set or clear the executable bit of a plain file, as far as the umask lets it."""
        self._refuse_obstacle(path)
        where = self.locate(path)
        try:
            mode = stat.S_IMODE(where.lstat().st_mode)
            readable = (mode & 0o444) >> 2
            where.chmod(mode | readable if executable else mode & ~0o111)
        except OSError as error:
            raise disk_error(f"cannot change the mode of {path}", error) from error

    def delete(self, path: RelPath, expected: FileDigest | None = None) -> bool:
        """Remove a plain file, and the folders that this leaves empty.

        Returns:
            Whether it is gone; False where it is not what is expected, and left alone.
        """
        self._refuse_obstacle(path)
        where = self.locate(path)
        try:
            if expected is None:
                where.unlink(missing_ok=True)
            else:
                scratch = Path(scratch_for(self._stage, str(where)))
                scratch.unlink(missing_ok=True)
                if not take_away(where, scratch, expected):
                    return False
        except OSError as error:
            raise disk_error(f"cannot delete {path}", error) from error
        self.prune(path)
        return True

    def set_aside(self, path: RelPath, backup: Path) -> RelPath:
        """Move whatever stands on a path into a backup folder; a link is moved, not followed.

        Returns:
            What was moved: the path, or what stood in its way.
        """
        import shutil  # takes long to load, and few commands set anything aside

        obstacle = self._obstacle(path)
        moving = path if obstacle is None else obstacle[0]
        goal = backup.joinpath(*moving.split("/"))
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.locate(moving), goal)
        except OSError as error:
            raise disk_error(f"cannot set {moving} aside", error) from error
        self.prune(moving)
        return moving

    def copy_aside(self, path: RelPath, backup: Path) -> None:
        """Copy a plain file into a backup folder."""
        import shutil

        goal = backup.joinpath(*path.split("/"))
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.locate(path), goal, follow_symlinks=False)
        except OSError as error:
            raise disk_error(f"cannot copy {path} aside", error) from error

    def prune(self, path: RelPath) -> None:
        """Remove the folders above a path that hold nothing any more."""
        root, rest = self._split(path)
        for count in range(len(rest) - 1, 0, -1):
            try:
                root.joinpath(*rest[:count]).rmdir()
            except FileNotFoundError:
                continue  # an interrupted run came as far as that
            except OSError as error:
                if error.errno == errno.EIO:
                    raise disk_error(f"cannot remove a folder above {path}", error) from error
                return  # it holds something, or is a place of its own, such as a mount

    def _text(self, path: str) -> str:
        """Where a path is, as a text: where every file is looked at, Paths would take most of the time."""
        root, rest = self._split(path)
        return "/".join((str(root), *rest))

    def _split(self, path: str) -> tuple[Path, list[str]]:
        first, *rest = path.split("/")
        if first in self._scope.moved:
            return self._scope.moved[first], rest
        return self._scope.root, [first, *rest]

    def _obstacle(self, path: RelPath) -> tuple[RelPath, Replaced] | None:
        """The first thing on the way to a path that is no real folder, and what it is instead."""
        root, rest = self._split(path)
        # Plain texts: this is asked several times for every file, and a Path for each folder takes most of the time.
        where = str(root)
        for count, name in enumerate(rest[:-1], start=1):
            where = f"{where}/{name}"
            try:
                mode = os.lstat(where).st_mode
            except OSError:
                return None
            if not stat.S_ISDIR(mode):
                kind = Replaced.SYMLINK if stat.S_ISLNK(mode) else Replaced.OTHER
                whole = path.split("/")
                return RelPath("/".join(whole[: len(whole) - len(rest) + count])), kind
        return None

    def _refuse_obstacle(self, path: RelPath) -> None:
        if (obstacle := self._obstacle(path)) is not None:
            where, kind = obstacle
            raise UnsafeError(
                f"{where} is {'a symlink' if kind is Replaced.SYMLINK else 'no folder'}",
                why=f"{path} must not be written through it",
                hint=f"put a real folder in its place, or let agentsync set it aside: agentsync restore {path}",
            )


def disk_error(what: str, error: OSError) -> AgentsyncError:
    """An error of the file system, in the words of agentsync."""
    hints = {
        errno.EACCES: "give yourself permission to write there",
        errno.EPERM: "give yourself permission to write there",
        errno.EROFS: "the file system is read-only",
        errno.ENOSPC: "free some space and run the command again",
    }
    return DiskError(
        what,
        why=reason(error),
        hint=hints.get(error.errno or 0, "run the command again when this is mended"),
    )
