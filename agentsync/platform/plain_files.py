"""Read files of others: plain files alone, and of each no more bytes than are expected.

In a checkout, any name can be a folder, a link to an endless file, a pipe without a writer, or a
file of any size. Every such file is read here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from agentsync.platform.links import is_link
from agentsync.platform.retrying import open_file

READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_PIECE = 256 * 1024


def open_plain(where: str | os.PathLike[str], *, follow: bool = False) -> int:
    """Open a plain file for reading, and return its handle.

    Args:
        where: the file.
        follow: its last component may be a link.

    Raises:
        OSError: where it cannot be opened, or is no plain file.
    """
    if not follow and not _NO_FOLLOW and is_link(where):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    handle = open_file(where, READING | (0 if follow else _NO_FOLLOW))
    try:
        refuse_odd(handle)
    except OSError:
        os.close(handle)
        raise
    return handle


def refuse_odd(handle: int) -> None:
    """Raise OSError where an open file is no plain one: it may have no end."""
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, "it is no plain file")


def read_plain_file(where: str | os.PathLike[str], most: int, *, follow: bool = False) -> bytes:
    """Return the bytes of a plain file, at most `most`; the rest is as in `open_plain`.

    Raises:
        OSError: where it cannot be read, is no plain file, or has more bytes (`EFBIG`).
    """
    handle = open_plain(where, follow=follow)
    try:
        return read_handle(handle, most)
    finally:
        os.close(handle)


def read_handle(handle: int, most: int, size: int = _PIECE) -> bytes:
    """Return the rest of an open plain file.

    Args:
        handle: the file.
        most: the number of bytes that there may be.
        size: their number, as far as it is known: no more memory than that is asked for at first.

    Raises:
        OSError: where it cannot be read, or there is more (`EFBIG`).
    """
    data = os.read(handle, min(size, most) + 1)
    if len(data) == size <= most:
        return data
    found = [data, *pieces(handle, most + 1 - len(data))] if data else []
    if sum(map(len, found)) <= most:
        return b"".join(found)
    size_told = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most:,} bytes"
    raise OSError(errno.EFBIG, f"is larger than {size_told}")


def pieces(handle: int, most: int) -> Iterator[bytes]:
    """Yield the rest of an open plain file piece by piece, and no more than `most` bytes of it."""
    while most > 0 and (piece := os.read(handle, min(most, _PIECE))):
        most -= len(piece)
        yield piece
