"""Set or drop one field of a header, leaving every other byte of the file alone.

Each result is read once more before it is returned, and refused where another field would come out different or Claude
Code could no longer load the header: in one that is not valid YAML, lines below an entry may be read differently then.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from agentsync.errors import RefusedError
from agentsync.formats.yaml_text import scalar
from agentsync.formats.yaml_tree import Items, Node, Plain, Table, Text, YamlError, read_yaml
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.packs.frontmatter import Document, HeaderEntry, read_document
from agentsync.packs.header_block import BOM

_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# Fields of words: in these a number or a truth value is put into quotes.
_WORDS: Final = frozenset(("name", "description", "when_to_use", "argument-hint", "initialPrompt"))


def set_field(raw: bytes, key: str, value: str | Sequence[str]) -> bytes:
    """Set one top-level field of a header; a file without a header gets one.

    A text stays plain where it reads back as it is, and is put into double quotes elsewhere. `true`
    and `10` stay plain but in fields of words, since for other readers they are what they look like.
    A list is written `[a, b]`; as `a, b` where the field was such a text; and one word a line in a
    header that is not valid YAML, where Claude Code would take the brackets for text.

    Raises:
        RefusedError: where the header is unreadable, or cannot be changed without changing more.
    """
    document = read_document(raw)
    if document.status is HeaderStatus.UNREADABLE:
        raise _refused(f"cannot change `{key}` in a header that cannot be read", document)
    value = value if isinstance(value, str) else list(value)
    if document.fields.get(key) == value:
        return raw
    for attempt in _attempts(raw, document, key, value):
        if _is_good(attempt.data, document, {**document.fields, key: attempt.value}):
            return attempt.data
    raise _refused(f"cannot set `{key}` in this header", document)


class _Attempt(NamedTuple):
    """A file with a field set in one way, and the value that is to be read from it."""

    data: bytes
    value: Plain


def _refused(what: str, document: Document) -> RefusedError:
    why = document.error or "the change would alter other fields, or what programs make of the header"
    return RefusedError(what, why=why, hint="make the header plain `key: value` lines, or ask its author to")


def _is_good(data: bytes, before: Document, expected: Mapping[str, Plain]) -> bool:
    """Return whether a changed file reads as expected, and loads where it did before."""
    after = read_document(data)
    body = before.body if before.head else before.body.removeprefix(BOM)
    loads = after.claude_code is not ClaudeCode.DROPPED or before.claude_code is ClaudeCode.DROPPED
    is_readable = after.status is not HeaderStatus.UNREADABLE
    return loads and is_readable and after.body == body and after.fields == expected


def _attempts(raw: bytes, document: Document, key: str, value: str | list[str]) -> Iterator[_Attempt]:
    # The last of several entries is the one that is read.
    entry = next((entry for entry in reversed(document.entries) if entry.key == key), None)
    try:
        for lines, read in _spellings(document, key, value):
            if entry is not None:
                yield _Attempt(_replaced(raw, document, entry, lines), read)
            elif _KEY.fullmatch(key):
                yield from (_Attempt(data, read) for data in _inserted(raw, document, key, lines))
    except UnicodeEncodeError:
        # Half a surrogate pair: no file can hold it.
        return


def _spellings(document: Document, key: str, value: str | list[str]) -> Iterator[tuple[list[str], Plain]]:
    """Yield the lines that a value is written in, from the colon on, and the value that is read from them."""
    spell = partial(_spelled, only_ascii=document.encoding != "utf-8")
    old = document.fields.get(key)
    if isinstance(value, list) and isinstance(old, str) and old and value and "," not in "".join(value):
        value = ", ".join(value)
    if isinstance(value, str):
        yield [spell(value, of_words=key in _WORDS)], value
        return
    if value and document.status in (HeaderStatus.REPAIRED, HeaderStatus.PARTIAL):
        yield ["", *(f"  - {spell(item)}" for item in value)], value
    yield [f"[{', '.join(spell(item, in_list=True) for item in value)}]"], value


def _replaced(raw: bytes, document: Document, entry: HeaderEntry, lines: Sequence[str]) -> bytes:
    """Return the file with another value in an entry; the rest of its line stays."""
    text = raw[entry.start : entry.end].decode(document.encoding)
    key, value = parsed_entry(text)
    colon = text.index(":", key.end.offset if key else 0) + 1
    if len(lines) == 1 and key and value and value.end.offset <= max(value.start.offset, colon):
        new = f"{text[:colon]} {lines[0]}{text[colon:]}"
    elif len(lines) == 1 and key and value and _is_on_one_line(key, value):
        new = f"{text[: value.start.offset]}{lines[0]}{text[value.end.offset :]}"
    else:
        end = _end_before(raw, entry.end).decode()
        new = end.join((f"{text[:colon]} {lines[0]}".rstrip(" "), *lines[1:], ""))
    return raw[: entry.start] + new.encode(document.encoding) + raw[entry.end :]


def parsed_entry(text: str) -> tuple[Text | None, Node | None]:
    """Return key and value of an entry, None where it is not valid YAML by itself."""
    try:
        table = read_yaml(text)
    except YamlError:
        return None, None
    return table.value[0] if isinstance(table, Table) and len(table.value) == 1 else (None, None)


def _is_on_one_line(key: Text, value: Node) -> bool:
    # A list or mapping in lines of its own ends where the next thing begins.
    return key.end.line == value.start.line == value.end.line and (isinstance(value, Text) or value.flow)


def _inserted(raw: bytes, document: Document, key: str, lines: Sequence[str]) -> Iterator[bytes]:
    """Return the file with a new entry, as the first or the last of the header, or with a new header."""
    entry = [f"{key}: {lines[0]}".rstrip(" "), *lines[1:]]
    if not document.head:
        top = len(BOM) if raw.startswith(BOM) else 0
        found = _LINE_END.search(raw)
        yield raw[:top] + _joined(["---", *entry, "---"], found[0] if found else b"\n") + raw[top:]
        return
    if document.entries:
        first = raw[document.entries[0].start : document.entries[0].end]
        indent = " " * (len(first) - len(first.lstrip(b" ")))
        entry = [f"{indent}{line}" for line in entry]
    for place in (document.start, document.end) if key == "name" else (document.end, document.start):
        yield raw[:place] + _joined(entry, _end_before(raw, place)) + raw[place:]


def _joined(lines: Sequence[str], end: bytes) -> bytes:
    return b"".join(line.encode() + end for line in lines)


def _end_before(raw: bytes, place: int) -> bytes:
    return b"\r\n" if raw.endswith(b"\r\n", 0, place) else raw[place - 1 : place]


def _spelled(text: str, *, only_ascii: bool, in_list: bool = False, of_words: bool = False) -> str:
    """Return a text as YAML: plain where that is safe, else in double quotes."""
    is_plain = text.isprintable() and (text.isascii() or not only_ascii) and "---" not in text
    if is_plain and not (of_words and _is_typed(text)) and _reads_back(text, in_list=in_list):
        return text
    quoted = json.dumps(text, ensure_ascii=only_ascii)
    quoted = _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
    # Some readers end the header at three dashes, wherever they stand.
    return quoted.replace("---", "--\\u002d")


def _is_typed(text: str) -> bool:
    """Return whether some reader of YAML may take a text for a number, a date or a truth value."""
    return scalar(text) != text and not (" " in text and text[0].isalpha())


def _reads_back(text: str, *, in_list: bool) -> bool:
    try:
        root = read_yaml(f"key: [{text}]\n" if in_list else f"key: {text}\n")
    except YamlError:
        return False
    value = root.get("key") if isinstance(root, Table) and len(root.value) == 1 else None
    if in_list:
        value = value.value[0] if isinstance(value, Items) and len(value.value) == 1 else None
    return isinstance(value, Text) and value.plain and value.value == text != ""
