"""Litter: files that systems and interpreters write into any folder by themselves."""

from __future__ import annotations

import re
from typing import Final

_PYTHON: Final = re.compile(r"(?:^|/)__pycache__(?:/|$)|\.pyc$")
# Finder's and Explorer's notes, whose names have any case.
_NOTES: Final = frozenset((".ds_store", "desktop.ini", "thumbs.db"))
# What macOS writes beside a file on a foreign file system.
_BESIDE: Final = "._"


def is_litter(path: str) -> bool:
    """Return whether a file is litter, by its POSIX path.

    >>> is_litter("skills/pdf/__pycache__/fill.cpython-311.pyc"), is_litter(".DS_Store"), is_litter("pyc")
    (True, True, False)
    """
    return is_system_litter(path) or _PYTHON.search(path) is not None


def is_system_litter(path: str) -> bool:
    """Return whether a desktop wrote a file, which therefore is in no pack.

    >>> is_system_litter("skills/pdf/Desktop.ini"), is_system_litter("skills/pdf/._fill.py"), is_system_litter("a.pyc")
    (True, True, False)
    """
    name = path[path.rfind("/") + 1 :]
    return name.startswith(_BESIDE) or name.lower() in _NOTES
