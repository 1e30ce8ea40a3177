"""The text that goes with a member taken out of a JSON document: its lines, and the comma that is not needed then."""

from agentsync.documents.json_layout import Splice, Spot, spliced
from agentsync.documents.json_tree import Piece, line_start, pieces


def lines_of(text: str, spot: Spot) -> tuple[int, int]:
    """Return the span of a member: its lines where no other member stands on them, else its key and its value."""
    whole = _own_lines(text, spot)
    return (whole[0].end, whole[1]) if whole else (spot.start, spot.value.end)


def is_alone(text: str, spot: Spot) -> bool:
    """Return true for the only member of a container that has no comments but those on the lines of the member."""
    return len(spot.node.members or ()) == 1 and not _left(text, spot, cut(text, spot)).strip()


def cut(text: str, spot: Spot) -> list[Splice]:
    """Return the splices that take a member out."""
    comma = spot.comma
    is_last = spot.number == len(spot.node.members or ()) - 1
    splices: list[Splice] = []
    if is_last and spot.number and comma < 0:
        splices.append(Splice(spot.before, spot.before + 1))
    if whole := _own_lines(text, spot):
        splices.append(Splice(whole[0].start, whole[1]))
    elif comma < 0:
        splices.append(Splice(_start_of_last(text, spot), spot.value.end))
    else:
        splices += _with_comma(text, spot, comma, is_last=is_last)
    left = _left(text, spot, splices)
    if not left.strip() and ("\n" in left or "\r" in left):
        return [Splice(spot.node.start + 1, spot.node.end - 1)]
    return splices


def _own_lines(text: str, spot: Spot) -> tuple[Piece, int] | None:
    """Return the line end before the lines of a member and the place of the one behind them, None for shared lines."""
    before = _before(text, spot)
    ends = [number for number, piece in enumerate(before) if piece.kind == "end"]
    if not ends or any(_is_tall(text, piece) for piece in before[ends[-1] + 1 :]):
        return None
    at = spot.value.end
    if spot.comma >= 0:
        if line_start(text, spot.comma) > at:
            return None
        at = spot.comma + 1
    for piece in pieces(text, at):
        if piece.kind == "end":
            return before[ends[-1]], piece.start
        if _is_tall(text, piece):
            return None
    return None


def _start_of_last(text: str, spot: Spot) -> int:
    """Return from where the last member goes: with the blanks before it, and its line if the bracket stands on it."""
    before = _without_blanks(_before(text, spot))
    same_line = all(piece.kind != "end" for piece in pieces(text, spot.value.end))
    if same_line and before and before[-1].kind == "end" and (len(before) == 1 or before[-2].kind != "line"):
        before = _without_blanks(before[:-1])
    return before[-1].end if before else spot.before + 1


def _with_comma(text: str, spot: Spot, comma: int, *, is_last: bool) -> list[Splice]:
    """Return the splices for a member and the comma behind it, on lines that it shares."""
    behind = next(pieces(text, comma + 1), None)
    start, end = spot.start, comma + 1
    if is_last or (behind and behind.kind == "end"):
        before = _without_blanks(_before(text, spot))
        start = before[-1].end if before else spot.before + 1
    elif behind and behind.kind == "blank":
        end = behind.end
    if text[spot.value.end : comma].strip(" \t"):  # a comment or a line end stands between
        return [Splice(start, spot.value.end), Splice(comma, end)]
    return [Splice(start, end)]


def _left(text: str, spot: Spot, splices: list[Splice]) -> str:
    """Return what stands between the brackets of the container after an edit."""
    start, end = spot.node.start + 1, spot.node.end - 1
    return spliced(text[:end], splices)[start:]


def _before(text: str, spot: Spot) -> list[Piece]:
    """Return what stands between a member and the comma or the bracket before it."""
    return list(pieces(text, spot.before + 1))


def _without_blanks(found: list[Piece]) -> list[Piece]:
    return found[:-1] if found and found[-1].kind == "blank" else found


def _is_tall(text: str, piece: Piece) -> bool:
    """Return true for a comment that goes on below its first line."""
    return piece.kind == "block" and line_start(text, piece.end) > piece.start
