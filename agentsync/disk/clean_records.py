"""The records of clean checks that are of no use any more."""

from __future__ import annotations

import marshal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.clean_record import DOUBTS, HEADER, folder
from agentsync.platform.file_system import others_may_write
from agentsync.platform.files import remove
from agentsync.platform.ownership import is_own
from agentsync.platform.plain_files import read_plain_file

_LARGEST: Final = 64 * 1024 * 1024  # bytes of a record


def _recorded_roots() -> dict[Path, str]:
    """Return the root of each project that this program, on this Python, recorded, by the file of its record."""
    found: dict[Path, str] = {}
    if not folder():
        return found
    for where in Path(folder()).glob("*-*"):
        with suppress(*DOUBTS):
            status = where.lstat()
            if is_own(status) and not others_may_write(where, status):
                header, _, rest = read_plain_file(where, _LARGEST).partition(b"\n")
                if header + b"\n" == HEADER:
                    found[where] = str(marshal.loads(rest)["root"])
    return found


def delete_stale(older_than: float) -> int:
    """Delete the records whose project is gone, and those that are older than so many seconds; return the number."""
    if not folder():
        return 0
    roots = _recorded_roots()
    count = 0
    for where in Path(folder()).glob("*-*"):
        with suppress(OSError):
            is_gone = where in roots and not Path(roots[where]).is_dir()
            if is_gone or time.time() - where.lstat().st_mtime >= older_than:
                remove(where)
                count += 1
    return count
