"""Limits: the largest file, pack and listing that is accepted.

A policy can change `file`, `pack`, `files` and, for large files, `read`; all other numbers are these.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

_MIB = 1024 * 1024


class Limits(NamedTuple):
    """The largest sizes that are accepted, and the packs that may hold hidden text.

    Args:
        file: bytes of a file that is installed.
        pack: bytes of all files of a pack that are installed, and of all that are read to find them.
        files: files of a pack that are installed.
        header: bytes of the header of a Markdown file.
        aliased: values that a header stands for once its aliases are followed.
        read: bytes of a file that is only read, such as a list of packs.
        listing: bytes of the names of all files of a repository, as git lists them.
        refs: bytes of the names of all branches and tags, as git lists them.
        allow_hidden: globs over pack names whose text may hold hidden characters.
    """

    file: int = _MIB
    pack: int = 64 * _MIB
    files: int = 5_000
    header: int = 64 * 1024
    aliased: int = 10_000
    read: int = 4 * _MIB
    listing: int = 16 * _MIB
    refs: int = 8 * _MIB
    allow_hidden: tuple[str, ...] = ()

    def allows_hidden(self, pack: str) -> bool:
        """Return whether the text of a pack may hold hidden characters."""
        return any(fnmatchcase(pack, pattern) for pattern in self.allow_hidden)

    def why_unread(self, sizes: Mapping[str, int]) -> str:
        """Return the reason why files of these sizes are not read, "" where they are."""
        most = max(self.read, self.file)
        for path, size in sizes.items():
            if size > most:
                return f"{path} has {size:,} bytes, more than {in_words(most)}"
        # The largest file is added for the files that are read to find the items.
        if (size := sum(sizes.values())) > self.pack + most:
            return f"its files have {size:,} bytes, more than {in_words(self.pack + most)}"
        return ""


DEFAULT_LIMITS = Limits()


def in_words(size: int) -> str:
    """Return a number of bytes in KiB or MiB where it is a whole number of them."""
    if size >= _MIB and not size % _MIB:
        return f"{size // _MIB} MiB"
    return f"{size // 1024} KiB" if size >= 1024 and not size % 1024 else f"{size:,} bytes"
