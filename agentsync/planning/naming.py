"""New names for items, safe as file names and free; and findings about a choice of items, with the command for it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count
from typing import Final

from agentsync.late import late
from agentsync.model.clash import LeftOut, Unmatched
from agentsync.model.finding import Finding, Rule
from agentsync.model.item import same_name
from agentsync.model.lock import LockedPack
from agentsync.model.rel_path import why_unsafe
from agentsync.planning.placing import places
from agentsync.targets.tool import Tool

ADDING: Final = ("agentsync", "add")
_ODD: Final = late(r"[^\w.-]+")

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


def request_of(pack: LockedPack) -> str:
    """Return the argument of `agentsync add` for a pack; for one that only others ask for, with its decision."""
    if pack.requested or pack.folder or "/" not in pack.name:
        return pack.name
    from packaging.version import Version

    from agentsync.versions.version import caret

    return f"{pack.name}{caret(Version(pack.version))}" if pack.version else f"{pack.name}@commit:{pack.commit}"


def left_out_finding(one: LeftOut, names: NamesInUse, request: str, adding: Sequence[str] = ADDING) -> Finding:
    """Return what is told of an item that was left out; `request` is what `agentsync add` takes for its pack."""
    new = names.new(one.difference, one.item.kind, one.item.name, (one.pack, one.path))
    command = shlex.join([*adding, request, "--rename", f"{one.path}={new}"])
    return Finding(
        one.pack,
        one.path,
        f"not installed beside {one.taken}, which has its name or path and other bytes",
        rule=Rule.ITEM_TWICE,
        item=one.item,
        fix=f"`{command}` installs both",
    )


def unmatched_finding(one: Unmatched) -> Finding:
    """Return what is told of a choice that names nothing any more."""
    return Finding(
        one.pack,
        "",
        f"it has no {one.word} any more, which `{one.key}` names",
        rule=Rule.CHOICE_UNUSED,
        fix=f"take it out of `{one.key}` in agentsync.yaml",
    )
