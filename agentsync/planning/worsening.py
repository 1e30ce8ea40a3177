"""New releases that must not be taken without a person: files that became empty or lost their header."""

from __future__ import annotations

from collections.abc import Iterator

from agentsync.model.lock import LockedPack
from agentsync.model.pack import Contents
from agentsync.packs.frontmatter import read_document


def worsened(old: LockedPack, contents: Contents) -> Iterator[str]:
    """Yield what a pack loses with the contents of a new release, one sentence each."""
    readable = {item.path: item for item in old.items if item.header.is_read}
    still = [path for path in readable if path in contents.entries and contents.entries[path].is_plain]
    for path, data in contents.read(still).items():
        item = readable[path]
        if not data.strip():
            yield f"{item.key} became empty ({path})"
        elif not (document := read_document(data)).status.is_read:
            why = document.error or "it has no header"
            yield f"{item.key} lost its header ({path}: {why})"
