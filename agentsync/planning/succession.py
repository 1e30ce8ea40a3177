"""Successors of installed files from one lock to another: an edit belongs to the item, not to its path.

A pack may get another name, a registry another alias, an item another file, folder, name or prefix.
Items are paired first, then the files in them. A file is followed by its bytes, then by the item it
belongs to and its place in it, then by the best likeness of its text. Nothing goes from one pack to
another, unless the one is gone and the other is new.
"""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.item import Kind
from agentsync.model.lock import Lock, unkept
from agentsync.model.names import PackName
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.rel_path import RelPath, parents
from agentsync.model.slot import EntryPath, SlotPath, file_of
from agentsync.planning.choosing import upstream_key
from agentsync.planning.placing import Place, places, tools_for
from agentsync.targets.tool import Tool

# The share of text that two files must have in common to be taken for one: git's own for renames.
_LIKE_ENOUGH: Final = 0.5

Texts = tuple[Mapping[SlotPath, bytes], Mapping[SlotPath, bytes]]
Read = Callable[[Collection[SlotPath], Collection[SlotPath]], Texts]
"""Reads upstream's bytes of files of the old lock, and of files of the new one; what cannot be read is left out."""
ToolsOf = Callable[[Lock], Sequence[Tool]]
"""Returns the AI tools that a lock of this scope is for."""


def successors(
    before: Lock, after: Lock, paths: Collection[SlotPath], read: Read, tools_of: ToolsOf
) -> dict[SlotPath, SlotPath]:
    """Say where the edits of some files belong now.

    Args:
        paths: the edited files, of upstream's or new in a folder of the old lock.
        read: called only where nothing else tells.

    Returns:
        The new path of each file that is still there in some form; its own where its item is still there.
    """
    old, new = _Side(before, tools_of), _Side(after, tools_of)
    pairs = _paired_places(old, new)
    alike = _Likeness(old, new, read)
    missing = {place for path in paths if (place := old.place_of(path)) is not None and place not in pairs}
    pairs |= alike.paired_places(missing, set(pairs.values()))
    found = {path: path for path in paths if _stays(path, old, new, pairs)}
    fits = [fit for path in paths if path not in found for fit in _fits(path, old, new, pairs)]
    taken = set(found.values())
    for fit in sorted(fits, key=lambda fit: (-fit.rank, fit.new, fit.old)):
        if fit.old not in found and fit.new not in taken:
            found[fit.old] = fit.new
            taken.add(fit.new)
    for path in sorted(paths):
        if path not in found and (goal := alike.file(path, pairs, taken) or (path if path in new.files else None)):
            found[path] = goal
            taken.add(goal)
    return found


def owner_of(lock: Lock, path: SlotPath, tools: Sequence[Tool]) -> str | None:
    """Return the pack that a file belongs to: that has it, or in whose item's folder it lies; None for no pack."""
    for pack in lock.packs.values():
        if path in pack.files:
            return pack.name
    for pack in lock.packs.values():
        if any(place.holds(path) for place in places(pack, tools_for(pack, tools), folders_only=True)):
            return pack.name
    return None


class _Fit(NamedTuple):
    """A file that an old one may have become; the higher the rank, the likelier."""

    rank: int
    old: SlotPath
    new: SlotPath


