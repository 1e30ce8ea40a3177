"""Put a file in the place of another, and only of the one that is expected there.

Between the last look at a file and the moment it is replaced, a person may save it. So the two
change places in one step, and what came out is looked at again: where it is something else, they
change back. Where the system cannot swap, the look right before has to do.

Sources: rename(2) RENAME_EXCHANGE, renameatx_np(2) RENAME_SWAP, link(2).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import Final

from agentsync.disk.modes import keeps_modes
from agentsync.disk.open_folder import Entry
from agentsync.model.digest import digest_of
from agentsync.model.drift import Local, Replaced, Unreadable
from agentsync.platform.plain_files import read_handle, refuse_odd

_OWNER_EXECUTES: Final = 0o100
_READING: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
_PIECE: Final = 256 * 1024
_LARGEST: Final = 256 * 1024 * 1024
_CURRENT_FOLDER: Final = -2 if sys.platform == "darwin" else -100  # AT_FDCWD
_SWAP: Final = 2
_CANNOT: Final = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK)


def look(where: Entry) -> Local:
    """What stands there: its digest, what else it is, or None where nothing is."""
    try:
        status = where.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Unreadable(reason(error))
    return look_closer(where, status)


def look_closer(where: Entry, status: os.stat_result) -> Local:
    """What stands there, where something does that has this status."""
    # By its place: by name it takes twice as long.
    mode = status[stat.ST_MODE]
    if not stat.S_ISREG(mode):
        return kind_of(mode)
    try:
        found = digest_of(read_plain(where, status[stat.ST_SIZE]), executable=bool(mode & _OWNER_EXECUTES))
    except OSError as error:
        return Unreadable(reason(error))
    return found if keeps_modes(status[stat.ST_DEV]) else found._replace(executable=False, has_mode=False)


def put(source: Entry, where: Entry, expected: Local) -> bool:
    """Move a file to a place; False, and all is as it was, where something else stands there than expected.

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
        swapped = exchange(source, where)
    except FileNotFoundError:
        return False
    if not swapped:
        source.replace(where)
        return True
    if look(source) != expected:
        exchange(source, where)
        return False
    source.unlink()
    return True


def take_away(where: Entry, scratch: Entry, expected: Local) -> bool:
    """Delete a plain file; False, and it stays, where something else stands there than expected.

    Args:
        where: the file.
        scratch: a name on the same file system that nobody uses.
        expected: what the file must be.

    Raises:
        OSError: where the file system refuses.
    """
    if look(where) != expected:
        return False
    where.rename(scratch)
    if look(scratch) != expected:
        # Where yet another file was saved meanwhile, this one waits beside the others in the stage.
        return not put(scratch, where, None) and False
    scratch.unlink()
    return True


def exchange(one: Entry, other: Entry) -> bool:
    """Let two files change places in one step; False where this system cannot.

    Raises:
        OSError: where the file system refuses.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    swap = getattr(libc, "renameatx_np" if sys.platform == "darwin" else "renameat2", None)
    if swap is None:
        return False
    failed = swap(_handle(one), os.fsencode(one.at), _handle(other), os.fsencode(other.at), _SWAP)
    if failed:
        number = ctypes.get_errno()
        if number in _CANNOT:
            return False
        raise OSError(number, os.strerror(number), other.path)
    return True


def _handle(entry: Entry) -> int:
    handle = entry.folder.handle
    return _CURRENT_FOLDER if handle is None else handle


def read_plain(where: Entry, size: int = _PIECE) -> bytes:
    """The bytes of a file; a link is not followed, and a pipe is not waited for.

    Args:
        where: the file.
        size: how many bytes it has, as far as that is known: no more memory than that is asked for at first.

    Raises:
        OSError: where it is no plain file, or larger than any file that is compared.
    """
    handle = where.open(_READING)
    try:
        refuse_odd(handle)
        return read_handle(handle, _LARGEST, size)
    finally:
        os.close(handle)


def kind_of(mode: int) -> Replaced:
    """What a thing is that is no plain file."""
    if stat.S_ISLNK(mode):
        return Replaced.SYMLINK
    return Replaced.FOLDER if stat.S_ISDIR(mode) else Replaced.OTHER


def reason(error: OSError) -> str:
    """The system's own word."""
    return (error.strerror or str(error)).lower()


def _put_where_nothing_is(source: Entry, where: Entry) -> bool:
    try:
        source.link(where)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        if where.exists():
            return False
        source.replace(where)
        return True
    source.unlink()
    return True
