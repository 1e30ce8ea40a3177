"""Where the items of a pack go in a scope, and under which names.

Upstream's file names stay. `rename` and `prefix` of the manifest are the only things that change
them, and `rename` is the only thing that changes the `name:` in a header.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.errors import ResolutionError
from agentsync.model.choice import Choice, FieldEdits
from agentsync.model.item import Kind
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName
from agentsync.model.rel_path import RelPath, rel_path, why_unsafe
from agentsync.targets.target import Target

if TYPE_CHECKING:
    from agentsync.packs.discovery import FoundItem

SKILL_FILE: Final = "SKILL.md"

CONTAINERS: Final[Mapping[str, frozenset[str]]] = {
    str(Kind.AGENT): frozenset(("agents", "subagents")),
    str(Kind.COMMAND): frozenset(("commands", "command")),
    str(Kind.RULE): frozenset(("rules",)),
}


class Placed(NamedTuple):
    """One file of a pack and where it goes.

    Args:
        source: its path in the pack.
        path: its path in the scope.
        item: `KIND:NAME` as it is called here.
        main: the item's own file in the pack; of a skill its `SKILL.md`.
        target: the AI tool it is for.
        edits: header fields that are set in the installed copy.
    """

    source: str
    path: RelPath
    item: str
    main: str
    target: str
    edits: FieldEdits


class Place(NamedTuple):
    """The file or folder that one item is in a scope."""

    path: RelPath
    item: LockedItem
    pack: str
    target: str
    whole_folder: bool

    def holds(self, path: str) -> bool:
        """Whether a path of the scope belongs to this item."""
        return path.startswith(f"{self.path}/") if self.whole_folder else path == self.path


def places(pack: LockedPack, targets: Iterable[Target], *, folders_only: bool = False) -> Iterator[Place]:
    """Where each item of a locked pack is, for each AI tool that has a place for it.

    Args:
        pack: its items.
        targets: the AI tools.
        folders_only: leave out the items that are one file.
    """
    for target in targets:
        # By text: to hash a member of an enumeration takes longer than all the rest.
        homes = {str(kind): home for kind, home in target.homes.items() if home.whole_folder or not folders_only}
        for item in pack.items if homes else ():
            home = homes.get(item.key.kind)
            if home is not None:
                path = rel_path(_path_in(home.folder, pack, item, home.whole_folder))
                yield Place(path, item, pack.name, target.name, home.whole_folder)


def targets_of(pack: LockedPack, targets: Sequence[Target]) -> list[Target]:
    """The AI tools that a pack is installed for: its own choice, else all of the manifest's."""
    return [target for target in targets if not pack.choice.targets or target.name in pack.choice.targets]


def placed_files(pack: LockedPack, targets: Iterable[Target], paths: Collection[str]) -> Iterator[Placed]:
    """Every file of a locked pack with its place.

    Args:
        pack: its items and the choice made of them.
        targets: the AI tools to place it for.
        paths: every path in the pack that may be installed.
    """
    ordered = sorted(paths)
    for place in places(pack, targets):
        item = place.item
        if not place.whole_folder:
            if item.path in paths and why_unsafe(item.path) is None:
                yield Placed(item.path, place.path, item.key, item.path, place.target, edits_of(pack.choice, item))
            continue
        folder = posixpath.dirname(item.path)
        for source in _below(folder, ordered):
            if why_unsafe(source) is None:
                edits = edits_of(pack.choice, item) if source == item.path else {}
                path = rel_path(f"{place.path}/{_name_in_skill(pack, place, source, folder)}")
                yield Placed(source, path, item.key, item.path, place.target, edits)


def _name_in_skill(pack: LockedPack, place: Place, source: str, folder: str) -> str:
    """What a file of a skill is called in its folder: its own one is `SKILL.md`, however upstream spells that."""
    name = source.removeprefix(f"{folder}/")
    return SKILL_FILE if source == place.item.path and f"{place.path}/{name}" not in pack.files else name


def _below(folder: str, ordered: Sequence[str]) -> Sequence[str]:
    """The paths below a folder, of many that are sorted: `0` comes right behind the slash."""
    return ordered[bisect_left(ordered, f"{folder}/") : bisect_left(ordered, f"{folder}0")] if folder else ordered


def render(placed: Placed, data: bytes) -> bytes:
    """The bytes that are installed: the blob's own, with declared header changes applied."""
    if not placed.edits:
        return data
    # Loaded only here: few headers are changed, and what changes them takes long to load.
    from agentsync.packs.header_edits import set_field

    for key, value in placed.edits.items():
        data = set_field(data, key, value)
    return data


