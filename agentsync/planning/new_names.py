"""New names for items, as `rename` takes them: safe as file names, and free."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Final

from agentsync.model.item import same_name
from agentsync.model.lock import LockedPack
from agentsync.model.rel_path import why_unsafe
from agentsync.planning.placing import places
from agentsync.targets.tool import Tool

_ODD: Final = re.compile(r"[^\w.-]+")

Holder = tuple[str, str]


class NamesInUse:
    """The names that items and their files have, and those that were given out."""

    def __init__(self, packs: Iterable[LockedPack], tools: Iterable[Tool]) -> None:
        self._holders: dict[tuple[str, str], set[Holder]] = {}
        tools = tuple(tools)
        for place in (place for pack in packs for place in places(pack, tools)):
            stem = place.path.rpartition("/")[2].removesuffix(".md")
            for name in (place.item.name, stem):
                self._take(str(place.item.kind), name, (place.pack, place.item.path))

    def _take(self, kind: str, name: str, holder: Holder) -> None:
        self._holders.setdefault((kind, same_name(name)), set()).add(holder)

    def new(self, first: str, kind: str, name: str, holder: Holder) -> str:
        """Return a name for an item that no other one has: `FIRST-NAME`, or its own where that is one.

        Args:
            first: what tells this item from others, such as its pack.
            name: what it is called; of a command with a namespace the last part counts.
            holder: its pack and its path there.
        """
        found = next(one for one in _candidates(first, name) if self._is_free(kind, one, holder))
        self._take(kind, found, holder)
        return found

    def _is_free(self, kind: str, name: str, holder: Holder) -> bool:
        return why_unsafe(name) is None and self._holders.get((kind, same_name(name)), {holder}) == {holder}


def _candidates(first: str, name: str) -> Iterator[str]:
    own, start = _tidy(name.rpartition(":")[2]), _tidy(first)
    has_both = own.startswith(f"{start}-")  # then it is most likely told from others by it already
    wanted = _tidy(f"{start}-{own}") or "item"
    return chain((own,) * has_both, (wanted,), (f"{wanted}-{number}" for number in count(2)))


def _tidy(name: str) -> str:
    return _ODD.sub("-", name).strip("-. ")
