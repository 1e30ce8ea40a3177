"""Files that upstream moved: an edit on the old path belongs to the new one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.lock import Lock
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.rel_path import RelPath
from agentsync.planning.planner import Known

Role = tuple[str, str, str]


class Move(NamedTuple):
    """An edited file that the new lock has on another path."""

    old: Change
    new: Change


def moves(plan: Plan, before: Known, after: Known) -> tuple[Move, ...]:
    """Pair edited files that are no longer wanted with the files they became.

    A file is followed by its bytes first, then by the item it belongs to. Where upstream has its
    bytes on several paths, the one that is its item's goes first, then one with its file name.
    Each new path is taken once, and by the file that fits it best.

    Args:
        plan: how every file stands against the new lock.
        before: the old lock's files.
        after: the new lock's files.
    """
    leaving = [one for one in plan.changes if one.action is Action.RELEASE and isinstance(one.local, FileDigest)]
    arriving = [one for one in plan.changes if one.drift is Drift.MISSING and one.base is None]
    roles = (dict(_roles(before)), dict(_roles(after))) if leaving and arriving else ({}, {})
    pairs = [(_fit(old, new, roles), old, new) for old in leaving for new in arriving]
    found: dict[RelPath, Move] = {}
    taken: set[RelPath] = set()
    for fit, old, new in sorted(pairs, key=lambda pair: (-pair[0], pair[1].path, pair[2].path)):
        if fit and old.path not in found and new.path not in taken:
            found[old.path] = Move(old, new)
            taken.add(new.path)
    return tuple(found[path] for path in sorted(found))


def _fit(old: Change, new: Change, roles: tuple[dict[RelPath, Role], dict[RelPath, Role]]) -> int:
    """How well a new file fits as what became of an old one, 0 where it does not."""
    role = roles[0].get(old.path)
    has_role = role is not None and role == roles[1].get(new.path)
    if not _has_bytes(old, new):
        return int(has_role)
    return 4 if has_role else 3 if posixpath.basename(old.path) == posixpath.basename(new.path) else 2


def _has_bytes(old: Change, new: Change) -> bool:
    """Whether upstream's file is now on the new path what it was on the old one."""
    if new.pack != old.pack or new.wanted is None or old.base is None:
        return False
    return new.wanted.sha256 == old.base.sha256


def _roles(known: Known) -> Iterator[tuple[RelPath, Role]]:
    """What each installed path is: its pack, its item, and its place within the item."""
    places = known.places()
    for pack in known.wanted.packs.values():
        mine = [place for place in places if place.pack == pack.name]
        for path in pack.files:
            for place in mine:
                if place.holds(path):
                    yield path, (pack.name, place.item.key, path[len(place.path) :] if place.whole_folder else "")


def renamed_items(before: Lock, after: Lock) -> tuple[tuple[str, str, str], ...]:
    """Items that upstream calls otherwise now: pack, old key, new key.

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
