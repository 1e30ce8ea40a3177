"""The changes that a command is about to make to a scope, written to the journal first.

An interrupted command is finished from its intent, which holds every byte. An intent counts only in the folder where
it was written: a copied or cloned folder is another folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.empty import EMPTY
from agentsync.model.plan import Plan
from agentsync.model.rel_path import RelPath


class Intent(NamedTuple):
    """All changes of one command.

    Args:
        plan: what happens to each file.
        contents: the bytes of every file that the plan writes.
        manifest, lock: their new texts, None where they stay.
        before: the digests of the manifest and the lock that these take the place of, "" for none.
        patches: the recorded edits that are written, by pack and path, or with None forgotten.
        conflicts: the attempts at merging that are left for a person, with upstream's files.
        settled: the attempts that are done with, and whether they were used.
        installed: the lock to remember as installed, "" for none.
    """

    plan: Plan
    contents: Mapping[RelPath, bytes] = EMPTY
    manifest: str | None = None
    lock: str | None = None
    before: tuple[str, str] = ("", "")
    patches: Mapping[tuple[str, RelPath], bytes | None] = EMPTY
    conflicts: Mapping[RelPath, tuple[bytes, bytes]] = EMPTY
    settled: Mapping[RelPath, bool] = EMPTY
    installed: str = ""

    def fits(self, manifest: str | None, lock: str | None) -> bool:
        """Return whether manifest and lock have their old or their new texts."""
        pairs = ((manifest, self.manifest, self.before[0]), (lock, self.lock, self.before[1]))
        return all(text_id(found) in (before, text_id(new or found)) for found, new, before in pairs)


def text_id(text: str | None) -> str:
    """Return a digest of a text; "" for none."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def digests_in(intent: Intent) -> Iterator[FileDigest]:
    """Yield the digest of every content that the plan names, old and new."""
    for change in intent.plan.changes:
        for digest in (change.base, change.local, change.wanted):
            if isinstance(digest, FileDigest):
                yield digest
