"""Characters that nobody sees and a model reads: bidi controls, tags, zero-width characters.

Refused: bidi controls, Unicode tag characters, zero-width characters, invisible fillers, and
variation selectors that select nothing. Let pass, because people write them: a byte order mark at
the start of a file, joiners and variation selectors within emoji, the three flags that are spelled
with tags, joiners within a word of a script that needs them (Arabic, the scripts of India and
others), and a selector behind the sign that it is for.

A file that is not UTF-8 is looked at all the same: one odd byte must not blind the reader. Binary
files are not.

Sources: Unicode Standard Annex 9 (bidi controls), Annex 31 (joiners), Technical Standard 51 (emoji).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from agentsync.model.yaml_tree import Items, Node, Table, Text, YamlError, read_yaml
from agentsync.reading.header_block import find_block, line_number

_HIDDEN: Final = re.compile(
    "[\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e01ef]"
)
# Every one of them begins so in UTF-8: what holds none of these bytes is not decoded.
_MAY_HIDE: Final = re.compile(rb"\xcd\x8f|\xd8\x9c|\xe1[\x84\x85\xa0]|\xe2[\x80\x81]|\xe3\x85|\xef|\xf3\xa0")
_TEXT_SUFFIXES: Final = (
    ".md .mdx .mdc .markdown .txt .rst .json .jsonc .json5 .yaml .yml .toml .ini .cfg .csv .tsv .xml .html .htm .svg"
    " .css .py .sh .bash .zsh .fish .ps1 .bat .cmd .js .mjs .cjs .ts .tsx .jsx .rb .go .rs .java .kt .c .h .cpp .cs"
    " .php .pl .lua .r .sql .swift .scala"
).split()

_ZWJ: Final = "\u200d"
_JOINERS: Final = ("\u200c", _ZWJ)
_KEYCAPS: Final = frozenset("0123456789#*")
_INFORMATION: Final = "\u2139"  # the one emoji that is a letter by its category
_BLACK_FLAG: Final = "\U0001f3f4"
_FLAGS: Final = tuple(
    _BLACK_FLAG + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
# The first half of every tag character, and of the supplementary selectors, in programs that write UTF-16.
_TAG_SURROGATES: Final = frozenset((0xDB40,))
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|.)", re.DOTALL)
_KINDS: Final = (
    ("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "a bidi control"),
    ("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u034f\u180e", "a zero-width character"),
    ("\u115f\u1160\u3164\uffa0", "an invisible letter"),
)


class Hidden(NamedTuple):
    """A hidden character.

    Args:
        code: its number.
        line: the line it stands on, from 1.
        column: the character of that line it is, from 1.
        escaped: whether it is written as an escape, which a YAML reader turns into the character.
    """

    code: int
    line: int
    column: int
    escaped: bool = False

    def __str__(self) -> str:
        written = ", written as an escape" if self.escaped else ""
        return f"hidden character U+{self.code:04X} ({_kind(self.code)}{written})"


def find_hidden(path: str, data: bytes) -> Hidden | None:
    """The first hidden character of a file, None where it holds none or is binary.

    Args:
        path: its name, which tells whether it is text where it holds a zero byte.
        data: its bytes.
    """
    is_text = path.lower().endswith(tuple(_TEXT_SUFFIXES))
    if b"\0" in data and not is_text:
        return None
    if _MAY_HIDE.search(data):
        text = data.decode("utf-8", "surrogateescape")
        place = next(_hidden_places(text, 1 if text.startswith("\ufeff") else 0), None)
        if place is not None:
            return _hidden_at(text, place)
    if b"\\" in data and path.lower().endswith(".md"):
        return _escaped_in_header(data)
    return None


def _hidden_places(text: str, start: int) -> Iterator[int]:
    """Where the text holds a hidden character that does nothing that people write it for."""
    past = start
    for found in _HIDDEN.finditer(text, start):
        place = found.start()
        if place < past:
            continue
        before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
        character = found[0]
        if "\U000e0000" <= character <= "\U000e007f":
            if flag := next(
                (flag for flag in _FLAGS if before == _BLACK_FLAG and text.startswith(flag, place - 1)), ""
            ):
                past = place - 1 + len(flag)
                continue
        elif _is_selector(character):
            if _selects(before, character):
                continue
        elif character in _JOINERS and _joins(before, character, after):
            continue
        yield place


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _selects(before: str, selector: str) -> bool:
    """Whether a variation selector stands behind a sign that has variants."""
    if selector > "\ufe0f":
        return bool(before) and unicodedata.name(before, "").startswith("CJK ")
    if selector in "\ufe0e\ufe0f":
        return before in _KEYCAPS if before.isascii() else _is_sign(before)
    return (
        bool(before) and not before.isascii() and unicodedata.category(before) in {"Lo", "Sm", "So", "Po", "Mn", "Mc"}
    )


def _is_sign(character: str) -> bool:
    """Whether it is an emoji or another sign that may be shown as one."""
    if not character or character.isascii():
        return False
    return character == _INFORMATION or unicodedata.category(character) in {"So", "Sk", "Sm", "Po", "Pd"}


def _joins(before: str, joiner: str, after: str) -> bool:
    """Whether a joiner stands within an emoji, or within a word of a script that needs it."""
    if joiner == _ZWJ and (_is_sign(before) or before == "\ufe0f") and _is_sign(after):
        return True
    return _needs_joiners(before) and _needs_joiners(after)


def _needs_joiners(character: str) -> bool:
    """Whether it is a letter of Arabic, Mongolian, or of the scripts of India and south-east Asia."""
    in_blocks = (
        "\u0600" <= character <= "\u109f" or "\u1780" <= character <= "\u1aaf" or "\ua840" <= character <= "\uabff"
    )
    return in_blocks and unicodedata.category(character)[0] in "LM"


def _hidden_at(text: str, place: int) -> Hidden:
    # A carriage return alone ends a line too, as it does for whoever reads the header.
    before = text[:place].replace("\r\n", "\n").replace("\r", "\n")
    return Hidden(ord(text[place]), before.count("\n") + 1, len(before) - before.rfind("\n"))


def _escaped_in_header(data: bytes) -> Hidden | None:
    """The first escape in a quoted text of the header that stands for a hidden character."""
    block = find_block(data)
    if block is None or b"\\" not in data[block.start : block.end]:
        return None
    text = data[block.start : block.end].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    first = line_number(data, block.start)
    for offset, quoted in _quoted(text):
        for escape in _ESCAPE.finditer(quoted):
            code = int(escape[1] or escape[2] or escape[3] or "0", 16)
            if code in _TAG_SURROGATES or (code < 0x110000 and _HIDDEN.match(chr(code))):
                place = offset + escape.start()
                line, column = text.count("\n", 0, place), place - text.rfind("\n", 0, place)
                return Hidden(code, first + line, column, escaped=True)
    return None


def _quoted(text: str) -> Iterator[tuple[int, str]]:
    """Every text in double quotes, with its place; in a header that is not YAML, the rest of every line behind one."""
    try:
        nodes = list(_texts(read_yaml(text)))
    except YamlError:
        yield from ((found.start(), found[0]) for found in re.finditer(r'"[^\n]*', text))
        return
    for node in nodes:
        if not node.plain and text.startswith('"', node.start.offset):
            yield node.start.offset, text[node.start.offset : node.end.offset]


def _texts(root: Node | None) -> Iterator[Text]:
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Text):
            yield node
        elif isinstance(node, Items):
            waiting += reversed(node.value)
        elif isinstance(node, Table):
            waiting += [part for entry in reversed(node.value) for part in reversed(entry)]


def _kind(code: int) -> str:
    character = chr(code)
    if 0xE0000 <= code <= 0xE007F:
        return "a tag character"
    if code in _TAG_SURROGATES:
        return "the first half of a tag character"
    if _is_selector(character):
        return "a variation selector"
    return next((kind for characters, kind in _KINDS if character in characters), "an invisible control")
