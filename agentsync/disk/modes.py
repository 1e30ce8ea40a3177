"""The executable bit of files: some file systems do not keep it, and show the same bit for every file.

Sources: proc(5) for `/proc/self/mountinfo`; chmod(2) and mount(8) for file systems of Windows and of cameras.
"""

from __future__ import annotations

import os
import stat
from functools import cache
from pathlib import Path
from typing import Final

from agentsync.platform.links import is_link

_MOUNTS: Final = Path("/proc/self/mountinfo")
# They show one mode for all files, as they were mounted.
_WITHOUT: Final = frozenset(("vfat", "msdos", "exfat", "ntfs", "fuseblk", "hfs", "drvfs", "vboxsf"))


@cache
def keeps_modes(device: int) -> bool:
    """Return whether the file system on a device (`st_dev`) keeps the executable bit of each file."""
    if os.name != "posix":
        return False
    try:
        rows = _MOUNTS.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return True  # only Linux has such a list
    return not any(_has_none(row) for row in rows if _device(row) == device)


def takes_modes(where: Path) -> bool:
    """Return whether a file can be made executable; where it cannot be tried, it can.

    Git finds it out in the same way (`core.fileMode`, git-config(1)).

    Args:
        where: a file of ours; it is as it was afterwards.
    """
    if is_link(where.parent):
        return True  # it may be anywhere
    try:
        handle = os.open(where, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return True
    try:
        mode = stat.S_IMODE(os.fstat(handle).st_mode)
        os.fchmod(handle, mode ^ stat.S_IXUSR)
        taken = stat.S_IMODE(os.fstat(handle).st_mode) != mode
        os.fchmod(handle, mode)
    except OSError:
        return True
    finally:
        os.close(handle)
    return taken


def _device(row: str) -> int | None:
    """Return the device in a row of the list: `36 35 98:0 /root /mount options - type source super-options`."""
    major, colon, minor = row.split(" ", 3)[2].partition(":") if row.count(" ") > 3 else ("", "", "")
    return os.makedev(int(major), int(minor)) if colon and major.isdecimal() and minor.isdecimal() else None


def _has_none(row: str) -> bool:
    kind, _, rest = row.partition(" - ")[2].partition(" ")
    # A drive of Windows in WSL 2, which keeps modes only where it is mounted with `metadata`.
    return kind in _WITHOUT or ("aname=drvfs" in rest and "metadata" not in rest)
