"""The record of a static site: which files of a folder are its own, and from what each was made.

It is written before the first page, with the names of all that will be there. So a run that is killed leaves no file
that the next one takes for foreign.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_SCHEMA: Final = 1


class MadeFile(NamedTuple):
    """How a file was made: a digest of all that it depends on, "" for unknown, and its size."""

    key: str
    size: int


class Record(NamedTuple):
    """The record of a site.

    Args:
        files: by path.
        index_digest: a digest of the `index.json` of a catalogue, whose rows are used again.
        following: the packs of a catalogue with links to files outside of their folder.
    """

    files: Mapping[str, MadeFile] = {}
    index_digest: str = ""
    following: frozenset[str] = frozenset()

    def has(self, path: str, key: str, sizes: Mapping[str, int]) -> bool:
        """Return whether a file stands there as it was made, from what it would be made of now."""
        made = self.files.get(path)
        return made is not None and made.key == key and sizes.get(path) == made.size


def read_record(data: bytes) -> Record | None:
    """Return a record, an empty one where it was made by another version; None where it is none."""
    try:
        document = json.loads(data)
        if document["schema"] != _SCHEMA:
            return Record(dict.fromkeys(map(str, document["files"]), MadeFile("", 0)))
        files = {str(path): MadeFile(str(key), int(size)) for path, (key, size) in document["files"].items()}
        return Record(files, str(document["index"]), frozenset(map(str, document["following"])))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write_record(record: Record) -> bytes:
    """Return the text of a record."""
    document = {
        "schema": _SCHEMA,
        "index": record.index_digest,
        "following": sorted(record.following),
        "files": {path: list(record.files[path]) for path in sorted(record.files)},
    }
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace('],"', '],\n"').encode() + b"\n"


def digest(*facts: object) -> str:
    """Return a digest of facts, each as its own text."""
    return hashlib.sha256(json.dumps([_plain(fact) for fact in facts]).encode()).hexdigest()[:20]


def _plain(fact: object) -> object:
    if isinstance(fact, str | int) or fact is None:
        return fact
    if isinstance(fact, Mapping):
        return {"of": [[_plain(key), _plain(fact[key])] for key in sorted(fact)]}
    if isinstance(fact, Iterable) and not isinstance(fact, bytes):
        return [_plain(one) for one in fact]
    return repr(fact)
