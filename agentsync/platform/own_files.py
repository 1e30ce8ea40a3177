"""Files in the user's own folders: written whole, and readable by the user alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@contextmanager
def own_scratch(where: Path, data: bytes) -> Iterator[Path]:
    """Write a scratch file beside a path, closed and flushed to disk; at the end it is removed.

    Args:
        where: the path; its folder is made where it is missing.
        data: the bytes of the scratch file, which the block may move to `where`.

    Raises:
        OSError: where the file system refuses.
    """
    where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = where.with_name(f"{where.name}.{os.getpid()}-{threading.get_ident()}.new")
    scratch.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(scratch, _WRITING, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)
