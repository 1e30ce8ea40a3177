"""Kept edits, and their fate when one lock replaces another."""

from enum import StrEnum
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.slot import SlotPath


class Fate(StrEnum):
    """Fate of one kept edit."""

    CARRIED = "carried"  # still kept: for another pack, on another path, or rebased in place
    REUSED = "reused"  # a patch without a kept edit is used again
    RESTORED = "restored"  # an earlier lock, which had it, is restored
    TAKEN = "taken"  # upstream has the same change
    GONE = "gone"  # its file is no longer installed
    CONFLICT = "conflict"  # upstream changed the same lines
    OCCUPIED = "occupied"  # upstream has a file of its own where the project added one
    UNREADABLE = "unreadable"  # the file that it was made for is no longer available
    RIVAL = "rival"  # another branch keeps another edit of the same lines
    FORGOTTEN = "forgotten"  # the earlier lock had it, and this machine has no patch of it


# The edit becomes a plain local edit; where its file is not on disk, only the backup of its patch has it.
ENDED = (Fate.GONE, Fate.CONFLICT, Fate.OCCUPIED, Fate.UNREADABLE)


class KeptEdit(NamedTuple):
    """One edit that the project keeps: the digests of upstream's file, None for no such file, and of the edited one."""

    pack: str
    path: SlotPath
    made_for: FileDigest | None
    result: FileDigest


class KeptOutcome(NamedTuple):
    """Fate of one kept edit, its old place, and its new place or that of its file; "" for none."""

    fate: Fate
    pack: str
    path: SlotPath
    new_pack: str = ""
    new_path: str = ""

    @property
    def has_moved(self) -> bool:
        return bool(self.new_path) and (self.pack, self.path) != (self.new_pack, self.new_path)
