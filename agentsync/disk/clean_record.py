"""Answer "nothing has changed" before anything else is loaded.

A full check that found a project clean writes a record: what it printed, and the state of every file
and folder that it looked at. Where all of them are unchanged, the answer is the same, and is given
from here. At every difference and every doubt there is no answer, and the full check runs: nothing
is decided, hashed, written or repaired here. `project/clean_check.py` makes the records.

A file counts as unchanged as in git: by mode, size, inode, and the times of the last change of
content and of the inode. A file that was changed shortly before a check is in no record, because one
more change could have the same times (git's "racy" entries). A record is not used where it lies in
the project, belongs to another user, or was made by another version.

Nothing is imported that Python has not loaded already, but for `marshal`: a record is for one
version of Python, like a `.pyc`. It may be deleted at any time.
"""

# `pathlib` takes longer to load than all of this takes to run.
# ruff: noqa: PTH111, PTH113, PTH116, PTH117, PTH118, PTH109, PTH120, PTH123, PTH208
from __future__ import annotations

import marshal
import os
import stat
import sys

from agentsync import __version__

MANIFEST = "agentsync.yaml"
_OTHER_NAME = "agentsync.yml"
# Options that do not change what a command says of a project that is clean without them.
_HARMLESS = {
    "drift": {"--offline", "--quiet", "-q"},
    "install": {"--locked", "--frozen", "--offline", "--quiet", "-q"},
}
HEADER = f"agentsync unchanged 1 {__version__} {sys.hexversion:x}\n".encode()
DOUBTS = (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, NotImplementedError)

TYPE_CHECKING = False  # for type checkers it is true: `typing` itself takes long to load
if TYPE_CHECKING:
    from typing import TypedDict

    # Variables: their values. Inputs: path to identity, None where there is nothing. Folders: path to the
    # names in it, None where any are allowed. Links: the real path of each link that is followed.
    # Files: the paths below the root, and their identities column by column,
    # which loads several times as fast as row by row.
    Identity = tuple[int, int, int, int, int]
    Variables = dict[str, str | None]
    Inputs = dict[str, Identity | None]
    Folders = dict[str, list[str] | None]
    Links = dict[str, str]
    Evidence = tuple[Variables, Inputs, Folders, Links, list[str], list[list[int]]]

    class Record(TypedDict):
        """The content of a record."""

        root: str
        lines: dict[str, str]
        evidence: Evidence


def answer(arguments: list[str]) -> str | None:
    """Return what a command prints, None where that is not known without running it."""
    verb, *options = arguments or [""]
    if verb not in _HARMLESS or not _HARMLESS[verb].issuperset(options):
        return None
    try:
        root = _project()
        record = read(root) if root else None
        line = record["lines"].get(verb) if record else None
        return line if isinstance(line, str) and record and _stands(record) else None
    except DOUBTS:
        return None


def folder() -> str:
    """Return the folder of records, in the user's cache folder; "" where none are kept."""
    if not hasattr(os, "geteuid"):
        return ""  # a system without owners does not tell when an inode was changed
    cache = os.environ.get("AGENTSYNC_CACHE_DIR")
    if not cache:
        on_mac = sys.platform == "darwin"
        home = os.path.expanduser("~/Library/Caches" if on_mac else "~/.cache")
        cache = ((os.environ.get("XDG_CACHE_HOME") or "").strip() or home) + "/agentsync"
    return f"{cache}/unchanged-1" if os.path.isabs(cache) else ""


def _project() -> str | None:
    """Return the nearest folder, upwards from the current one, that holds a manifest."""
    where = os.getcwd()
    while not os.path.isfile(os.path.join(where, MANIFEST)):
        if os.path.isfile(os.path.join(where, _OTHER_NAME)):
            return None
        where, below = os.path.dirname(where), where
        if where == below:
            return None
    return where


def place(root: str) -> str | None:
    """Return the path of a project's record; None where a project could write it itself."""
    records = folder()
    if not records or os.path.realpath(records).startswith(os.path.join(os.path.realpath(root), "")):
        return None
    status = os.stat(root)
    return f"{records}/{status.st_dev:x}-{status.st_ino:x}"


def read(root: str) -> Record | None:
    """Return the record of a project, None where there is none that can be trusted."""
    where = place(root)
    if where is None or not os.path.isfile(where):
        return None
    with open(where, "rb") as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.geteuid() or status.st_mode & 0o022 or file.readline() != HEADER:
            return None
        record: Record = marshal.loads(file.read())
    return record if record["root"] == root else None


def _stands(record: Record) -> bool:
    """Return whether everything that a check looked at is unchanged."""
    variables, inputs, folders, links, paths, columns = record["evidence"]
    if any(os.environ.get(name) != value for name, value in variables.items()):
        return False
    for path, seen in inputs.items():
        if identity(path) != seen:
            return False
    for path, names in folders.items():
        if not stat.S_ISDIR(os.lstat(path).st_mode) or (names is not None and sorted(os.listdir(path)) != names):
            return False
    if any(os.path.realpath(path) != real for path, real in links.items()):
        return False
    root = os.open(record["root"], os.O_RDONLY)
    try:
        return _are_as_they_were(root, paths, columns)
    finally:
        os.close(root)


def _are_as_they_were(root: int, paths: list[str], columns: list[list[int]]) -> bool:
    # By their place, where fields have one: by name they take twice as long.
    lstat, kind, number, length = os.lstat, stat.ST_MODE, stat.ST_INO, stat.ST_SIZE
    for path, mode, size, content, inode_change, inode in zip(paths, *columns, strict=True):
        # From the open root on: the way there need not be gone for each of them.
        now = lstat(path, dir_fd=root)
        # The times first: one of them differs after nearly every change.
        if (
            now.st_mtime_ns != content
            or now.st_ctime_ns != inode_change
            or now[length] != size
            or now[kind] != mode
            or now[number] != inode
        ):
            return False
    return True


def identity(path: str) -> Identity | None:
    """Return what tells a version of a file from any other; a link is followed. None where nothing is."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return fields(os.stat(path))


def fields(status: os.stat_result) -> Identity:
    """Return the fields of a status that differ after any change."""
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
