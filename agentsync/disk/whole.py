"""Write a file whole or not at all: its bytes are staged, flushed to disk, and moved into place.

What must stand in that place can be named; anything else that stands there is left alone.
"""

# ruff: noqa: PTH103, PTH105, PTH108, PTH116, PTH120 - a Path for each step of each file takes most of the time

from __future__ import annotations

import os
import threading
from enum import Enum
from pathlib import Path
from typing import Final

from agentsync.disk.swap import put
from agentsync.model.drift import Local

_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class Anything(Enum):
    """Whatever stands on a path."""

    ANYTHING = "anything"


ANYTHING: Final = Anything.ANYTHING
# How the names of scratch files begin that cannot be in the stage, and end where none but ours can be in them.
BESIDE: Final = ".agentsync-"
NEW: Final = ".new"


def write_whole(
    where: Path | str, data: bytes, *, stage: Path, executable: bool = False, expected: Local | Anything = ANYTHING
) -> bool:
    """Write a file so that it is at any moment the old one or the new one.

    Args:
        where: the file.
        data: its bytes.
        stage: a folder on the same file system that no tool reads; made where it is missing.
        executable: whether it may be executed.
        expected: what must stand there until the last moment.

    Returns:
        Whether it was written; False where something else stands there than expected.

    Raises:
        OSError: where the file system refuses; the old file is untouched.
    """
    where = os.fspath(where)
    scratch = scratch_for(stage, where, NEW if isinstance(expected, Anything) else "")
    mode = 0o777 if executable else 0o666
    try:
        handle = os.open(scratch, _CREATE, mode)
    except FileExistsError:
        # One that was killed may have had the same number, and in a container always has.
        os.unlink(scratch)
        handle = os.open(scratch, _CREATE, mode)
    with os.fdopen(handle, "wb") as file:
        ours = os.fstat(handle).st_ino
        is_there = False
        try:
            file.write(data)
            file.flush()
            os.fsync(handle)
            if isinstance(expected, Anything):
                os.replace(scratch, where)
                is_there = True
            else:
                is_there = put(scratch, where, expected)
        finally:
            # After a swap that went wrong, what has our name may be the file of a person.
            if not is_there and os.path.lexists(scratch) and os.lstat(scratch).st_ino == ours:
                os.unlink(scratch)
    return is_there


def scratch_for(stage: Path, where: str, ending: str = "") -> str:
    """A name in the stage for this thread alone; beside a file that is on another file system."""
    name = f"{os.getpid()}-{threading.get_ident()}{ending}"
    try:
        device = os.stat(stage).st_dev
    except FileNotFoundError:
        os.makedirs(stage, exist_ok=True)
        device = os.stat(stage).st_dev
    folder = os.path.dirname(where)
    return f"{stage}/{name}" if device == os.stat(folder).st_dev else f"{folder}/{BESIDE}{name}"
