"""The choice that a manifest makes of a pack: which items, under which names, with which header changes."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from agentsync.model.item import Choice, FieldEdits, Kind
from agentsync.model.lock import LockedItem
from agentsync.model.names import ItemKey


def is_chosen(choice: Choice, key: str, path: str) -> bool:
    """Return whether `only` and `except` let an item in."""

    def is_named(patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(key, pattern) or fnmatchcase(path, pattern) for pattern in patterns)

    return (not choice.only or is_named(choice.only)) and not is_named(choice.excluded)


def installed_name(choice: Choice, key: ItemKey, path: str) -> str:
    """Return the name of an item here: its own, or the new one in the manifest."""
    return choice.rename.get(path) or choice.rename.get(key) or key.name


def edits_of(choice: Choice, item: LockedItem) -> FieldEdits:
    """Return the header fields that are set in the installed copy of an item."""
    if not choice.edits and not choice.rename:
        return {}
    upstream = upstream_key(choice, item)
    declared = choice.edits.get(item.key) or choice.edits.get(upstream) or {}
    if new_name(choice, item) is None or item.kind in (Kind.COMMAND, Kind.RULE):
        return declared
    return {"name": item.name, **declared}


def own_edits_of(choice: Choice, item: LockedItem, tool: str) -> FieldEdits:
    """Return the header fields that are set in the copy of an item for one AI tool alone."""
    if not choice.own_edits:
        return {}
    return (choice.own_edits.get(item.key) or choice.own_edits.get(upstream_key(choice, item)) or {}).get(tool, {})


def rename_key(choice: Choice, item: LockedItem) -> str:
    """Return the key of an item in `rename`: the path or name that it is renamed by already, else its name."""
    return item.path if item.path in choice.rename else upstream_key(choice, item)


def upstream_key(choice: Choice, item: LockedItem) -> str:
    """Return what an item is called in its pack."""
    # A lock of version 1 does not name it.
    return item.own_key if item.own else next(_naming_keys(choice, item), item.key)


def _naming_keys(choice: Choice, item: LockedItem) -> Iterator[str]:
    """Yield the keys of `rename`, `KIND:NAME`, that give an item the name it has."""
    return (key for key, name in choice.rename.items() if name == item.name and key.startswith(f"{item.kind}:"))


def new_name(choice: Choice, item: LockedItem) -> str | None:
    """Return the name that the manifest gives an item, which may be its own; None where it gives none."""
    if not choice.rename:
        return None
    if item.path in choice.rename:
        return choice.rename[item.path]
    return item.name if next(_naming_keys(choice, item), None) is not None else None
