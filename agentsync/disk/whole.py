"""Write a file whole or not at all: its bytes are staged, flushed to disk, and moved into place."""

from __future__ import annotations

import os
import re
import threading
from enum import Enum
from typing import Final

from agentsync.disk.swap import look, put
from agentsync.late import late
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Local
from agentsync.platform.open_folder import Entry, OpenFolder


class Anything(Enum):
    """Any content of a path."""

    ANYTHING = "anything"


ANYTHING: Final = Anything.ANYTHING
# The names of scratch files begin so where they cannot be in the stage.
BESIDE: Final = ".agentsync-"
# They end so where no file of a person can get their name.
NEW: Final = ".new"
_SCRATCH: Final = late(rf"{re.escape(BESIDE)}[0-9]+-[0-9]+(?:{re.escape(NEW)})?")


def write_whole(
    where: Entry,
    data: bytes,
    *,
    stage: OpenFolder | None,
    executable: bool = False,
    expected: Local | Anything = ANYTHING,
    mode: int | None = None,
) -> bool:
    """Write a file so that it is at any moment the old one or the new one.

    Args:
        where: the file.
        data: its bytes.
        stage: a folder that no tool reads, None for the folder of the file itself.
        executable: whether it may be executed.
        expected: what must stand there until the last moment.
        mode: the permissions that it keeps, None for those of a new file.

    Returns:
        True where it was written; False where something else stands there than expected.

    Raises:
        OSError: where the file system refuses; the old file is untouched.
    """
    scratch = scratch_for(stage, where, NEW if isinstance(expected, Anything) else "")
    try:
        # A process that was killed may have had the same number; in a container it always has.
        scratch.unlink(missing_ok=True)
        scratch.write_new(data, 0o777 if executable else 0o666 if mode is None else mode & 0o700)
        if mode is not None:
            scratch.set_mode(mode)
        if isinstance(expected, Anything):
            scratch.replace(where)
            return True
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    return _put_or_remove(scratch, where, data, expected)


def put_staged(scratch: Entry, where: Entry, data: bytes, expected: Local | Anything = ANYTHING) -> bool:
    """Move a staged file, which is on disk, to its place; the rest is as in `write_whole`.

    Args:
        scratch: the staged file; its name ends as only new files end.
        where: its place.
        data: its bytes.
        expected: what must stand there until the last moment.
    """
    if isinstance(expected, Anything) or expected is None:
        try:
            if isinstance(expected, Anything):
                scratch.replace(where)
                return True
            if scratch.rename_new(where):
                return True
        except BaseException as error:
            scratch.unlink(missing_ok=True)
            if isinstance(error, FileExistsError):
                return False
            raise
    else:
        # It will have the bytes that stood there, which may be those of a person.
        named = Entry(scratch.folder, scratch.name.removesuffix(NEW))
        scratch.rename(named)
        scratch = named
    return _put_or_remove(scratch, where, data, expected)


def _put_or_remove(scratch: Entry, where: Entry, data: bytes, expected: Local) -> bool:
    is_there = False
    try:
        is_there = put(scratch, where, expected)
    finally:
        # After an exchange that could not be undone, the scratch file is the file of a person.
        if not is_there and isinstance(left := look(scratch), FileDigest) and left.sha256 == digest_of(data).sha256:
            scratch.unlink()
    return is_there


def is_scratch(name: str) -> bool:
    """Return whether a file that is not in the stage has the name of a scratch file."""
    return _SCRATCH.fullmatch(name) is not None


def scratch_for(stage: OpenFolder | None, where: Entry, ending: str = "") -> Entry:
    """Return a name for this thread alone: in the stage, or beside a file that is on another file system."""
    name = f"{os.getpid()}-{threading.get_ident()}{ending}"
    if stage is not None and stage.device() == where.folder.device():
        return Entry(stage, name)
    return Entry(where.folder, f"{BESIDE}{name}")
