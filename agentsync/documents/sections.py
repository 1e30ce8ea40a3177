"""Edit one section between markers of a Markdown document, and nothing else in it.

A section is named. Its markers are comments of HTML, each on a line of its own:

    <!-- agentsync:begin NAME -->
    <!-- agentsync:end NAME -->

They count wherever they stand, in a block of code too: a block that nothing closes would hide all that follows.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from agentsync.documents.document import (
    BREAK,
    FILE,
    BrokenMarkers,
    Edited,
    Found,
    Missing,
    Occupied,
    Unsafe,
    Unwritable,
    line_end,
    text_of,
    with_blank_line,
)
from agentsync.late import late

_OWNER: Final = "agentsync"
_MARKER: Final = late(rf"[ \t]*<!-- {_OWNER}:(?P<edge>begin|end) (?P<name>.+?) -->[ \t]*")
_LINE: Final = late(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")


class Marker(NamedTuple):
    """A line that begins or ends the section of a name; its span holds the line end."""

    edge: str
    name: str
    start: int
    end: int


class Span(NamedTuple):
    """A section: its first marker, its last one."""

    begin: Marker
    end: Marker


class SectionDocument:
    """A Markdown document that was read."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data
        self.mark, self.text = text_of(data or b"")
        self._markers = list(_markers(self.text))

    def find(self, pointer: str) -> Found | None:
        """Return the section of a name, None for none; raise BrokenMarkers where it cannot be told from the rest."""
        span = self.span(pointer)
        if span is None:
            return None
        return Found(content_of(self.body(span)), self.text[span.begin.start : span.end.end])

    def members(self, pointer: str = FILE) -> tuple[str, ...]:
        """Return the names of all sections, the broken ones too."""
        return tuple(dict.fromkeys(marker.name for marker in self._markers))

    def body(self, span: Span) -> str:
        """Return the text between the markers of a section, as it stands."""
        return self.text[span.begin.end : span.end.start]

    def span(self, name: str) -> Span | None:
        """Return where a section stands."""
        own = [number for number, marker in enumerate(self._markers) if marker.name == name]
        if not own:
            return None
        edges = [self._markers[number].edge for number in own]
        if edges != ["begin", "end"]:
            word = "doubled" if len(edges) > 2 or len(set(edges)) < len(edges) else "missing"
            word = "in the wrong order" if edges == ["end", "begin"] else word
            raise BrokenMarkers(f"a marker of the section {name} is {word}", name)
        first, last = own
        if last != first + 1 or self._is_inside(first, last):
            raise BrokenMarkers(f"the markers of the section {name} are nested", name)
        return Span(self._markers[first], self._markers[last])

    def _is_inside(self, first: int, last: int) -> bool:
        """Return true for a section that begins after another one began, and ends before that one ends."""
        open_before = {marker.name for marker in self._markers[:first] if marker.edge == "begin"}
        open_before -= {marker.name for marker in self._markers[:first] if marker.edge == "end"}
        return any(marker.edge == "end" and marker.name in open_before for marker in self._markers[last + 1 :])


def read(data: bytes | None) -> SectionDocument:
    """Read a document, None for one that does not exist."""
    return SectionDocument(data)


def insert(data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
    """Put a section at the end of a document, behind a blank line."""
    document = SectionDocument(data)
    body = _body_of(content)
    if (span := document.span(pointer)) is not None:
        if content_of(document.body(span)) != content_of(body):
            raise Occupied("another section of that name stands there", pointer)
        return Edited(data, tuple(made))
    text, end = document.text, line_end(document.text)
    if text:
        text += end if text.endswith(("\n", "\r")) else end * 2
    lines = f"<!-- {_OWNER}:begin {pointer} -->\n{body}<!-- {_OWNER}:end {pointer} -->\n"
    added = (FILE,) if data is None else ()
    new = _checked(document, text + lines.replace("\n", end), pointer, body)
    return Edited(new, tuple(dict.fromkeys([*made, *added])))


def replace(data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
    """Put another text between the markers of a section."""
    document = SectionDocument(data)
    body = _body_of(content)
    span = document.span(pointer)
    if span is None:
        raise Missing("there is no such section", pointer)
    old = document.body(span)
    if content_of(old) == content_of(body):
        return Edited(data, tuple(made))
    text = document.text
    new = text[: span.begin.end] + body.replace("\n", line_end(text)) + text[span.end.start :]
    return Edited(_checked(document, new, pointer, body), tuple(made), old)


def remove(data: bytes | None, pointer: str, made: Collection[str] = ()) -> Edited:
    """Take a section out, with its markers and the blank line before it."""
    document = SectionDocument(data)
    span = document.span(pointer)
    if span is None:
        return Edited(data, tuple(made))
    start, end = with_blank_line(document.text, span.begin.start, span.end.end)
    new = document.text[:start] + document.text[end:]
    taken = document.text[span.begin.start : span.end.end]
    if FILE in made and not new.strip():
        return Edited(None, (), taken)
    return Edited(_checked(document, new, pointer, None), tuple(made), taken)


def content_of(body: str) -> bytes:
    """Return the content of the text between two markers: line ends are LF, and one is at the end."""
    return (BREAK.sub("\n", body).rstrip("\n") + "\n").encode()


def _body_of(content: bytes) -> str:
    body = content_of(text_of(content)[1]).decode()
    if any(_markers(body)):
        raise Unwritable("the content holds a marker of a section")
    return body


def _markers(text: str) -> list[Marker]:
    return [
        Marker(found["edge"], found["name"], line.start(), line.end())
        for line in _LINE.finditer(text)
        if f"{_OWNER}:" in line[0] and (found := _MARKER.fullmatch(line[0].rstrip("\r\n")))
    ]


def _checked(document: SectionDocument, new: str, pointer: str, body: str | None) -> bytes:
    """Return the bytes of an edited text once its sections read as they should."""
    data = (document.mark + new).encode()
    after = SectionDocument(data)
    found = after.find(pointer)
    others = [name for name in document.members() if name != pointer]
    if (found.content if found else None) != (content_of(body) if body is not None else None):
        raise Unsafe("the edited section does not read as it should", pointer)
    if [name for name in after.members() if name != pointer] != others:
        raise Unsafe("the edited document has other sections", pointer)
    return data
