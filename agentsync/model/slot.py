"""Slots: where something is installed. A slot is a file, or an entry in a document that holds the user's entries too.

What is installed is named by its slot, and compared by a digest: of a file its bytes and mode, of an entry its value.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from agentsync.errors import UnsafeError
from agentsync.late import late
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.rel_path import RelPath, is_device, rel_path

T = TypeVar("T")

_PARTS: Final = "#"  # between a document and the pointer into it
_MEMBER: Final = late("@[0-9a-f]{12}")
_MEMBER_DIGITS: Final = 12
_LONGEST: Final = 1000
_ENDINGS: Final = (".json", ".jsonc", ".toml", ".md")
_UNSTORABLE: Final = late(r'[<>:"|?*\\%]')
_STORED: Final = late("%([0-9A-F]{2})")
PATCH_ENDING: Final = ".patch"


class DocumentKind(StrEnum):
    """The way a document is written, which its name tells."""

    JSON = "json"  # with or without comments
    TOML = "toml"
    SECTIONS = "sections"  # a text with sections between markers


def document_kind(document: str) -> DocumentKind:
    """Return how a document is written.

    >>> [str(document_kind(name)) for name in (".codex/config.toml", "AGENTS.md", "opencode.jsonc")]
    ['toml', 'sections', 'json']
    """
    if document.endswith(".toml"):
        return DocumentKind.TOML
    return DocumentKind.SECTIONS if document.endswith(".md") else DocumentKind.JSON


class EntryPath(str):
    """The path of an entry, as text: `DOCUMENT#POINTER`.

    The pointer is a JSON pointer (RFC 6901), `.mcp.json#/mcpServers/db`. A member of a list is named by the first
    digits of its digest, `.claude/settings.json#/hooks/PreToolUse/@86dbc4261ea3`, and a section by its marker,
    `AGENTS.md#acme/pack rule:style`.
    """

    __slots__ = ()

    @classmethod
    def of(cls, document: RelPath, table: str, name: str) -> "EntryPath":
        """Return the path of the entry `name` of the table at a JSON pointer; no document has a `#` in its name."""
        return cls(f"{document}{_PARTS}{table}/{_escaped(name)}")

    @classmethod
    def of_member(cls, document: RelPath, table: str, digest: FileDigest) -> "EntryPath":
        """Return the path of a member of the list at a JSON pointer."""
        return cls(f"{document}{_PARTS}{table}/@{digest.sha256[:_MEMBER_DIGITS]}")

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

    @property
    def kind(self) -> DocumentKind:
        return document_kind(self.document)

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that lead to it, the last being its own."""
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in self.pointer.split("/")[1:])

    @property
    def table(self) -> str:
        """The pointer of the table or list that holds the entry, "" for a section."""
        return "" if self.is_section else self.pointer.rpartition("/")[0]

    @property
    def member(self) -> str:
        """The first digits of the digest of a member of a list, "" for any other entry."""
        last = self.pointer.rpartition("/")[2]
        return last[1:] if not self.is_section and _MEMBER.fullmatch(last) else ""


SlotPath = RelPath | EntryPath


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def entry_path(text: str) -> EntryPath:
    """Return the path of an entry that a text names; raise UnsafeError for any other text."""
    path = EntryPath(text)
    rel_path(path.document)
    is_fitting = path.is_section == (path.kind is DocumentKind.SECTIONS)
    if not path.pointer or not is_fitting or len(text) > _LONGEST or not text.isprintable():
        raise UnsafeError(
            f"{text[:80]!r} names no entry of a document", hint="it is written FILE#/TABLE/NAME, or FILE#SECTION"
        )
    return path


def stored_path(slot: SlotPath) -> RelPath:
    """Return the path of a file of ours about a slot, in a folder of such files: every system can hold it.

    >>> stored_path(EntryPath("AGENTS.md#acme/p rule:style")), stored_path(RelPath("a/b.md"))
    ('AGENTS.md#/acme/p rule%3Astyle', 'a/b.md')
    """
    if not isinstance(slot, EntryPath):
        return slot
    pointer = "/".join(_storable(part) for part in slot.pointer.split("/"))
    return RelPath(f"{slot.document}{_PARTS}/{pointer.removeprefix('/')}")


