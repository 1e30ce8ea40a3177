"""Facts about a file system: some show one mode for every file, and some number their files anew at each look.

Sources: proc(5) for `/proc/self/mountinfo`; chmod(2) and mount(8) for file systems of Windows and of cameras.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from agentsync.platform.links import is_link

_MOUNTS: Final = Path("/proc/self/mountinfo")
# They show one mode for all files, as they were mounted.
_WITHOUT: Final = frozenset(("vfat", "msdos", "exfat", "ntfs", "fuseblk", "hfs", "drvfs", "vboxsf"))
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_OPENING: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
# The devices on which a change of mode was tried in vain.
_tried_in_vain: set[int] = set()


def keeps_modes(device: int) -> bool:
    """Return whether the file system on a device (`st_dev`) keeps the executable bit, as far as that is known."""
    return os.name == "posix" and device not in _tried_in_vain and _is_mounted_with_modes(device)


@cache
def _is_mounted_with_modes(device: int) -> bool:
    try:
        rows = _MOUNTS.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return True  # only Linux has such a list
    return not any(_has_none(row) for row in rows if _device(row) == device)


def takes_modes(where: Path, bits: int = stat.S_IXUSR) -> bool:
    """Return whether a mode can be changed, and remember it for the file system; True where it cannot be tried.

    Git finds it out in the same way (`core.fileMode`, git-config(1)).

    Args:
        where: a file or a folder of ours; it is as it was afterwards.
        bits: the bits of its mode that are tried.
    """
    change = getattr(os, "fchmod", None)
    if os.name != "posix" or change is None:
        return False
    if is_link(where.parent):
        return True  # it may be anywhere
    if bits == stat.S_IXUSR and (kept := _keeps_mode_of_unnamed(where.parent)) is not None:
        return kept
    try:
        handle = os.open(where, _OPENING)
    except OSError:
        return True
    status = os.fstat(handle)
    mode = stat.S_IMODE(status.st_mode)
    try:
        change(handle, mode ^ bits)
        taken = stat.S_IMODE(os.fstat(handle).st_mode) == mode ^ bits
    except PermissionError:
        taken = status.st_uid != os.geteuid()  # its owner may change it wherever that can be done
    except OSError:
        return True
    finally:
        with suppress(OSError):
            change(handle, mode)
        os.close(handle)
    return taken or _remember_in_vain(status)


def _keeps_mode_of_unnamed(folder: Path) -> bool | None:
    """Try the mode of a file without a name, which leaves nothing behind; None where there are none."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        handle = os.open(folder, os.O_TMPFILE | os.O_RDWR, stat.S_IRWXU)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
    finally:
        os.close(handle)
    return bool(status.st_mode & stat.S_IXUSR) or _remember_in_vain(status)


def _remember_in_vain(status: os.stat_result) -> bool:
    _tried_in_vain.add(status.st_dev)
    return False


def others_may_write(where: Path, status: os.stat_result, bits: int = _OTHERS_WRITE) -> bool:
    """Return whether other users may write to a file or folder of ours, as far as its file system keeps that.

    Args:
        where: the file or folder.
        status: its status.
        bits: the bits of its mode that let others write.
    """
    open_to = status.st_mode & bits
    return os.name == "posix" and bool(open_to) and keeps_modes(status.st_dev) and takes_modes(where, open_to)


def folder_identity(folder: Path) -> str:
    """Return what tells a folder from a copy of it: its inode; where a number does not last, its path.

    A folder keeps its inode when it is moved, and no copy has the same.
    """
    status = folder.stat()
    lasts = _is_mounted_with_modes(status.st_dev) and status.st_ino == folder.stat().st_ino
    return str(status.st_ino) if lasts and status.st_ino else os.path.realpath(folder)


def file_identity(file: Path) -> tuple[int, int, int] | None:
    """Return what tells a file from another that replaces it: its time, size, and number where that one lasts."""
    try:
        status, again = file.stat(), file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino if status.st_ino == again.st_ino else 0


def _device(row: str) -> int | None:
    """Return the device in a row of the list: `36 35 98:0 /root /mount options - type source super-options`."""
    major, colon, minor = row.split(" ", 3)[2].partition(":") if row.count(" ") > 3 else ("", "", "")
    return os.makedev(int(major), int(minor)) if colon and major.isdecimal() and minor.isdecimal() else None


def _has_none(row: str) -> bool:
    kind, _, rest = row.partition(" - ")[2].partition(" ")
    # A drive of Windows in WSL 2, which keeps modes only where it is mounted with `metadata`.
    return kind in _WITHOUT or ("aname=drvfs" in rest and "metadata" not in rest)
