"""Put a file in the place of another, and only of the one that is expected there.

Between the last look at a file and the moment it is replaced, a person may save it. So the two
change places in one step, and the file that came out is looked at again: where it is not the
expected one, they change back. Where the system cannot swap, only the look right before remains.
"""

from __future__ import annotations

import os
import stat
from typing import Final

from agentsync.disk.disk_error import reason
from agentsync.model.digest import digest_of
from agentsync.model.drift import Local, Replaced, Unreadable
from agentsync.platform.file_system import keeps_modes
from agentsync.platform.links import is_link_status
from agentsync.platform.modes import is_program
from agentsync.platform.open_folder import Entry
from agentsync.platform.plain_files import READING, read_handle, refuse_odd
from agentsync.platform.retrying import may_be_unknown

_PIECE: Final = 256 * 1024
_LARGEST: Final = 256 * 1024 * 1024


def look(where: Entry) -> Local:
    """Return what stands there: its digest, what else it is, or None where nothing is."""
    try:
        status = where.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Unreadable(reason(error))
    return look_closer(where, status)


def look_closer(where: Entry, status: os.stat_result) -> Local:
    """Return what stands there, from its status."""
    # By its place: by name it takes twice as long.
    mode = status[stat.ST_MODE]
    if not stat.S_ISREG(mode):
        return _kind(status)
    try:
        found = digest_of(read_entry(where, status[stat.ST_SIZE]), executable=is_program(status))
    except OSError as error:
        return Unreadable(reason(error))
    return found if keeps_modes(status[stat.ST_DEV]) else found._replace(executable=False, has_mode=False)


def put(source: Entry, where: Entry, expected: Local) -> bool:
    """Move a file to a place; return False, and change nothing, where something else stands there than expected.

    Args:
        source: the file, on the same file system.
        where: the place.
        expected: what must stand there: nothing, or a plain file.

    Raises:
        OSError: where the file system refuses.
    """
    if expected is None:
        return _put_where_nothing_is(source, where)
    if look(where) != expected:
        return False
    try:
        swapped = source.exchange(where)
    except FileNotFoundError:
        return False
    if not swapped:
        source.replace(where)
        return True
    if look(source) != expected:
        source.exchange(where)
        return False
    source.unlink()
    return True


def take_away(where: Entry, scratch: Entry, expected: Local) -> bool:
    """Delete a plain file; return False, and leave it, where something else stands there than expected.

    Args:
        where: the file.
        scratch: an unused name on the same file system.
        expected: what the file must be.

    Raises:
        OSError: where the file system refuses.
    """
    if look(where) != expected:
        return False
    where.rename(scratch)
    if look(scratch) != expected:
        # Where yet another file was saved meanwhile, this one stays in the stage and is set aside later.
        return not put(scratch, where, None) and False
    scratch.unlink()
    return True


def read_entry(where: Entry, size: int = _PIECE) -> bytes:
    """Return the bytes of a file; a link is not followed, and a pipe is not waited for.

    Args:
        where: the file.
        size: its size, as far as it is known: no more memory than that is asked for at first.

    Raises:
        OSError: where it is no plain file, or larger than any file that is compared.
    """
    handle = where.open(READING)
    try:
        refuse_odd(handle)
        return read_handle(handle, _LARGEST, size)
    finally:
        os.close(handle)


def _kind(status: os.stat_result) -> Replaced:
    if is_link_status(status):
        return Replaced.SYMLINK
    return Replaced.FOLDER if stat.S_ISDIR(status.st_mode) else Replaced.OTHER


def _put_where_nothing_is(source: Entry, where: Entry) -> bool:
    try:
        source.link(where)
    except FileExistsError:
        return False
    except OSError as error:
        # Refused where there are no links, or while a scanner holds the file: a move is tried again.
        if not may_be_unknown(error.errno):
            raise
        if where.exists():
            return False
        source.replace(where)
        return True
    source.unlink()
    return True
