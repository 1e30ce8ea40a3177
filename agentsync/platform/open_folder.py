"""Open folders, and the entries in them: an entry is changed in the very folder that was opened.

A path is entered one component at a time (`descent.py`), and no link is followed on the way. So another
process that changes the path meanwhile cannot redirect a write. Where the system has no calls for this, as
on Windows, each component is looked at right before it is used.

Sources: openat(2), with `O_NOFOLLOW` and, where there is one, `O_PATH`.
"""

# ruff: noqa: PTH101, PTH116, PTH208 - a Path names a place, and here nothing is looked up by its path

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from agentsync.platform.links import is_link, is_link_status
from agentsync.platform.retrying import may_not, open_file, retried

T = TypeVar("T")


AS_FOLDER: Final = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
# The answers of systems to opening a file or a link as a folder.
_NO_FOLDER: Final = (errno.ENOTDIR, errno.ELOOP, errno.EMLINK)
_AS_IT_IS: Final = _NO_FOLLOW | getattr(os, "O_BINARY", 0)


class NotAFolder(OSError):
    """The failure where something on the way down a path is no folder.

    Args:
        depth: the number of components that lead to it.
        is_link: it is a link.
    """

    def __init__(self, depth: int, is_link: bool) -> None:
        super().__init__(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self.depth = depth
        self.is_link = is_link


class OpenFolder:
    """A folder.

    Args:
        path: its path when it was opened.
        handle: the system's handle, None to use the path.
    """

    __slots__ = ("_device", "handle", "path")

    def __init__(self, path: str, handle: int | None = None) -> None:
        self.path = path
        self.handle = handle
        self._device: int | None = None

    def close(self) -> None:
        """Close the handle."""
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None

    def enter(self, name: str, *, make: bool = False) -> "OpenFolder":
        """Open a folder in this one; with `make`, make it where it is missing.

        Raises:
            NotAFolder: where something else has this name, a link to a folder included.
            OSError: where it cannot be opened.
        """
        entry = Entry(self, name)
        path = f"{self.path}/{name}"
        try:
            if self.handle is not None:
                return OpenFolder(path, open_file(name, AS_FOLDER | _NO_FOLLOW, folder=self.handle))
            status = entry.lstat()
            if (is_link := is_link_status(status)) or not stat.S_ISDIR(status.st_mode):
                raise NotAFolder(1, is_link)
            return OpenFolder(path)
        except FileNotFoundError:
            if not make:
                raise
        except OSError as error:
            if isinstance(error, NotAFolder) or error.errno not in _NO_FOLDER:
                raise
            raise NotAFolder(1, is_link_status(entry.lstat())) from error
        entry.make_folder()
        return self.enter(name)

    def device(self) -> int:
        """Return the device number of its file system."""
        if self.handle is None:
            return os.stat(self.path).st_dev
        if self._device is None:  # that of an open folder never changes
            self._device = os.fstat(self.handle).st_dev
        return self._device

    def names(self) -> list[str]:
        """Return the names in it."""
        if self.handle is None:
            return os.listdir(self.path)
        handle = open_file(".", os.O_RDONLY, folder=self.handle)
        try:
            return os.listdir(handle)
        finally:
            os.close(handle)

    def flush(self) -> None:
        """Write its renames to disk, so that they survive a power cut, where the system can."""
        try:
            handle = os.open(self.path if self.handle is None else ".", os.O_RDONLY, dir_fd=self.handle)
        except OSError:
            return
        try:
            os.fsync(handle)
        except OSError:
            pass
        finally:
            os.close(handle)


class Entry(NamedTuple):
    """A name in a folder; nothing need have this name."""

    folder: OpenFolder
    name: str

    @property
    def path(self) -> str:
        """Return its path, for messages and for systems without handles."""
        return f"{self.folder.path}/{self.name}"

    @property
    def at(self) -> str:
        """Return the argument of a system call, beside the handle of its folder."""
        return self.name if self.folder.handle is not None else self.path

    def lstat(self) -> os.stat_result:
        """Return its status; a link is not followed."""
        return os.lstat(self.at, dir_fd=self.folder.handle)

    def exists(self) -> bool:
        """Return whether anything has this name."""
        try:
            self.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def open(self, flags: int, mode: int = 0o777) -> int:
        """Open the file, and return its handle; a link is not followed."""
        if not _NO_FOLLOW and is_link(self.path):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return open_file(self.at, flags | _AS_IT_IS, mode, folder=self.folder.handle)

    def write_new(self, data: bytes, mode: int, *, flush: bool = True) -> None:
        """Write a new file, and close it: not every system moves an open file.

        Args:
            data: its bytes.
            mode: its permissions, as far as the umask lets them.
            flush: wait until it is on disk.
        """
        handle = self.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            done = os.write(handle, data) if data else 0
            while done < len(data):
                done += os.write(handle, memoryview(data)[done:])
            if flush:
                os.fsync(handle)
        finally:
            os.close(handle)

    def set_executable(self, executable: bool) -> None:
        """Set or clear the executable bit of a plain file, as far as the umask lets it."""
        self._change_mode(lambda mode: mode | (mode & 0o444) >> 2 if executable else mode & ~0o111)

    def set_mode(self, mode: int) -> None:
        """Set the permissions of a plain file."""
        self._change_mode(lambda _: mode)

    def _change_mode(self, changed: Callable[[int], int]) -> None:
        handle = self.open(os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            mode = changed(stat.S_IMODE(os.fstat(handle).st_mode))
            os.chmod(handle if os.chmod in os.supports_fd else self.path, mode)
        finally:
            os.close(handle)

    def read_link(self) -> str:
        """Return the target of a link, as it is written."""
        return os.readlink(self.at, dir_fd=self.folder.handle)

    def make_folder(self) -> None:
        """Make a folder of this name, unless there is one."""
        try:
            self._retried(lambda: os.mkdir(self.at, dir_fd=self.folder.handle))
        except FileExistsError:
            pass

    def make_link(self, goal: str) -> None:
        """Make a symlink of this name."""
        os.symlink(goal, self.at, dir_fd=self.folder.handle)

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Remove a file or a link."""
        try:
            _changed(lambda: os.unlink(self.at, dir_fd=self.folder.handle), self)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def remove_folder(self) -> None:
        """Remove an empty folder."""
        self._retried(lambda: os.rmdir(self.at, dir_fd=self.folder.handle))

    def replace(self, other: "Entry") -> None:
        """Give it another name, and replace what has that name."""
        ours, theirs = self.folder.handle, other.folder.handle
        _changed(lambda: os.replace(self.at, other.at, src_dir_fd=ours, dst_dir_fd=theirs), other)

    def rename(self, other: "Entry") -> None:
        """Give it another name."""
        ours, theirs = self.folder.handle, other.folder.handle
        self._retried(lambda: os.rename(self.at, other.at, src_dir_fd=ours, dst_dir_fd=theirs))

    def link(self, other: "Entry") -> None:
        """Give it a second name; raise FileExistsError where that is taken."""
        ours, theirs = self.folder.handle, other.folder.handle
        follows = os.link not in os.supports_follow_symlinks
        os.link(self.at, other.at, src_dir_fd=ours, dst_dir_fd=theirs, follow_symlinks=follows)

    def rename_new(self, other: "Entry") -> bool:
        """Give it a name that nothing has, in one step; return False where this system cannot.

        Raises:
            FileExistsError: where that name is taken.
        """
        from agentsync.platform.exchange import rename_new

        return rename_new(self.at, other.at, self.folder.handle, other.folder.handle)

    def _retried(self, change: Callable[[], T]) -> T:
        """Change its folder, also while the system holds what is in it for a moment."""
        where = self.folder
        return retried(change, lambda: may_not(os.W_OK, "." if where.handle is not None else where.path, where.handle))

    def exchange(self, other: "Entry") -> bool:
        """Let two files change places in one step; return False where this system cannot."""
        from agentsync.platform.exchange import exchange

        return exchange(self.at, other.at, self.folder.handle, other.folder.handle)


def _changed(change: Callable[[], T], gone: Entry) -> T:
    """Change a folder; some systems refuse to remove or replace a read-only file until it is writable.

    Args:
        change: the call.
        gone: the entry that the call removes or replaces.
    """
    try:
        return change()
    except PermissionError:
        mode = _read_only_mode(gone)
        if mode is None:
            return gone._retried(change)
        _set_mode(gone, mode | stat.S_IWUSR)
        try:
            return gone._retried(change)
        except OSError:
            _set_mode(gone, mode)
            raise


def _read_only_mode(entry: Entry) -> int | None:
    """Return the mode of a file that must not be written; None where it may be, or is no file."""
    try:
        mode = entry.lstat().st_mode
    except OSError:
        return None
    return stat.S_IMODE(mode) if stat.S_ISREG(mode) and not mode & stat.S_IWUSR else None


def _set_mode(entry: Entry, mode: int) -> None:
    with suppress(OSError):
        os.chmod(entry.at, mode, dir_fd=entry.folder.handle)
