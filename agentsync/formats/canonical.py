"""The one form in which a lock is written, read without a YAML parser.

Block mappings, two blanks for each level; on each line a key, and behind it nothing, a text, or a list or mapping in
brackets. Texts are bare or in double quotes, as `yaml_text` writes them. The result is that of `yaml_tree`, in a small
part of the time. All else is refused without a reason: the caller reads it as YAML, which has the place of each fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Final, NoReturn

from agentsync.formats.fields import Fields
from agentsync.late import late

# Use no possessive quantifiers: Python 3.11.2 has a bug in those behind a group. Every repetition ends at a character
# that cannot begin it again, so that nothing is tried twice.
# A bare `null` is no text in YAML.
_BARE: Final = r"(?!null(?:[\n,\]} ]|: |:?$))[A-Za-z0-9_./][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*"
_SHOWN: Final = r'[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]*'
_QUOTED: Final = rf'"{_SHOWN}(?:\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{{4}}){_SHOWN})*"'
# The second form of a digest, what a member of a list is found by, and the mark of an executable file, behind a text.
_MORE: Final = r"(?: lf:sha256:[0-9a-f]{64})?(?: by:[0-9a-f]{12})?(?: \+x)?"
# The mark in place of a block that was taken out; no text may hold it.
_TAKEN: Final = "\0"
_LINE: Final = late(
    rf"^((?:  )*)({_BARE}|{_QUOTED}):(?: ({_BARE}{_MORE}|{_QUOTED}|[\[{{][^\n]+|{_TAKEN}))?$", re.MULTILINE
)
# A key on the level of a pack's facts, and all lines below it.
_BLOCK: Final = late(r"\n(    [^ ].*:)((?:\n      [^ \n].*)+)")
# In one or two parts not longer than a key may be.
_PLAIN: Final = r"[A-Za-z0-9_./][A-Za-z0-9_./@+-]{0,480}"
_PAIR: Final = rf"{_PLAIN}:[A-Za-z0-9_./@+-]{{1,480}}"
_FILE: Final = late(rf"\n      (?!null:)({_PLAIN}): ({_PAIR}{_MORE})$", re.MULTILINE)
_ITEM: Final = late(rf"\n      ({_PAIR}): \{{path: (?!null,)({_PLAIN}), (.+)\}}$", re.MULTILINE)
_TOKEN: Final = late(f"({_QUOTED})|({_BARE})")
# A list with `s` in place of every text, and a mapping with `l` and `m` in place of those in it. No text leaves an `l`
# or `m` of its own.
_LIST: Final = late(r"\[(?:s(?:, s)*)?\]")
_MAPPING: Final = late(r"\{(?:s: [slm](?:, s: [slm])*)?\}")
_LEVELS: Final = 3  # of mappings in a lock
# A key of YAML may be no longer than 1,024 characters, escapes included.
_LONGEST_LINE: Final = 1000
# The search of a quoted text without an end starts again at each quote: longer values are read as YAML.
_LONGEST_FLOW: Final = 4_096

Canonical = dict[str, Any]


class SurpriseError(Exception):
    """A line that has to be read as YAML."""


def read_canonical(text: str) -> Canonical | None:
    """Return a document as `yaml_tree.plain` gives it, None where it is not in the canonical form."""
    if _TAKEN in text:
        return None
    try:
        blocks = _Blocks()
        lines = _BLOCK.sub(blocks.take, text).split("\n")
        if lines.pop() or not lines or len(max(lines, key=len)) > _LONGEST_LINE:
            return None
        rows: list[tuple[str, str, str]] = _LINE.findall("\n".join(lines))
        return _read(rows, blocks.found) if len(rows) == len(lines) else None
    except SurpriseError:
        return None


class _Blocks:
    """The plain blocks that were taken out of a document."""

    def __init__(self) -> None:
        self.found: list[Canonical] = []
        self._facts: dict[str, Canonical] = {}

    def take(self, block: re.Match[str]) -> str:
        """Return the text in place of a block: the block itself where one of its lines is not plain."""
        lines = block[2]
        table = self._items(lines) if "{" in lines else dict(_FILE.findall(lines))
        # A line that is not plain, or a duplicate key, leaves fewer keys than lines.
        if len(table) != lines.count("\n"):
            return block[0]
        self.found.append(table)
        return f"\n{block[1]} {_TAKEN}"

    def _items(self, lines: str) -> Canonical:
        """Read items; many have the same facts behind their path, which are read once."""
        rows: list[tuple[str, str, str]] = _ITEM.findall(lines)
        if new := list({facts for _, _, facts in rows} - self._facts.keys()):
            read = _read_flows([f"{{{facts}}}" for facts in new])
            if any("path" in facts for facts in read):
                raise SurpriseError
            self._facts.update(zip(new, read, strict=True))
        return {key: {"path": path, **self._facts[facts]} for key, path, facts in rows}


def _read(rows: list[tuple[str, str, str]], blocks: list[Canonical]) -> Canonical:
    current: Canonical = {}
    mappings, level, deep, opened = [current], [current], "", ""
    flows: list[tuple[Canonical, str, str]] = []
    taken = iter(blocks)
    for indent, written, value in rows:
        if opened:
            # A key without a value has lines below it, one level deeper.
            if len(indent) != len(deep) + 2:
                raise SurpriseError
            below: Canonical = {}
            current[opened], current, deep, opened = below, below, indent, ""
            level.append(below)
            mappings.append(below)
        elif indent != deep:
            if len(indent) > len(deep):
                raise SurpriseError
            del level[len(indent) // 2 + 1 :]
            current, deep = level[-1], indent
        key = _text(written)
        if not value:
            opened = key
        elif value[0] in "{[":
            current[key] = value
            flows.append((current, key, value))
        else:
            current[key] = next(taken) if value == _TAKEN else _text(value)
    # A duplicate key leaves fewer keys than lines.
    if opened or sum(map(len, mappings)) != len(rows):
        raise SurpriseError
    for (mapping, key, _), read in zip(flows, _read_flows([value for _, _, value in flows]), strict=True):
        mapping[key] = read
    return mappings[0]


def _read_flows(values: list[str]) -> list[Any]:
    """Read lists and mappings in brackets: they are JSON once every bare text has quotes."""
    if any(len(value) > _LONGEST_FLOW for value in values):
        raise SurpriseError
    skeletons = _LIST.sub("l", "\n".join(set(_TOKEN.sub("s", "\n".join(values)).split("\n"))))
    for _ in range(_LEVELS):
        skeletons = _MAPPING.sub("m", skeletons)
    if values and not {"l", "m"}.issuperset(skeletons.split("\n")):
        raise SurpriseError
    text = _TOKEN.sub(lambda token: token[1] or f'"{token[2]}"', ",".join(values))
    found: list[Any] = json.loads(f"[{text}]", object_pairs_hook=_distinct)
    return found


def _distinct(pairs: list[tuple[str, Any]]) -> Canonical:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise SurpriseError
    return table


def _text(written: str) -> str:
    if written[0] != '"':
        return written
    return str(json.loads(written)) if "\\" in written else written[1:-1]


class CanonicalSection(Fields):
    """One mapping of such a document; any fault is a surprise."""

    __slots__ = ("_table",)
    where = ""

    def __init__(self, table: Canonical) -> None:
        self._table = table

    def problem(self, node: Any, what: str, *, hint: str = "") -> SurpriseError:
        return SurpriseError(what)

    def only_keys(self, allowed: Collection[str]) -> None:
        if not self._table.keys() <= set(allowed):
            _surprised()

    def pairs(self) -> Iterator[tuple[str, Any]]:
        return iter(self._table.items())

    def node(self, key: str) -> Any:
        return self._table.get(key)

    def as_text(self, node: Any, key: str) -> str:
        return node if isinstance(node, str) else _surprised()

    def as_texts(self, node: Any, key: str) -> tuple[str, ...]:
        # A list in this form holds nothing but texts.
        return tuple(node) if isinstance(node, list) else _surprised()

    def as_section(self, node: Any, key: str) -> CanonicalSection:
        return CanonicalSection(node) if isinstance(node, dict) else _surprised()

    def section(self, key: str) -> CanonicalSection:
        return self.as_section(self._table.get(key, {}), key)

    def is_section(self, node: Any) -> bool:
        return isinstance(node, dict)

    def text_or_texts(self, key: str) -> str | tuple[str, ...]:
        value = self._table[key]
        return value if isinstance(value, str) else self.as_texts(value, key)


def _surprised() -> NoReturn:
    raise SurpriseError
