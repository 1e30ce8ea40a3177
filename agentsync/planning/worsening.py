"""New releases that must not be taken without a person: files that became empty or lost their header."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentsync.model.item import HeaderStatus
from agentsync.model.lock import LockedPack
from agentsync.model.pack import Contents
from agentsync.packs.frontmatter import read_document

_READABLE: Final = (HeaderStatus.STRICT, HeaderStatus.REPAIRED, HeaderStatus.PARTIAL)


def worsened(old: LockedPack, contents: Contents) -> Iterator[str]:
    """Yield what a pack loses with the contents of a new release, one sentence each."""
    readable = {item.path: item for item in old.items if item.header in _READABLE}
    still = [path for path in readable if path in contents.entries and contents.entries[path].is_plain]
    for path, data in contents.read(still).items():
        item = readable[path]
        if not data.strip():
            yield f"{item.key} became empty ({path})"
        elif (document := read_document(data)).status not in _READABLE:
            why = document.error or "it has no header"
            yield f"{item.key} lost its header ({path}: {why})"
