"""Of items of one pack that ask for one name or one path, take one.

The same bytes are one item, in how many folders they may lie: a pack mirrors its items for several
tools. Where the bytes differ, one is taken by a rule that does not change from run to run, and the
others are told.
"""

import posixpath
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from agentsync.model.clash import LeftOut
from agentsync.model.git_file import TreeEntry
from agentsync.model.item import Choice, Kind
from agentsync.model.lock import LockedPack
from agentsync.packs.discovery import FoundItem
from agentsync.planning.owners import Claimed, claimed
from agentsync.planning.placing import CONTAINERS, locked_item, places
from agentsync.targets.tool import Tool

_SKILLS: Final = frozenset(("skills", "skill"))


class OneOfEach(NamedTuple):
    """The items of a pack of which no two ask for the same, in their old order, and those of other bytes left out."""

    items: tuple[FoundItem, ...]
    left_out: tuple[LeftOut, ...]


def one_of_each(
    pack: LockedPack, items: Sequence[FoundItem], entries: Mapping[str, TreeEntry], tools: Sequence[Tool]
) -> OneOfEach:
    """Take each name and each path once.

    An item that `only` names by its path goes first; then one that is installed already (`pack.items`); then the one
    nearest to its tool's own folder, the one with the shortest path, the first by name.
    """
    upstream = [_asked_for(Choice(prefix=pack.choice.prefix), pack, item, tools) for item in items]
    asked = [_asked_for(pack.choice, pack, item, tools) for item in items] if pack.choice.rename else upstream
    if not (_is_any_twice(upstream) or _is_any_twice(asked)):
        return OneOfEach(tuple(items), ())
    installed = {item.path for item in pack.items}
    ranks = [_rank(pack, item, installed, tools) for item in items]
    # Who wins does not depend on new names: a new name for one item does not bring its twin in.
    first = _contest(sorted(range(len(items)), key=ranks.__getitem__), upstream)
    renamed = [_is_renamed(pack.choice, item) for item in items]
    order = sorted(range(len(items)), key=lambda place: (not renamed[place], ranks[place]))
    second = _contest([place for place in order if renamed[place] or place not in first.beaten], asked)
    beaten = {place: other for place, other in first.beaten.items() if not renamed[place]} | second.beaten
    left_out = [
        LeftOut(pack.name, item.key, item.path, other.path, _difference(item, other))
        for item, other in ((items[place], items[winner]) for place, winner in sorted(beaten.items()))
        if _bytes_of(item, entries) != _bytes_of(other, entries)
    ]
    return OneOfEach(tuple(items[place] for place in sorted(second.taken)), tuple(left_out))


class _Contest(NamedTuple):
    """Places that took what they asked for, and for each other one the place that was before it."""

    taken: list[int]
    beaten: dict[int, int]


def _contest(order: Sequence[int], asked: Sequence[frozenset[Claimed]]) -> _Contest:
    found, holders = _Contest([], {}), dict[Claimed, int]()
    for place in order:
        other = min((holders[key] for key in asked[place] if key in holders), default=None)
        if other is None:
            found.taken.append(place)
            holders.update(dict.fromkeys(asked[place], place))
        else:
            found.beaten[place] = other
    return found


def _is_any_twice(asked: Collection[frozenset[Claimed]]) -> bool:
    return sum(map(len, asked)) != len(frozenset().union(*asked))


def _is_renamed(choice: Choice, item: FoundItem) -> bool:
    return item.path in choice.rename or item.key in choice.rename


def _asked_for(choice: Choice, pack: LockedPack, item: FoundItem, tools: Sequence[Tool]) -> frozenset[Claimed]:
    locked = locked_item(choice, item)
    where = places(pack._replace(items=(locked,), choice=choice), tools)
    return frozenset((("item", locked.key), *(claim for place in where for claim in claimed(place))))


def _rank(pack: LockedPack, item: FoundItem, installed: Collection[str], tools: Sequence[Tool]) -> tuple[Any, ...]:
    path = item.path
    named = any(fnmatchcase(path, pattern) for pattern in pack.choice.only)
    return not named, path not in installed, _distance(item, tools), path.count("/"), len(path), path


def _distance(item: FoundItem, tools: Sequence[Tool]) -> int:
    """Return the distance of an item from its tool's folder: in that folder, in a pack's own, or below others."""
    homes = [f"{home}/" for tool in tools if (home := tool.home(item.kind))]
    if any(item.path.startswith(home) for home in homes):
        return 0
    if item.path.partition("/")[0] in CONTAINERS.get(str(item.kind), _SKILLS):
        return 1
    return 2 if any(f"/{home}" in item.path for home in homes) else 3


def _bytes_of(item: FoundItem, entries: Mapping[str, TreeEntry]) -> object:
    if item.kind is not Kind.SKILL:
        return item.kind, entries[item.path].oid
    start = len(posixpath.dirname(item.path))
    return item.kind, {path[start:].lstrip("/"): (entries[path].is_plain, entries[path].oid) for path in item.files}


def _difference(item: FoundItem, other: FoundItem) -> str:
    """Return the folder that tells one path from another, "other" where none does."""
    common = {*other.path.split("/"), *_SKILLS, *frozenset().union(*CONTAINERS.values())}
    folders = [part.lstrip(".") for part in item.path.split("/")[:-1] if part not in common]
    return next((part for part in reversed(folders) if part), "other")