class _Side:
    """The files and items of one lock, as upstream has them."""

    def __init__(self, lock: Lock, tools_of: ToolsOf) -> None:
        self.packs = lock.packs
        plain = unkept(lock).packs.values()
        self.files: dict[SlotPath, FileDigest] = {path: digest for pack in plain for path, digest in pack.slots.items()}
        self.owner: dict[SlotPath, PackName] = {path: pack.name for pack in plain for path in pack.slots}
        tools = tools_of(lock)
        every = (place for pack in plain for place in places(pack, tools_for(pack, tools)))
        self.places = list({(place.pack, place.slot): place for place in every}.values())
        self._by_slot: dict[SlotPath, Place] = {place.slot: place for place in self.places}
        self.by_bytes: dict[str, list[SlotPath]] = defaultdict(list)
        for path, digest in self.files.items():
            self.by_bytes[digest.sha256].append(path)

    def place_of(self, path: SlotPath) -> Place | None:
        """Return the item that a path belongs to."""
        above = (self._by_slot.get(folder) for folder in parents(file_of(path)))
        return self._by_slot.get(path) or next((place for place in above if place and place.whole_folder), None)

    def kin(self, place: Place) -> Hashable:
        """Return what a member of a list is found by where its value changed; for all else what nothing else has."""
        slot = place.slot
        known = self.files.get(slot) if isinstance(slot, EntryPath) and slot.member else None
        if known is None or not known.kin or not isinstance(slot, EntryPath):
            return id(self), slot
        return slot.document, slot.table, known.kin

    def below(self, place: Place) -> list[SlotPath]:
        """Return the files of an item."""
        return [path for path in self.files if place.holds(path)]

    def origin(self, place: Place) -> tuple[str, str]:
        """Return the source of an item: its repository, or folder on disk, and the path in it.

        A file that holds several items says nothing of which of them it is.
        """
        pack = self.packs[place.pack]
        path = posixpath.join(pack.path, place.item.path)
        return pack.git or pack.folder, f"{path}#{place.item.own_key}" if place.item.key.kind == Kind.MCP else path

    def key(self, place: Place) -> str:
        """Return the item's key in its pack."""
        return upstream_key(self.packs[place.pack].choice, place.item)


def _paired_places(old: _Side, new: _Side) -> dict[Place, Place]:
    """Return each item of the old lock with its successor, as far as the two locks tell."""
    tiers: list[Callable[[_Side, Place], Hashable]] = [
        lambda side, place: (place.slot, side.origin(place), side.key(place)),
        lambda side, place: side.kin(place),
        lambda side, place: (side.origin(place), side.key(place)),
        lambda side, place: digest.sha256 if (digest := side.files.get(place.main)) else None,
        lambda side, place: side.key(place),
        lambda side, place: side.origin(place),
    ]
    found: dict[Place, Place] = {}
    taken: set[Place] = set()
    for tier in tiers:
        index: dict[Hashable, list[Place]] = defaultdict(list)
        for place in new.places:
            if place not in taken:
                index[_readers(place), place.item.kind, place.whole_folder, tier(new, place)].append(place)
        for place in old.places:
            group = (_readers(place), place.item.kind, place.whole_folder, tier(old, place))
            same = index.get(group, []) if place not in found else []
            free = [other for other in same if other not in taken and _are_kin(place.pack, other.pack, old, new)]
            if free:
                found[place] = best = min(free, key=lambda other: _distance(place, other))
                taken.add(best)
    return found


def _readers(place: Place) -> Hashable:
    """Return for which tools a file can be: a folder that is taken as it is, for any tool; another file for its own."""
    return place.render if place.whole_folder else place.tool


def _are_kin(one: str, other: str, old: _Side, new: _Side) -> bool:
    """Return whether a pack may succeed another: the same one, or a new pack for one that is gone."""
    return one == other or (one not in new.packs and other not in old.packs)


def _distance(one: Place, other: Place) -> tuple[bool, bool, bool, str]:
    same_name = posixpath.basename(one.slot) == posixpath.basename(other.slot)
    return one.slot != other.slot, one.pack != other.pack, not same_name, other.slot


def _stays(path: SlotPath, old: _Side, new: _Side, pairs: Mapping[Place, Place]) -> bool:
    place = old.place_of(path)
    goal = pairs.get(place) if place is not None else None
    if place is None or goal is None or goal.slot != place.slot:
        return False
    return path in new.files or path not in old.files


def _fits(path: SlotPath, old: _Side, new: _Side, pairs: Mapping[Place, Place]) -> Iterator[_Fit]:
    """Yield the new files that may succeed an old one, by bytes and by the place in the item."""
    role = _role(path, old, pairs)
    if path not in old.files:
        if role is not None:
            yield _Fit(1, path, role)
        return
    for other in new.by_bytes.get(old.files[path].sha256, ()):
        if other not in old.files and _are_kin(old.owner[path], new.owner[other], old, new):
            same_name = posixpath.basename(path) == posixpath.basename(other)
            yield _Fit(4 if other == role else 3 if same_name else 2, path, other)
    if role in new.files and role is not None:
        yield _Fit(1, path, role)


def _role(path: SlotPath, old: _Side, pairs: Mapping[Place, Place]) -> SlotPath | None:
    place = old.place_of(path)
    goal = pairs.get(place) if place is not None else None
    if place is None or goal is None or place.whole_folder != goal.whole_folder:
        return None
    return RelPath(goal.slot + path[len(place.slot) :]) if place.whole_folder else goal.slot


