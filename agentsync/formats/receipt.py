"""Read and write `.agentsync/receipt.json`. A receipt without a stamp that holds is only a hint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from agentsync.formats.json_text import read_own_json
from agentsync.late import late
from agentsync.model.digest import FileDigest, parse_digest, parse_digests
from agentsync.model.rel_path import rel_paths
from agentsync.model.slot import EntryPath, Receipt, SlotPath, entries_in, entry_path, files_in

T = TypeVar("T", bound=str)

RECEIPT_VERSION: Final = 1
_LAST: Final = "\n}\n"
_STAMP: Final = late(r',\n "stamp": "([0-9a-f]+)"\n\}\n\Z')


def dump_receipt(receipt: Receipt) -> str:
    """Return the canonical text of a receipt: JSON, sorted, one line per file."""
    parts = [f'"receipt": {RECEIPT_VERSION}', f'"files": {_table_text(files_in(receipt.files))}']
    if entries := entries_in(receipt.files):
        parts.append(f'"entries": {_table_text(entries)}')
    parts += [
        f'"{name}": {_listed("[", map(_quoted, sorted(slots)), "]")}'
        for name, slots in (("hints", receipt.hints), ("made", receipt.made))
        if slots
    ]
    return "{\n " + ",\n ".join(parts) + _LAST


# With an indent, Python's own encoder is not the one in C.
_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode


def _table_text(digests: Mapping[T, FileDigest]) -> str:
    return _listed("{", (f"{_quoted(path)}: {_quoted(str(digests[path]))}" for path in sorted(digests, key=str)), "}")


def _listed(begin: str, rows: Iterable[str], end: str) -> str:
    text = ",\n  ".join(rows)
    return f"{begin}\n  {text}\n {end}" if text else begin + end


def stamped(text: str, stamp: str) -> str:
    """Return the text of a receipt with a stamp in it; as it is for ""."""
    return f'{text.removesuffix(_LAST)},\n "stamp": "{stamp}"{_LAST}' if stamp else text


def without_stamp(text: str) -> tuple[str, str]:
    """Return the text of a receipt without its stamp, and the stamp, "" where it has none."""
    found = _STAMP.search(text)
    return (text[: found.start()] + _LAST, found[1]) if found else (text, "")


def parse_receipt(text: str) -> Receipt:
    """Return the receipt of a text; raise ValueError or UnsafeError for another version or an unsafe path."""
    data = read_own_json(text)
    if data.get("receipt") != RECEIPT_VERSION or not isinstance(data.get("files"), dict):
        raise ValueError(f"not a receipt of version {RECEIPT_VERSION}")
    found: dict[SlotPath, FileDigest] = {}
    files: dict[str, object] = data["files"]
    found.update(zip(rel_paths(files), parse_digests(list(map(str, files.values()))), strict=True))
    entries = _table(data, "entries")
    found.update({entry_path(path): parse_digest(str(digest)) for path, digest in entries.items()})
    made = data.get("made", [])
    containers = frozenset(map(EntryPath, map(str, made))) if isinstance(made, list) else frozenset()
    hints = data.get("hints", [])
    if not isinstance(hints, list):
        return Receipt(found, frozenset(found), containers)
    named = [str(hint) for hint in hints]
    of_files = rel_paths([hint for hint in named if hint not in entries])
    return Receipt(found, frozenset((*of_files, *map(EntryPath, entries.keys() & named))), containers)


def _table(data: Mapping[str, object], key: str) -> dict[str, object]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise ValueError(f"`{key}` is no table")
    return value
