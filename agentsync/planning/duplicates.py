"""Of items of one pack that ask for one name or one path, take one.

The same bytes are one item, in how many folders they may lie: a pack mirrors its items for several
tools. Where the bytes differ, one is taken by a rule that does not change from run to run, and the
others are told.
"""

import posixpath
from collections.abc import Callable, Collection, Mapping, Sequence
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

NativeOf = Callable[[str], tuple[tuple[str, str], ...]]
"""Returns the AI tools that a pack ships an item for in their own format, by `KIND:NAME`, each with that file."""

_NAME: Final = "item"
_SKILLS: Final = frozenset(("skills", "skill"))


class OneOfEach(NamedTuple):
    """The items of a pack of which no two ask for the same in one AI tool, in their old order.

    Args:
        left_out: those of other bytes that are installed for no tool.
        beaten: the item that is taken instead, by the path of one that a tool does not get and the tool.
    """

    items: tuple[FoundItem, ...]
    left_out: tuple[LeftOut, ...]
    beaten: Mapping[tuple[str, str], FoundItem]


def one_of_each(
    pack: LockedPack,
    items: Sequence[FoundItem],
    entries: Mapping[str, TreeEntry],
    tools: Sequence[Tool],
    native_of: NativeOf = lambda key: (),
) -> OneOfEach:
    """Take each name and each path once, for each AI tool; a name goes to one item for all tools.

    An item that `only` names by its path goes first; then one that is installed already (`pack.items`); then the one
    nearest to its tool's own folder, the one with the shortest path, the first by name.
    """
    installed = {item.path for item in pack.items}
    ranks = [_rank(pack, item, installed, tools) for item in items]
    renamed = [_is_renamed(pack.choice, item) for item in items]
    names: dict[Claimed, int] = {}
    contests = [_contest_for(pack, items, [tool], native_of, ranks, renamed, names) for tool in tools]
    if not contests:
        return OneOfEach(tuple(items), (), {})
    taken = frozenset().union(*(contest.taken for contest in contests))
    left_out: dict[int, LeftOut] = {}
    beaten: dict[tuple[str, str], FoundItem] = {}
    for tool, contest in zip(tools, contests, strict=True):
        for place, winner in sorted(contest.beaten.items()):
            item, other = items[place], items[winner]
            if place in taken:
                beaten[item.path, tool.name] = other
            elif place not in left_out and _bytes_of(item, entries) != _bytes_of(other, entries):
                left_out[place] = LeftOut(pack.name, item.key, item.path, other.path, _difference(item, other))
    taken_items = tuple(items[place] for place in sorted(taken))
    return OneOfEach(taken_items, tuple(left_out[place] for place in sorted(left_out)), beaten)


def _contest_for(
    pack: LockedPack,
    items: Sequence[FoundItem],
    tools: Sequence[Tool],
    native_of: NativeOf,
    ranks: Sequence[tuple[Any, ...]],
    renamed: Sequence[bool],
    names: dict[Claimed, int],
) -> "_Contest":
    """Return who gets what in one AI tool; `names` are those that were taken for other tools, and is completed."""
    plain = Choice(prefix=pack.choice.prefix)
    upstream = [_asked_for(plain, pack, item, tools, native_of) for item in items]
    asked = [_asked_for(pack.choice, pack, item, tools, native_of) for item in items] if any(renamed) else upstream
    if not (_is_any_twice(upstream) or _is_any_twice(asked)):
        return _Contest([*range(len(items))], {})
    # Who wins does not depend on new names: a new name for one item does not bring its twin in.
    first = _contest(sorted(range(len(items)), key=ranks.__getitem__), upstream, {})
    order = sorted(range(len(items)), key=lambda place: (not renamed[place], ranks[place]))
    second = _contest([place for place in order if renamed[place] or place not in first.beaten], asked, names)
    names.update((key, place) for place in second.taken for key in asked[place] if key[0] == _NAME)
    beaten = {place: other for place, other in first.beaten.items() if not renamed[place]} | second.beaten
    return _Contest(sorted(second.taken), beaten)


class _Contest(NamedTuple):
    """Places that took what they asked for, and for each other one the place that was before it."""

    taken: list[int]
    beaten: dict[int, int]


def _contest(order: Sequence[int], asked: Sequence[frozenset[Claimed]], before: Mapping[Claimed, int]) -> _Contest:
    found, holders = _Contest([], {}), dict(before)
    for place in order:
        others = (holders[key] for key in asked[place] if holders.get(key, place) != place)
        other = min(others, default=None)
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


def _asked_for(
    choice: Choice, pack: LockedPack, item: FoundItem, tools: Sequence[Tool], native_of: NativeOf
) -> frozenset[Claimed]:
    locked = locked_item(choice, item, native_of(item.key))
    where = places(pack._replace(items=(locked,), choice=choice), tools)
    return frozenset(((_NAME, locked.key), *(claim for place in where for claim in claimed(place))))


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
