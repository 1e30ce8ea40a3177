"""Write a file whole or not at all: its bytes are staged, flushed to disk, and moved into place.

What must stand in that place can be named; anything else that stands there is left alone.
"""

from __future__ import annotations

import os
import re
import threading
from enum import Enum
from typing import Final

from agentsync.disk.open_folder import Entry, OpenFolder
from agentsync.disk.swap import put
from agentsync.model.drift import Local

_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Anything(Enum):
    """Whatever stands on a path."""

    ANYTHING = "anything"


ANYTHING: Final = Anything.ANYTHING
# How the names of scratch files begin that cannot be in the stage, and end where none but ours can be in them.
BESIDE: Final = ".agentsync-"
NEW: Final = ".new"
_SCRATCH: Final = re.compile(rf"{re.escape(BESIDE)}[0-9]+-[0-9]+(?:{re.escape(NEW)})?")


def write_whole(
    where: Entry, data: bytes, *, stage: OpenFolder, executable: bool = False, expected: Local | Anything = ANYTHING
) -> bool:
    """Write a file so that it is at any moment the old one or the new one.

    Args:
        where: the file.
        data: its bytes.
        stage: a folder on the same file system that no tool reads.
        executable: whether it may be executed.
        expected: what must stand there until the last moment.

    Returns:
        Whether it was written; False where something else stands there than expected.

    Raises:
        OSError: where the file system refuses; the old file is untouched.
    """
    scratch = scratch_for(stage, where, NEW if isinstance(expected, Anything) else "")
    mode = 0o777 if executable else 0o666
    try:
        handle = scratch.open(_CREATE, mode)
    except FileExistsError:
        # One that was killed may have had the same number, and in a container always has.
        scratch.unlink()
        handle = scratch.open(_CREATE, mode)
    with os.fdopen(handle, "wb") as file:
        ours = os.fstat(handle).st_ino
        is_there = False
        try:
            file.write(data)
            file.flush()
            os.fsync(handle)
            if isinstance(expected, Anything):
                scratch.replace(where)
                is_there = True
            else:
                is_there = put(scratch, where, expected)
        finally:
            # After a swap that went wrong, what has our name may be the file of a person.
            if not is_there and scratch.exists() and scratch.lstat().st_ino == ours:
                scratch.unlink()
    return is_there


def is_scratch(name: str) -> bool:
    """Return whether a file that is not in the stage has the name of a scratch file."""
    return _SCRATCH.fullmatch(name) is not None


def scratch_for(stage: OpenFolder, where: Entry, ending: str = "") -> Entry:
    """A name in the stage for this thread alone; beside a file that is on another file system."""
    name = f"{os.getpid()}-{threading.get_ident()}{ending}"
    if stage.device() == where.folder.device():
        return Entry(stage, name)
    return Entry(where.folder, f"{BESIDE}{name}")
