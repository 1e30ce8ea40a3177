"""Documents: files with entries of agentsync beside the user's. Each is read once for all of its entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from agentsync.disk.readable import ReadableFiles
from agentsync.documents.document import FILE, DocumentError, Found, Twice
from agentsync.documents.document import Document as Parsed
from agentsync.documents.editors import editor_for
from agentsync.errors import AgentsyncError, DiskError
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Blocked, Local, Replaced, Unclear, Unreadable
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import DocumentKind, EntryPath, content_digest, document_kind

_TRIES = 3


class DocumentFile(NamedTuple):
    """The file of a document as it was read.

    Args:
        local: what stands on its path.
        data: its bytes, None where there is no file.
    """

    path: RelPath
    local: Local
    data: bytes | None


class Document:
    """A document as it stands on disk."""

    def __init__(self, file: DocumentFile) -> None:
        self.file = file
        self._parsed: Parsed | None = None
        self._obstacle: Local = None
        if file.local is None or isinstance(file.local, FileDigest):
            try:
                self._parsed = editor_for(file.path).read(file.data)
            except DocumentError as error:
                self._obstacle = Unclear(str(error))
        else:
            self._obstacle = Unclear(_what_stands_there(file))

    def local(self, slot: EntryPath, kin: str = "") -> Local:
        """Return what stands in a slot.

        Args:
            kin: what a member of a list is found by where its value was changed, "" to take no other.
        """
        if self._parsed is None:
            return self._obstacle
        try:
            found = self._parsed.find(slot.pointer)
            if found is None and slot.member and kin:
                return self._kindred(self._parsed, slot, kin)
            if found is None:
                return None
            return content_digest(slot, found.content) if found.editable else Replaced.OTHER_FORM
        except DocumentError as error:
            return Unclear(str(error))

    def _kindred(self, parsed: Parsed, slot: EntryPath, kin: str) -> Local:
        digests = [digest for _, digest in self._members(parsed, slot) if digest.kin == kin]
        if len(digests) > 1:
            return Unclear(f"{len(digests)} members of the list run what it runs")
        return digests[0] if digests else None

    def _members(self, parsed: Parsed, slot: EntryPath) -> Iterator[tuple[Found, FileDigest]]:
        for pointer in dict.fromkeys(parsed.members(slot.pointer.rpartition("/")[0])):
            try:
                found = parsed.find(pointer)
            except Twice:
                continue
            if found is not None:
                yield found, content_digest(slot, found.content)

    def content(self, slot: EntryPath, digest: FileDigest) -> bytes | None:
        """Return the content with a digest that stands in a slot, None where it does not."""
        if self._parsed is None:
            return None
        try:
            found = self._parsed.find(pointer_to(slot, digest))
        except DocumentError:
            return None
        return found.content if found is not None and content_digest(slot, found.content) == digest else None

    def names(self, table: str) -> Sequence[str] | None:
        """Return the names in a table, none where they cannot be read; None where there is no document."""
        if self.file.local is None:
            return None
        try:
            found = self._parsed.find(table) if self._parsed is not None else None
        except DocumentError:
            return ()
        value = json.loads(found.content) if found is not None else ()
        return list(value) if isinstance(value, dict) else ()

    def missing(self, slot: EntryPath) -> Iterator[EntryPath]:
        """Yield the containers that an entry needs and that are not there, the document itself among them."""
        if self._parsed is None:
            return
        if self.file.data is None:
            yield EntryPath(f"{self.file.path}#{FILE}")
        parts = slot.pointer.split("/") if document_kind(self.file.path) is DocumentKind.JSON else []
        for count in range(2, len(parts)):
            pointer = "/".join(parts[:count])
            if self._parsed.find(pointer) is None:
                yield EntryPath(f"{self.file.path}#{pointer}")


def _what_stands_there(file: DocumentFile) -> str:
    local = file.local
    if isinstance(local, Unreadable):
        return local.reason
    where, kind = (local.path, local.kind) if isinstance(local, Blocked) else (file.path, local)
    return f"{where} is {'a symlink' if kind is Replaced.SYMLINK else 'no file' if where == file.path else 'no folder'}"


def pointer_to(slot: EntryPath, digest: FileDigest) -> str:
    """Return the pointer to what stands in a slot: to a member of a list by its own digest."""
    return EntryPath.of_member(slot.document, slot.table, digest).pointer if slot.member else slot.pointer


def read_document(folder: ReadableFiles, path: RelPath) -> Document:
    """Read a document; no link is followed.

    Raises:
        UnsafeError: where a tool's folder is a link that must not be followed.
    """
    for _ in range(_TRIES):
        local = folder.local(path)
        if not isinstance(local, FileDigest):
            return Document(DocumentFile(path, local, None))
        try:
            data = folder.read(path)
        except DiskError as error:
            return Document(DocumentFile(path, Unreadable(error.why), None))
        if digest_of(data).sha256 == local.sha256:
            return Document(DocumentFile(path, local, data))
    return Document(DocumentFile(path, Unreadable("another program writes it all the time"), None))


def names_in(folder: ReadableFiles, path: RelPath, table: str) -> Sequence[str] | None:
    """Return the names in a table of a document, none where they cannot be read; None where there is no document.

    Raises:
        UnsafeError: where a tool's folder is a link that must not be followed.
    """
    return read_document(folder, path).names(table)


def local_entries(folder: ReadableFiles, entries: Mapping[EntryPath, str]) -> dict[EntryPath, Local]:
    """Return what stands in each entry; `entries` says what each is found by where its value was changed."""
    found: dict[EntryPath, Local] = {}
    for path, slots in by_document(entries):
        document = read_document(folder, path)
        found |= {slot: document.local(slot, entries[slot]) for slot in slots}
    return found


def by_document(entries: Iterable[EntryPath]) -> Iterator[tuple[RelPath, list[EntryPath]]]:
    """Yield each document with its entries."""
    for path, slots in groupby(sorted(entries, key=lambda slot: (slot.document, slot)), key=lambda slot: slot.document):
        yield path, list(slots)


def read_entry(folder: ReadableFiles, slot: EntryPath, digest: FileDigest) -> bytes:
    """Return the content with a digest that stands in a slot; raise DiskError where it does not."""
    content = read_document(folder, slot.document).content(slot, digest)
    if content is None:
        raise DiskError(f"cannot read {slot}", why="it was changed meanwhile", hint="run the command again")
    return content


def missing_containers(folder: ReadableFiles, entries: Iterable[EntryPath]) -> frozenset[EntryPath]:
    """Return the containers of entries that are not there yet."""
    found = set[EntryPath]()
    for path, slots in by_document(entries):
        try:
            document = read_document(folder, path)
            found.update(*(document.missing(slot) for slot in slots))
        except (AgentsyncError, DocumentError):
            continue  # nothing is written there
    return frozenset(found)
