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
text in the first column is told as lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from agentsync.formats.header_fields import DIALOGUE, FREE_TEXT, KNOWN
from agentsync.formats.yaml_tree import Items, Plain, Table, YamlError, plain, read_yaml
from agentsync.packs.header_block import DISPUTED_LINE_ENDS, Span, entry_spans

KEY_LINE: Final = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(.*))?", re.DOTALL)
_BLOCK_TEXT: Final = re.compile(r"[|>][+-]?\d?")
_MAX_NESTING: Final = 8


class Repair(NamedTuple):
    """One value that was read although it is not valid YAML: line in the file, key, what was done."""

    line: int
    key: str
    rule: str


class Stray(NamedTuple):
    """One line of a header that belongs to no entry: line in the file, the key above it, its text."""

    line: int
    key: str
    text: str


@dataclass(slots=True)
class Repaired:
    """Fields that could be read of a broken header."""

    fields: dict[str, Plain] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    lost: list[Stray] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Entry:
    """The lines that one key governs: its own, with `text` after the colon, and those below it."""

    key: str
    text: str
    first: int
    lines: list[str]
    runs_on: bool = False


def repair(lines: Sequence[str], first_line: int) -> Repaired | None:
    """Read a header that is not valid YAML.

    Args:
        first_line: the number of the first of them in the file.

    Returns:
        What could be read, or None where it does not begin with an entry.
    """
    entries = _split_top(lines)
    if not entries:
        return None
    reading = _Reading(Repaired())
    for entry in entries:
        value, length = reading.value(entry, first_line, ())
        reading.add(reading.result.fields, entry.key, value)
        reading.result.spans.append(Span(entry.key, entry.first, entry.first + length))
    return reading.result


class _Reading:
    """Turns entries into values, and writes down what it had to do."""

    def __init__(self, result: Repaired) -> None:
        self.result = result

    def add(self, fields: dict[str, Plain], key: str, value: Plain) -> None:
        if key in fields:
            self.result.notes.append(f"duplicate-key:{key}")
        fields[key] = value

    def value(self, entry: _Entry, first_line: int, path: tuple[str, ...]) -> tuple[Plain, int]:
        """Return the value of an entry, and the number of its lines.

        Args:
            first_line: the number in the file of the line that `entry.first` counts from.
            path: the keys around it.
        """
        table = _parse("\n".join(entry.lines) + "\n")
        if isinstance(table, Table) and [key.value for key, _ in table.value] == [entry.key]:
            return plain(table.value[0][1]), entry_spans(entry.lines, table)[0].stop
        below = _without_margin(entry)
        line, label = first_line + entry.first, ".".join((*path, entry.key))
        if not below:
            value, rule = _literal(entry.text)
            self._repaired(line, label, rule)
            return value, 1
        if not entry.text and len(path) < _MAX_NESTING:
            nested = self._nested(below, line, (*path, entry.key))
            if nested is not None:
                return nested, 1 + len(below)
        at_margin = any(text.strip() and text[0] not in " \t" for text in below)
        if at_margin and entry.text and not path and entry.key not in FREE_TEXT:
            if not _BLOCK_TEXT.fullmatch(entry.text):
                return self._first_line_only(entry, below, line), 1
        return self._prose(entry, below, line, label, at_margin=at_margin), 1 + len(below)

    def _prose(self, entry: _Entry, below: list[str], line: int, label: str, *, at_margin: bool) -> str:
        if _BLOCK_TEXT.fullmatch(entry.text):
            self._repaired(line, label, "block-text")
            return "\n".join(_dedent(below))
        value, rule = _literal("\n".join([entry.text, *below] if entry.text else below), multiline=True)
        self._repaired(line, label, f"{rule}-unindented" if at_margin else rule)
        return value

    def _first_line_only(self, entry: _Entry, below: list[str], line: int) -> Plain:
        self._repaired(line, entry.key, "first-line-only")
        stray = [(number, text) for number, text in enumerate(below, line + 1) if text.strip()]
        self.result.lost.extend(Stray(number, entry.key, text) for number, text in stray)
        table = _parse(f"{entry.key}: {entry.text}\n")
        return plain(table.value[0][1]) if isinstance(table, Table) else _literal(entry.text)[0]

    def _nested(self, below: list[str], line: int, path: tuple[str, ...]) -> Plain | None:
        """Return a list or mapping below a key, or None where the lines are neither."""
        if any(text.strip() and text[0] not in " \t#" and not _is_item(text) for text in below):
            return None
        lines = _dedent(below)
        told = [text for text in lines if text.strip() and text[0] != "#"]
        if not told:
            return None
        if all(map(_is_item, told)):
            return self._items(lines, line + 1, path)
        if not KEY_LINE.fullmatch(told[0]):
            return None
        if not all(KEY_LINE.fullmatch(text) or text[0] in " \t" or text.startswith("- ") for text in told):
            return None
        entries = _split_nested(lines)
        fields: dict[str, Plain] = {}
        for entry in entries:
            self.add(fields, entry.key, self.value(entry, line + 1, path)[0])
        return fields

    def _items(self, lines: Sequence[str], first_line: int, path: tuple[str, ...]) -> list[Plain]:
        items: list[Plain] = []
        for number, text in enumerate(lines, first_line):
            if not text.strip() or text[0] == "#":
                continue
            read = _parse(text)
            if isinstance(read, Items):
                items.extend(map(plain, read.value))
            else:
                items.append(_literal(text[1:])[0])
                self._repaired(number, ".".join(path) + "[]", "literal-item")
        return items

    def _repaired(self, line: int, key: str, rule: str) -> None:
        self.result.repairs.append(Repair(line, key, rule))


def _split_top(lines: Sequence[str]) -> list[_Entry] | None:
    """Return the entries of a header, or None where other text comes first."""
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


def _literal(text: str, *, multiline: bool = False) -> tuple[str, str]:
    """Return a text as it is, without a pair of quotes around it; no escape is processed."""
    rule = "literal-multiline" if multiline else "literal"
    bare = text.strip() if multiline else text.strip(" \t")
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        return bare[1:-1], f"{rule}-between-quotes"
    return text if multiline else bare, rule


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
