"""The files of a scope: read, hashed, written, set aside. Never through a link but a tool's own folder's.

Every path is gone down to from the scope's root: where something on the way is no real folder, a
symlink or a file, nothing below it is read or written. A tool's folder may be a link to a folder
inside the scope. Files appear whole: bytes are staged in the state folder, flushed to disk, and
renamed into place.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsync.disk.links import Place, Places
from agentsync.disk.modes import takes_modes
from agentsync.disk.moving import copy_file, move
from agentsync.disk.open_folder import Descent, Entry, NotAFolder, OpenFolder, entered
from agentsync.disk.scope import Scope
from agentsync.disk.state_folder import state_folder
from agentsync.disk.swap import look, look_closer, read_plain, reason, take_away
from agentsync.disk.whole import ANYTHING, Anything, scratch_for, write_whole
from agentsync.errors import AgentsyncError, DiskError, UnsafeError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Blocked, Local, Replaced, Unreadable
from agentsync.model.rel_path import RelPath, rel_path


class Folder:
    """The files below a scope's root."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._places = Places(scope)
        self.statuses: dict[RelPath, os.stat_result] = {}
        self._keeps_modes: bool | None = None

    @property
    def followed(self) -> dict[str, str]:
        """The folders that turned out to be links, and where they really are."""
        return self._places.followed

    def locate(self, path: RelPath) -> Path:
        """Where a path of the scope is on this machine."""
        return Path(self.real(path))

    def real(self, path: RelPath) -> str:
        """The same as a text: two paths that have it in common are one file.

        Raises:
            UnsafeError: where a tool's folder is a link that must not be followed.
        """
        if self._places.may_lead_away(path):
            return self._places.of(path).path
        folder, _, name = path.rpartition("/")
        return f"{self._places.of(folder).path}/{name}"

    def in_tree(self, paths: Iterable[RelPath]) -> dict[RelPath, RelPath]:
        """The paths that are below the scope's root, by where they really are: git looks behind no link."""
        return {real: path for path in paths if (real := self._inside(path)) is not None}

    def _inside(self, path: RelPath) -> RelPath | None:
        """Where a path really is, as a path below the scope's root; None where it is elsewhere."""
        root = f"{self._places.of('').path}/"
        real = self.real(path)
        if not real.startswith(root):
            folder, _, name = real.rpartition("/")
            root, real = f"{os.path.realpath(root)}/", f"{os.path.realpath(folder)}/{name}"
        return RelPath(real.removeprefix(root)) if real.startswith(root) else None

    def keeps_modes(self) -> bool:
        """Return whether the file system keeps the executable bit of each file, as far as a file of ours shows it."""
        if self._keeps_modes is None:
            self._keeps_modes = takes_modes(self._scope.state / "receipt.json")
        return self._keeps_modes

    def shared(self, paths: Iterable[RelPath]) -> dict[RelPath, str]:
        """Where each of these paths really is; nothing where no link was followed, and so each is a file of its own."""
        return {path: self.real(path) for path in paths} if self._places.followed else {}

    def local(self, path: RelPath) -> Local:
        """What stands on a path: its digest, what else it is, or None where nothing is."""
        return self.local_files((path,))[path]

    def local_files(self, paths: Iterable[RelPath]) -> dict[RelPath, Local]:
        """What stands on each of these paths; the way to a folder is gone once for all that come together.

        How each of them was before it was read is remembered in `statuses`.

        Raises:
            UnsafeError: where a tool's folder is a link that must not be followed.
        """
        found: dict[RelPath, Local] = {}
        with Descent() as descent:
            last: str | None = None
            above: OpenFolder | Local = None
            for path in paths:
                folder, _, name = path.rpartition("/")
                if folder != last:
                    above, last = self._enter(descent, path), folder
                found[path] = self._look(path, Entry(above, name)) if isinstance(above, OpenFolder) else above
        return found

    def _enter(self, descent: Descent, path: RelPath) -> OpenFolder | Local:
        """The folder of a path, or how everything in it stands where there is none."""
        place = self._places.of(path.rpartition("/")[0])
        try:
            return descent.enter(place.base, place.names)
        except NotAFolder as error:
            return Blocked(error.kind, self._obstacle(path, error))
        except FileNotFoundError:
            return None
        except OSError as error:
            return Unreadable(reason(error))

    def _look(self, path: RelPath, entry: Entry) -> Local:
        try:
            status = self.statuses[path] = entry.lstat()
        except OSError:
            return look(entry)  # which knows why
        return look_closer(entry, status)

    def read(self, path: RelPath) -> bytes:
        """The bytes of a plain file.

        Raises:
            DiskError: where they cannot be read.
        """
        try:
            with self._entry(path) as entry:
                return read_plain(entry)
        except OSError as error:
            raise disk_error(f"cannot read {path}", error) from error

    def link_target(self, path: RelPath) -> bytes | None:
        """Where the link on a path points to; None where a folder above it is the link."""
        try:
            with self._entry(path) as entry:
                return os.fsencode(entry.read_link())
        except NotAFolder:
            return None
        except OSError as error:
            raise disk_error(f"cannot read the link {path}", error) from error

    def walk(self, folder: RelPath) -> Iterator[RelPath]:
        """Every file, link or other thing below a folder that is no folder itself.

        Names that could not stand in a lock are told as they are.
        """
        try:
            with self._entry(folder) as entry:
                if not stat.S_ISDIR(entry.lstat().st_mode):
                    return
        except OSError:
            return
        top = self.locate(folder)
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
        with (
            self._changing("write", path),
            self._entry(path, make=True) as entry,
            state_folder(self._scope, "stage") as stage,
        ):
            return write_whole(entry, data, stage=stage, executable=executable, expected=expected)

    def make_executable(self, path: RelPath, executable: bool) -> None:
        """Set or clear the executable bit of a plain file, as far as the umask lets it."""
        with self._changing("change the mode of", path), self._entry(path) as entry:
            handle = entry.open(os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            try:
                mode = stat.S_IMODE(os.fstat(handle).st_mode)
                readable = (mode & 0o444) >> 2
                os.chmod(  # noqa: PTH101 - a Path would follow a link
                    handle if os.chmod in os.supports_fd else entry.path,
                    mode | readable if executable else mode & ~0o111,
                )
            finally:
                os.close(handle)

    def delete(self, path: RelPath, expected: FileDigest | None = None) -> bool:
        """Remove a plain file, and the folders that this leaves empty.

        Returns:
            Whether it is gone; False where it is not what is expected, and left alone.
        """
        with self._changing("delete", path):
            try:
                with self._entry(path) as entry:
                    if expected is None:
                        entry.unlink(missing_ok=True)
                    elif not self._take_away(entry, expected):
                        return False
            except FileNotFoundError:
                if expected is not None:
                    return False
        self.prune(path)
        return True

    def _take_away(self, entry: Entry, expected: FileDigest) -> bool:
        with state_folder(self._scope, "stage") as stage:
            scratch = scratch_for(stage, entry)
            scratch.unlink(missing_ok=True)
            return take_away(entry, scratch, expected)

    def set_aside(self, path: RelPath, backup: Path) -> RelPath:
        """Move whatever stands on a path into a backup folder; a link is moved, not followed.

        Args:
            path: where.
            backup: a folder in the state folder.

        Returns:
            What was moved: the path, or what stood in its way.
        """
        moving = self._topmost(path)
        with (
            self._changing("set", moving, "aside"),
            self._entry(moving) as entry,
            self._backup(backup, moving) as goal,
        ):
            move(entry, goal)
        self.prune(moving)
        return moving

    def copy_aside(self, path: RelPath, backup: Path) -> None:
        """Copy a plain file into a backup folder, which is in the state folder."""
        with self._changing("copy", path, "aside"), self._entry(path) as entry, self._backup(backup, path) as goal:
            copy_file(entry, goal)

    def prune(self, path: RelPath) -> None:
        """Remove the folders above a path that hold nothing any more, but none that a link leads to."""
        place = self._places.of(path.rpartition("/")[0])
        for count in range(len(place.names), place.given, -1):
            try:
                with entered(place.base, place.names[: count - 1]) as folder:
                    Entry(folder, place.names[count - 1]).remove_folder()
            except FileNotFoundError:
                continue  # an interrupted run came as far as that
            except OSError as error:
                if error.errno == errno.EIO:
                    raise disk_error(f"cannot remove a folder above {path}", error) from error
                return  # it holds something, or is a place of its own, such as a mount

    @contextmanager
    def holding(self, path: RelPath) -> Iterator[OpenFolder]:
        """The folder that a path is in, for as long as it is needed; raises OSError where there is none."""
        with self._entry(path) as entry:
            yield entry.folder

    @contextmanager
    def _entry(self, path: RelPath, *, make: bool = False) -> Iterator[Entry]:
        if self._places.may_lead_away(path):
            *names, name = self._places.of(path).names or (".",)
            place = Place(self._places.of(path).base, tuple(names))
        else:
            folder, _, name = path.rpartition("/")
            place = self._places.of(folder)
        with entered(place.base, place.names, make=make) as found:
            yield Entry(found, name)

    @contextmanager
    def _backup(self, backup: Path, path: RelPath) -> Iterator[Entry]:
        """Where a path goes in a backup."""
        *above, name = path.split("/")
        with state_folder(self._scope, *backup.relative_to(self._scope.state).parts, *above) as folder:
            yield Entry(folder, name)

    def _topmost(self, path: RelPath) -> RelPath:
        """The first thing on the way to a path that is no folder; the path itself where all are."""
        try:
            with self._entry(path):
                return path
        except NotAFolder as error:
            return self._obstacle(path, error)
        except OSError:
            return path

    def _obstacle(self, path: RelPath, error: NotAFolder) -> RelPath:
        """What stands in the way, as a path of the scope."""
        parts = path.split("/")
        missing = len(self._places.of(path.rpartition("/")[0]).names) - error.depth
        return RelPath("/".join(parts[: len(parts) - 1 - missing]))

    @contextmanager
    def _changing(self, verb: str, path: RelPath, end: str = "") -> Iterator[None]:
        """Tell what the file system refuses in our words."""
        try:
            yield
        except NotAFolder as error:
            raise UnsafeError(
                f"{self._obstacle(path, error)} is {'a symlink' if error.kind is Replaced.SYMLINK else 'no folder'}",
                why=f"{path} must not be written through it",
                hint="put a real folder in its place",
            ) from error
        except OSError as error:
            raise disk_error(f"cannot {verb} {path} {end}".rstrip(), error) from error


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
