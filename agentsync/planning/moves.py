"""Files that are on another path in a new lock: an edit on the old path belongs to the new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.lock import Lock
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.rel_path import RelPath


class Move(NamedTuple):
    """An edited file that the new lock has on another path."""

    old: Change
    new: Change


def leaving(plan: Plan) -> list[RelPath]:
    """Return the edited files that the lock no longer wants where they are."""
    return [one.path for one in plan.changes if one.action is Action.RELEASE and isinstance(one.local, FileDigest)]


def moves(plan: Plan, successors: Mapping[RelPath, RelPath]) -> tuple[Move, ...]:
    """Pair edited files that are no longer wanted with the files they became.

    Nothing is put on a path where something stands already.

    Args:
        successors: what each of them became.
    """
    changes = {change.path: change for change in plan.changes}
    pairs = [Move(changes[path], changes[goal]) for path, goal in sorted(successors.items()) if goal in changes]
    return tuple(pair for pair in pairs if pair.new.drift is Drift.MISSING and pair.new.base is None)


def renamed_items(before: Lock, after: Lock) -> tuple[tuple[str, str, str], ...]:
    """Return the items that have another name upstream now: pack, old key, new key.

    What people and other items call by name changes with it, so it is told. An item is the same where
    its path in the pack is.
    """
    found: list[tuple[str, str, str]] = []
    for name, pack in after.packs.items():
        old = before.packs.get(name)
        if old is None or old.choice.rename != pack.choice.rename:
            continue
        keys = {item.path: item.key for item in old.items}
        found += [(name, keys[one.path], one.key) for one in pack.items if keys.get(one.path, one.key) != one.key]
    return tuple(found)
