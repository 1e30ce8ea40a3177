"""New names for items, as `rename` takes them: safe as file names, and free."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import chain, count
from typing import Final

from agentsync.model.item import same_name
from agentsync.model.lock import LockedPack
from agentsync.model.rel_path import why_unsafe
from agentsync.planning.placing import places
from agentsync.targets.target import Target

_ODD: Final = re.compile(r"[^\w.-]+")


def names_in_use(packs: Iterable[LockedPack], targets: Iterable[Target]) -> dict[str, set[str]]:
    """By kind, every name that items or their files have, in the form in which names are compared."""
    tools = tuple(targets)
    found: dict[str, set[str]] = {}
    for pack in packs:
        for place in places(pack, tools):
            stem = place.path.rpartition("/")[2].removesuffix(".md")
            names = {same_name(place.item.name), same_name(stem)}
            found.setdefault(str(place.item.kind), set()).update(names)
    return found


def free_name(first: str, name: str, taken: Collection[str]) -> str:
    """A name made of two parts that no item has.

    Args:
        first: what tells this item from others, such as its pack.
        name: what it is called; of a command with a namespace the last part counts.
        taken: names in use, as `same_name` gives them.
    """
    wanted = _ODD.sub("-", f"{first}-{name.rpartition(':')[2]}").strip("-. ") or "item"
    for candidate in chain((wanted,), (f"{wanted}-{number}" for number in count(2))):
        if same_name(candidate) not in taken and why_unsafe(candidate) is None:
            return candidate
    raise AssertionError("there are more numbers than names")
