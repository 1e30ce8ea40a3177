"""What a rule finds, before it is known how much it weighs."""

from typing import NamedTuple


class Found(NamedTuple):
    """One finding of a rule. Written by keyword, but for the first three.

    Args:
        path: from the root of the pack for a rule about packs, else from that of the registry.
        fix: where it holds a NUL, the path of the file is put in its place.
        case: which of the levels of its rule counts, "" for the usual one.
        pack: the pack that it concerns, where a rule is about several.
    """

    rule: str
    path: str
    what: str
    line: int = 1
    column: int = 1
    fix: str = ""
    item: str = ""
    case: str = ""
    pack: str = ""


class Spot(NamedTuple):
    """A place in a file, from 1."""

    line: int = 1
    column: int = 1


def spot(text: str, offset: int) -> Spot:
    """Return the line and the column of an offset in a text; a lone carriage return ends a line, too."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return Spot(before.count("\n") + 1, len(before) - before.rfind("\n"))


def spot_in(data: bytes, offset: int) -> Spot:
    """Return the line and the column of a byte offset, columns in characters."""
    text = data[:offset].decode("utf-8", "replace")
    return spot(text, len(text))
