"""A file as git has it: in a tree, on a side of a patch or a merge, and in a history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Side(NamedTuple):
    """One file on one side of a patch: its bytes, or where it points to if it is a link."""

    data: bytes
    executable: bool = False
    is_link: bool = False


class Merged(NamedTuple):
    """The result of a three-way merge.

    Args:
        data: the merged file; with conflict markers where it is conflicted.
        conflicted: whether both sides changed the same thing.
    """

    data: bytes
    conflicted: bool = False


class TreeEntry(NamedTuple):
    """One file of a pack: git's mode and the id of its blob."""

    mode: str
    oid: str

    @property
    def is_plain(self) -> bool:
        """Return whether it is a file of bytes: no link, no submodule."""
        return self.mode in ("100644", "100664", "100755")

    @property
    def executable(self) -> bool:
        return self.mode == "100755"


class Origin(NamedTuple):
    """A file in a history: its path and the newest commit that wrote it."""

    commit: str
    path: str


class Searched(NamedTuple):
    """Result of the search of a history.

    Args:
        found: the origins of bytes, by the name that the search has for them.
        why: the reason why the search stopped early; "" where it did not.
    """

    found: Mapping[str, Origin]
    why: str = ""
