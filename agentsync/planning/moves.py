"""Files that upstream moved: an edit on the old path belongs to the new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentsync.model.drift import Drift
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.rel_path import RelPath
from agentsync.planning.planner import Known


@dataclass(frozen=True, slots=True)
class Move:
    """An edited file that the new lock has on another path."""

    old: Change
    new: Change


def moves(plan: Plan, before: Known, after: Known) -> tuple[Move, ...]:
    """Pair edited files that are no longer wanted with the files they became.

    A file is followed by its bytes first, then by the item it belongs to. Each new path is taken once.

    Args:
        plan: how every file stands against the new lock.
        before: the old lock's files.
        after: the new lock's files.
    """
    arrived = {change.path: change for change in plan.changes if change.drift is Drift.MISSING and change.base is None}
    old_roles, new_roles = dict(_roles(before)), {role: path for path, role in _roles(after)}
    found = []
    for change in plan.changes:
        if change.action is not Action.RELEASE:
            continue
        same_bytes = [path for path, new in arrived.items() if _same(new, change)]
        role = old_roles.get(change.path)
        by_role = [new_roles[role]] if role is not None and role in new_roles else []
        target = next((path for path in (*same_bytes, *by_role) if path in arrived), None)
        if target is not None:
            found.append(Move(change, arrived[target]))
            del arrived[target]
    return tuple(found)


def _same(new: Change, old: Change) -> bool:
    if new.pack != old.pack or new.wanted is None or old.base is None:
        return False
    return new.wanted.sha256 == old.base.sha256


def _roles(known: Known) -> Iterator[tuple[RelPath, tuple[str, str, str]]]:
    """What each installed path is: its pack, its item, and its place within the item."""
    places = known.places()
    for pack in known.wanted.packs.values():
        mine = [place for place in places if place.pack == pack.name]
        for path in pack.files:
            for place in mine:
                if place.holds(path):
                    yield path, (pack.name, place.item.key, path[len(place.path) :] if place.whole_folder else "")
