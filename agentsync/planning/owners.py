"""Owners: which packs, items and AI tools a slot belongs to.

One slot serves several owners where the bytes of all are the same: the items of several packs, and one item for
several tools. It is there as long as one of them is. Where the bytes differ, it is a clash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from agentsync.model.item import Kind, same_name
from agentsync.model.lock import Lock
from agentsync.model.plan import Owner
from agentsync.model.rel_path import parents
from agentsync.model.slot import EntryPath, SlotPath, file_of
from agentsync.planning.placing import Place

Claimed = tuple[str, ...]
"""A name or a slot that only one item can have, as `claimed` gives it."""


def claimed(place: Place) -> tuple[Claimed, ...]:
    """Return what an item takes up where it is placed: its name among the items that its tool loads, and its slot."""
    key = place.item.key
    slot, kind = ("", "", same_name(place.slot)), key.kind
    # A command is called after its file, a server by its key, and a hook by nothing: the slot says it all.
    if kind in (Kind.COMMAND, Kind.HOOK) or isinstance(place.slot, EntryPath):
        return (slot,)
    return (place.tool, kind, same_name(place.called or key.name)), slot


class PlaceIndex:
    """Places by the slots that they hold."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_slot: dict[SlotPath, list[Place]] = {}
        for place in places:
            self._by_slot.setdefault(place.slot, []).append(place)
        self._folders = {slot: found for slot, found in self._by_slot.items() if found[0].whole_folder}

    def holding(self, slot: SlotPath) -> Sequence[Place]:
        """Return the places that a slot belongs to, for each item and tool one."""
        return self._by_slot.get(slot) or next(filter(None, map(self._folders.get, parents(file_of(slot)))), ())


class Owners:
    """The owners of every slot; the last of the locks that has a slot says to which packs it belongs."""

    def __init__(self, places: Iterable[Place], locks: Iterable[Lock | None]) -> None:
        self._index = PlaceIndex(sorted(places, key=lambda place: place.pack))
        self._packs: dict[SlotPath, tuple[str, ...]] = {}
        for lock in locks:
            if lock is not None:
                self._packs |= packs_by_slot(lock)

    def of(self, slot: SlotPath) -> tuple[Owner, ...]:
        """Return the owners of a slot, by pack; of a new file in an item's folder those of the folder."""
        found = self._index.holding(slot)
        packs = self._packs.get(slot) or tuple(dict.fromkeys(place.pack for place in found))
        if len(packs) == len(found) == 1:
            return (Owner(packs[0], found[0].item.key, found[0].tool),)
        return tuple(owner for pack in packs for owner in _of_pack(pack, found))


def _of_pack(pack: str, found: Sequence[Place]) -> Iterator[Owner]:
    # What another pack has there now is the same item, as far as the locks tell.
    places = [place for place in found if place.pack == pack] or found[:1]
    yield from (Owner(pack, place.item.key, place.tool) for place in places)
    if not places:
        yield Owner(pack)


def packs_by_slot(lock: Lock) -> dict[SlotPath, tuple[str, ...]]:
    """Return the packs that have each slot, by name."""
    found: dict[SlotPath, tuple[str, ...]] = {}
    for name in sorted(lock.packs):
        pack = lock.packs[name]
        files = pack.slots.keys() if pack.entries else pack.files.keys()
        shared: dict[SlotPath, tuple[str, ...]] = {path: (*found[path], name) for path in files & found.keys()}
        found.update(zip(files, repeat((name,))))
        found.update(shared)
    return found
