"""Where tests write: in memory where Linux has a folder there, since a disk alone would take up to half of their time.

TMPDIR, or `--basetemp` of pytest, names another folder.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.portable.systems import AS_SYSTEM

_MEMORY: Final = "/dev/shm"
_ROOM: Final = 1 << 30  # bytes; what tests of a run hold at the same time is a fifth of it


def write_in_memory() -> None:
    """Let temporary files of this process, and of those that it starts, be in memory, where that is possible.

    In some containers no program runs there, or there is little room: then nothing is changed.
    """
    if sys.platform != "linux" or os.environ.get("TMPDIR") or os.environ.get(AS_SYSTEM):
        return
    if not Path(_MEMORY).is_mount() or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return
    status = os.statvfs(_MEMORY)
    if status.f_flag & os.ST_NOEXEC or status.f_bavail * status.f_frsize < _ROOM:
        return
    os.environ["TMPDIR"] = _MEMORY
    tempfile.tempdir = None


def other_file_system(folder: Path) -> Path | None:
    """Return a folder on another file system than this one, where there is one."""
    for other in map(Path, (_MEMORY, "/tmp", "/var/tmp")):
        if os.access(other, os.W_OK) and other.stat().st_dev != folder.stat().st_dev:
            return other
    return None
