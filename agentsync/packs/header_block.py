"""Position of the header in a Markdown file, and of its entries in it.

A header is the block between two lines of three dashes: the first line of the file that is not
blank, and the next such line after it. Blanks after the dashes and a UTF-8 byte order mark in
front are let pass. Nothing else counts: no code fence, no longer row of dashes, no `...`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from agentsync.formats.yaml_tree import Items, Node, Table, Text
from agentsync.late import late

BOM: Final = b"\xef\xbb\xbf"
# YAML 1.1 ends a line at these, YAML 1.2 does not: what follows one could be text to some and a key to others.
DISPUTED_LINE_ENDS: Final = late("[\x85\u2028\u2029]")
_BLANK_LINES: Final = late(rb"(?:[ \t]*(?:\r\n|\n|\r))*")
_OPENING: Final = late(rb"---[ \t]*(?:\r\n|\n|\r)")
_CLOSING: Final = late(rb"(?<=[\r\n])---[ \t]*(?:\r\n|\n|\r|\Z)")
_LINE_END: Final = late(rb"\r\n|\n|\r")


class Block(NamedTuple):
    """A header in a file, as offsets of the first byte after the opening line, of the closing line, and behind it."""

    start: int
    end: int
    body: int


class Span(NamedTuple):
    """The lines of one entry: `first` is the line of its key, `stop` the one after its last."""

    key: str
    first: int
    stop: int


def find_block(raw: bytes) -> Block | None:
    """Find the header of a file, None where it has none."""
    top = len(BOM) if raw.startswith(BOM) else 0
    begin = _BLANK_LINES.match(raw, top)
    opening = _OPENING.match(raw, begin.end() if begin else top)
    closing = _CLOSING.search(raw, opening.end()) if opening else None
    if opening is None or closing is None:
        return None
    return Block(opening.end(), closing.start(), closing.end())


def line_starts(raw: bytes, block: Block) -> list[int]:
    """Return the byte offset of every line of a header, and of the empty rest after its last line end."""
    return [block.start, *(end.end() for end in _LINE_END.finditer(raw, block.start, block.end))]


def line_number(raw: bytes, offset: int) -> int:
    """Return the number of the line, from 1, that a byte is on."""
    return raw.count(b"\n", 0, offset) + raw.count(b"\r", 0, offset) - raw.count(b"\r\n", 0, offset) + 1


def entry_spans(lines: Sequence[str], table: Table) -> list[Span]:
    """Return the lines of each top-level entry.

    An entry runs to the last line of its value, and on over comments that are indented deeper
    than its key. Blank lines and comments at the margin below it belong to no entry.

    Args:
        table: what the lines were parsed to, joined by line feeds; there are no spans where it is written in braces.
    """
    if table.flow:
        return []
    starts = list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
    firsts = [bisect_right(starts, key.start.offset) - 1 for key, _ in table.value]
    spans = []
    for (key, value), first, limit in zip(table.value, firsts, [*firsts[1:], len(lines)], strict=True):
        last = max(first, bisect_right(starts, _end(key, value) - 1) - 1)
        while last > first and not lines[last].strip():
            last -= 1
        spans.append(Span(key.value, first, _after_comments(lines, last + 1, limit, key.start.column - 1)))
    return spans


def _end(key: Text, value: Node) -> int:
    while isinstance(value, Items | Table) and not value.flow and value.value:
        key, value = value.value[-1] if isinstance(value, Table) else (key, value.value[-1])
    # A value that is not there has the place where the parser looked for it, lines further down.
    return value.end.offset if value.end.offset > value.start.offset else key.end.offset


def _after_comments(lines: Sequence[str], stop: int, limit: int, indent: int) -> int:
    for number in range(limit - 1, stop - 1, -1):
        line = lines[number]
        if line.strip() and line[: indent + 1].isspace():
            return number + 1
    return stop
