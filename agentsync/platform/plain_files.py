"""Read files that others may have put there: plain files alone, and no more of each than is expected.

In a checkout, any name can be a link to something without an end, a pipe that nothing comes out of,
a folder, or a file of any size. Everything that reads such a file reads it here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_PIECE = 256 * 1024


def open_plain(where: str | os.PathLike[str], *, follow: bool = False, folder: int | None = None) -> int:
    """Open a plain file for reading, and return its handle.

    Args:
        where: the file.
        follow: whether its last component may be a link.
        folder: the handle of the folder that `where` starts from, None for the current one.

    Raises:
        OSError: where it cannot be opened, or is no plain file.
    """
    handle = os.open(where, _READING | (0 if follow else _NO_FOLLOW), dir_fd=folder)
    try:
        refuse_odd(handle)
    except OSError:
        os.close(handle)
        raise
    return handle


def refuse_odd(handle: int) -> None:
    """Insist that an open file is a plain one.

    Raises:
        OSError: where it is something else, which may have no end.
    """
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, "it is no plain file")


def read_plain_file(
    where: str | os.PathLike[str], most: int, *, follow: bool = False, folder: int | None = None
) -> bytes:
    """Return the bytes of a plain file.

    Args:
        where: the file.
        most: how many bytes it may have.
        follow: whether its last component may be a link.
        folder: the handle of the folder that `where` starts from, None for the current one.

    Raises:
        OSError: where it cannot be read, is no plain file, or has more bytes (`EFBIG`).
    """
    handle = open_plain(where, follow=follow, folder=folder)
    try:
        return read_handle(handle, most)
    finally:
        os.close(handle)


def read_handle(handle: int, most: int, size: int = _PIECE) -> bytes:
    """Return what is left to read of an open plain file.

    Args:
        handle: the file.
        most: how many bytes there may be.
        size: how many there are, as far as that is known: no more memory than that is asked for at first.

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
    """Yield what is left to read of an open plain file piece by piece, and no more than `most` bytes of it."""
    while most > 0 and (piece := os.read(handle, min(most, _PIECE))):
        most -= len(piece)
        yield piece
