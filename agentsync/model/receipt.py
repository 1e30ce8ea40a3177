"""The receipt: what we last wrote on this machine.

It lives beside the files it describes and is never shared. A receipt is only a memory: it says
which bytes are ours, so that other bytes on the same path are known to be the user's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from agentsync.model.digest import FileDigest, parse_digests
from agentsync.model.empty import EMPTY
from agentsync.model.rel_path import RelPath, rel_paths

RECEIPT_VERSION: Final = 1


class Receipt(NamedTuple):
    """The digest of every file we last wrote, by path in the scope."""

    files: Mapping[RelPath, FileDigest] = EMPTY


def dump_receipt(receipt: Receipt) -> str:
    """The canonical text of a receipt: JSON, sorted, one line per file."""
    files = {path: str(receipt.files[path]) for path in sorted(receipt.files)}
    return json.dumps({"receipt": RECEIPT_VERSION, "files": files}, indent=1, ensure_ascii=False) + "\n"


def parse_receipt(text: str) -> Receipt:
    """The inverse of `dump_receipt`.

    Raises:
        ValueError, UnsafeError: where the text is no receipt of this version, or names a path that is not safe.
    """
    try:
        data: Any = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(data, dict) or data.get("receipt") != RECEIPT_VERSION or not isinstance(data.get("files"), dict):
        raise ValueError(f"not a receipt of version {RECEIPT_VERSION}")
    files: dict[str, object] = data["files"]
    return Receipt(dict(zip(rel_paths(files), parse_digests(list(map(str, files.values()))), strict=True)))