def locked_item(choice: Choice, item: FoundItem) -> LockedItem:
    """The item as the lock has it, with the name it has here; its grants are not known yet."""
    key = ItemKey.of(item.kind, item.name)
    name = installed_name(choice, key, item.path)
    own = item.name if name != item.name else ""
    return LockedItem(ItemKey.of(item.kind, name), item.path, item.header, item.claude_code, own=own)


def is_chosen(choice: Choice, key: str, path: str) -> bool:
    """Return whether `only` and `except` let an item in.

    Args:
        choice: what the manifest chooses of the pack.
        key: the item as its pack calls it, `KIND:NAME`.
        path: its path in the pack.
    """

    def is_named(patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(key, pattern) or fnmatchcase(path, pattern) for pattern in patterns)

    return (not choice.only or is_named(choice.only)) and not is_named(choice.excluded)


def installed_name(choice: Choice, key: ItemKey, path: str) -> str:
    """The name an item has here: its own, or what the manifest renames it to."""
    return choice.rename.get(path) or choice.rename.get(key) or key.name


def edits_of(choice: Choice, item: LockedItem) -> FieldEdits:
    """The header fields that are set in the installed copy of an item."""
    if not choice.edits and not choice.rename:
        return {}
    upstream = upstream_key(choice, item)
    declared = choice.edits.get(item.key) or choice.edits.get(upstream) or {}
    if _new_name(choice, item) is None or item.kind == Kind.COMMAND:
        return declared
    return {"name": item.name, **declared}


def rename_key(choice: Choice, item: LockedItem) -> str:
    """What `rename` calls an item by: the path or the name that it is renamed by already, else its name."""
    return item.path if item.path in choice.rename else upstream_key(choice, item)


def upstream_key(choice: Choice, item: LockedItem) -> str:
    """Return what an item is called in its pack."""
    # A lock of version 1 does not name it.
    return item.own_key if item.own else next(_naming_keys(choice, item), item.key)


def _naming_keys(choice: Choice, item: LockedItem) -> Iterator[str]:
    """The keys of `rename`, `KIND:NAME`, that give an item the name it has."""
    return (key for key, name in choice.rename.items() if name == item.name and key.startswith(f"{item.kind}:"))


def _new_name(choice: Choice, item: LockedItem) -> str | None:
    """What the manifest renames an item to, be it the name it has; None where it says nothing of it."""
    if not choice.rename:
        return None
    if item.path in choice.rename:
        return choice.rename[item.path]
    return item.name if next(_naming_keys(choice, item), None) is not None else None


def _path_in(home: str, pack: LockedPack, item: LockedItem, whole_folder: bool) -> str:
    """An item's path; a skill in the root of a pack that was locked below the pack's own name stays there."""
    path = f"{home}/{_own_path(pack, item, whole_folder)}"
    if not whole_folder or "/" in item.path or not pack.files:
        return path
    earlier = f"{home}/{_own_path(pack, item, whole_folder, root_name(pack.name, pack.path))}"
    return earlier if any(file.startswith(f"{earlier}/") for file in pack.files) else path


def _own_path(pack: LockedPack, item: LockedItem, whole_folder: bool, root: str = "") -> str:
    """An item's path below the home of its kind.

    Args:
        pack: the pack.
        item: the item.
        whole_folder: whether it is a folder.
        root: what a skill in the root of the pack is called, "" for its own name.
    """
    if whole_folder:
        folder, name = "", posixpath.basename(posixpath.dirname(item.path)) or root or _root_folder(pack, item)
        ending = ""
    else:
        below = _below_container(item)
        if not pack.choice.rename and not pack.choice.prefix:
            return below
        folder, name = posixpath.split(below)
        ending = name[-3:]
    if (new := _new_name(pack.choice, item)) is not None:
        if (reason := why_unsafe(new)) is not None or "/" in new:
            raise ResolutionError(
                f"{pack.name}: {item.key} cannot be a file name",
                why=reason or "it holds a slash",
                hint="choose another name in `rename`",
            )
        name = new + ending
    if pack.choice.prefix:
        name = f"{pack.name.last}--{name}"
    return f"{folder}/{name}" if folder else name


def _below_container(item: LockedItem) -> str:
    containers = CONTAINERS[item.key.kind]
    *folders, name = item.path.split("/")
    for place, folder in enumerate(folders):
        if folder in containers:
            return "/".join([*folders[place + 1 :], name])
    return name


def _root_folder(pack: LockedPack, item: LockedItem) -> str:
    """The folder name of a skill in the root of a pack: upstream's folder; of a whole repository the skill's name."""
    is_fine = not pack.path and "/" not in item.name and why_unsafe(item.name) is None
    return item.name if is_fine else root_name(pack.name, pack.path)


def root_name(pack: PackName, path: str) -> str:
    """The folder name of a skill that is a whole pack: the last part of its path, else its name."""
    return posixpath.basename(path) or pack.last
