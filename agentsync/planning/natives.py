"""Native files: what a pack ships in one AI tool's own format. There it is taken instead of the rendering, as it is.

It is a source for no other tool, but for one that takes an agent or a command of any tool as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.finding import Told
from agentsync.model.item import Kind
from agentsync.packs.discovery import FoundItem
from agentsync.rendering.rendered import verbatim
from agentsync.targets.tool import Tool

_ONLY_THERE: Final = "N"  # the rule of discovery for what no other tool can read


class Natives(NamedTuple):
    """The items of a pack, and the files in tools' own formats beside them.

    Args:
        items: those that stand for themselves.
        files: by `KIND:NAME` the native files, of each tool one.
        without: the tools that do not get an item that is another tool's alone, by its path.
    """

    items: tuple[FoundItem, ...]
    files: Mapping[str, tuple[FoundItem, ...]]
    without: Mapping[str, tuple[str, ...]]

    def of(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the tools that have a native file of an item, each with that file, sorted as in the lock."""
        return tuple(sorted((item.target, item.path) for item in self.files.get(key, ())))

    def told(self, pack: str) -> Iterator[Told]:
        """Yield the items that a tool does not get, as they are another tool's alone."""
        for item in self.items:
            why = f"{item.path} is in the format of {item.target} alone"
            for tool in self.without.get(item.path, ()):
                yield Told(tool, pack, item.key, "refused", item.path, why)


def with_natives(items: Sequence[FoundItem], tools: Sequence[Tool]) -> Natives:
    """Part the items of a pack from the native files beside them; without a sibling one is an item of its own."""
    names = {tool.name for tool in tools}
    shared = {item.key for item in items if not item.target}
    found: dict[str, dict[str, FoundItem]] = {}
    stands: list[FoundItem] = []
    for item in sorted(items, key=lambda item: (item.path.count("/"), item.path)):
        if not item.target:
            continue
        is_first = item.key not in found
        if item.target in names and found.setdefault(item.key, {}).setdefault(item.target, item) is item:
            if is_first and item.key not in shared:
                stands.append(item)
        elif _is_like_others(item) and (item.target not in names or item.key not in shared):
            # For tools that take it as it is, it is one more item of that name.
            stands.append(item)
    kept = {item.path: item for item in stands}
    without = {item.path: tuple(_without(item, found.get(item.key, {}), tools)) for item in stands}
    there = tuple(item for item in items if not item.target or kept.get(item.path) == item)
    return Natives(there, {key: tuple(own.values()) for key, own in found.items()}, without)


def _is_like_others(item: FoundItem) -> bool:
    return item.rule != _ONLY_THERE and item.kind in (Kind.AGENT, Kind.COMMAND)


def _without(item: FoundItem, own: Mapping[str, FoundItem], tools: Sequence[Tool]) -> Iterator[str]:
    """Yield the tools that read the kind of an item of one tool's alone, and do not get it."""
    for tool in tools:
        places = tool.places.get(item.kind, ())
        as_it_is = _is_like_others(item) and all(place.render is verbatim for place in places)
        if places and tool.name not in own and not as_it_is:
            yield tool.name
