"""YAML as people mostly write it, read line by line: keys, texts, lists in brackets, comments, mappings below keys.

To import YAML takes longer than to read a manifest, and a list of ten thousand packs takes four times as long with the
places of all its values. The result is that of `yaml_tree`, without the places. All else is refused without a reason:
the caller reads it as YAML, which has the place of each fault.
"""

from __future__ import annotations

from typing import Final

from agentsync.formats.yaml_tree import LARGEST, MOST_NODES, Items, Mark, Node, Table, Text
from agentsync.late import late

NOWHERE: Final = Mark(0, 0, 0)

# Texts of these characters have no other meaning in YAML.
_BARE: Final = r"[A-Za-z0-9_./^~][A-Za-z0-9_./@+^~=-]*(?::[A-Za-z0-9_./@+^~=-]+)*"
_QUOTED: Final = r"\"[ !#-\[\]-~]*\"|'[ -&(-~]*'"
_WORD: Final = r"[A-Za-z0-9_./^~][A-Za-z0-9_./@+^~=-]*"
_LIST: Final = rf"\[ *{_WORD}(?: *, *{_WORD})* *\]"
_PLAIN_LINE: Final = late(rf"( *)({_BARE}|{_QUOTED}):(?: +({_BARE}|{_QUOTED}|{_LIST}))? *(?: #[\t -~]*)?")
_NOTHING: Final = late(r" *(?:#[^\0-\x08\n-\x1f\x7f]*)?")
# Sentences, which lists of packs hold: with `:` before another character, and with `#` behind one. The classes name
# what is not taken of ASCII: large ranges of other characters take long to compile.
_PIECE: Final = r"[^\0-\x1f#:\x7f]*"
_TEXT: Final = rf"[^\0-')-\-:-@\[-\]`{{-}}\x7f]{_PIECE}(?:(?::(?=[^\0- \x7f])|(?<! )#){_PIECE})*(?<! )"
_TEXT_IN_QUOTES: Final = r"\"[^\0-\x1f\"\\\x7f]*\"|'[^\0-\x1f'\x7f]*'"
_PART: Final = r"[^\0-\-:-@\[-\]`{-}\x7f][^\0-*,:-<>?\[-\]`{-}\x7f]*"
_PARTS: Final = rf"{_PART}(?: +{_PART})*"
_TEXTS: Final = rf"\[ *{_PARTS}(?: *, *{_PARTS})* *\]"
_LONG_LINE: Final = late(
    rf"( *)({_BARE}|{_QUOTED}): +({_TEXT}|{_TEXT_IN_QUOTES}|{_TEXTS}) *(?: #[^\0-\x08\n-\x1f\x7f]*)?"
)
# Beyond ASCII: what ends a line or is blank for some programs, and what is no character.
_ODD: Final = late("[\x7f-\xa0\u2028\u2029\ud800-\uffff]")
_LONGEST_LINE: Final = 1000
_DEEPEST: Final = 8

# How far it is indented, its key, and what stands behind that.
Line = tuple[int, Text, Text | Items]


def read_plain(text: str) -> Table | None:
    """Return the mapping of a document, without places; None where only YAML can read it."""
    if len(text) > LARGEST or not (text.isascii() or _ODD.search(text) is None):
        return None
    written: list[Line] = []
    nodes = 0
    for line in text.replace("\r\n", "\n").split("\n"):
        if len(line) > _LONGEST_LINE:
            return None
        if _NOTHING.fullmatch(line):
            continue
        found = _PLAIN_LINE.fullmatch(line) or _LONG_LINE.fullmatch(line)
        if found is None:
            return None
        value = _value(found[3] or "")
        nodes += 2 + (len(value.value) if isinstance(value, Items) else 0)
        written.append((len(found[1]), _unquoted(found[2]), value))
    if not written or written[0][0] or nodes >= MOST_NODES:
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
            if written != _NONE or depth == _DEEPEST:
                return None, at
            value, at = _mapping(lines, at, depth + 1)
        if value is None or key.value in entries:
            return None, at
        entries[key.value] = key, value
    return Table(tuple(entries.values()), NOWHERE, NOWHERE), at


def _value(text: str) -> Text | Items:
    if text[:1] != "[":
        return _unquoted(text) if text else _NONE
    words = (word.strip(" ") for word in text[1:-1].split(","))
    return Items(tuple(Text(word, NOWHERE, NOWHERE) for word in words), NOWHERE, NOWHERE, flow=True)


def _unquoted(text: str) -> Text:
    if text[:1] in ('"', "'"):
        return Text(text[1:-1], NOWHERE, NOWHERE, plain=False)
    return Text(text, NOWHERE, NOWHERE)


_NONE: Final = Text("", NOWHERE, NOWHERE)
