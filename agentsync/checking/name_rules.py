"""Rules about names: two items of one kind that share one, in a pack and across the packs of a registry."""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from agentsync.checking.found import Found
from agentsync.checking.subject import Subject
from agentsync.model.item import Kind, same_name
from agentsync.packs.discovery import FoundItem

_KINDS: Final = (Kind.AGENT, Kind.SKILL, Kind.COMMAND)


def _names(subject: Subject) -> Iterator[tuple[tuple[Kind, str], FoundItem]]:
    for item in subject.items:
        if item.kind in _KINDS and not item.target:
            yield (item.kind, same_name(item.name)), item


def _bytes_of(subject: Subject, item: FoundItem) -> object:
    """Return what tells the bytes of two items apart, wherever they lie."""
    entries = subject.contents.entries
    if item.kind is not Kind.SKILL:
        return entries[item.path].oid
    start = len(posixpath.dirname(item.path))
    return {path[start:].lstrip("/"): entries[path].oid for path in item.files}


def in_pack(subject: Subject) -> Iterator[Found]:
    """Yield the items whose name another item of the pack has, with other bytes."""
    first: dict[tuple[Kind, str], FoundItem] = {}
    for key, item in _names(subject):
        other = first.setdefault(key, item)
        if other is not item and _bytes_of(subject, item) != _bytes_of(subject, other):
            what = f"{other.path} is {other.key}, too, and one of them is not installed"
            yield Found("name-clash", item.path, what, *_place(subject, item), fix=_FIX, item=item.key)


_FIX: Final = "give one of them another name"


def across_packs(subjects: Sequence[Subject]) -> Iterator[tuple[Subject, Found]]:
    """Yield the items whose name an item of another pack has, with other bytes: both cannot stand in one scope."""
    first: dict[tuple[Kind, str], tuple[Subject, FoundItem]] = {}
    for subject in subjects:
        told: set[tuple[Kind, str]] = set()
        for key, item in _names(subject):
            holder, other = first.setdefault(key, (subject, item))
            if holder is subject or key in told or _bytes_of(subject, item) == _bytes_of(holder, other):
                continue
            told.add(key)
            what = f"{holder.root.name} has {other.key}, too: who installs both packs has to rename one"
            place = _place(subject, item)
            yield subject, Found("name-clash", item.path, what, *place, item=item.key, case="of another pack")


def _place(subject: Subject, item: FoundItem) -> tuple[int, int]:
    from agentsync.checking.header import Header

    spot = Header(item, subject.document(item)).spot("name")
    return spot.line, spot.column


RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (in_pack,)
