"""Files of the cache and of the user's own folders: replaced, removed, and written for the user alone."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from agentsync.platform.links import is_link_status
from agentsync.platform.open_folder import Entry, OpenFolder
from agentsync.platform.retrying import make_folders, open_file

_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

_REWRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
SCRATCH: Final = ".new"


def replace(source: Path, goal: Path) -> None:
    """Move a file or a folder to a path, over a file that stands there.

    Raises:
        OSError: where the file system refuses, also after a while.
    """
    _entry(source).replace(_entry(goal))


def remove(where: Path) -> None:
    """Remove a file or a link, if there is one; raise OSError where the file system refuses."""
    _entry(where).unlink(missing_ok=True)


def remove_folder(where: Path) -> None:
    """Remove an empty folder; raise OSError where it is not empty, or the file system refuses."""
    _entry(where).remove_folder()


def remove_tree(where: Path) -> None:
    """Remove a folder with all that is in it, read-only files too; a link is removed and not followed.

    Raises:
        OSError: where the file system refuses; the rest stays.
    """
    remove_all(_entry(where))


def drop_tree(where: Path) -> None:
    """Remove a folder as far as that is possible."""
    with suppress(OSError):
        remove_all(_entry(where))


def remove_all(entry: Entry) -> None:
    """Remove a file, a link, or a folder with all that is in it; as `remove_tree`."""
    status = entry.lstat()
    if is_link_status(status) or not stat.S_ISDIR(status.st_mode):
        entry.unlink()
        return
    here = entry.folder.enter(entry.name)
    try:
        for name in here.names():
            remove_all(Entry(here, name))
    finally:
        here.close()
    entry.remove_folder()


def give_name(scratch: Path, where: Path) -> None:
    """Move a file to a path, unless another process has put one there meanwhile: then that one counts."""
    try:
        if not _entry(scratch).rename_new(_entry(where)):
            _entry(scratch).link(_entry(where))
    except FileExistsError:
        return
    except OSError:
        if not os.path.lexists(where):
            replace(scratch, where)


@contextmanager
def own_scratch(where: Path, data: bytes, *, lasting: bool = True) -> Iterator[Path]:
    """Write a scratch file beside a path, and close it; at the end it is removed.

    Args:
        where: the path; its folder is made where it is missing.
        data: the bytes of the scratch file, which the block may move to `where`.
        lasting: it is flushed to disk, so that it survives a power cut; else it has one name for all processes, so
            that the next one replaces what a killed one left.

    Raises:
        OSError: where the file system refuses.
    """
    make_folders(where.parent, 0o700)
    scratch = where.with_name(f"{where.name}{f'.{os.getpid()}-{threading.get_ident()}' * lasting}.new")
    remove(scratch)
    try:
        with os.fdopen(open_file(scratch, _WRITING, 0o600), "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        yield scratch
    finally:
        remove(scratch)


def write_beside(where: Path, *pieces: bytes) -> None:
    """Write a file whole or not at all, and do not wait for the disk; as `write_pieces_beside`."""
    write_pieces_beside(where, pieces)


def write_pieces_beside(where: Path, pieces: Iterable[bytes]) -> None:
    """Write a file piece by piece, whole or not at all, and do not wait for the disk; folders on the way are made.

    The scratch file has one name for all processes, the file's own and `SCRATCH` behind it.

    Raises:
        OSError: where the file system refuses; the old file is untouched.
    """
    scratch = where.with_name(where.name + SCRATCH)
    try:
        handle = open_file(scratch, _REWRITING, 0o666)
    except FileNotFoundError:
        make_folders(where.parent)
        handle = open_file(scratch, _REWRITING, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
        replace(scratch, where)
    except BaseException:
        remove(scratch)
        raise


@contextmanager
def scratch_folder(*, stays: bool = False) -> Iterator[Path]:
    """Make a folder for a block; afterwards it is removed as far as that is possible, unless it `stays`."""
    import tempfile  # few commands need one

    folder = Path(tempfile.mkdtemp(prefix="agentsync-"))
    try:
        yield folder
    finally:
        if not stays:
            drop_tree(folder)


def scratch_file() -> IO[bytes]:
    """Open a file without a name, which is gone when it is closed."""
    if hasattr(os, "memfd_create"):
        with suppress(OSError):  # in memory, and `tempfile` takes long to load
            return os.fdopen(os.memfd_create("agentsync", os.MFD_CLOEXEC), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def keep_log(text: str) -> Path:
    """Write a text into a new file that stays, and return where it is.

    Raises:
        OSError: where the file system refuses.
    """
    import tempfile

    handle, name = tempfile.mkstemp(prefix="agentsync-bug-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(name)


def _entry(where: Path) -> Entry:
    return Entry(OpenFolder(str(where.parent)), where.name)
