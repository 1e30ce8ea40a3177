"""YAML as people mostly write it, read line by line: keys, values, lists of words, comments, mappings below keys.

To import YAML takes longer than to read a manifest. The result is that of `yaml_tree`, without the places. All else
is refused without a reason: the caller reads it as YAML, which has the place of each fault.
"""

from __future__ import annotations

import re
from typing import Final

from agentsync.formats.yaml_tree import Items, Mark, Node, Table, Text

NOWHERE: Final = Mark(0, 0, 0)

# Texts of these characters have no other meaning in YAML.
_BARE: Final = r"[A-Za-z0-9_./^~][A-Za-z0-9_./@+^~=-]*(?::[A-Za-z0-9_./@+^~=-]+)*"
_QUOTED: Final = r"\"[ !#-\[\]-~]*\"|'[ -&(-~]*'"
_WORD: Final = r"[A-Za-z0-9_./^~][A-Za-z0-9_./@+^~=-]*"
_LIST: Final = rf"\[ *{_WORD}(?: *, *{_WORD})* *\]"
_LINE: Final = rf"( *)({_BARE}|{_QUOTED}):(?: +({_BARE}|{_QUOTED}|{_LIST}))? *(?: #[\t -~]*)?"
_NOTHING: Final = r" *(?:#[\t -~]*)?"
_LONGEST_LINE: Final = 1000
_MOST_LINES: Final = 10_000
_DEEPEST: Final = 8

# How far it is indented, its key, and what stands behind that.
Line = tuple[int, Text, Text | Items]


def read_plain(text: str) -> Table | None:
    """Return the mapping of a document, without places; None where only YAML can read it."""
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > _MOST_LINES:
        return None
    written = []
    for line in lines:
        if len(line) > _LONGEST_LINE:
            return None
        if re.fullmatch(_NOTHING, line):
            continue
        found = re.fullmatch(_LINE, line)
        if found is None:
            return None
        written.append((len(found[1]), _unquoted(found[2]), _value(found[3] or "")))
    if not written or written[0][0]:
        return None
    root, end = _mapping(written, 0, 0)
    return root if end == len(written) else None


def _mapping(lines: list[Line], at: int, depth: int) -> tuple[Table | None, int]:
    indent, entries = lines[at][0], dict[str, tuple[Text, Node]]()
    while at < len(lines) and lines[at][0] == indent:
        _, key, written = lines[at]
        value: Node | None = written
        at += 1
        if at < len(lines) and lines[at][0] > indent:
            if written != _unquoted("") or depth == _DEEPEST:
                return None, at
            value, at = _mapping(lines, at, depth + 1)
        if value is None or key.value in entries:
            return None, at
        entries[key.value] = key, value
    return Table(tuple(entries.values()), NOWHERE, NOWHERE), at


def _value(text: str) -> Text | Items:
    if text[:1] != "[":
        return _unquoted(text)
    words = (word.strip(" ") for word in text[1:-1].split(","))
    return Items(tuple(Text(word, NOWHERE, NOWHERE) for word in words), NOWHERE, NOWHERE, flow=True)


def _unquoted(text: str) -> Text:
    if text[:1] in ('"', "'"):
        return Text(text[1:-1], NOWHERE, NOWHERE, plain=False)
    return Text(text, NOWHERE, NOWHERE)
