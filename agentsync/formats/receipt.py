"""Read and write `.agentsync/receipt.json`. A receipt without a stamp that holds is only a hint."""

from __future__ import annotations

import json
import re
from typing import Final

from agentsync.formats.json_text import read_own_json
from agentsync.model.digest import FileDigest, parse_digests
from agentsync.model.rel_path import rel_paths
from agentsync.model.slot import Receipt, SlotPath

RECEIPT_VERSION: Final = 1
_LAST: Final = "\n}\n"
_STAMP: Final = re.compile(r',\n "stamp": "([0-9a-f]+)"\n\}\n\Z')


def dump_receipt(receipt: Receipt) -> str:
    """Return the canonical text of a receipt: JSON, sorted, one line per file."""
    files = {path: str(receipt.files[path]) for path in sorted(receipt.files)}
    hints = {"hints": sorted(receipt.hints)} if receipt.hints else {}
    return json.dumps({"receipt": RECEIPT_VERSION, "files": files, **hints}, indent=1, ensure_ascii=False) + "\n"


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
    files: dict[str, object] = data["files"]
    found: dict[SlotPath, FileDigest] = {}
    found.update(zip(rel_paths(files), parse_digests(list(map(str, files.values()))), strict=True))
    hints = data.get("hints", [])
    return Receipt(found, frozenset(rel_paths(list(map(str, hints)))) if isinstance(hints, list) else frozenset(found))
