"""Names that would have other bytes on this system than everywhere else: git writes names in UTF-8.

Python writes them in the encoding of the locale, which is another one under `LC_ALL=C` without coercion, and under
`de_DE.ISO-8859-1`. A file with such a name would not be the one that the lock names.

Source: the documentation of `sys.getfilesystemencoding` and of Python's UTF-8 mode.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from agentsync.errors import UnsafeError
from agentsync.model.slot import EntryPath
from agentsync.platform.names import IN_UTF8


def refuse_other_bytes(paths: Iterable[str]) -> None:
    """Insist that each path has the bytes that git gives it.

    Raises:
        UnsafeError: where one has others in this locale, or cannot be written at all.
    """
    if sys.getfilesystemencoding() == "utf-8":
        return
    files = (path.document if isinstance(path, EntryPath) else path for path in paths)
    if other := next((path for path in files if not path.isascii() and _differs(path)), ""):
        raise UnsafeError(
            f"no file has the name {other} here",
            why=f"this locale has names in {sys.getfilesystemencoding()}, and git has them in UTF-8",
            hint=IN_UTF8,
        )


def _differs(path: str) -> bool:
    try:
        return os.fsencode(path) != path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return True
