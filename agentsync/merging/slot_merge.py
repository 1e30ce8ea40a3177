"""Three-way merge of what a slot holds, and how the content of an entry is shown to people and to git."""

from __future__ import annotations

import json
from typing import Any

from agentsync.merging.merge import merge_file
from agentsync.model.git_file import Merged, Side
from agentsync.model.slot import EntryPath, SlotPath, entry_digest


def merge_content(slot: SlotPath, base: bytes, local: bytes, upstream: bytes) -> Merged:
    """Merge the changes of both sides: of an entry key by key at the top of its value, of all else as text.

    An entry with a conflict is the user's as it stands.
    """
    if not _is_value(slot):
        return merge_file(base, local, upstream)
    # In a list of its own each value can be told from no value.
    before, mine, theirs = ([json.loads(data)] for data in (base, local, upstream))
    merged = _picked(before, mine, theirs)
    if merged is None and all(isinstance(side[0], dict) for side in (before, mine, theirs)):
        merged = _merged_keys(before[0], mine[0], theirs[0])
    return Merged(_content(merged[0])) if merged else Merged(local, conflicted=True)


def _merged_keys(before: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> list[Any] | None:
    """Return the keys of both sides, the user's first; None where both changed one of them."""
    found: dict[str, Any] = {}
    for key in dict.fromkeys((*mine, *theirs)):
        picked = _picked(*([side[key]] if key in side else [] for side in (before, mine, theirs)))
        if picked is None:
            return None
        if picked:
            found[key] = picked[0]
    return [found]


def _picked(base: list[Any], local: list[Any], upstream: list[Any]) -> list[Any] | None:
    """Return the side that alone changed something, or both where they agree; None where both changed it."""
    old, mine, theirs = (entry_digest(side) for side in (base, local, upstream))
    if mine == theirs or theirs == old:
        return local
    return upstream if mine == old else None


def shown(slot: SlotPath, content: bytes) -> bytes:
    """Return the content of a slot as people read it, and patches are of: an entry on several lines, its keys sorted.

    >>> shown(EntryPath(".mcp.json#/mcpServers/db"), b'{"b":1}')
    b'{\\n  "b": 1\\n}\\n'
    """
    if not _is_value(slot):
        return content
    return (json.dumps(json.loads(content), ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def shown_side(slot: SlotPath, side: Side) -> Side:
    """Return a side with what people read."""
    return side._replace(data=shown(slot, side.data)) if isinstance(slot, EntryPath) else side


def content_of(slot: SlotPath, text: bytes) -> bytes | None:
    """Return the content that a text shows, the inverse of `shown`; None for a text that shows none."""
    if not _is_value(slot):
        return text
    try:
        return _content(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _is_value(slot: SlotPath) -> bool:
    return isinstance(slot, EntryPath) and not slot.is_section


def _content(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
