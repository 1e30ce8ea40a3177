"""Litter: files that systems and interpreters write into any folder by themselves."""

from __future__ import annotations

import re
from typing import Final

# Python's compiled files, Finder's and Explorer's notes, and what macOS writes beside a file on a foreign file system.
_LITTER: Final = re.compile(
    r"(?:^|/)__pycache__(?:/|$)|(?:^|/)(?:[^/]*\.pyc|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)$"
)


def is_litter(path: str) -> bool:
    """Return whether a file is litter, by its POSIX path.

    >>> is_litter("skills/pdf/__pycache__/fill.cpython-311.pyc"), is_litter(".DS_Store"), is_litter("pyc")
    (True, True, False)
    """
    return _LITTER.search(path) is not None