def stored_slot(text: str) -> SlotPath:
    """Return the slot that such a path is about; raise UnsafeError for one that is about none."""
    document, mark, pointer = text.partition(f"{_PARTS}/")
    if not mark or not document.endswith(_ENDINGS):
        return rel_path(text)
    pointer = _unescaped(pointer)
    slash = "" if document_kind(document) is DocumentKind.SECTIONS else "/"
    return entry_path(f"{document}{_PARTS}{slash}{pointer}")


def patch_path(pack: str, slot: SlotPath) -> RelPath:
    """Return the path of the patch of a slot of a pack, below the folder of patches: every system can hold it.

    No part of a pack's name looks as if a slot began with it. Raise UnsafeError for a name that is none.

    >>> patch_path("con/C#", RelPath(".claude/agents/a.md"))
    '%63on/C%23/.claude/agents/a.md.patch'
    """
    folders = "/".join(_no_slot(_storable(part)) for part in pack.split("/"))
    return rel_path(f"{folders}/{stored_path(slot)}{PATCH_ENDING}")


def stored_pack(text: str) -> str:
    """Return the name of the pack that the folders of such a path are about."""
    return _unescaped(text)


def _unescaped(text: str) -> str:
    return _STORED.sub(lambda found: chr(int(found[1], 16)), text)


def _storable(part: str) -> str:
    """Return a name without what some system cannot hold: some characters, an end that is dropped, a device."""
    text = _UNSTORABLE.sub(lambda found: _escaped_character(found[0]), part)
    if text.endswith((" ", ".")):
        text = _escape_end(text)
    return _escape_start(text) if is_device(text) else text


def begins_slot(part: str) -> bool:
    """Return whether a part of such a path begins a slot: a tool's folder, or a document with entries."""
    return part.startswith(".") or part.endswith(_PARTS)


def _no_slot(part: str) -> str:
    text = _escape_start(part) if part.startswith(".") else part
    return _escape_end(text) if text.endswith(_PARTS) else text


def _escape_start(text: str) -> str:
    return f"{_escaped_character(text[0])}{text[1:]}"


def _escape_end(text: str) -> str:
    return f"{text[:-1]}{_escaped_character(text[-1])}"


def _escaped_character(character: str) -> str:
    return f"%{ord(character):02X}"


def file_of(slot: SlotPath) -> RelPath:
    """Return the file that a slot is, or is in."""
    return slot.document if isinstance(slot, EntryPath) else slot


def as_file(slot: SlotPath) -> RelPath:
    """Return a slot that is a file; raise UnsafeError for an entry."""
    if isinstance(slot, EntryPath):
        raise UnsafeError(f"{slot} is an entry of a document, and no file", hint="name the file")
    return slot


def files_in(slots: Mapping[SlotPath, T]) -> dict[RelPath, T]:
    """Return those slots that are files."""
    return {slot: digest for slot, digest in slots.items() if not isinstance(slot, EntryPath)}


def entries_in(slots: Mapping[SlotPath, T]) -> dict[EntryPath, T]:
    """Return those slots that are entries."""
    return {slot: digest for slot, digest in slots.items() if isinstance(slot, EntryPath)}


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

    value = json.loads(data)
    digest = entry_digest(value)
    return digest._replace(kin=_kin(value)) if slot.member else digest


def _kin(value: object) -> str:
    """Return a digest of what the hooks of a group run, "" for what is no such group."""
    hooks = value.get("hooks") if isinstance(value, dict) else None
    if not isinstance(hooks, list) or not all(isinstance(hook, dict) for hook in hooks):
        return ""
    return entry_digest([hook.get("command", hook) for hook in hooks]).sha256[:_MEMBER_DIGITS]


def fits(digest: FileDigest, slot: SlotPath, data: bytes) -> bool:
    """Return whether content is what a digest names; a file has both forms where it names two."""
    return digest.fits(data) if not isinstance(slot, EntryPath) else content_digest(slot, data).sha256 == digest.sha256


class Receipt(NamedTuple):
    """The digests of the slots that agentsync last wrote, by path in the scope.

    Args:
        hints: those that others may have named: nothing on them is replaced without a backup.
        made: the tables and lists that agentsync made for its entries, and with an empty pointer the documents.
    """

    files: Mapping[SlotPath, FileDigest] = {}
    hints: frozenset[SlotPath] = frozenset()
    made: frozenset[EntryPath] = frozenset()
