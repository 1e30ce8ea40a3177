"""Tags sorted by the numbers of the versions they seem to name, without reading them as versions.

A tree with a level for each number, of which only that part is made where somebody looks. What it
says is a matter of order and of what can be passed over; whether a tag names a version at all, and
which, is for whoever reads it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from agentsync.model.version import Bounds, Numbers

# What stands before and after the version in a tag.
Affixes = tuple[str, str]

_DIGITS: Final = frozenset("0123456789")
# How a pre-release starts, if it is a version at all: PEP 440.
_EARLY: Final = r"[0-9]+(?:\.[0-9]+)*[-_.]?(?i:a|b|c|rc|pre|dev)"
# Numbers that are told apart: no version has so many, and a hostile one may have thousands.
_DEEPEST: Final = 16
# Tags that are read sooner than they are sorted.
_FEW: Final = 12
# Digits of a number that Python may refuse to read.
_LONG: Final = 500


class TagTree:
    """The tags that may name a version.

    Args:
        tags: all tags.
        affixes: what stands before and after a version.
    """

    def __init__(self, tags: Sequence[str], affixes: Sequence[Affixes]) -> None:
        self._tags = tags
        self._affixes = affixes
        self._root: _Node | _Root | None = None

    def groups(self, bounds: Bounds, *, stable: bool) -> Iterator[list[str]]:
        """Tags with the same first numbers together, the highest numbers first.

        Args:
            bounds: the numbers to look at; some that are outside may come along.
            stable: leave out what is a pre-release if it is anything.
        """
        if self._root is None:
            self._root = _rooted(self._tags, self._affixes)
        found = self._root.groups(bounds.low, bounds.high)
        if not stable:
            yield from found
            return
        prefixes = "|".join(re.escape(prefix) for prefix, _ in self._affixes)
        is_early = re.compile(rf"(?:{prefixes}){_EARLY}").match
        for group in found:
            yield [tag for tag in group if not is_early(tag)]


class _Node:
    """The tags whose first numbers are the same.

    Args:
        depth: how many these are.
    """

    __slots__ = ("_children", "_depth", "_order", "ended", "open")

    def __init__(self, depth: int, more: list[str] | None = None, ended: list[str] | None = None) -> None:
        self._depth = depth
        self.open = more or []  # a further number may follow
        self.ended = ended or []  # none does
        self._order: _Order | None = None
        self._children: dict[int, _Node] = {}

    def groups(self, low: Numbers | None, high: Numbers | None) -> Iterator[list[str]]:
        """See `TagTree.groups`; a bound is None where it says no more of the numbers that follow."""
        if len(self.open) <= _FEW or self._depth >= _DEEPEST:
            yield self.open + self.ended
            return
        if self._order is None:
            self._order = _Order(self.open, self.ended, self._depth)
        yield from _between(self._order.runs(), low, high, self._depth, self._child)

    def _child(self, number: int, run: Iterable[int]) -> _Node:
        if number not in self._children and self._order is not None:
            self._children[number] = _Node(self._depth + 1, *self._order.parted(run))
        return self._children[number]


class _Order:
    """Tags by their next number, the highest first; one that has none counts as 0, as 1 is 1.0.

    A registry has thousands of these, and few are looked at: nothing is made for one by itself.
    """

    __slots__ = ("_are_open", "_by_number", "_numbers", "_tags")

    def __init__(self, tags: list[str], ended: list[str], depth: int) -> None:
        split = [tag.split(".", depth + 1) for tag in tags]
        pieces = [parts[depth] if len(parts) > depth else "" for parts in split]
        self._tags = tags + ended
        self._are_open = [True] * len(tags)
        text = "".join(pieces)
        if all(pieces) and text.isdigit() and text.isascii() and max(map(len, pieces)) < _LONG:
            self._numbers = list(map(int, pieces))
        else:
            self._are_open = [piece.isdigit() and piece.isascii() for piece in pieces]
            self._numbers = list(map(_number, pieces))
        self._are_open += [False] * len(ended)
        self._numbers += [0] * len(ended)
        self._by_number = sorted(range(len(self._tags)), key=self._numbers.__getitem__, reverse=True)

    def runs(self) -> Iterator[tuple[int, Iterable[int]]]:
        """Every number with the places of its tags."""
        return groupby(self._by_number, self._numbers.__getitem__)

    def parted(self, run: Iterable[int]) -> tuple[list[str], list[str]]:
        """The tags at these places: those that may go on, and those that do not."""
        places = list(run)
        more = [self._tags[place] for place in places if self._are_open[place]]
        return more, [self._tags[place] for place in places if not self._are_open[place]]


class _Root:
    """All tags by the first number of their versions."""

    def __init__(self, nodes: Mapping[int, _Node]) -> None:
        self._nodes = nodes
        self._numbers = sorted(nodes, reverse=True)

    def groups(self, low: Numbers | None, high: Numbers | None) -> Iterator[list[str]]:
        """See `TagTree.groups`."""
        yield from _between(
            ((number, ()) for number in self._numbers), low, high, 0, lambda number, _: self._nodes[number]
        )


def _between(
    runs: Iterable[tuple[int, Iterable[int]]],
    low: Numbers | None,
    high: Numbers | None,
    depth: int,
    child: Callable[[int, Iterable[int]], _Node],
) -> Iterator[list[str]]:
    """The groups of the children whose numbers are within the bounds."""
    lowest, highest = _at(low, depth), _at(high, depth)
    for number, run in runs:
        if lowest is not None and number < lowest:
            return
        if highest is None or number <= highest:
            below, above = low if number == lowest else None, high if number == highest else None
            yield from child(number, run).groups(below, above)


def _number(piece: str) -> int:
    """The number that a piece starts with; one so long that Python does not read it makes no version."""
    digits = piece.removesuffix(piece.lstrip("0123456789"))
    try:
        return int(digits or 0)
    except ValueError:
        return 0


def _rooted(tags: Sequence[str], affixes: Sequence[Affixes]) -> _Node | _Root:
    """The whole tree; all in one node where dots alone do not tell the numbers, or one has an epoch."""
    prefixes = tuple(prefix for prefix, _ in affixes)
    fitting = tags if "" in prefixes else [tag for tag in tags if tag.startswith(prefixes)]
    pieces: defaultdict[str, list[str]] = defaultdict(list)
    for tag in fitting:
        pieces[tag.partition(".")[0]].append(tag)
    first = {piece: text for piece in pieces for affix in affixes if (text := between(affix, piece)) is not None}
    if any("." in prefix or suffix for prefix, suffix in affixes) or any("!" in text for text in first.values()):
        return _Node(_DEEPEST, list(fitting))
    nodes: dict[int, _Node] = {}
    for piece, text in first.items():
        node = nodes.setdefault(_number(text), _Node(1))
        if text.isdigit() and text.isascii():
            node.open += pieces[piece]
        else:
            node.ended += pieces[piece]
    return _Root(nodes)


def between(affix: Affixes, tag: str) -> str | None:
    """What stands between the affixes, if it starts like a version."""
    prefix, suffix = affix
    start, end = len(prefix), len(tag) - len(suffix)
    if start < end and tag[start] in _DIGITS and tag.startswith(prefix) and tag.endswith(suffix):
        return tag[start:end]
    return None


def _at(bound: Numbers | None, depth: int) -> float | None:
    """The number of a bound at a depth: it goes on with zeros."""
    return None if bound is None else bound[depth] if depth < len(bound) else 0
