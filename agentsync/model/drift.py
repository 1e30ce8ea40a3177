"""Drift: the state of one slot, from what we last wrote, what is on disk and what the lock asks for."""

from enum import StrEnum
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.rel_path import RelPath


class Drift(StrEnum):
    """State of one slot: the word that users read, and its meaning for reports."""

    meaning: str

    def __new__(cls, word: str, meaning: str = "") -> "Drift":
        drift = str.__new__(cls, word)
        drift._value_, drift.meaning = word, meaning
        return drift

    IN_SYNC = "in sync", "it is what the lock asks for"
    MISSING = "missing", "the lock asks for it, and nothing is there"
    BEHIND = "behind", "the lock asks for another version of it"
    STALE = "stale", "the lock no longer asks for it"
    EDITED = "edited", "it is not what the lock asks for"
    DIVERGED = "diverged", "changed here and in the lock"
    FOREIGN = "foreign", "something else stands on the path"
    KEPT = "kept", "it is what the lock asks for, with an edit that the project keeps"
    EXTRA = "extra", "it is no part of the item in whose folder it is"


class Replaced(StrEnum):
    """Obstacle on a path where a plain file should be; it is never read or followed."""

    SYMLINK = "symlink"
    FOLDER = "folder"
    OTHER = "other"
    OWN_FOLDER = "own folder"  # the folder that it would be in is the user's own
    OTHER_FORM = "other form"  # an entry in a form that is not edited, such as an inline table of TOML


class Blocked(NamedTuple):
    """Something above a path that is no folder, so that nothing can stand on the path."""

    kind: Replaced
    path: RelPath


class Unreadable(NamedTuple):
    """A plain file whose bytes could not be read; `reason` is the system's own word."""

    reason: str


class Unclear(NamedTuple):
    """An entry that cannot be told from the rest of its document, or the document cannot be read; with the reason."""

    why: str


Local = FileDigest | Replaced | Blocked | Unreadable | Unclear | None


def classify(base: FileDigest | None, local: Local, wanted: FileDigest | None) -> Drift | None:
    """Compare what we last wrote, what is on disk, and what the lock asks for; None for a file that is none of ours.

    Only equality counts, so if two are equal, the third decides. Equal but for line ends is equal; only a
    program with other line ends than the lock's is edited, because it does not run as it should.

    Args:
        base: the digest we last wrote here, None where we never did.
        local: what is on disk, None where nothing is.
        wanted: the digest in the lock, None where the lock wants no such file.

    >>> a, b = FileDigest("a" * 64), FileDigest("b" * 64)
    >>> classify(base=a, local=a, wanted=b)
    <Drift.BEHIND: 'behind'>
    >>> classify(base=a, local=b, wanted=a)
    <Drift.EDITED: 'edited'>
    """
    if isinstance(local, Unclear):
        return Drift.EDITED
    if wanted is None:
        return _unwanted(base, local)
    if local is Replaced.OTHER_FORM:
        return Drift.FOREIGN
    if local == wanted:
        return Drift.IN_SYNC
    if local is None:
        return Drift.MISSING
    if isinstance(local, FileDigest) and agree(local, wanted):
        return Drift.EDITED if wanted.runs or local.runs else Drift.IN_SYNC
    if base is None:
        return Drift.FOREIGN
    if agree(local, base):
        return Drift.BEHIND
    return Drift.EDITED if agree(wanted, base) else Drift.DIVERGED


def _unwanted(base: FileDigest | None, local: Local) -> Drift | None:
    if base is None or local is None:
        return None
    return Drift.STALE if agree(local, base) else Drift.DIVERGED


def agree(one: Local, other: FileDigest) -> bool:
    """Return whether two files are equal but for line ends, modes included."""
    return isinstance(one, FileDigest) and one.same_mode(other) and one.same_text(other)
