"""The common part of the editors of documents: what is found, what an edit returns, what fails, and pointers.

A place is named by a JSON pointer (RFC 6901); a member of a list by its value, `/hooks/PreToolUse/@86dbc4261ea3`: the
first 12 hex digits of the SHA-256 of its canonical JSON. A section between markers is named by its name.

Content is JSON without blanks, its keys in the order in which they are written; of a section it is the text.
"""

import hashlib
import json
from collections.abc import Collection
from typing import Final, NamedTuple, Protocol

from agentsync.late import late

LARGEST: Final = 4 << 20
DEEPEST: Final = 64
BOM: Final = "\ufeff"
FILE: Final = ""
"""The pointer of the document as a whole, among those that were made."""

BREAK: Final = late(r"\r\n|\n|\r")
_MEMBER: Final = late(r"@[0-9a-f]{12}")


class DocumentError(Exception):
    """An edit that is not made, or a place that cannot be read; `pointer` is the place, "" for the whole document."""

    def __init__(self, problem: str, pointer: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.pointer = pointer


class Unreadable(DocumentError):
    """The document is not valid, or is refused; line and column count from 1, and are 0 for the document as a whole."""

    def __init__(self, problem: str, line: int = 0, column: int = 0, pointer: str = "") -> None:
        super().__init__(f"line {line}, column {column}: {problem}" if line else problem, pointer)
        self.line = line
        self.column = column


class Twice(Unreadable):
    """A key stands twice in its table, or an equal member twice in its list."""


class WrongContainer(DocumentError):
    """A container on the way to the place is of another type."""


class Fixed(DocumentError):
    """The place is written in a form that is not edited, such as an inline table of TOML."""


class BrokenMarkers(DocumentError):
    """A marker of the section is missing, doubled or nested."""


class Occupied(DocumentError):
    """Something else stands at the place."""


class Missing(DocumentError):
    """Nothing stands at the place."""


class Unwritable(DocumentError):
    """The content cannot be written in this kind of document."""


class Unsafe(DocumentError):
    """The edited text does not read as it should; nothing was changed."""


class Found(NamedTuple):
    """The value that stands at a place.

    Args:
        content: its value as JSON without blanks, in the order of the document; of a section its text.
        text: the part of the document that holds it, comments in it included.
        editable: false where it is written in a form that is not edited, see `Fixed`.
    """

    content: bytes
    text: str
    editable: bool = True


class Edited(NamedTuple):
    """The document after an edit.

    Args:
        data: its bytes, None where nothing is left of a document that was made for its entries.
        made: pointers of containers that were made and still stand, `FILE` for the document itself.
        taken: what was taken out or replaced, comments in it included.
    """

    data: bytes | None
    made: tuple[str, ...] = ()
    taken: str = ""


class Document(Protocol):
    """A document that was read."""

    def find(self, pointer: str) -> Found | None:
        """Return what stands at a place, None for nothing; raise DocumentError where that cannot be said."""

    def members(self, pointer: str) -> tuple[str, ...]:
        """Return the pointers of all members of a container, () where there is none."""


class Editor(Protocol):
    """Reads and edits one kind of document; each module of an editor is one.

    Every edit raises DocumentError where it cannot be made with all other bytes as they are. An edit whose outcome is
    there already returns the document as it is.
    """

    def read(self, data: bytes | None) -> Document:
        """Read a document, None for one that does not exist."""

    def insert(self, data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
        """Put content where nothing stands, and make the containers that it needs."""

    def replace(self, data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
        """Put content in the place of what stands there; a member of a list gets another pointer by that."""

    def remove(self, data: bytes | None, pointer: str, made: Collection[str] = ()) -> Edited:
        """Take out what stands at a place, and the containers of `made` that are empty then."""


def steps_of(pointer: str) -> tuple[str, ...]:
    """Return the keys of a JSON pointer.

    >>> steps_of("/servers/a~1b")
    ('servers', 'a/b')
    """
    if not pointer.startswith("/") or pointer.count("/") > DEEPEST:
        raise Missing("no place has such a pointer", pointer)
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def pointer_of(steps: Collection[str]) -> str:
    """Return the JSON pointer of keys, `FILE` for none."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def names_member(step: str) -> bool:
    """Return true for a step that names a member of a list by its value."""
    return _MEMBER.fullmatch(step) is not None


def member_name(value: object) -> str:
    """Return the step that names a member of a list.

    >>> member_name({"b": 1, "a": 2}) == member_name({"a": 2, "b": 1})
    True
    """
    return "@" + hashlib.sha256(canonical(value).encode()).hexdigest()[:12]


def canonical(value: object) -> str:
    """Return the canonical JSON of a value, which is the same for equal values alone; 1 and true are not equal."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_of(value: object) -> bytes:
    """Return the content of a value, its keys in the order they have."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def text_of(data: bytes) -> tuple[str, str]:
    """Return the byte order mark of a document, "" for none, and its text; raise Unreadable where it is none."""
    if len(data) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST >> 20} MiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    return (BOM, text[1:]) if text.startswith(BOM) else ("", text)


def line_end(text: str) -> str:
    """Return the end of the first line of a text, LF where it has no whole line."""
    first = BREAK.search(text)
    return first[0] if first else "\n"


def with_blank_line(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of whole lines with the blank line before them, or behind them at the top of a document."""
    before = [found.span() for found in BREAK.finditer(text, 0, start)][-2:]
    if before and before[-1][1] == start and before[-1][0] in (0, before[0][1]):
        return before[-1][0], end
    behind = BREAK.match(text, end)
    return (start, behind.end()) if start == 0 and behind else (start, end)
