"""Read JSON with comments and trailing commas, and say where each value, each comma and each comment stands."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from agentsync.documents.document import BREAK, DEEPEST, Twice, Unreadable, Unwritable, text_of
from agentsync.late import late

_TRIVIA: Final = late(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_PIECE: Final = late(r"(?P<blank>[ \t]+)|(?P<end>\r\n|\n|\r)|(?P<line>//[^\r\n]*)|(?P<block>/\*.*?\*/)", re.DOTALL)
_STRING: Final = late(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"')
_NUMBER: Final = late(r"-?(?:0|[1-9][0-9]*)(?P<real>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9A-Za-z_.+-])")
_WORD: Final = late(r"(?:true|false|null)(?![0-9A-Za-z_$])")
_WORDS: Final = {"true": True, "false": False, "null": None}
_INDENT: Final = late(r"[ \t]*")


class Member(NamedTuple):
    """A member of an object, or of a list: then without a key. `comma` is the place of the comma behind it, or -1."""

    key: str | None
    start: int
    node: "Node"
    comma: int


class Node(NamedTuple):
    """A value and the span of its text; `members` is None where it is no container."""

    start: int
    end: int
    value: Any
    members: tuple[Member, ...] | None = None


class Piece(NamedTuple):
    """A part of what stands between values: a `blank`, the `end` of a line, or a comment, of a `line` or a `block`."""

    kind: str
    start: int
    end: int

    @property
    def is_comment(self) -> bool:
        return self.kind in ("line", "block")


def read_tree(text: str) -> Node | None:
    """Return the value of a document, None where it holds blanks and comments alone; raise Unreadable."""
    return _Reader(text).document()


def value_of(content: bytes) -> Any:
    """Return the value of content; raise Unwritable for what is no JSON."""
    try:
        root = read_tree(text_of(content)[1])
    except Unreadable as error:
        raise Unwritable(f"the content is no JSON: {error.problem}") from error
    if root is None:
        raise Unwritable("the content is no JSON: it is empty")
    return root.value


def pieces(text: str, start: int) -> Iterator[Piece]:
    """Yield what stands between a place and the next value, comma or bracket."""
    while found := _PIECE.match(text, start):
        yield Piece(str(found.lastgroup), start, found.end())
        start = found.end()


def line_start(text: str, place: int) -> int:
    """Return where the line of a place begins."""
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def indentation(text: str, place: int) -> str:
    """Return the blanks at the start of the line of a place."""
    found = _INDENT.match(text, line_start(text, place), place)
    return found[0] if found else ""


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text

    def document(self) -> Node | None:
        start = self._skip(0)
        if start == len(self._text):
            return None
        node = self._value(start, DEEPEST)
        if self._skip(node.end) != len(self._text):
            raise self._fault(self._skip(node.end), "something follows the value")
        return node

    def _value(self, at: int, levels: int) -> Node:
        text = self._text
        if text.startswith(("{", "["), at):
            if not levels:
                raise self._fault(at, f"it is nested deeper than {DEEPEST} levels")
            return self._container(at, levels - 1)
        if text.startswith('"', at):
            end = self._string_end(at)
            return Node(at, end, self._string(at, end))
        if found := _WORD.match(text, at):
            return Node(at, found.end(), _WORDS[found[0]])
        if found := _NUMBER.match(text, at):
            return Node(at, found.end(), self._number(found))
        raise self._fault(at, "a value is expected")

    def _container(self, start: int, levels: int) -> Node:
        is_object = self._text[start] == "{"
        closing = "}" if is_object else "]"
        members: list[Member] = []
        keys: set[str | None] = {None}
        at = self._skip(start + 1)
        while not self._text.startswith(closing, at):
            if members and members[-1].comma < 0:
                raise self._fault(at, f"a comma or {closing} is expected")
            key, place = self._key(at) if is_object else (None, at)
            if is_object and key in keys:
                raise Twice(f"the key {key!r} stands there twice", *self._place(at))
            keys.add(key)
            node = self._value(place, levels)
            end = self._skip(node.end)
            has_comma = self._text.startswith(",", end)
            members.append(Member(key, at, node, end if has_comma else -1))
            at = self._skip(end + 1) if has_comma else end
        values: Any = [member.node.value for member in members]
        if is_object:
            values = {member.key: member.node.value for member in members}
        return Node(start, at + 1, values, tuple(members))

    def _key(self, at: int) -> tuple[str, int]:
        if not self._text.startswith('"', at):
            raise self._fault(at, "a key in double quotes is expected")
        end = self._string_end(at)
        colon = self._skip(end)
        if not self._text.startswith(":", colon):
            raise self._fault(colon, "a colon is expected")
        return self._string(at, end), self._skip(colon + 1)

    def _string_end(self, at: int) -> int:
        found = _STRING.match(self._text, at)
        if found is None:
            raise self._fault(at, "the string is not closed on its line, or holds what a string cannot hold")
        return found.end()

    def _string(self, start: int, end: int) -> str:
        token = self._text[start:end]
        if "\\" not in token:
            return token[1:-1]
        value: str = json.loads(token)
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self._fault(start, "the string holds half of a surrogate pair") from error
        return value

    def _number(self, found: re.Match[str]) -> int | float:
        try:
            value = float(found[0]) if found["real"] else int(found[0])
        except ValueError as error:  # more digits than Python reads
            raise self._fault(found.start(), "the number is too large") from error
        if value in (float("inf"), float("-inf")):
            raise self._fault(found.start(), "the number is too large")
        return value

    def _skip(self, at: int) -> int:
        found = _TRIVIA.match(self._text, at)
        end = found.end() if found else at
        if self._text.startswith("/*", end):
            raise self._fault(end, "the comment is not closed")
        return end

    def _place(self, at: int) -> tuple[int, int]:
        return len(BREAK.findall(self._text, 0, at)) + 1, at - line_start(self._text, at) + 1

    def _fault(self, at: int, problem: str) -> Unreadable:
        line, column = self._place(at)
        if at >= len(self._text):
            problem = "the document ends too early"
        return Unreadable(problem, line, column)
