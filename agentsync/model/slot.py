"""Slots: where something is installed. A slot is a file, or an entry in a document that holds the user's entries too.

What is installed is named by its slot, and compared by a digest: of a file its bytes and mode, of an entry its value.
"""

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.errors import UnsafeError
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.rel_path import RelPath

_PARTS = "#"  # between a document and the pointer into it


class EntryPath(str):
    """The path of an entry, as text: `DOCUMENT#POINTER` with a JSON pointer (RFC 6901), `.mcp.json#/mcpServers/db`."""

    __slots__ = ()

    @classmethod
    def of(cls, document: RelPath, table: str, name: str) -> "EntryPath":
        """Return the path of the entry `name` of the table at a JSON pointer; no document has a `#` in its name."""
        escaped = name.replace("~", "~0").replace("/", "~1")
        return cls(f"{document}{_PARTS}{table}/{escaped}")

    @classmethod
    def of_section(cls, document: RelPath, name: str) -> "EntryPath":
        """Return the path of the section between markers that have a name, `AGENTS.md#acme/pack rule:style`."""
        return cls(f"{document}{_PARTS}{name}")

    @property
    def document(self) -> RelPath:
        return RelPath(self.partition(_PARTS)[0])

    @property
    def pointer(self) -> str:
        """The JSON pointer of a value; of a section its name, which does not begin with a slash."""
        return self.partition(_PARTS)[2]

    @property
    def is_section(self) -> bool:
        """True where its content is a text between markers, and no value."""
        return not self.pointer.startswith("/")


SlotPath = RelPath | EntryPath


def file_of(slot: SlotPath) -> RelPath:
    """Return the file that a slot is, or is in."""
    return slot.document if isinstance(slot, EntryPath) else slot


def as_file(slot: SlotPath) -> RelPath:
    """Return a slot that is a file; raise UnsafeError for an entry, which no document is edited for."""
    if isinstance(slot, EntryPath):
        raise UnsafeError(f"{slot} is an entry of a document, and only files are written", hint="update agentsync")
    return slot


def entry_digest(value: object) -> FileDigest:
    """Return the digest of an entry: the SHA-256 of its canonical JSON, whatever its order, blanks and quoting were.

    Raises:
        ValueError: for what JSON cannot hold, such as a date, a number that is none, or half a surrogate pair.

    >>> entry_digest({"b": 1, "a": []}) == entry_digest({"a": [], "b": 1})
    True
    """
    import hashlib
    import json

    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except TypeError as error:
        raise ValueError(str(error)) from error
    return FileDigest(hashlib.sha256(text.encode("utf-8")).hexdigest())


def content_digest(slot: SlotPath, data: bytes, *, executable: bool = False) -> FileDigest:
    """Return the digest of the content of a slot: the bytes of a file or of a section, the value of any other entry.

    Content of an entry is JSON without blanks, its keys in the order in which they are written: that order is no part
    of the digest.

    >>> entry = EntryPath.of(RelPath(".mcp.json"), "/mcpServers", "db")
    >>> content_digest(entry, b'{"b":1,"a":2}') == content_digest(entry, b'{"a":2,"b":1}')
    True
    """
    if not isinstance(slot, EntryPath) or slot.is_section:
        return digest_of(data, executable=executable)
    import json

    return entry_digest(json.loads(data))


class Receipt(NamedTuple):
    """The digests of the files that agentsync last wrote, by path in the scope.

    Others may have named those in `hints`: nothing on them is replaced without a backup.
    """

    files: Mapping[SlotPath, FileDigest] = {}
    hints: frozenset[SlotPath] = frozenset()
