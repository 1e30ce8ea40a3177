"""Read a header that is not valid YAML, entry by entry, without changing a byte of it.

An entry begins at a `key:` in the first column. Each is parsed on its own, so that one bad entry
costs nothing but itself:

* a bad value on one line is the rest of that line as it stands, without a pair of outer quotes;
* a bad list is read item by item, a bad mapping entry by entry;
* text below `key: |` that is not indented is the text all the same;
* other lines below the key are joined as they stand.

Keys whose value is prose may run on in the first column, where dialogue looks like more entries:
`Context: ...`, `user: ...`. Such a line is text if it repeats, begins upper-case or names a speaker,
and after one line that is no entry only documented keys end the text. Below any other key, stray
text in the first column is lost.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from agentsync.formats.header_fields import DIALOGUE, FREE_TEXT, KNOWN
from agentsync.formats.yaml_tree import Items, Plain, Table, YamlError, plain, read_yaml
from agentsync.late import late
from agentsync.packs.header_block import DISPUTED_LINE_ENDS, Span, entry_spans

KEY_LINE: Final = late(r"([A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(.*))?", re.DOTALL)
_BLOCK_TEXT: Final = late(r"[|>][+-]?\d?")
_MAX_NESTING: Final = 8


class Repaired(NamedTuple):
    """Fields that could be read of a broken header; `has_lost` where some of its lines belong to none."""

    fields: dict[str, Plain]
    spans: list[Span]
    has_lost: bool


class _Read(NamedTuple):
    """The value of an entry, and the number of its lines; `has_lost` where text below them belongs to no entry."""

    value: Plain
    length: int
    has_lost: bool = False


class _Entry:
    """The lines that one key governs: its own, with `text` after the colon, and those below it."""

    __slots__ = ("first", "key", "lines", "runs_on", "text")

    def __init__(self, key: str, text: str, first: int, lines: list[str]) -> None:
        self.key = key
        self.text = text
        self.first = first
        self.lines = lines
        self.runs_on = False


def repair(lines: Sequence[str]) -> Repaired | None:
    """Read a header that is not valid YAML; return None where it does not begin with an entry."""
    entries = _split_top(lines)
    if not entries:
        return None
    read = [(entry, _read(entry)) for entry in entries]
    return Repaired(
        {entry.key: found.value for entry, found in read},
        [Span(entry.key, entry.first, entry.first + found.length) for entry, found in read],
        any(found.has_lost for _, found in read),
    )


def _read(entry: _Entry, depth: int = 0) -> _Read:
    table = _parse("\n".join(entry.lines) + "\n")
    if isinstance(table, Table) and [key.value for key, _ in table.value] == [entry.key]:
        return _Read(plain(table.value[0][1]), entry_spans(entry.lines, table)[0].stop)
    below = _without_margin(entry)
    if not below:
        return _Read(_literal(entry.text), 1)
    if not entry.text and depth < _MAX_NESTING and (nested := _nested(below, depth + 1)) is not None:
        return _Read(nested, 1 + len(below))
    if _BLOCK_TEXT.fullmatch(entry.text):
        return _Read("\n".join(_dedent(below)), 1 + len(below))
    at_margin = any(text.strip() and text[0] not in " \t" for text in below)
    if at_margin and entry.text and not depth and entry.key not in FREE_TEXT:
        table = _parse(f"{entry.key}: {entry.text}\n")
        own = plain(table.value[0][1]) if isinstance(table, Table) else _literal(entry.text)
        return _Read(own, 1, has_lost=True)
    text = "\n".join([entry.text, *below] if entry.text else below)
    return _Read(_literal(text, multiline=True), 1 + len(below))


def _nested(below: list[str], depth: int) -> Plain | None:
    if any(text.strip() and text[0] not in " \t#" and not _is_item(text) for text in below):
        return None
    lines = _dedent(below)
    told = [text for text in lines if text.strip() and text[0] != "#"]
    if not told:
        return None
    if all(map(_is_item, told)):
        return [item for text in told for item in _items(text)]
    if not KEY_LINE.fullmatch(told[0]):
        return None
    if not all(KEY_LINE.fullmatch(text) or text[0] in " \t" or text.startswith("- ") for text in told):
        return None
    return {entry.key: _read(entry, depth).value for entry in _split_nested(lines)}


def _items(text: str) -> list[Plain]:
    read = _parse(text)
    return list(map(plain, read.value)) if isinstance(read, Items) else [_literal(text[1:])]


def _split_top(lines: Sequence[str]) -> list[_Entry] | None:
    matches = [KEY_LINE.fullmatch(line) for line in lines]
    often = Counter(match[1] for match in matches if match)
    entries: list[_Entry] = []
    for number, (line, match) in enumerate(zip(lines, matches, strict=True)):
        current = entries[-1] if entries else None
        if match and not (current and _is_dialogue(match[1], current, often[match[1]])):
            entries.append(_Entry(match[1], (match[2] or "").strip(), number, [line]))
        elif current:
            current.lines.append(line)
            if current.key in FREE_TEXT and line.strip() and line[0] not in " \t#":
                current.runs_on = True
        elif line.strip() and line[0] != "#":
            return None
    return entries


def _split_nested(lines: Sequence[str]) -> list[_Entry]:
    """Return the entries of a mapping; its first line that is no comment is known to be one."""
    entries: list[_Entry] = []
    for number, line in enumerate(lines):
        match = KEY_LINE.fullmatch(line)
        if match:
            entries.append(_Entry(match[1], (match[2] or "").strip(), number, [line]))
        elif entries:
            entries[-1].lines.append(line)
    return entries


def _is_dialogue(key: str, above: _Entry, often: int) -> bool:
    """Return whether a line that looks like an entry is text of the entry above it."""
    if key in KNOWN:
        return False
    speaks = often > 1 or key[0].isupper() or key in DIALOGUE
    return above.runs_on or (above.key in FREE_TEXT and speaks)


def _without_margin(entry: _Entry) -> list[str]:
    """Return the lines below a key without blank lines at the end, and without comments behind it."""
    below = entry.lines[1:]
    only_comments = all(not text.strip() or text[0] == "#" for text in below)
    # Below a text these lines may be headings of it; below a list or mapping they are comments.
    comments = (only_comments and entry.text[:1] not in ("|", ">")) or (not entry.text and entry.key not in FREE_TEXT)
    while below and (not below[-1].strip() or (comments and below[-1][0] == "#")):
        below.pop()
    return below


def _literal(text: str, *, multiline: bool = False) -> str:
    """Return a text as it is, without a pair of quotes around it; no escape is processed."""
    bare = text.strip() if multiline else text.strip(" \t")
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        return bare[1:-1]
    return text if multiline else bare


def _is_item(line: str) -> bool:
    return line.startswith("- ") or line == "-"


def _dedent(lines: Sequence[str]) -> list[str]:
    indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return [line[indent:] for line in lines]


def _parse(text: str) -> object:
    if DISPUTED_LINE_ENDS.search(text):
        return None
    try:
        return read_yaml(text)
    except YamlError:
        return None
