"""Repair of a lock that a merge left with conflict markers, or of which entries are not what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from agentsync.errors import AgentsyncError, LockError
from agentsync.formats.conflict_markers import is_conflicted, sides_of
from agentsync.formats.lock_reader import parse_lock
from agentsync.merging.lock_merge import Settled, settle
from agentsync.model.digest import FileDigest
from agentsync.model.lock import Lock
from agentsync.model.slot import Receipt, SlotPath
from agentsync.project.project import Project
from agentsync.project.workspace import Workspace


def settle_lock(project: Project) -> Settled | None:
    """Keep the sound entries of the lock, and return what is known of the others; None where all are sound."""
    text = project.state.lock_text()
    if not is_conflicted(text) and not project.faults_of(project.lock):
        return None
    from agentsync.git.working_tree import COMMITS, SIDES, committed

    merged = _locks_of(committed(project.scope.home, project.scope.lock.name, SIDES))
    others = _locks_of(committed(project.scope.home, project.scope.lock.name, COMMITS))
    try:
        sides = [parse_lock(side) for side in (sides_of(text) if is_conflicted(text) else (text,))]
    except LockError:
        # Hunks that belong together were merged apart; only the whole files can be read.
        if len(merged) < len(SIDES):
            raise
        sides = merged
    settled = settle(sides, merged, others, lambda lock: {one.pack for one in project.faults_of(lock)})
    project.lock = settled.lock
    return settled


def _locks_of(texts: Iterable[bytes]) -> list[Lock]:
    """Read what is a lock of these files."""
    found = []
    for data in texts:
        with suppress(AgentsyncError, ValueError):
            found.append(parse_lock(data.decode("utf-8")))
    return found


def remember_sides(workspace: Workspace, settled: Settled, lock: Lock) -> None:
    """Remember as ours what sides of a merge have and the new lock has not, where git has left just that here.

    What a side has of a kept edit is a person's, unless its slot is gone.
    """
    packs = [one.pack for found in settled.earlier.values() for one in found if one.is_sound]
    ours = lock.slots()
    known = workspace.project.receipt or Receipt(ours, frozenset(ours))
    left: dict[SlotPath, list[FileDigest]] = {}
    for pack in packs:
        for slot, digest in pack.slots.items():
            is_edit = slot in pack.kept and slot in ours
            if not is_edit and digest not in (ours.get(slot), known.files.get(slot)):
                left.setdefault(slot, []).append(digest)
    found = workspace.slots.all(left)
    same = {slot: digest for slot, digests in left.items() for digest in digests if found.get(slot) == digest}
    if same:
        with workspace.exclusive():
            receipt = known._replace(files={**known.files, **same}, hints=known.hints | same.keys())
            workspace.state.save_receipt(receipt)
