"""Text that a person does not see and a model reads.

What could hide a message is refused: a bidi control, a tag or a private-use character, two characters
in a row that do not show, or more than eight in one file. A few that stand alone are told: editors
leave a zero-width space at the end of a heading, or write an emoji's selector twice.

An escape in the header of a document is judged as the character that a YAML reader makes of it.
A file that is not UTF-8 is looked at all the same: one odd byte must not blind the reader. A byte
order mark names UTF-16 and UTF-32. Other binary files are not looked into.
"""

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from agentsync.formats.yaml_tree import Items, Node, Table, Text, YamlError, read_yaml
from agentsync.late import late
from agentsync.model.invisible import hidden_places, kind_of, may_hide, never_shows
from agentsync.packs.header_block import find_block

_MOST_TOLD: Final = 8
_TEXT_SUFFIXES: Final = (
    ".md .mdx .mdc .markdown .txt .rst .json .jsonc .json5 .yaml .yml .toml .ini .cfg .csv .tsv .xml .html .htm .svg"
    " .css .py .sh .bash .zsh .fish .ps1 .bat .cmd .js .mjs .cjs .ts .tsx .jsx .rb .go .rs .java .kt .c .h .cpp .cs"
    " .php .pl .lua .r .sql .swift .scala"
).split()
# The longer marks first: UTF-16's little-endian mark begins UTF-32's.
_MARKED: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ESCAPE: Final = late(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|.)", re.DOTALL)
_PAIR: Final = late("[\ud800-\udbff][\udc00-\udfff]")


class Hidden(NamedTuple):
    """A character that does not show, with its line and column from 1.

    Args:
        escaped: whether it is written as an escape, which a YAML reader turns into the character.
        refused: whether the file could hide a message; else the character is told.
    """

    code: int
    line: int
    column: int
    escaped: bool = False
    refused: bool = True

    def __str__(self) -> str:
        written = ", written as an escape" if self.escaped else ""
        return f"hidden character U+{self.code:04X} ({kind_of(chr(self.code))}{written})"


def find_hidden(path: str, data: bytes) -> Hidden | None:
    """Find the character for which a file is refused or, where it is not, the first one that is told.

    Its name tells whether a file is text where its bytes do not; a binary one holds none.
    """
    text = _text_of(path, data)
    if text is None:
        return None
    header = _header_of(path, data, text)
    read = _with_escapes_read(text, header) if header is not None else _Read(text, (), ())
    places = hidden_places(read.text, 1 if text.startswith("\ufeff") else 0)
    if not places:
        return None
    worst = _worst(read.text, places)
    place = worst if worst is not None else places[0]
    original, escaped = read.original(place)
    # A carriage return alone ends a line too, as it does for what reads the header.
    before = text[:original].replace("\r\n", "\n").replace("\r", "\n")
    return Hidden(
        code=ord(read.text[place]),
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
        escaped=escaped,
        refused=worst is not None,
    )


def _worst(text: str, places: list[int]) -> int | None:
    """Return the first place that could hide a message, None where nothing could."""
    for number, place in enumerate(places):
        if never_shows(text[place]) or (number + 1 < len(places) and places[number + 1] == place + 1):
            return place
    return places[0] if len(places) > _MOST_TOLD else None


def _text_of(path: str, data: bytes) -> str | None:
    """Return a file as text; None where it is binary, or holds nothing that could hide."""
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    has_escapes = b"\\" in data and path.lower().endswith(".md")
    if not has_escapes and not may_hide(data):
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        is_binary = b"\0" in data and not path.lower().endswith(tuple(_TEXT_SUFFIXES))
        return None if is_binary else data.decode("utf-8", "surrogateescape")


def _header_of(path: str, data: bytes, text: str) -> range | None:
    """Return where the header of a document is in its text; None where it has none, or its bytes are other text."""
    block = find_block(data) if path.lower().endswith(".md") else None
    if block is None or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    start = len(data[: block.start].decode("utf-8", "surrogateescape"))
    end = start + len(data[block.start : block.end].decode("utf-8", "surrogateescape"))
    return range(start, min(end, len(text)))


class _Read(NamedTuple):
    """A text with its escapes read: where each stands here, and the place behind it in the original."""

    text: str
    ends: tuple[int, ...]
    originals: tuple[tuple[int, int], ...]

    def original(self, place: int) -> tuple[int, bool]:
        """Return a place as one of the original, and whether an escape stands there."""
        number = bisect_right(self.ends, place)
        if number == 0:
            return place, False
        end, (begins, behind) = self.ends[number - 1], self.originals[number - 1]
        return (begins, True) if place == end else (behind + place - end - 1, False)


def _with_escapes_read(text: str, header: range) -> _Read:
    """Return the text as a YAML reader has it: escapes in quoted texts of the header as their characters."""
    parts: list[str] = []
    ends: list[int] = []
    originals: list[tuple[int, int]] = []
    length, past = 0, 0
    head = text[header.start : header.stop]
    for offset, quoted in _quoted(head) if "\\" in head else ():
        for begins, behind, character in _characters(quoted):
            start = header.start + offset + begins
            parts += [text[past:start], character]
            length += start - past + 1
            past = header.start + offset + behind
            ends.append(length - 1)
            originals.append((start, past))
    if not parts:
        return _Read(text, (), ())
    return _Read("".join([*parts, text[past:]]), tuple(ends), tuple(originals))


def _characters(quoted: str) -> Iterator[tuple[int, int, str]]:
    """Yield each escape of a quoted text that is a number: where it begins and ends, and its character."""
    waiting: tuple[int, int, str] | None = None
    for escape in _ESCAPE.finditer(quoted):
        digits = escape[1] or escape[2] or escape[3]
        code = int(digits, 16) if digits else -1
        character = chr(code) if 0 <= code < 0x110000 else ""
        if waiting is not None and waiting[1] == escape.start() and _PAIR.fullmatch(waiting[2] + character):
            both = (waiting[2] + character).encode("utf-16", "surrogatepass").decode("utf-16")
            waiting = (waiting[0], escape.end(), both)
            continue
        if waiting is not None:
            yield waiting
        waiting = (escape.start(), escape.end(), character) if character else None
    if waiting is not None:
        yield waiting


def _quoted(text: str) -> Iterator[tuple[int, str]]:
    """Yield every text in double quotes with its place; in a header that is not YAML, the rest of a line behind one."""
    try:
        nodes = list(_texts(read_yaml(text)))
    except YamlError:
        yield from ((found.start(), found[0]) for found in re.finditer(r'"[^\r\n]*', text))
        return
    for node in sorted(nodes, key=lambda node: node.start.offset):
        if not node.plain and text.startswith('"', node.start.offset):
            yield node.start.offset, text[node.start.offset : node.end.offset]


def _texts(root: Node | None) -> Iterator[Text]:
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Text):
            yield node
        elif isinstance(node, Items):
            waiting += node.value
        elif isinstance(node, Table):
            waiting += [part for entry in node.value for part in entry]
