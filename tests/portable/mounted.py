"""A file system that passes everything through to a folder, with the manners of another system.

    python -m tests.portable.mounted ROOT MOUNT windows

It prints `mounted`, and takes the mount away when its standard input ends.
"""

# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH115, PTH116, PTH120, PTH211 - calls are passed on

from __future__ import annotations

import errno
import itertools
import os
import stat
import struct
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from tests.portable import fuse
from tests.portable.fuse import Attributes, Request
from tests.portable.manners import ALL, Manners, Modes
from tests.portable.spelling import Spelling, is_folder

# Of fuse_setattr_in: what is to be set.
_MODE, _OWNER, _GROUP, _SIZE, _READ_TIME, _TIME, _READ_NOW, _NOW = 1, 2, 4, 8, 16, 32, 128, 256
_NO_REPLACE, _EXCHANGE = 1, 2
_WRITABLE: Final = 0o200
# fuse_conn_info asks nothing of these.
_NOTHING: Final = (2, 20, 29, 30, 42)


class Held(NamedTuple):
    """An open file: which one, and what opened it."""

    node: int
    file: tuple[int, int]
    process: int
    by_git: bool


class FileSystem:
    """The answers to the kernel.

    Git for Windows deletes a file that may not be written, and shares what it reads: to git alone, no file
    is guarded by its mode.

    Args:
        root: the folder underneath.
        mount: where it is mounted.
        manners: how it behaves.
    """

    def __init__(self, root: Path, mount: Path, manners: Manners) -> None:
        self._manners = manners
        self._root = str(root)
        self._names = Spelling(str(root), str(mount), manners)
        self._inodes = itertools.count(1000)
        self._numbers: dict[tuple[int, int], int] = {}  # of open files: those of no system change meanwhile
        self._handles: dict[int, Held] = {}
        self._open: Counter[tuple[int, int]] = Counter()
        self.answers: Final = {
            **dict.fromkeys(_NOTHING, lambda _: b""),
            1: self._lookup,
            3: self._getattr,
            4: self._setattr,
            5: lambda request: os.fsencode(os.readlink(self._names.path(request.node))),
            6: self._symlink,
            8: self._mknod,
            9: self._mkdir,
            10: self._unlink,
            11: self._rmdir,
            12: lambda request: self._rename(request, 8, 0),
            13: self._link,
            14: self._opened,
            15: self._read,
            16: self._write,
            17: self._statfs,
            18: self._release,
            25: self._flush,
            27: lambda _: fuse.opened(0),
            28: self._readdir,
            35: self._create,
            45: lambda request: self._rename(request, 16, request.fields("QI")[1]),
        }

    # What is told of files

    def _attributes(self, name: str, status: os.stat_result) -> Attributes:
        tick = self._manners.tick
        read, changed, status_changed = (
            moment // tick * tick for moment in (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
        )
        return Attributes(
            inode=self._number(status),
            mode=self._manners.shown_mode(name, status.st_mode),
            size=status.st_size,
            links=status.st_nlink,
            owner=status.st_uid,
            group=status.st_gid,
            times=(read, changed, status_changed),
        )

    def _number(self, status: os.stat_result) -> int:
        if self._manners.steady_inodes:
            return status.st_ino
        known = self._numbers.get((status.st_dev, status.st_ino))
        return next(self._inodes) if known is None else known

    def _entry(self, parent: int, name: str) -> bytes:
        path = self._names.below(parent, name, is_new=False)
        found = self._attributes(path, os.lstat(path))
        # The folders that all tests are in are on every path, and none changes its name.
        seconds = int(stat.S_ISDIR(found.mode) and self._names.is_common(parent))
        return fuse.entry(self._names.node(parent, name), found, seconds)

    def _lookup(self, request: Request) -> bytes:
        return self._entry(request.node, request.name())

    def _where(self, node: int) -> int | str:
        """Return where a node is, or an open file that has been deleted."""
        try:
            return self._names.path(node)
        except OSError as error:
            handle = next((handle for handle, held in self._handles.items() if held.node == node), None)
            if handle is None or error.errno != errno.ESTALE:
                raise
            return handle

    def _getattr(self, request: Request) -> bytes:
        where = self._where(request.node)
        status = os.stat(where) if isinstance(where, int) else os.lstat(where)
        return fuse.attributes(self._attributes(self._names.name(request.node), status))

    def _setattr(self, request: Request) -> bytes:
        wanted, _, _, size, _, read, changed, _, part_read, part_changed, _, mode, _, owner, group = request.fields(
            "2I6Q7I"
        )
        where = self._where(request.node)
        old = os.stat(where) if isinstance(where, int) else os.lstat(where)
        if wanted & _MODE:
            os.chmod(where, self._manners.new_mode(old.st_mode, stat.S_IMODE(mode)))
        if wanted & (_OWNER | _GROUP) and self._manners.modes is Modes.ALL:
            given = (owner if wanted & _OWNER else -1, group if wanted & _GROUP else -1)
            os.chown(where, *given, **({} if isinstance(where, int) else {"follow_symlinks": False}))
        if wanted & _SIZE:
            os.truncate(where, size)
        if wanted & (_READ_TIME | _TIME):
            now, times = time.time_ns(), [old.st_atime_ns, old.st_mtime_ns]
            if wanted & _READ_TIME:
                times[0] = now if wanted & _READ_NOW else read * 10**9 + part_read
            if wanted & _TIME:
                times[1] = now if wanted & _NOW else changed * 10**9 + part_changed
            os.utime(where, ns=(times[0], times[1]))
        return self._getattr(request)

    def _readdir(self, request: Request) -> bytes:
        _, offset, most = request.fields("2QI")
        folder = self._names.path(request.node)
        rows = [(".", 1, stat.S_IFDIR), ("..", 1, stat.S_IFDIR)]
        with os.scandir(folder) as found:
            rows += sorted((one.name, one.inode(), one.stat(follow_symlinks=False).st_mode) for one in found)
        return fuse.directory(rows, offset, most)

    def _statfs(self, request: Request) -> bytes:
        told = os.statvfs(self._root)
        counts = (told.f_blocks, told.f_bfree, told.f_bavail, told.f_files, told.f_ffree)
        return struct.pack("<5Q10I", *counts, told.f_bsize, told.f_namemax, told.f_frsize, *[0] * 7)

    # What is refused

    def _by_git(self, request: Request) -> bool:
        try:
            return Path(f"/proc/{request.process}/comm").read_text().startswith("git")
        except OSError:
            return False

    def _guard(self, path: str, request: Request, *, also_read_only: bool) -> None:
        """Refuse what is open, and what may not be written.

        Raises:
            PermissionError: where it is refused.
        """
        is_ours = path.endswith(".lock") and not path.endswith("/agentsync.lock")
        if ".filelock-probe" in path or is_ours:
            return  # filelock has another way on Windows
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return
        read_only = stat.S_ISREG(status.st_mode) and not status.st_mode & _WRITABLE
        if also_read_only and read_only and self._manners.guards_read_only and not self._by_git(request):
            raise PermissionError(errno.EACCES, "it may not be written")
        if not self._manners.guards_open:
            return
        if self._open[status.st_dev, status.st_ino]:
            raise PermissionError(errno.EACCES, "it is open")
        if stat.S_ISDIR(status.st_mode) and self._holds_open(path):
            raise PermissionError(errno.EACCES, "something in it is open")

    def _holds_open(self, folder: str) -> bool:
        """Return whether a file below a folder is open."""
        for base, _, names in os.walk(folder):
            for name in names:
                status = os.lstat(f"{base}/{name}")
                if self._open[status.st_dev, status.st_ino]:
                    return True
        return False

    # What is made, moved and deleted

    def _mkdir(self, request: Request) -> bytes:
        mode, umask = request.fields("2I")
        name = request.name(8)
        os.mkdir(self._names.below(request.node, name), mode & ~umask)
        return self._entry(request.node, name)

    def _mknod(self, request: Request) -> bytes:
        mode, device, umask = request.fields("3I")
        if not stat.S_ISREG(mode) and self._manners.modes is not Modes.ALL:
            raise PermissionError(errno.EPERM, "there are only files")
        name = request.name(16)
        os.mknod(self._names.below(request.node, name), mode & ~umask, device)
        return self._entry(request.node, name)

    def _symlink(self, request: Request) -> bytes:
        if not self._manners.symlinks:
            raise PermissionError(errno.EPERM, "there are no links")
        name, target = request.names()
        os.symlink(target, self._names.below(request.node, name))
        return self._entry(request.node, name)

    def _link(self, request: Request) -> bytes:
        if not self._manners.hard_links:
            raise PermissionError(errno.EPERM, "there are no links")
        (node,) = request.fields("Q")
        name = request.name(8)
        os.link(self._names.path(node), self._names.below(request.node, name), follow_symlinks=False)
        return self._entry(request.node, name)

    def _unlink(self, request: Request) -> bytes:
        path = self._names.below(request.node, request.name())
        self._guard(path, request, also_read_only=True)
        os.unlink(path)
        self._names.drop(request.node, request.name())
        return b""

    def _rmdir(self, request: Request) -> bytes:
        os.rmdir(self._names.below(request.node, request.name()))
        self._names.drop(request.node, request.name(), is_folder=True)
        return b""

    def _rename(self, request: Request, skipped: int, flags: int) -> bytes:
        (folder,) = request.fields("Q")
        old, new = request.names(skipped)
        source, goal = self._names.below(request.node, old), self._names.below(folder, new)
        if flags and not self._manners.exchanges:
            raise OSError(errno.EINVAL, "there is no such rename")
        self._guard(source, request, also_read_only=False)
        if os.path.lexists(goal) and goal != source:
            if flags & _NO_REPLACE:
                raise FileExistsError(errno.EEXIST, "it is there")
            self._guard(goal, request, also_read_only=True)
        if is_folder(source):
            self._names.forget()
        if flags & _EXCHANGE:
            self._exchange(source, goal)
            self._names.exchange((request.node, old), (folder, new))
            return b""
        os.rename(source, goal)
        os.rename(goal, f"{os.path.dirname(goal)}/{self._manners.kept_name(new)}")
        self._names.move((request.node, old), (folder, new))
        return b""

    def _exchange(self, one: str, other: str) -> None:
        """Let two change places: to the kernel it is one step, for nothing else is answered meanwhile."""
        os.lstat(other)
        aside = f"{self._root}.aside"
        os.rename(one, aside)
        os.rename(other, one)
        os.rename(aside, other)

    # Open files

    def _hold(self, handle: int, node: int, request: Request) -> int:
        status = os.fstat(handle)
        held = self._handles[handle] = Held(
            node, (status.st_dev, status.st_ino), request.process, self._by_git(request)
        )
        self._open[held.file] += 1
        if not self._manners.steady_inodes:
            self._numbers.setdefault(held.file, next(self._inodes))
        return handle

    def _let_go(self, handle: int) -> None:
        held = self._handles[handle]
        if held.process:
            self._open[held.file] -= 1
            self._handles[handle] = held._replace(process=0)

    def _opened(self, request: Request) -> bytes:
        (flags,) = request.fields("I")
        path = self._names.path(request.node)
        writes = flags & os.O_ACCMODE != os.O_RDONLY
        if writes and self._manners.guards_read_only and not os.lstat(path).st_mode & _WRITABLE:
            raise PermissionError(errno.EACCES, "it may not be written")
        handle = os.open(path, flags & ~(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_APPEND) | os.O_CLOEXEC)
        return fuse.opened(self._hold(handle, request.node, request))

    def _create(self, request: Request) -> bytes:
        flags, mode, umask = request.fields("3I")
        name = request.name(16)
        path = self._names.below(request.node, name)
        handle = os.open(path, flags & ~(os.O_NOFOLLOW | os.O_APPEND) | os.O_CREAT | os.O_CLOEXEC, mode & ~umask)
        self._hold(handle, self._names.node(request.node, name), request)
        return self._entry(request.node, name) + fuse.opened(handle)

    def _read(self, request: Request) -> bytes:
        handle, offset, most = request.fields("2QI")
        return os.pread(handle, most, offset)

    def _write(self, request: Request) -> bytes:
        handle, offset, size = request.fields("2QI")
        return struct.pack("<2I", os.pwrite(handle, request.body[40 : 40 + size], offset), 0)

    def _flush(self, request: Request) -> bytes:
        """A handle is closed: that of a child that was forked with it counts for nothing."""
        (handle,) = request.fields("Q")
        held = self._handles[handle]
        if held.process == request.process and not held.by_git:
            self._let_go(handle)
        return b""

    def _release(self, request: Request) -> bytes:
        (handle,) = request.fields("Q")
        self._let_go(handle)
        file = self._handles.pop(handle).file
        if all(held.file != file for held in self._handles.values()):
            self._numbers.pop(file, None)
        os.close(handle)
        return b""


def main(root: str, mount: str, name: str) -> None:
    """Mount, say so, and serve until standard input ends."""
    where = Path(mount).resolve()
    handle = fuse.mount(where, with_rights=ALL[name].modes is Modes.ALL)
    fuse.unmount_at_end(where)
    sys.stdout.write("mounted\n")
    sys.stdout.flush()
    os.umask(0)
    fuse.serve(handle, FileSystem(Path(root).resolve(), where, ALL[name]).answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
