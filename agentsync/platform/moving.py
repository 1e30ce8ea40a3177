"""Move something from one open folder to another, also between file systems."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from agentsync.platform.files import remove_all
from agentsync.platform.links import is_link_status
from agentsync.platform.open_folder import Entry
from agentsync.platform.plain_files import READING

_PIECE: Final = 1024 * 1024
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def move(source: Entry, goal: Entry) -> None:
    """Move a file, a link or a whole folder; a link is moved, not followed.

    Raises:
        OSError: where the file system refuses; the source is removed only after all was copied.
    """
    try:
        source.rename(goal)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, goal)
        remove_all(source)


def copy_file(source: Entry, goal: Entry, *, flush: bool = True) -> None:
    """Copy a plain file with its mode and times; with `flush`, the bytes are on disk when this returns."""
    reading = source.open(READING)
    try:
        status = os.fstat(reading)
        with os.fdopen(goal.open(_NEW, stat.S_IMODE(status.st_mode)), "wb") as file:
            while piece := os.read(reading, _PIECE):
                file.write(piece)
            file.flush()
            if flush:
                os.fsync(file.fileno())
            if os.utime in os.supports_fd:
                os.utime(file.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
    finally:
        os.close(reading)


def _copy(source: Entry, goal: Entry) -> None:
    status = source.lstat()
    if is_link_status(status):
        goal.make_link(source.read_link())
    elif stat.S_ISDIR(status.st_mode):
        here = source.folder.enter(source.name)
        there = goal.folder.enter(goal.name, make=True)
        try:
            for name in here.names():
                _copy(Entry(here, name), Entry(there, name))
        finally:
            here.close()
            there.close()
    else:
        copy_file(source, goal)
