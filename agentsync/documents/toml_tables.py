"""Read TOML, and say where each table stands: from its header to its last value."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from agentsync.documents.document import DEEPEST, Unreadable
from agentsync.late import late

_KEY: Final = r'(?:[A-Za-z0-9_-]+|"(?:[^"\\\r\n]|\\.)*"|\'[^\'\r\n]*\')'
_KEYS: Final = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADER: Final = late(rf"\[(?P<array>\[)?[ \t]*(?P<keys>{_KEYS})[ \t]*\](?(array)\])")
_ASSIGNED: Final = late(rf"{_KEYS}[ \t]*=")
_BLANKS: Final = late(r"(?:[ \t\r\n]|#[^\n]*)*")
_REST_OF_LINE: Final = late(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_PART: Final = late(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|[^\"'\[\]{}#\n]+"
    r"|#[^\n]*|.",
    re.DOTALL,
)
# More keys in a row than are read: the time that Python's reader takes grows with the square of their number.
_LONG_KEY: Final = late(rf"(?:\.[ \t]*(?:[^.\s,=#\[\]{{}}]+[ \t]*)?){{{DEEPEST}}}")
_DEPTH: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


class Block(NamedTuple):
    """A table under a header, or the values before the first one: then its path is empty.

    Args:
        start: where the line of the header begins.
        body: where the line behind the header begins.
        end: behind the line of the last value; what follows belongs to the next table, or to no one.
    """

    path: tuple[str, ...]
    is_array: bool
    start: int
    body: int
    end: int


def read_toml(text: str) -> dict[str, Any]:
    """Return the data of a document; raise Unreadable."""
    too_deep = f"it is nested deeper than {DEEPEST} levels"
    if _LONG_KEY.search(_PART.sub(lambda part: '""' if part[0][0] in "\"'" else part[0], text)):
        raise Unreadable(too_deep)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        line, column = [*map(int, re.findall("[0-9]+", place)), 0, 0][:2]
        raise Unreadable(problem, line, column) from error
    except RecursionError as error:
        raise Unreadable(too_deep) from error
    except ValueError as error:  # more digits than Python reads
        raise Unreadable("a number is too large") from error
    level: list[Any] = [table]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _members(value)]
    if level:
        raise Unreadable(too_deep)
    return table


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def blocks(text: str) -> list[Block]:
    """Return the tables of a valid document, in their order."""
    found = [Block((), False, 0, 0, 0)]
    for start, header, end in _statements(text):
        if header is None:
            found[-1] = found[-1]._replace(end=end)
        else:
            line = text.rfind("\n", 0, start) + 1
            found.append(Block(_path(header["keys"]), header["array"] is not None, line, end, end))
    return found


def _statements(text: str) -> Iterator[tuple[int, re.Match[str] | None, int]]:
    """Yield the start of each header and value, the header, and the start of the next line."""
    at = _end_of(_BLANKS, text, 0)
    while at < len(text):
        header = _HEADER.match(text, at)
        end = header.end() if header else _value_end(text, _end_of(_ASSIGNED, text, at))
        behind = _end_of(_REST_OF_LINE, text, end)
        yield at, header, behind
        at = _end_of(_BLANKS, text, behind)


def _value_end(text: str, at: int) -> int:
    depth = 0
    while found := _PART.match(text, at):
        token = found[0]
        if not depth and token[0] in "#\n":
            break
        depth += _DEPTH.get(token, 0)
        at = found.end()
    return at


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    if found is None:
        raise Unreadable("it is written in a way that is not understood")
    return found.end()


def _path(keys: str) -> tuple[str, ...]:
    """Return the keys of a header, without their quotes."""
    table: Any = tomllib.loads(f"{keys} = 0")
    path: list[str] = []
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        path.append(key)
    return tuple(path)
