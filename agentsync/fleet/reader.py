"""The files of one commit in the store of a batch: fetched where they are missing, read once, and within limits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from agentsync.errors import FetchError, UnsafeError
from agentsync.git.checked_out import Attributes, attributes_of, checked_out, may_encode, may_matter
from agentsync.git.objects import ObjectReader
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME
from agentsync.model.policy import DEFAULT_LIMITS, in_words
from agentsync.model.rel_path import RelPath, parents
from agentsync.project.commit_files import LINK, Blobs, CommitTree
from agentsync.project.commit_project import documents, linkable_folders

# The largest manifest, as its YAML is read with the place of each fault; and the largest lock.
_LARGEST: Final = {MANIFEST_NAME: DEFAULT_LIMITS.file, LOCK_NAME: DEFAULT_LIMITS.read}
_ATTRIBUTES: Final = ".gitattributes"
# Names that git takes into no working tree.
_NO_CHECKOUT: Final = re.compile(r"[/\0](\.{0,2}|\.git)[/\0]", re.IGNORECASE)
# Links that lead to further links are asked for one by one.
_MOST_LATE: Final = 50


class CommitReader:
    """The tree of a commit and its files.

    Args:
        known: returns the SHA-256 of a blob that need not be read, None for any other.
        fetch: fetches blobs into the store.

    Attributes:
        learned: SHA-256 by blob of the installed files that were read.
    """

    def __init__(
        self,
        objects: ObjectReader,
        commit: str,
        known: Callable[[str], str | None],
        fetch: Callable[[Sequence[str]], None],
    ) -> None:
        self._objects = objects
        self._known = known
        self._fetch = fetch
        self._data: dict[str, bytes] = {}
        self._left = DEFAULT_LIMITS.pack
        self._late = 0
        self._settled: dict[str, str] = {}
        self.learned: dict[str, str] = {}
        self._attributes: dict[str, Attributes] = {}
        self._root = objects.tree_ids([(commit, "")])[0] or ""
        self.tree = CommitTree(objects.entries(self._root), Blobs(self._read, self._settled, self._altered))
        paths = self.tree.paths
        if paths and (odd := _NO_CHECKOUT.search("\0".join(("", *paths, "")))):
            raise UnsafeError(
                f"it holds a file or folder that is called {odd[1]!r}", hint="git checks nothing like it out"
            )

    def begin(self, folders: Sequence[str]) -> None:
        """Read what is needed to know what projects ask for: manifests, locks, documents and linked folders."""
        entries = self.tree.entries
        files = set[str]()
        for folder in folders:
            prefix = "" if folder == "." else f"{folder}/"
            for name in (MANIFEST_NAME, LOCK_NAME, *documents()):
                if (found := entries.get(prefix + name)) is not None and (found.is_plain or found.mode == LINK):
                    files.add(found.oid)
            links = (entries.get(prefix + name) for name in linkable_folders())
            files.update(found.oid for found in links if found is not None and found.mode == LINK)
        own = [name if one == "." else f"{one}/{name}" for one in folders for name in _LARGEST]
        rules = self._rules_for(own)
        self._need(files | rules)
        if any(may_encode(self._data[oid]) for oid in rules):
            self._attributes = attributes_of(self._objects.folder, self._root, own)
        for folder in folders:
            for name, most in _LARGEST.items():
                path = name if folder == "." else f"{folder}/{name}"
                if (found := entries.get(path)) is not None and len(self._data.get(found.oid, b"")) > most:
                    raise UnsafeError(f"{path} has more than {in_words(most)}", hint="it cannot be right")

    def look_at(self, files: Iterable[tuple[str, str, str]]) -> None:
        """Read files, but not those that are known to be what they should be.

        Args:
            files: of each its path, its blob, and the SHA-256 that it should have, "" where its bytes are needed.
        """
        asked = list(files)
        needed = {oid for _, oid, wanted in asked if not wanted or self._known(oid) != wanted}
        rules = self._rules_for(path for path, _, _ in asked)
        self._need({*needed, *rules})
        if any(may_matter(self._data[oid]) for oid in rules):
            self._attributes |= attributes_of(self._objects.folder, self._root, (path for path, _, _ in asked))
            needed |= {oid for path, oid, _ in asked if path in self._attributes}
            self._need(needed)
        self._settled.update({oid: wanted for _, oid, wanted in asked if oid not in needed})
        for _, oid, wanted in asked:
            if wanted and oid in needed and self._known(oid) is None:
                self.learned[oid] = hashlib.sha256(self._data[oid]).hexdigest()

    def _rules_for(self, paths: Iterable[str]) -> set[str]:
        """Return the blobs with the attributes of some files."""
        folders = {above for path in paths for above in parents(RelPath(path))}
        names = [f"{folder}/{_ATTRIBUTES}" for folder in folders]
        found = (self.tree.entries.get(name) for name in (_ATTRIBUTES, *names))
        return {entry.oid for entry in found if entry is not None and entry.is_plain}

    def _altered(self, path: str, oid: str, data: bytes) -> bytes:
        found = self._attributes.get(path)
        return data if found is None else checked_out(data, oid, found)

    def _need(self, oids: Iterable[str]) -> None:
        new = sorted(oid for oid in oids if oid not in self._data)
        if not new:
            return
        self._fetch(new)
        sizes = self._objects.sizes(new)
        if len(sizes) < len(new):
            raise FetchError("its server does not deliver all files", why=f"{len(new) - len(sizes)} of {len(new)} lack")
        self._left -= sum(sizes.values())
        if self._left < 0:
            raise UnsafeError(
                f"what it has installed is more than {in_words(DEFAULT_LIMITS.pack)}", hint="it cannot be right"
            )
        self._data.update(self._objects.blobs(new))

    def _read(self, oid: str) -> bytes:
        if oid not in self._data:
            self._late += 1
            if self._late > _MOST_LATE:
                raise UnsafeError("its folders are links that lead to further links", hint="put folders in their place")
            self._need([oid])
        return self._data[oid]
