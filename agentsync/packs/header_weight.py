"""Weight of a header for a program that reads YAML with all its features.

Our own reader follows no alias and builds no object; the AI tools that read an installed file may.
So a file is refused whose header is too large, is nested too deep, names a tag of its own, or grows
without measure when its aliases are followed. A header that is no YAML is no bomb.

Source: YAML 1.1, sections 3.2.2.2 (anchors and aliases) and 3.2.1.2 (tags).
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from agentsync.formats.yaml_tree import MAX_DEPTH, yaml_events
from agentsync.model.limits import Limits, in_words
from agentsync.packs.header_block import find_block, line_number

_MAY_WEIGH: Final = re.compile(rb"[!*]|[\[{]{8}|(?:^|\n)[ \t]*(?:- ){8}| {16}")
_PLAIN_TAGS: Final = frozenset(
    ("!", *(f"tag:yaml.org,2002:{name}" for name in "str int float bool null seq map timestamp".split()))
)


class TooHeavy(NamedTuple):
    """Reason to refuse a header, with line and column from 1."""

    reason: str
    line: int
    column: int


def weigh_header(raw: bytes, limits: Limits) -> TooHeavy | None:
    """Say why the header of a file is refused; None where it is not, or there is none."""
    block = find_block(raw)
    if block is None:
        return None
    first = line_number(raw, block.start)
    if block.end - block.start > limits.header:
        reason = f"its header is larger than {in_words(limits.header)}"
        return TooHeavy(reason, first, 1)
    header = raw[block.start : block.end]
    if not _MAY_WEIGH.search(header):
        return None
    import yaml  # takes long to load, and few headers may weigh anything

    scale = _Scale(limits.aliased)
    try:
        for event in yaml_events(header.decode("utf-8", "replace")):
            if reason := scale.take(event):
                return TooHeavy(reason, first + event.start_mark.line, event.start_mark.column + 1)
    except yaml.YAMLError:
        return None
    return None


class _Scale:
    """Adds up what a document stands for, from its events."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weights: dict[str, int] = {}
        # The anchor of each open collection, and what it holds until now.
        self._open: list[tuple[str | None, int]] = []

    def take(self, event: Any) -> str:
        """Return the reason to refuse the document at this event, "" for none."""
        import yaml

        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _PLAIN_TAGS:
            return f"its header names the YAML tag {tag[:80]!r}"
        if isinstance(event, yaml.AliasEvent):
            return self._add(self._weights.get(str(event.anchor), 1))
        if isinstance(event, yaml.ScalarEvent):
            if event.anchor:
                self._weights[event.anchor] = 1
            return self._add(1)
        if isinstance(event, yaml.CollectionStartEvent):
            if event.anchor:
                # Until it is closed, an alias to it is one to what it stands in, which never ends.
                self._weights[event.anchor] = self._most + 1
            self._open.append((event.anchor, 1))
            if len(self._open) > MAX_DEPTH:
                return f"its header is nested deeper than {MAX_DEPTH} levels"
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, weight = self._open.pop()
            if anchor:
                self._weights[anchor] = weight
            return self._add(weight)
        return ""

    def _add(self, weight: int) -> str:
        if weight > self._most:
            return f"the aliases of its header stand for more than {self._most:,} values"
        if self._open:
            anchor, sum_ = self._open[-1]
            self._open[-1] = anchor, sum_ + weight
            if sum_ + weight > self._most:
                return f"the aliases of its header stand for more than {self._most:,} values"
        return ""
