"""The place and the layout of a new member of a JSON document: those of its neighbours."""

import json
from typing import Final, NamedTuple

from agentsync.documents.document import BREAK, line_end
from agentsync.documents.json_tree import Node, indentation, line_start, pieces
from agentsync.late import late

_USUAL: Final = "  "
_INDENTED_COMMENT: Final = late(r"(?:^|(?<=[\r\n]))[ \t]+(?=//|/\*)")


class Splice(NamedTuple):
    """A span of a text, and what takes its place."""

    start: int
    end: int
    new: str = ""


class Spot(NamedTuple):
    """A member by its container and its number in it."""

    node: Node
    number: int

    @property
    def before(self) -> int:
        """The place of the comma or the bracket before the member."""
        members = self.node.members or ()
        return members[self.number - 1].comma if self.number else self.node.start

    @property
    def comma(self) -> int:
        """The place of the comma behind the member, or -1."""
        return (self.node.members or ())[self.number].comma

    @property
    def start(self) -> int:
        return (self.node.members or ())[self.number].start

    @property
    def value(self) -> Node:
        return (self.node.members or ())[self.number].node


def spliced(text: str, splices: list[Splice]) -> str:
    """Return a text with splices, which do not overlap and are in order."""
    parts: list[str] = []
    at = 0
    for splice in splices:
        parts += text[at : splice.start], splice.new
        at = splice.end
    return "".join([*parts, text[at:]])


def one_line(value: object) -> str:
    """Return a value on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def lines(value: object, indent: str, unit: str, end: str) -> str:
    """Return a value on several lines, the first without its indentation."""
    laid_out = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=unit)
    return laid_out.replace("\n", end + indent)


def new_document(text: str, value: object) -> str:
    """Return a document that held blanks and comments alone, with a value behind them."""
    end = line_end(text)
    glue = end if text and not text.endswith(("\n", "\r")) else ""
    return text + glue + lines(value, "", _USUAL, end) + end


class Layout:
    """The layout of one JSON document."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._root = root
        self._end = line_end(text)

    def added(self, node: Node, holder: Spot | None, key: str | None, value: object) -> list[Splice]:
        """Return the splices that add a member behind the last one of a container, which stands at `holder`."""
        if not node.members:
            return self._first(node, holder, key, value)
        last = Spot(node, len(node.members) - 1)
        at, new = self._beside(last, key, value)
        if last.comma >= 0:
            return [Splice(at, at, new + ",")]
        return [Splice(last.value.end, last.value.end, ","), Splice(at, at, new)]

    def replaced(self, spot: Spot, value: object) -> Splice:
        """Return the splice that gives a member another value."""
        old = spot.value
        if self._leads(spot) or self._is_tall(old):
            new = lines(value, indentation(self._text, spot.start), self._unit(spot), self._end)
        else:
            new = one_line(value)
        return Splice(old.start, old.end, new)

    def _first(self, node: Node, holder: Spot | None, key: str | None, value: object) -> list[Splice]:
        inside = list(pieces(self._text, node.start + 1))
        at = max((piece.end for piece in inside if piece.is_comment), default=node.start + 1)
        outer = indentation(self._text, node.start)
        unit = self._unit(None)
        indent = outer + unit
        own_line = self._end + indent + _named(key) + lines(value, indent, unit, self._end)
        if any(piece.kind == "end" for piece in inside):
            at = next((piece.start for piece in inside if piece.kind == "end" and piece.start >= at), at)
            return [Splice(at, at, own_line)]
        if at == node.start + 1 and (holder is None or self._leads(holder)):
            return [Splice(at, node.end - 1, own_line + self._end + outer)]
        glue = " " if inside else ""
        return [Splice(at, at, glue + _named(key) + one_line(value))]

    def _beside(self, last: Spot, key: str | None, value: object) -> tuple[int, str]:
        """Return where a member goes behind the last one, and its text, without a comma."""
        end, leads = last.value.end, self._leads(last)
        at = start = end if last.comma < 0 else last.comma + 1
        for piece in pieces(self._text, start):
            if piece.kind == "end":
                at = piece.start if leads else at
                break
            if not leads and (piece.kind == "line" or line_start(self._text, piece.end) > piece.start):
                break
            at = piece.end if piece.is_comment else at
        if leads:
            indent = indentation(self._text, last.start)
            return at, self._end + indent + _named(key) + lines(value, indent, self._unit(last), self._end)
        if self._is_tall(last.value):
            indent = indentation(self._text, end - 1)
            return at, " " + _named(key) + lines(value, indent, self._unit(None), self._end)
        return at, " " + _named(key) + one_line(value)

    def _leads(self, spot: Spot) -> bool:
        """Return true for a member before which no other one, no comma and no bracket stands on its line."""
        return BREAK.search(self._text, spot.before, spot.start) is not None

    def _is_tall(self, node: Node) -> bool:
        """Return true for a container on several lines."""
        return node.members is not None and line_start(self._text, node.end) > node.start

    def _unit(self, spot: Spot | None) -> str:
        """Return the indentation of one level: of a member in its container, else the first of the document."""
        if spot is not None and (own := self._step(spot)):
            return own
        if first := self._first_step(self._root):
            return first
        comment = _INDENTED_COMMENT.search(self._text)
        return comment[0] if comment else _USUAL

    def _first_step(self, node: Node) -> str:
        for index, member in enumerate(node.members or ()):
            if step := self._step(Spot(node, index)) or self._first_step(member.node):
                return step
        return ""

    def _step(self, spot: Spot) -> str:
        """Return by how much a member that leads its line is indented in its container."""
        if not self._leads(spot):
            return ""
        outer, inner = indentation(self._text, spot.node.start), indentation(self._text, spot.start)
        return inner.removeprefix(outer) if inner.startswith(outer) else ""


def _named(key: str | None) -> str:
    return "" if key is None else one_line(key) + ": "
