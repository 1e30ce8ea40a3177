"""The fields of a header as a program has them that reads YAML with all its powers.

Our own reader follows no alias, applies no tag and merges no mapping; the AI tools that read an
installed file may. What a header asks for is told from both.

Source: YAML 1.1, sections 3.2.2.2 (anchors and aliases) and 3.2.1.2 (tags); the merge key of
https://yaml.org/type/merge.html.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from agentsync.formats.yaml_tree import MAX_DEPTH, Plain, yaml_events

_MAY_HAVE_POWERS: Final = re.compile(r"[&*!]|<<")
_MERGE: Final = "<<"
_MOST_VALUES: Final = 10_000


class PowersError(Exception):
    """A header stands for more than is read."""


def powerful_fields(header: str) -> dict[str, Plain] | None:
    """Return the fields of a header that uses an anchor, an alias, a tag or a merge key.

    Returns:
        The fields with aliases followed and mappings merged; None where the header uses none of
        them or is no YAML mapping.

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
