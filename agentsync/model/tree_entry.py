"""A tree entry: one name in a folder, as git lists it."""

from __future__ import annotations

from typing import NamedTuple


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
        """Return whether its owner may execute it."""
        return self.mode == "100755"
