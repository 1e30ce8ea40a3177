"""Edit one table of a TOML document, found by its header, and nothing else in it.

A table is written at the end, its values on one line each. What stands under its name in another form, as an inline
table or by dotted keys, can be read and is not edited.
"""

import json
import math
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any, Final

from agentsync.documents.document import (
    FILE,
    Edited,
    Fixed,
    Found,
    Missing,
    Occupied,
    Unreadable,
    Unsafe,
    Unwritable,
    WrongContainer,
    canonical,
    content_of,
    line_end,
    pointer_of,
    steps_of,
    text_of,
    with_blank_line,
)
from agentsync.documents.json_tree import value_of
from agentsync.documents.toml_tables import Block, blocks, read_toml
from agentsync.late import late

_BARE: Final = late(r"[A-Za-z0-9_-]+")
_LARGEST: Final = 1 << 63


class TomlDocument:
    """A TOML document that was read."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data
        self.mark, self.text = text_of(data or b"")
        self.value = read_toml(self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        """The tables, in their order."""
        return blocks(self.text)

    def find(self, pointer: str) -> Found | None:
        """Return what stands at a place, None for nothing; raise DocumentError where nothing could stand there."""
        found = self.look(pointer)
        if found is None:
            _checked(self, _appended(self.text, steps_of(pointer), {}), steps_of(pointer), [{}])
        return found

    def look(self, pointer: str) -> Found | None:
        """Return what stands at a place, None for nothing, also where no table could be added."""
        steps = steps_of(pointer)
        table = self._container(steps)
        if table is None or steps[-1] not in table:
            return None
        try:
            content = content_of(table[steps[-1]])
        except (TypeError, ValueError) as error:
            raise Unreadable(f"{pointer} holds a date, or a number that JSON cannot hold", pointer=pointer) from error
        spans = self.spans(steps)
        return Found(content, "".join(self.text[start:end] for start, end in spans), bool(spans))

    def members(self, pointer: str) -> tuple[str, ...]:
        """Return the pointers of all members of a table, () where there is none."""
        steps = steps_of(pointer) if pointer else ()
        table = self._container((*steps, ""))
        return tuple(pointer + pointer_of([key]) for key in table or ())

    def spans(self, steps: tuple[str, ...]) -> list[tuple[int, int]]:
        """Return the parts of the document that hold a table with a header of its own, and the tables in it."""
        found: list[tuple[int, int]] = []
        last = -2
        has_header = False
        for number, block in enumerate(self.blocks):
            if block.path[: len(steps)] != steps:
                continue
            has_header = has_header or (block.path == steps and not block.is_array)
            start = found.pop()[0] if last == number - 1 else block.start
            found.append((start, block.end))
            last = number
        return found if has_header else []

    def block(self, steps: tuple[str, ...]) -> Block | None:
        """Return the table under a header of its own."""
        return next((one for one in self.blocks if one.path == steps and not one.is_array), None)

    def _container(self, steps: tuple[str, ...]) -> dict[str, Any] | None:
        table: Any = self.value
        for depth, step in enumerate(steps):
            if not isinstance(table, dict):
                place = pointer_of(steps[:depth])
                raise WrongContainer(f"{place} is not a table", place)
            if depth == len(steps) - 1 or step not in table:
                break
            table = table[step]
        return table if depth == len(steps) - 1 else None


def read(data: bytes | None) -> TomlDocument:
    """Read a document, None for one that does not exist."""
    return TomlDocument(data)


def insert(data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
    """Put a table at the end of a document, behind a blank line."""
    document = TomlDocument(data)
    steps, table = steps_of(pointer), _table_of(content, pointer)
    if (found := document.look(pointer)) is not None:
        if canonical(json.loads(found.content)) != canonical(table):
            raise Occupied("another value stands there", pointer)
        return Edited(data, tuple(made))
    new = _appended(document.text, steps, table)
    added = (FILE,) if data is None else ()
    return Edited(_checked(document, new, steps, [table]), tuple(dict.fromkeys([*made, *added])))


def replace(data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
    """Put other values under the header of a table; the tables in it go, for they are values on one line now."""
    document = TomlDocument(data)
    steps, table = steps_of(pointer), _table_of(content, pointer)
    found = document.look(pointer)
    if found is None:
        raise Missing("nothing stands there", pointer)
    if canonical(json.loads(found.content)) == canonical(table):
        return Edited(data, tuple(made))
    block = document.block(steps)
    if block is None:
        raise Fixed(f"{pointer} is not a table under a header of its own", pointer)
    text, end = document.text, line_end(document.text)
    head = text[block.start : block.body]
    body = (head if head.endswith("\n") else head + end) + _body(table, end)
    spans = [(span, span[0] <= block.start < span[1]) for span in document.spans(steps)]
    new = _respliced(text, ((*span, body) if own else (*with_blank_line(text, *span), "") for span, own in spans))
    return Edited(_checked(document, new, steps, [table]), tuple(made), found.text)


def remove(data: bytes | None, pointer: str, made: Collection[str] = ()) -> Edited:
    """Take a table out, with the tables in it and the blank line before it."""
    document = TomlDocument(data)
    steps = steps_of(pointer)
    found = document.look(pointer)
    if found is None:
        return Edited(data, tuple(made))
    if not found.editable:
        raise Fixed(f"{pointer} is not a table under a header of its own", pointer)
    text = document.text
    new = _respliced(text, ((*with_blank_line(text, *span), "") for span in document.spans(steps)))
    if FILE in made and not new.strip():
        return Edited(None, (), found.text)
    return Edited(_checked(document, new, steps, []), tuple(made), found.text)


def _respliced(text: str, splices: Iterable[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _table_of(content: bytes, pointer: str) -> dict[str, Any]:
    table = value_of(content)
    if not isinstance(table, dict):
        raise Unwritable("only a table can be written here", pointer)
    return table


def _appended(text: str, steps: tuple[str, ...], table: dict[str, Any]) -> str:
    """Return a text with a table at its end, behind one blank line."""
    end = line_end(text)
    glue = "" if not text else end if text.endswith("\n") else end * 2
    return f"{text}{glue}[{'.'.join(map(_key, steps))}]{end}{_body(table, end)}"


def _body(table: dict[str, Any], end: str) -> str:
    return "".join(f"{_key(key)} = {_inline(value)}{end}" for key, value in table.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _inline(key)


def _inline(value: object) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {_inline(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(inner) for inner in value) + "]"
    if value is None:
        raise Unwritable("TOML has no null")
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise Unwritable("the number is too large for TOML")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unwritable("the number is not finite")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _checked(document: TomlDocument, new: str, steps: tuple[str, ...], change: list[dict[str, Any]]) -> bytes:
    """Return the bytes of an edited text once it reads as it should."""
    try:
        after = read_toml(new)
    except Unreadable as error:
        place = pointer_of(steps[:-1])
        raise Fixed(f"{place} is written in a form to which no table can be added: {error.problem}", place) from error
    if not _same(_pruned(after, steps), _pruned(_changed(document.value, steps, change), steps)):
        raise Unsafe("the edited document does not hold what it should", pointer_of(steps))
    return (document.mark + new).encode()


def _changed(old: dict[str, Any], steps: tuple[str, ...], change: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a document is to hold once `change`, a table or none, stands at a place."""
    table, step, rest = dict(old), steps[0], steps[1:]
    new = [_changed(table.pop(step, {}), rest, change)] if rest else change
    table.pop(step, None)
    return table | {step: new[0]} if new else table


def _pruned(table: dict[str, Any], steps: tuple[str, ...]) -> dict[str, Any]:
    """Return data without the tables on the way to a place that hold nothing; a header may stand for them or not."""
    if len(steps) < 2 or steps[0] not in table:
        return table
    inner = _pruned(table[steps[0]], steps[1:])
    rest = {key: value for key, value in table.items() if key != steps[0]}
    return rest | {steps[0]: inner} if inner else rest


def _same(one: Any, other: Any) -> bool:
    """Return true for equal values of equal types, in whatever order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)
