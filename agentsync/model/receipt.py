"""The receipt: what we last wrote on this machine.

It lives beside the files it describes and is never shared. A receipt is only a memory: it says
which bytes are ours, so that other bytes on the same path are known to be the user's. Without a
stamp that holds it is a hint: what it calls ours may be the user's all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from agentsync.model.digest import FileDigest, parse_digests
from agentsync.model.empty import EMPTY
from agentsync.model.rel_path import RelPath, rel_paths

RECEIPT_VERSION: Final = 1
_LAST: Final = "\n}\n"
_STAMP: Final = re.compile(r',\n "stamp": "([0-9a-f]+)"\n\}\n\Z')


class Receipt(NamedTuple):
    """What we last wrote.

    Args:
        files: the digest of every file, by path in the scope.
        hints: the paths of those that others may have named: nothing on them is replaced without a backup.
    """

    files: Mapping[RelPath, FileDigest] = EMPTY
    hints: frozenset[RelPath] = frozenset()


def dump_receipt(receipt: Receipt) -> str:
    """The canonical text of a receipt: JSON, sorted, one line per file."""
    files = {path: str(receipt.files[path]) for path in sorted(receipt.files)}
    hints = {"hints": sorted(receipt.hints)} if receipt.hints else {}
    return json.dumps({"receipt": RECEIPT_VERSION, "files": files, **hints}, indent=1, ensure_ascii=False) + "\n"


def stamped(text: str, stamp: str) -> str:
    """The text of a receipt with its stamp in it, "" for none."""
    return f'{text.removesuffix(_LAST)},\n "stamp": "{stamp}"{_LAST}' if stamp else text


def without_stamp(text: str) -> tuple[str, str]:
    """The inverse of `stamped`: the text of a receipt, and its stamp, "" where it has none."""
    found = _STAMP.search(text)
    return (text[: found.start()] + _LAST, found[1]) if found else (text, "")


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
    found = dict(zip(rel_paths(files), parse_digests(list(map(str, files.values()))), strict=True))
    hints = data.get("hints", [])
    return Receipt(found, frozenset(rel_paths(list(map(str, hints)))) if isinstance(hints, list) else frozenset(found))
