"""A file as git has it: in a tree, on a side of a patch or a merge, and in a history."""

from collections.abc import Mapping
from typing import NamedTuple


class Side(NamedTuple):
    """One file on one side of a patch: its bytes, or where it points to if it is a link."""

    data: bytes
    executable: bool = False
    is_link: bool = False


class Merged(NamedTuple):
    """The result of a three-way merge; a text that both sides changed in the same place has conflict markers."""

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
    """Origins of bytes in a history, by their name in the search; `why` it stopped early, "" where it did not."""

    found: Mapping[str, Origin]
    why: str = ""
