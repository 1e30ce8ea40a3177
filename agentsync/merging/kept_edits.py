"""Edits that are the project's own: recorded as patches, applied on every machine, carried from lock to lock.

A kept file is installed as upstream's bytes with the patch in them. The lock has the digest of the result, and
upstream's own digest, for which the patch was made. A patch belongs to an item: it goes where the item goes.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from agentsync.errors import AgentsyncError
from agentsync.model.digest import FileDigest
from agentsync.model.kept_edit import KeptEdit, KeptOutcome
from agentsync.model.lock import Lock
from agentsync.model.slot import SlotPath
from agentsync.targets.tool import Tool


class Source(Protocol):
    """Source of the bytes of locked files."""

    def bytes_of(self, lock: Lock, paths: Sequence[SlotPath], *, past: bool = False) -> Mapping[SlotPath, bytes]:
        """Return the installed bytes, patches applied; with `past` those of an earlier lock."""

    def upstream_bytes(self, lock: Lock, paths: Sequence[SlotPath]) -> Mapping[SlotPath, bytes]:
        """Return upstream's own bytes, without patches."""

    def patch(self, pack: str, path: SlotPath) -> bytes | None: ...

    def tools(self, lock: Lock) -> Sequence[Tool]: ...


class Rebased(NamedTuple):
    """Result of carrying the kept edits of a lock over to another one.

    Args:
        patches: the patches to write, by pack and path; None for one to take away.
        contents: the patched bytes of files whose patch is written with them.
        lost: the upstream digest of each file whose edit could not be carried over: from now on it is a
            plain local edit of that.
    """

    lock: Lock
    patches: Mapping[tuple[str, SlotPath], bytes | None] = {}
    contents: Mapping[SlotPath, bytes] = {}
    lost: Mapping[SlotPath, FileDigest | None] = {}
    outcomes: tuple[KeptOutcome, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing but the lock has to be written."""
        return not self.patches and not self.lost


def read_upstream(
    source: Source, before: Lock, after: Lock, old: Collection[SlotPath], new: Collection[SlotPath]
) -> tuple[Mapping[SlotPath, bytes], Mapping[SlotPath, bytes]]:
    """Return upstream's bytes of files of two locks; none where some cannot be had."""
    try:
        return source.upstream_bytes(before, list(old)), source.upstream_bytes(after, list(new))
    except AgentsyncError:
        return {}, {}


def kept_edits(lock: Lock) -> list[KeptEdit]:
    """Return every kept edit of a lock, sorted by path."""
    found = [
        KeptEdit(pack.name, path, made_for, pack.slots[path])
        for pack in lock.packs.values()
        for path, made_for in pack.kept.items()
    ]
    return sorted(found, key=lambda edit: edit.path)
