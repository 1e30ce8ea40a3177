"""A header as a program has it that reads YAML with all its powers: its fields, and its weight.

Our own reader follows no alias, applies no tag and merges no mapping; the AI tools that read an
installed file may. What a header asks for is told from both. A file is refused whose header is too large, is nested
too deep, names a tag of its own, or grows without measure when its aliases are followed.

Source: YAML 1.1, sections 3.2.2.2 (anchors and aliases) and 3.2.1.2 (tags); the merge key of
https://yaml.org/type/merge.html.
"""

from contextlib import suppress
from typing import Any, Final, NamedTuple

from agentsync.formats.yaml_tree import MAX_DEPTH, Plain, yaml_events
from agentsync.late import late
from agentsync.model.policy import Limits, in_words
from agentsync.packs.header_block import find_block, line_number

_MAY_HAVE_POWERS: Final = late(r"[&*!]|<<")
_MERGE: Final = "<<"
_MOST_VALUES: Final = 10_000
_MAY_WEIGH: Final = late(rb"[!*]|[\[{]{8}|(?:^|\n)[ \t]*(?:- ){8}| {16}")
_PLAIN_TAGS: Final = frozenset(
    ("!", *(f"tag:yaml.org,2002:{name}" for name in "str int float bool null seq map timestamp".split()))
)


class PowersError(Exception):
    """A header stands for more than is read."""


def powerful_fields(header: str) -> dict[str, Plain] | None:
    """Return the fields of a header with aliases followed and mappings merged; None where it uses no such power.

    Raises:
        PowersError: where the aliases stand for too much.
    """
    if not _MAY_HAVE_POWERS.search(header):
        return None
    import yaml

    builder = _Builder()
    try:
        for event in yaml_events(header):
            builder.take(event)
    except (yaml.YAMLError, ValueError):  # among them a key without a value
        return None
    root = builder.root
    return root.value if builder.has_powers and root is not None and isinstance(root.value, dict) else None


class _Value(NamedTuple):
    """A value, and how many values it stands for."""

    value: Plain
    weight: int


class _Builder:
    def __init__(self) -> None:
        self.root: _Value | None = None
        self.has_powers = False
        self._anchors: dict[str, _Value] = {}
        self._open: list[tuple[str | None, list[_Value]]] = []

    def take(self, event: Any) -> None:
        kind = type(event).__name__.removesuffix("Event")
        if kind == "Alias":
            self.has_powers = True
            # An alias to a collection that is still open has no end: its name stands for it.
            self._add(self._anchors.get(event.anchor, _Value(f"*{event.anchor}", 1)))
        elif kind == "Scalar":
            self._note(event)
            self._close(event.anchor, _Value(event.value, 1))
        elif kind in ("MappingStart", "SequenceStart"):
            self._note(event)
            self._open.append((event.anchor, []))
            if len(self._open) > MAX_DEPTH:
                raise PowersError
        elif kind in ("MappingEnd", "SequenceEnd"):
            anchor, children = self._open.pop()
            weight = 1 + sum(child.weight for child in children)
            if weight > _MOST_VALUES:
                raise PowersError
            value = self._table(children) if kind == "MappingEnd" else [child.value for child in children]
            self._close(anchor, _Value(value, weight))

    def _note(self, event: Any) -> None:
        if event.anchor is not None or event.tag not in (None, "!"):
            self.has_powers = True

    def _close(self, anchor: str | None, value: _Value) -> None:
        if anchor is not None:
            self._anchors[anchor] = value
        self._add(value)

    def _add(self, value: _Value) -> None:
        if self._open:
            self._open[-1][1].append(value)
        else:
            self.root = value

    def _table(self, children: list[_Value]) -> dict[str, Plain]:
        own: dict[str, Plain] = {}
        merged: list[Plain] = []
        for key, value in zip(children[::2], children[1::2], strict=True):
            if key.value == _MERGE and not isinstance(value.value, str):
                self.has_powers = True
                merged += value.value if isinstance(value.value, list) else [value.value]
            elif isinstance(key.value, str):
                own[key.value] = value.value
        for table in merged:
            if isinstance(table, dict):
                own = {**table, **own}
        return own


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
    with suppress(yaml.YAMLError):
        for event in yaml_events(header.decode("utf-8", "replace")):
            if reason := scale.take(event):
                return TooHeavy(reason, first + event.start_mark.line, event.start_mark.column + 1)
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
        if self._open:
            anchor, before = self._open[-1]
            weight += before
            self._open[-1] = anchor, weight
        return f"the aliases of its header stand for more than {self._most:,} values" if weight > self._most else ""
