"""Read JSON of unknown origin: bounded in size and depth, without duplicate keys and special numbers."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from agentsync.model.policy import DEFAULT_LIMITS

LARGEST: Final = DEFAULT_LIMITS.read
DEEPEST: Final = 64
_TOO_DEEP: Final = f"it is nested deeper than {DEEPEST} levels"


class JsonError(ValueError):
    """A file is not JSON, or JSON that is refused; line and column count from 1, and are 0 for the file as a whole."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"line {line}, column {column}: {problem}" if line else problem)
        self.problem = problem
        self.line = line
        self.column = column


def read_json(data: bytes) -> Any:
    """Return the value of a JSON file, a byte order mark ignored; raise JsonError with the place for any other file."""
    if len(data) > LARGEST:
        raise JsonError(f"it is larger than {LARGEST >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonError("it is not UTF-8") from error
    try:
        value = json.loads(text, object_pairs_hook=_table, parse_constant=_refuse)
        _refuse_deep(value, DEEPEST)
    except JsonError:
        raise
    except json.JSONDecodeError as error:
        raise JsonError(error.msg, error.lineno, error.colno) from error
    except ValueError as error:  # a number with more digits than Python reads
        raise JsonError(str(error).partition(";")[0]) from error
    except RecursionError as error:
        raise JsonError(_TOO_DEEP) from error
    if "\\ud" in text.lower():
        _refuse_halves(value)
    return value


def read_own_json(text: str | bytes) -> dict[str, Any]:
    """Return the object of a JSON file that agentsync wrote, {} for any other JSON; raise ValueError for no JSON."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    return found if isinstance(found, dict) else {}


def _refuse_deep(value: Any, levels: int) -> None:
    if isinstance(value, dict | list):
        if not levels:
            raise JsonError(_TOO_DEEP)
        for inner in value.values() if isinstance(value, dict) else value:
            _refuse_deep(inner, levels - 1)


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise JsonError(f"duplicate key {name!r}")
    return table


def _refuse_halves(value: Any) -> None:
    r"""Refuse a `\ud800` that stands alone, which cannot be written to a file or a terminal."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise JsonError("it holds half of a surrogate pair") from error


def _refuse(constant: str) -> Any:
    raise JsonError(f"{constant} is no JSON number")