class _Likeness(NamedTuple):
    """Items and files that have most of their text in common."""

    old: _Side
    new: _Side
    read: Read

    def paired_places(self, missing: Collection[Place], taken: Collection[Place]) -> dict[Place, Place]:
        """Return items that nothing else tells, with the free ones that are most like them."""
        free = [place for place in self.new.places if place not in taken]
        pairs = [(one, other) for one in missing for other in free if self._are_related(one, other)]
        texts = self._texts([one.main for one, _ in pairs], [other.main for _, other in pairs])
        scored = [(self._score(one, other, texts), one, other) for one, other in pairs]
        found: dict[Place, Place] = {}
        for score, one, other in sorted(scored, key=lambda pair: (-pair[0], _distance(pair[1], pair[2]), pair[1].slot)):
            if score >= _LIKE_ENOUGH and one not in found and other not in found.values():
                found[one] = other
        return found

    def _are_related(self, one: Place, other: Place) -> bool:
        same_source = self.old.origin(one)[0] == self.new.origin(other)[0]
        same_kind = (_readers(one), one.item.kind) == (_readers(other), other.item.kind)
        return same_kind and same_source and _are_kin(one.pack, other.pack, self.old, self.new)

    def _score(self, one: Place, other: Place, texts: Texts) -> float:
        mine, theirs = texts[0].get(one.main), texts[1].get(other.main)
        of_text = likeness(mine, theirs) if mine is not None and theirs is not None else 0
        ours = {self.old.files[path].sha256 for path in self.old.below(one)}
        yours = {self.new.files[path].sha256 for path in self.new.below(other)}
        of_folder = len(ours & yours) / max(len(ours), len(yours), 1)
        return max(of_text, of_folder)

    def file(self, path: SlotPath, pairs: Mapping[Place, Place], taken: Collection[SlotPath]) -> SlotPath | None:
        """Return the new file of the same item that a file is most like."""
        place = self.old.place_of(path)
        goal = pairs.get(place) if place is not None else None
        if goal is None or not goal.whole_folder or path not in self.old.files:
            return None
        roles = {_role(other, self.old, pairs) for other in self.old.files}
        free = [other for other in self.new.below(goal) if other not in roles and other not in taken]
        mine, theirs = self._texts([path], free) if free else ({}, {})
        scored = [(likeness(mine[path], data), other) for other, data in theirs.items() if path in mine]
        good = [(score, other) for score, other in scored if score >= _LIKE_ENOUGH]
        return min(good, key=lambda pair: (-pair[0], pair[1]))[1] if good else None

    def _texts(
        self, old: Sequence[SlotPath], new: Sequence[SlotPath]
    ) -> tuple[Mapping[SlotPath, bytes], Mapping[SlotPath, bytes]]:
        return self.read(sorted(set(old)), sorted(set(new))) if old and new else ({}, {})


def likeness(one: bytes, other: bytes) -> float:
    """Return the share of text that two files have in common, from 0 to 1, counted in whole lines.

    >>> likeness(b"a\\nb\\n", b"b\\nc\\n")
    0.5
    """
    mine, theirs = (Counter(data.replace(b"\r\n", b"\n").splitlines(keepends=True)) for data in (one, other))
    shared = sum(len(line) * number for line, number in (mine & theirs).items())
    most = max(sum(len(line) * number for line, number in lines.items()) for lines in (mine, theirs))
    return shared / most if most else 1.0


class Move(NamedTuple):
    """An edited file that the new lock has on another path."""

    old: Change
    new: Change


def leaving(plan: Plan) -> list[SlotPath]:
    """Return the edited files that the lock no longer wants where they are."""
    return [one.path for one in plan.changes if one.action is Action.RELEASE and isinstance(one.local, FileDigest)]


def moves(plan: Plan, successors: Mapping[SlotPath, SlotPath]) -> tuple[Move, ...]:
    """Pair edited files that are no longer wanted with the files they became.

    Nothing is put on a path where something stands already.
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
        # Servers are many in one file: one of another name is another one.
        keys = {item.path: item.key for item in old.items if item.kind is not Kind.MCP}
        items = [item for item in pack.items if item.kind is not Kind.MCP]
        found += [(name, keys[one.path], one.key) for one in items if keys.get(one.path, one.key) != one.key]
    return tuple(found)
