"""Change one entry of a mapping in a YAML text, and leave every other byte alone.

The place of an entry comes from the parsed tree, the change is made in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from agentsync.formats.yaml_text import scalar
from agentsync.formats.yaml_tree import Items, Node, Table, Text

# The line ends of YAML 1.1.
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_DOCUMENT_END: Final = re.compile(r"^\.\.\.(?=\s|\Z)", re.MULTILINE)
_COLON: Final = re.compile(r"\s*:")
_COMMA: Final = re.compile(r"(?:\s|#[^\n]*\n)*,[ \t]*")


class YamlEditor:
    """Editor of a YAML text: each method returns the text with one change."""

    def __init__(self, text: str, root: Node | None) -> None:
        self._text = text
        self._root = root
        self._break = "\r\n" if "\r\n" in text else "\n"

    def set(self, section: str, key: str, value: str) -> str:
        """Set an entry of a mapping below the root, which is added where it is missing."""
        entry = f"{scalar(key)}: {value}"
        node = value_of(self._root, section)
        if node is None:
            return self._add_section(section, entry)
        if not isinstance(node, Table) or not node.value:
            return self._fill_empty(section, node, entry)
        return self.set_in(node, key, value)

    def set_in(self, node: Table, key: str, value: str) -> str:
        """Set an entry of a mapping that is written as one, perhaps as `{}`."""
        for name, old in node.value:
            if name.value == key:
                return self._replace_value(name, old, value)
        entry = f"{scalar(key)}: {value}"
        if not node.value:
            return self._insert(node.start.offset + 1, entry)
        return self._append_in_braces(node, entry) if node.flow else self._add_line(node, entry)

    def rename(self, key: Text, name: str) -> str:
        """Write another key; its value, its place and its comments stay."""
        return self._text[: key.start.offset] + scalar(name) + self._text[key.end.offset :]

    def drop(self, section: str, key: str) -> str:
        """Take an entry out of a mapping below the root; a mapping that this empties stays, as `{}`."""
        assert isinstance(self._root, Table)
        return self.drop_in(self._root, section, key)

    def drop_in(self, above: Table, name: str, key: str) -> str:
        """Take an entry out of the mapping `name` of another one; a mapping that this empties stays, as `{}`."""
        head, node = next((head, node) for head, node in above.value if head.value == name)
        assert isinstance(node, Table)
        place = next(number for number, (own, _) in enumerate(node.value) if own.value == key)
        if node.flow:
            return self._drop_in_braces(node, place)
        own, value = node.value[place]
        start, stop = self._line_start(own.start.offset), self._line_end(self._end(own, value))
        text = self._cut(start, stop, value)
        if len(node.value) > 1:
            return text
        colon = self._colon(head)
        return f"{text[:colon]} {{}}{text[colon:]}"

    def append(self, node: Items, value: str) -> str:
        """Add a text to the end of a list."""
        if not node.value:
            return self._insert(node.start.offset + 1, value)
        last = node.value[-1]
        if node.flow:
            return self._insert(last.end.offset, f", {value}")
        place = self._line_end(last.end.offset)
        gap = "" if _ends_line(self._text[:place]) else self._break
        return self._insert(place, f"{gap}{' ' * (node.start.column - 1)}- {value}{self._break}")

    def drop_line(self, item: Node) -> str:
        """Take a text out of a list that has each on a line of its own."""
        start, stop = self._line_start(item.start.offset), self._line_end(item.end.offset)
        return self._text[:start] + self._text[stop:]

    def _add_section(self, section: str, entry: str) -> str:
        text, root = self._text, self._root
        if isinstance(root, Table) and root.flow:
            one = f"{section}: {{{entry}}}"
            return self._append_in_braces(root, one) if root.value else self._insert(root.start.offset + 1, one)
        if isinstance(root, Text):
            text = text[: root.start.offset] + text[root.end.offset :]
        indent = " " * (root.start.column - 1) if isinstance(root, Table) else ""
        ends = _DOCUMENT_END.search(text, root.start.offset if root is not None else 0)
        place = ends.start() if ends is not None else len(text)
        gap = "" if _ends_line(text[:place]) else self._break
        lines = f"{gap}{indent}{section}:{self._break}{indent}  {entry}{self._break}"
        return text[:place] + lines + text[place:]

    def _fill_empty(self, section: str, node: Node, entry: str) -> str:
        """Put the first entry into a section that is `{}`, `~` or nothing at all."""
        text = self._text
        assert isinstance(self._root, Table)
        head = next(name for name, _ in self._root.value if name.value == section)
        in_braces = isinstance(node, Table) and text[node.start.offset + 1 : node.end.offset - 1].strip() != ""
        if in_braces:  # only a comment stands there
            return self._insert(node.start.offset + 1, entry)
        colon = self._colon(head)
        stop = max(node.end.offset, colon)
        if self._root.flow:
            return f"{text[:colon]} {{{entry}}}{text[stop:]}"
        if not _is_written(node):
            stop = colon
        elif node.start.line > head.start.line:
            return text[: node.start.offset] + entry + text[stop:]
        indent = " " * (head.start.column + 1)
        return f"{text[:colon]}{self._break}{indent}{entry}{text[stop:]}"

    def _replace_value(self, name: Text, old: Node, value: str) -> str:
        text = self._text
        if not _is_written(old):
            found = _COLON.match(text, name.end.offset)
            return self._insert(found.end(), f" {value}") if found else self._insert(name.end.offset, f": {value}")
        start, end = old.start.offset, self._end(name, old)
        if not _is_block(old):
            kept = self._comment_lines(start, end, old)
            if not kept:
                return text[:start] + value + text[end:]
            stop = self._line_end(end)
            gap = "" if _ends_line(text[:stop]) else self._break
            return text[:start] + value + text[end:stop] + gap + kept + text[stop:]
        colon = self._colon(name)
        start, stop = self._line_start(start), self._line_end(end)
        between = text[colon:start]
        return f"{text[:colon]} {value}{between}{self._comment_lines(start, stop, old)}{text[stop:]}"

    def _append_in_braces(self, node: Table, entry: str) -> str:
        return self._insert(self._end(*node.value[-1]), f", {entry}")

    def _add_line(self, node: Table, entry: str) -> str:
        place = self._line_end(self._end(*node.value[-1]))
        gap = "" if _ends_line(self._text[:place]) else self._break
        return self._insert(place, f"{gap}{' ' * (node.start.column - 1)}{entry}{self._break}")

    def _drop_in_braces(self, node: Table, place: int) -> str:
        name, value = node.value[place]
        start, stop = name.start.offset, self._end(name, value)
        before = _COMMA.match(self._text, self._end(*node.value[place - 1])) if place > 0 else None
        if before is not None and before.end() == start:
            return self._cut(before.start(), stop, value)
        if (comma := _COMMA.match(self._text, stop)) is not None:
            return self._cut_with_line(start, comma.end(), value)
        text = self._cut_with_line(start, stop, value)
        if before is None:
            return text
        at = self._text.rindex(",", before.start(), before.end())
        return text[:at] + text[at + 1 :]

    def _cut_with_line(self, start: int, stop: int, value: Node) -> str:
        """Return the text without an entry, and without its line where that held nothing else."""
        line, line_end = self._line_start(start), self._line_end(stop)
        rest = self._text[stop:line_end].strip()
        if not self._text[line:start].strip() and (not rest or rest.startswith("#")):
            start, stop = line, line_end
        return self._cut(start, stop, value)

    def _cut(self, start: int, stop: int, value: Node) -> str:
        kept = self._comment_lines(start, stop, value)
        gap = self._break if kept and self._line_start(start) != start else ""
        return self._text[:start] + gap + kept + self._text[stop:]

    def _comment_lines(self, start: int, stop: int, node: Node) -> str:
        """Return the comment lines between two places, but no line of a text that looks like one."""
        inside = [(text.start.offset, text.end.offset) for text in _texts(node)]
        kept = ""
        place = start
        while place < stop:
            end = self._line_end(place)
            line = self._text[place:end]
            mark = place + len(line) - len(line.lstrip())
            if line.lstrip().startswith("#") and self._line_start(mark) == place:
                if not any(first < mark < last for first, last in inside):
                    kept += line
            place = end
        return kept

    def _colon(self, key: Text) -> int:
        return self._text.index(":", key.end.offset) + 1

    def _end(self, key: Text, value: Node) -> int:
        """Return the place where the characters of an entry end."""
        last = _last(value)
        if not _is_written(last):
            return max(last.end.offset, key.end.offset)
        # A block text ends, for the parser, where the next line begins.
        written = self._text[last.start.offset : last.end.offset]
        return last.start.offset + len(written.rstrip())

    def _insert(self, place: int, what: str) -> str:
        return self._text[:place] + what + self._text[place:]

    def _line_start(self, place: int) -> int:
        return max((found.end() for found in _BREAK.finditer(self._text, 0, place)), default=0)

    def _line_end(self, place: int) -> int:
        """Return the start of the next line."""
        found = _BREAK.search(self._text, place)
        return len(self._text) if found is None else found.end()


def value_of(node: Node | None, key: str) -> Node | None:
    """Return the value of a key, None where the node is no mapping or has no such key."""
    return node.get(key) if isinstance(node, Table) else None


def _is_written(node: Node) -> bool:
    return not isinstance(node, Text) or bool(node.value) or not node.plain


def _is_block(node: Node) -> bool:
    return isinstance(node, Items | Table) and not node.flow


def _last(node: Node) -> Node:
    """Return the last text or flow collection of a node, with which its characters end."""
    while isinstance(node, Items | Table) and not node.flow and node.value:
        node = node.value[-1][1] if isinstance(node, Table) else node.value[-1]
    return node


def _texts(node: Node) -> Iterator[Text]:
    if isinstance(node, Text):
        yield node
        return
    parts = node.value if isinstance(node, Items) else chain.from_iterable(node.value)
    for part in parts:
        yield from _texts(part)


def _ends_line(text: str) -> bool:
    return not text or _BREAK.fullmatch(text[-1]) is not None
