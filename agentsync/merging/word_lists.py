"""Merge header fields that are lists of words, such as tools, word by word.

Three ways to write a list are known: `a, b` as a text, `[a, b]`, and one `- a` a line. The user's way stays, and with
it the bytes, the order and the comments of every word that stays. What would lose a comment is not merged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from agentsync.errors import RefusedError
from agentsync.formats.yaml_text import scalar
from agentsync.formats.yaml_tree import Items, Node, Plain, Text
from agentsync.packs.frontmatter import HeaderEntry, read_document
from agentsync.packs.header_edits import parsed_entry, set_field

# Fields whose text is a list. In others `a, b` may be prose.
_LISTS: Final = frozenset(
    """tools disallowedTools disallowed-tools allowed-tools skills mcpServers mcp-servers globs paths applyTo
    tags keywords triggers capabilities handoffs dependencies""".split()
)
# A word that stands for all others; its meaning beside them is not known.
_ALL: Final = frozenset(("*", "all"))
# `Bash(git add:*, git commit:*)` is one word.
_WORD: Final = r"[^\s,()]+(?:\([^()]*\))?"
_COMMAS: Final = re.compile(rf"{_WORD}(?:\s*,\s*{_WORD})*")
_BLANKS: Final = re.compile(rf"{_WORD}(?:[ \t]+{_WORD})+")
_LINE: Final = re.compile(r"(?<![^\r\n])[^\r\n]*(?:\r\n|\n|\r)")


def words_of(key: str, value: Plain | None) -> list[str] | None:
    """Return the words of a field, None where it is no list of words.

    >>> words_of("tools", "Read, Bash(git log:*)")
    ['Read', 'Bash(git log:*)']
    >>> words_of("description", "Reads, writes") is None
    True
    """
    words: Sequence[object] = value if isinstance(value, list) else ()
    if isinstance(value, str):
        if key not in _LISTS or not (_COMMAS.fullmatch(value) or _BLANKS.fullmatch(value)):
            return None
        words = re.findall(_WORD, value)
    found = [word for word in words if isinstance(word, str) and word.lower() not in _ALL]
    return found if len(found) == len(words) and not isinstance(value, dict | None) else None


def merge_words(was: Sequence[str], mine: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the user's words in their order, with upstream's removals and additions.

    >>> merge_words(["Read", "Grep"], ["Read"], ["Read", "Grep", "Bash"])
    ['Read', 'Bash']
    """
    merged = [word for word in mine if word in new or word not in was]
    insert_missing(merged, new, but=was)
    return merged


def insert_missing(words: list[str], others: Sequence[str], *, but: Collection[str] = ()) -> None:
    """Insert the words of another list that are missing, each behind the one that it follows there."""
    for place, word in enumerate(others):
        if word not in words and word not in but:
            above = next((words.index(other) for other in reversed(others[:place]) if other in words), -1)
            words.insert(above + 1, word)


def with_words(head: bytes, entry: HeaderEntry, words: Sequence[str], *, known: bytes) -> bytes | None:
    """Return a header's entry with other words; None where a comment would be lost that `known`, the base's, lacks."""
    if not words:
        return None
    try:
        text = head[entry.start : entry.end].decode()
    except UnicodeDecodeError:
        return None
    key, value = parsed_entry(text)
    if isinstance(value, Items) and not value.flow:
        lines = _with_lines(text, value, words, known)
        return None if lines is None else lines.encode()
    if len(_LINE.findall(text)) > 1 or (key is None and "#" in text):
        return None
    separator = " " if isinstance(value, Text) and _BLANKS.fullmatch(value.value) else ", "
    is_list = isinstance(read_document(head).fields.get(entry.key), list)
    try:
        edited = set_field(head, entry.key, list(words) if is_list else separator.join(words))
    except RefusedError:
        return None
    return edited[entry.start : len(edited) - (len(head) - entry.end)]


def _with_lines(text: str, items: Items, words: Sequence[str], known: bytes) -> str | None:
    """Return an entry of one word a line with other words, each below its comments; None for an unusual form."""
    lines = _LINE.findall(text)
    places = [item.start.line - 1 for item in items.value]
    if not all(_is_on_own_line(item, lines) for item in items.value) or len(set(places)) < len(places):
        return None
    chunks: dict[str, str] = {}
    for item, above, place in zip(items.value, [0, *places], places, strict=False):
        assert isinstance(item, Text)
        chunk = chunks[item.value] = "".join(lines[above + 1 : place + 1])
        if item.value not in words and "#" in chunk and chunk.encode() not in known:
            return None
    last = lines[places[-1]]
    indent, end = last[: len(last) - len(last.lstrip(" "))], "\r\n" if last.endswith("\r\n") else last[-1:]
    new = (chunks.get(word) or f"{indent}- {scalar(word)}{end}" for word in words)
    return "".join((lines[0], *new, *lines[places[-1] + 1 :]))


def _is_on_own_line(item: Node, lines: Sequence[str]) -> bool:
    line = lines[item.start.line - 1]
    is_one = isinstance(item, Text) and item.start.line == item.end.line > 1
    return is_one and line[: item.start.column - 1].strip(" ") == "-"
