"""Kept edits, and their fate when one lock replaces another."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.rel_path import RelPath


class Fate(StrEnum):
    """Fate of one kept edit."""

    CARRIED = "carried"  # it is kept on: for another pack, on another path, or rebased where it was
    REUSED = "reused"  # its patch lay there, of no use, and serves again
    RESTORED = "restored"  # it comes back with the earlier lock that had it
    TAKEN = "taken"  # upstream has it now
    GONE = "gone"  # its file is no longer installed
    CONFLICT = "conflict"  # upstream changed the same lines
    OCCUPIED = "occupied"  # upstream has a file of its own where the project added one
    UNREADABLE = "unreadable"  # what it was made for cannot be had any more
    RIVAL = "rival"  # another branch keeps another edit of the same lines
    FORGOTTEN = "forgotten"  # the earlier lock had it, and its patch is not remembered here


# The edit is a plain local one from now on, or where its file is not on disk, only in the backup of its patch.
ENDED = (Fate.GONE, Fate.CONFLICT, Fate.OCCUPIED, Fate.UNREADABLE)


class KeptEdit(NamedTuple):
    """One edit that the project keeps.

    Args:
        pack: the pack that its patch is for.
        path: the file, in the scope.
        made_for: the digest of upstream's file, None for a file that upstream does not have.
        result: the digest of the edited file.
    """

    pack: str
    path: RelPath
    made_for: FileDigest | None
    result: FileDigest


class KeptOutcome(NamedTuple):
    """Fate of one kept edit, and its new place.

    Args:
        pack, path: its old place.
        new_pack, new_path: its new place, or that of its file; "" for none.
    """

    fate: Fate
    pack: str
    path: RelPath
    new_pack: str = ""
    new_path: str = ""

    @property
    def has_moved(self) -> bool:
        """Return whether its pack or path changed."""
        return bool(self.new_path) and (self.pack, self.path) != (self.new_pack, self.new_path)
