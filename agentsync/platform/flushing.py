"""Flush all that a file system holds back in one call, where that is as good as flushing each file.

Sources: syncfs(2), which waits for the disk, and which since Linux 5.8 fails where a write failed after the folder was
opened; statfs(2) for the numbers of file systems.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final

from agentsync.platform.c_library import c_library
from agentsync.platform.open_folder import OpenFolder

# ext2 to ext4, XFS, Btrfs, F2FS, tmpfs: the kernel writes their files, and tells the whole file system of what failed.
# On others the call may end before the disk has the bytes (FUSE, 9P, SMB), or hide a failure (overlay).
_TRUSTED: Final = frozenset((0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0x01021994))
_TELLS_OF_FAILURES: Final = (5, 8)
_SIZE_OF_STATFS: Final = 256  # bytes, more than it has on any processor


class FileSystem:
    """A file system, by a folder on it that stays open: so a failure from then on is told by the next `flush`."""

    __slots__ = ("_handle", "_syncfs", "device")

    def __init__(self, folder: OpenFolder, handle: int, syncfs: Any) -> None:
        self.device = folder.device()
        self._handle = handle
        self._syncfs = syncfs

    def flush(self) -> None:
        """Write all that it holds back to disk: bytes, names and modes, also those of other programs.

        Raises:
            OSError: where something could not be written; it may be another program's.
        """
        import ctypes

        if self._syncfs(self._handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def close(self) -> None:
        """Close the folder."""
        os.close(self._handle)


def file_system_of(folder: OpenFolder) -> FileSystem | None:
    """Return the file system of a folder; None where its files have to be flushed one by one."""
    if sys.platform != "linux" or _release() < _TELLS_OF_FAILURES:
        return None
    libc = c_library()
    syncfs, statfs = getattr(libc, "syncfs", None), getattr(libc, "fstatfs", None)
    if syncfs is None or statfs is None:
        return None
    import ctypes

    try:
        handle = os.open(folder.path if folder.handle is None else ".", os.O_RDONLY, dir_fd=folder.handle)
    except OSError:
        return None
    found = ctypes.create_string_buffer(_SIZE_OF_STATFS)
    # Its first field is the number, of 4 or 8 bytes; where those that count come last, none is recognised.
    if statfs(handle, found) == 0 and int.from_bytes(found.raw[:4], sys.byteorder) in _TRUSTED:
        return FileSystem(folder, handle, syncfs)
    os.close(handle)
    return None


def _release() -> tuple[int, ...]:
    """Return the number of the system's release, () where it has another form."""
    major, _, rest = os.uname().release.partition(".")
    minor = rest.partition(".")[0].partition("-")[0]
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else ()
