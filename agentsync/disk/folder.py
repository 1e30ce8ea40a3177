"""The files of a scope: read, hashed, written, set aside.

Every path is entered from the scope's root, and no link is followed: where a symlink or a file
stands on the way, nothing below it is read or written. Only a tool's own folder may be a link, to a
folder inside the scope.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agentsync.disk.disk_error import disk_error, disk_errors, reason
from agentsync.disk.links import Place, Places
from agentsync.disk.scope import Scope
from agentsync.disk.stage import Stage
from agentsync.disk.state_folder import StateFolder
from agentsync.disk.swap import look, look_closer, read_entry, take_away
from agentsync.disk.whole import ANYTHING, Anything, put_staged, scratch_for, write_whole
from agentsync.errors import UnsafeError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Blocked, Local, Replaced, Unreadable
from agentsync.model.item import same_name
from agentsync.model.rel_path import RelPath, rel_path
from agentsync.platform.descent import Descent, entered, remove_empty
from agentsync.platform.links import real_path, walk
from agentsync.platform.names import composed, composed_path, is_one_file
from agentsync.platform.open_folder import Entry, NotAFolder, OpenFolder


class Folder:
    """The files below a scope's root."""

    def __init__(self, scope: Scope, staged: Stage | None = None) -> None:
        self._state = StateFolder(scope)
        self._staged = staged
        self._way: Descent | None = None
        self._places = Places(scope)
        self.statuses: dict[RelPath, os.stat_result] = {}
        self._keeps_modes: bool | None = None

    @property
    def followed(self) -> dict[str, str]:
        """Return the folders that are links, with the folders that they lead to."""
        return self._places.followed

    def locate(self, path: RelPath) -> Path:
        """Return the path of a file of the scope on this machine."""
        return Path(self.real(path))

    def real(self, path: RelPath) -> str:
        """Return the same as a text; two paths with one such text are one file.

        Raises:
            UnsafeError: where a tool's folder is a link that must not be followed.
        """
        if self._places.may_lead_away(path):
            return self._places.of(path).path
        folder, _, name = path.rpartition("/")
        return f"{self._places.of(folder).path}/{name}"

    def in_tree(self, paths: Iterable[RelPath]) -> dict[RelPath, RelPath]:
        """Return the paths that are below the scope's root, by their real paths: git looks behind no link."""
        return {real: path for path in paths if (real := self._inside(path)) is not None}

    def _inside(self, path: RelPath) -> RelPath | None:
        """Return the real path of a file below the scope's root; None where it is elsewhere."""
        root = f"{self._places.of('').path}/"
        real = self.real(path)
        if real.startswith(root):
            return RelPath(real.removeprefix(root))
        folder, _, name = real.rpartition("/")
        top, where = Path(real_path(root)), Path(real_path(folder), name)
        return RelPath(where.relative_to(top).as_posix()) if where.is_relative_to(top) else None

    def keeps_modes(self) -> bool:
        """Return whether the file system keeps the executable bit; a file of ours is tried."""
        if self._keeps_modes is None:
            self._keeps_modes = self._state.keeps_modes()
        return self._keeps_modes

    def shared(self, paths: Iterable[RelPath]) -> dict[RelPath, str]:
        """Return the real path of each file; nothing where each is a file of its own.

        Links make one file of two paths, and so do file systems to which two spellings are one name.
        """
        spellings: dict[str, list[RelPath]] = {}
        for path in paths:
            spellings.setdefault(path.lower() if path.isascii() else same_name(path), []).append(path)
        twins = [
            (first, other)
            for first, *others in spellings.values()
            for other in others
            if is_one_file(self.real(first), self.real(other))
        ]
        if not twins and not self._places.followed:
            return {}
        real = {path: self.real(path) for same in spellings.values() for path in same}
        return real | {other: real[first] for first, other in twins}

    @property
    def folds_case(self) -> bool:
        """True where the file system finds a file by its name in any case."""
        return self._state.folds_case

    def local(self, path: RelPath) -> Local:
        """Return what stands on a path: its digest, what else it is, or None where nothing is."""
        return self.local_files((path,))[path]

    def local_files(self, paths: Iterable[RelPath]) -> dict[RelPath, Local]:
        """Return what stands on each of these paths; a folder is entered once for all that come together.

        The status of each file before it was read is remembered in `statuses`.

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
        """Return the folder of a path; where there is none, what stands on every path in it."""
        place = self._places.of(path.rpartition("/")[0])
        try:
            return descent.enter(place.base, place.names)
        except NotAFolder as error:
            kind = Replaced.SYMLINK if error.is_link else Replaced.OTHER
            return Blocked(kind, self._obstacle(path, error))
        except FileNotFoundError:
            return None
        except OSError as error:
            return Unreadable(reason(error))

    def _look(self, path: RelPath, entry: Entry) -> Local:
        try:
            status = self.statuses[path] = entry.lstat()
        except OSError:
            return look(entry)
        return look_closer(entry, status)

    def read(self, path: RelPath) -> bytes:
        """Return the bytes of a plain file; raise DiskError where they cannot be read."""
        with disk_errors(f"cannot read {path}"), self._entry(path) as entry:
            return read_entry(entry)

    def link_target(self, path: RelPath) -> bytes | None:
        """Return the target of the link on a path; None where a folder above it is the link."""
        try:
            with self._entry(path) as entry:
                return os.fsencode(entry.read_link())
        except NotAFolder:
            return None
        except OSError as error:
            raise disk_error(f"cannot read the link {path}", error) from error

    def walk(self, folder: RelPath) -> Iterator[RelPath]:
        """Yield every path below a folder that is no folder itself; a name that no lock can hold stays as it is."""
        try:
            with self._entry(folder) as entry:
                if not stat.S_ISDIR(entry.lstat().st_mode):
                    return
        except OSError:
            return
        top = self.locate(folder)
        for base, _, files in walk(top):
            inside = composed_path(top, Path(base))
            prefix = folder if inside == "." else f"{folder}/{inside}"
            for name in files:
                path = f"{prefix}/{composed(base, name)}"
                try:
                    yield rel_path(path)
                except UnsafeError:
                    yield RelPath(path)

    def write(
        self,
        path: RelPath,
        data: bytes,
        *,
        executable: bool = False,
        expected: Local | Anything = ANYTHING,
        mode: int | None = None,
    ) -> bool:
        """Write a file, whole or not at all; as `write_whole`.

        Raises:
            UnsafeError: where a folder on the way is a link.
            DiskError: where the file system refuses.
        """
        with self._changing("write", path), self._kept(path) as entry:
            if self._staged is not None and mode is None:
                scratch = self._staged.take(path, entry.folder, data, executable=executable)
                if scratch is not None:
                    return put_staged(scratch, entry, data, expected)
            with self._state.enter("stage") as stage:
                return write_whole(entry, data, stage=stage, executable=executable, expected=expected, mode=mode)

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Keep the folder of the last write open for a block: most files go where the one before them went."""
        with Descent() as self._way:
            try:
                yield
            finally:
                self._way = None

    def _leave(self) -> None:
        if self._way is not None:
            self._way.leave()

    @contextmanager
    def _kept(self, path: RelPath) -> Iterator[Entry]:
        if self._way is None or path in self._state.scope.moved:
            with self._entry(path, make=True) as entry:
                yield entry
            return
        folder, _, name = path.rpartition("/")
        place = self._places.of(folder)
        try:
            yield Entry(self._way.enter(place.base, place.names, make=True), name)
        except BaseException:
            self._leave()  # it may be gone
            raise

    def make_executable(self, path: RelPath, executable: bool) -> None:
        """Set or clear the executable bit of a plain file, as far as the umask lets it."""
        with self._changing("change the mode of", path), self._entry(path) as entry:
            entry.set_executable(executable)

    def delete(self, path: RelPath, expected: FileDigest) -> bool:
        """Remove a plain file, and the folders that this leaves empty.

        Returns:
            True where it is gone; False where it is not what is expected, and left alone.
        """
        self._leave()
        with self._changing("delete", path), suppress(FileNotFoundError):
            with self._entry(path) as entry, self._state.enter("stage") as stage:
                scratch = scratch_for(stage, entry)
                scratch.unlink(missing_ok=True)
                is_gone = take_away(entry, scratch, expected)
            if is_gone:
                self.prune(path)
            return is_gone
        return False

    def set_aside(self, path: RelPath, backup: Path) -> RelPath:
        """Move a file, a link or a folder into a backup folder of the state; a link is not followed.

        Returns:
            What was moved: the path, or the obstacle on the way to it.
        """
        from agentsync.platform.moving import move

        self._leave()
        moving = self._topmost(path)
        with (
            self._changing("set", moving, "aside"),
            self._entry(moving) as entry,
            self._state.entry(backup / moving) as goal,
        ):
            move(entry, goal)
        self.prune(moving)
        return moving

    def copy_aside(self, path: RelPath, backup: Path, *, flush: bool = True) -> None:
        """Copy a plain file into a backup folder, which is in the state folder; with `flush`, onto the disk."""
        from agentsync.platform.moving import copy_file

        with (
            self._changing("copy", path, "aside"),
            self._entry(path) as entry,
            self._state.entry(backup / path) as goal,
        ):
            goal.unlink(missing_ok=True)  # a copy of the same run, of a file that was changed since
            copy_file(entry, goal, flush=flush)

    def prune(self, path: RelPath) -> None:
        """Remove the empty folders above a path, but none that a link leads to."""
        self._leave()
        place = self._places.of(path.rpartition("/")[0])
        with disk_errors(f"cannot remove a folder above {path}"):
            remove_empty(place.base, place.names, place.given)

    def folders_of(self, paths: Iterable[RelPath]) -> Iterator[OpenFolder]:
        """Open the folder of each path, one after the other; where there is none, it is left out."""
        with Descent() as descent:
            for path in sorted(paths):
                with suppress(UnsafeError):
                    if isinstance(found := self._enter(descent, path), OpenFolder):
                        yield found

    @contextmanager
    def holding(self, path: RelPath) -> Iterator[OpenFolder]:
        """Open the folder of a path for a block; raise OSError where there is none."""
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

    def _topmost(self, path: RelPath) -> RelPath:
        """Return the first component of a path that is no folder; the path itself where all are."""
        try:
            with self._entry(path):
                return path
        except NotAFolder as error:
            return self._obstacle(path, error)
        except OSError:
            return path

    def _obstacle(self, path: RelPath, error: NotAFolder) -> RelPath:
        """Return the obstacle on the way to a path, as a path of the scope."""
        parts = path.split("/")
        missing = len(self._places.of(path.rpartition("/")[0]).names) - error.depth
        return RelPath("/".join(parts[: len(parts) - 1 - missing]))

    @contextmanager
    def _changing(self, verb: str, path: RelPath, end: str = "") -> Iterator[None]:
        """Raise the error of a block as a failure that names the path."""
        try:
            yield
        except NotAFolder as error:
            raise UnsafeError(
                f"{self._obstacle(path, error)} is {'a symlink' if error.is_link else 'no folder'}",
                why=f"{path} must not be written through it",
                hint="put a real folder in its place",
            ) from error
        except OSError as error:
            raise disk_error(f"cannot {verb} {path} {end}".rstrip(), error) from error
