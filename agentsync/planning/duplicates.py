"""Of items of one pack that ask for one name or one path, take one.

The same bytes are one item, in how many folders they may lie: a pack mirrors its items for several
tools. Where the bytes differ, one is taken by a rule that does not change from run to run, and the
others are told.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from agentsync.model.clash import LeftOut
from agentsync.model.item import Kind, same_name
from agentsync.model.lock import LockedPack
from agentsync.model.pack import TreeEntry
from agentsync.planning.new_names import NamesInUse
from agentsync.planning.placing import CONTAINERS, locked_item, places
from agentsync.reading.discovery import FoundItem
from agentsync.targets.target import Target

_SKILLS: Final = frozenset(("skills", "skill"))


class OneOfEach(NamedTuple):
    """The items of a pack, of which no two ask for the same.

    Args:
        items: those that are taken, in their old order.
        left_out: those of other bytes that are not.
    """

    items: tuple[FoundItem, ...]
    left_out: tuple[LeftOut, ...]


def one_of_each(
    pack: LockedPack, items: Sequence[FoundItem], entries: Mapping[str, TreeEntry], targets: Sequence[Target]
) -> OneOfEach:
    """Take each name and each path once.

    An item that the manifest names by its path, or renames, goes first; then one that is installed
    already; then the one nearest to its tool's own folder, the one with the shortest path, the
    first by name.

    Args:
        pack: the choice made of it, and as `items` those that are installed.
        items: what is chosen of the pack.
        entries: the pack's files.
        targets: the AI tools to install for.
    """
    asked = {place: _asked_for(pack, item, targets) for place, item in enumerate(items)}
    if not _is_any_twice(asked.values()):
        return OneOfEach(tuple(items), ())
    installed = {item.path for item in pack.items}
    order = sorted(asked, key=lambda place: _rank(pack, items[place], installed, targets))
    holders: dict[tuple[str, ...], int] = {}
    taken: list[int] = []
    beaten: list[tuple[int, int]] = []
    for place in order:
        before = [holders[key] for key in asked[place] if key in holders]
        if not before:
            taken.append(place)
            holders.update(dict.fromkeys(asked[place], place))
        elif not any(_bytes_of(items[place], entries) == _bytes_of(items[one], entries) for one in before):
            beaten.append((place, before[0]))
    chosen = tuple(items[place] for place in sorted(taken))
    return OneOfEach(chosen, tuple(_left_out(pack, chosen, [(items[a], items[b]) for a, b in beaten], targets)))


def _is_any_twice(asked: Collection[frozenset[tuple[str, ...]]]) -> bool:
    return sum(map(len, asked)) != len(frozenset().union(*asked))


def _asked_for(pack: LockedPack, item: FoundItem, targets: Sequence[Target]) -> frozenset[tuple[str, ...]]:
    """Every name and path that an item would take up."""
    locked = locked_item(pack.choice, item)
    found: set[tuple[str, ...]] = {("item", locked.key)}
    for place in places(pack._replace(items=(locked,)), targets):
        found.add(("path", same_name(place.path)))
        if item.kind is not Kind.COMMAND:  # a command is called after its file: its path says it all
            found.add(("name", place.target, str(item.kind), same_name(locked.name)))
    return frozenset(found)


def _rank(pack: LockedPack, item: FoundItem, installed: Collection[str], targets: Sequence[Target]) -> tuple[Any, ...]:
    choice = pack.choice
    named = item.path in choice.rename or any(fnmatchcase(item.path, pattern) for pattern in choice.only)
    renamed = f"{item.kind}:{item.name}" in choice.rename
    path = item.path
    return not named, not renamed, path not in installed, _distance(item, targets), path.count("/"), len(path), path


def _distance(item: FoundItem, targets: Sequence[Target]) -> int:
    """How far an item lies from where its tool looks: in the tool's own folder, a pack's own, or below others."""
    homes = [f"{target.homes[item.kind].folder}/" for target in targets if item.kind in target.homes]
    if any(item.path.startswith(home) for home in homes):
        return 0
    if item.path.partition("/")[0] in CONTAINERS.get(str(item.kind), _SKILLS):
        return 1
    return 2 if any(f"/{home}" in item.path for home in homes) else 3


def _bytes_of(item: FoundItem, entries: Mapping[str, TreeEntry]) -> object:
    """Every byte of an item; of a skill, of its whole folder."""
    if item.kind is not Kind.SKILL:
        return item.kind, entries[item.path].oid
    start = len(posixpath.dirname(item.path))
    return item.kind, {path[start:].lstrip("/"): (entries[path].is_plain, entries[path].oid) for path in item.files}


def _left_out(
    pack: LockedPack,
    chosen: Sequence[FoundItem],
    beaten: Sequence[tuple[FoundItem, FoundItem]],
    targets: Sequence[Target],
) -> Iterator[LeftOut]:
    items = tuple(locked_item(pack.choice, item) for item in chosen)
    names = NamesInUse([pack._replace(items=items)], targets)
    for item, other in beaten:
        name = names.new(_difference(item.path, other.path), str(item.kind), item.name, (pack.name, item.path))
        yield LeftOut(pack.name, f"{item.kind}:{item.name}", item.path, other.path, name)


def _difference(path: str, other: str) -> str:
    """The folder that tells one path from another, "other" where none does."""
    common = {*other.split("/"), *_SKILLS, *frozenset().union(*CONTAINERS.values())}
    folders = [part.lstrip(".") for part in path.split("/")[:-1] if part not in common]
    return next((part for part in reversed(folders) if part), "other")
