"""The index of a registry: what `search` and `info` show of its packs, as files of a commit of its own.

It is a hint: it counts only while it names the commit and the tags that the registry has now, and nothing that is
locked ever comes from it. Its writer may be hostile: sizes, types and names are checked, and what does not fit
makes the whole index one that is not there.

The format is documented in `docs/reference/registry.md`, its schema is `schemas/1/index.json`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from agentsync.formats.json_text import JsonError, read_json
from agentsync.model.item import Kind
from agentsync.model.names import ItemKey
from agentsync.model.rel_path import why_unsafe
from agentsync.versions.requirement import is_pack_name
from agentsync.versions.version import version_of

INDEX_VERSION: Final = 1
HEAD, PACKS, SHARDS = "index.json", "packs.jsonl", "shards"
LARGEST_HEAD: Final = 64 * 1024  # bytes
LARGEST: Final = 64 * 1024 * 1024  # bytes of the lines of all packs
SHOWN: Final = 20  # versions of a pack that `info` shows

_MOST_PACKS: Final = 200_000
_LONGEST_LINE: Final = 1024 * 1024
_MOST_ITEMS: Final = 5_000
_KINDS: Final = frozenset(str(kind) for kind in Kind)


class InvalidIndexError(ValueError):
    """The files of an index are not what an index has."""


class IndexedItem(NamedTuple):
    """An item of a pack, and the power that it is said to ask for."""

    key: str
    description: str
    grants: tuple[str, ...] = ()


class IndexedPack(NamedTuple):
    """A pack as its registry shows it.

    Args:
        versions: the newest ones, as `info` lists them.
        items: those of its newest release, None where they could not be read.
        is_outside: whether what it holds is another repository's to say, so that it is not looked into.
    """

    name: str
    path: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    deprecated: str = ""
    yanked: Mapping[str, str] = {}
    items: tuple[IndexedItem, ...] | None = None
    is_outside: bool = False


class Head(NamedTuple):
    """What an index was made from.

    Args:
        commit: that of the registry's branch.
        tags: a digest of all its tags with their commits.
        repository: the name that the repository must have, as packs are called after it; "" for any.
        is_complete: whether it has all that is to be said: no pack is outside, and no list and no tag is doubtful.
    """

    commit: str
    tags: str
    packs: int
    repository: str = ""
    is_complete: bool = True


def tags_digest(tags: Mapping[str, str]) -> str:
    """Return a digest of tags and their commits, in any order."""
    rows = "".join(sorted(f"{commit} {name}\n" for name, commit in tags.items()))
    return f"sha256:{hashlib.sha256(rows.encode('utf-8', 'surrogateescape')).hexdigest()}"


def shard_of(pack: str) -> str:
    """Return the file with the releases of a pack: one of 256."""
    return f"{SHARDS}/{hashlib.sha256(pack.encode('utf-8', 'replace')).hexdigest()[:2]}.jsonl"


def head_text(head: Head) -> bytes:
    """Return the file that says what an index was made from."""
    data = {
        "index": INDEX_VERSION,
        "commit": head.commit,
        "tags": head.tags,
        "packs": head.packs,
        "complete": head.is_complete,
        "repository": head.repository,
    }
    return f"{json.dumps({key: value for key, value in data.items() if value != ''}, indent=2)}\n".encode()


def pack_line(pack: IndexedPack) -> bytes:
    """Return the line of a pack in the file of all packs."""
    items = None if pack.items is None else [_item_data(item) for item in pack.items]
    data = {
        "pack": pack.name,
        "path": pack.path,
        "description": pack.description,
        "keywords": list(pack.keywords),
        "versions": list(pack.versions),
        "deprecated": pack.deprecated,
        "yanked": dict(pack.yanked),
        "outside": pack.is_outside,
    }
    return line({key: value for key, value in data.items() if value} | ({} if items is None else {"items": items}))


def line(data: Mapping[str, Any]) -> bytes:
    """Return a line of JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _item_data(item: IndexedItem) -> dict[str, Any]:
    data = {"item": item.key, "description": item.description, "grants": list(item.grants)}
    return {key: value for key, value in data.items() if value}


def read_head(data: bytes) -> Head:
    """Return what an index says it was made from; raise InvalidIndexError where it is none, or of another version."""
    try:
        found = read_json(data)
    except JsonError as error:
        raise InvalidIndexError(str(error)) from error
    if not isinstance(found, dict) or found.get("index") != INDEX_VERSION or found["index"] is True:
        raise InvalidIndexError("another version of the format")
    count = found.get("packs")
    if not isinstance(count, int) or not 1 <= count <= _MOST_PACKS:
        raise InvalidIndexError("a number of packs that is none")
    return Head(
        commit=_text(found, "commit"),
        tags=_text(found, "tags"),
        packs=count,
        repository=_text(found, "repository"),
        is_complete=found.get("complete") is True,
    )


def read_packs(data: bytes, head: Head) -> Iterator[IndexedPack]:
    """Yield the packs of an index; InvalidIndexError is raised where one is none, is there twice, or is missing."""
    seen: set[str] = set()
    for row in data.splitlines():
        if len(row) > _LONGEST_LINE:
            raise InvalidIndexError("a line that is too long")
        try:
            pack = _pack(json.loads(row))
        except (ValueError, RecursionError) as error:
            raise InvalidIndexError(str(error)) from error
        if pack.name in seen or len(seen) >= head.packs:
            raise InvalidIndexError(f"{pack.name!r} is there twice, or one pack too many")
        seen.add(pack.name)
        yield pack
    if len(seen) != head.packs:
        raise InvalidIndexError("packs are missing")


def _pack(found: Any) -> IndexedPack:
    if not isinstance(found, dict):
        raise InvalidIndexError("a line that is no pack")
    name, path, items = _text(found, "pack"), _text(found, "path"), found.get("items")
    if not is_pack_name(name) or (path and why_unsafe(path) is not None):
        raise InvalidIndexError("a name or a folder that cannot be")
    if items is not None and (not isinstance(items, list) or len(items) > _MOST_ITEMS):
        raise InvalidIndexError("items that are none")
    versions = _texts(found, "versions")
    if len(versions) > SHOWN or any(version_of(text) is None for text in versions):
        raise InvalidIndexError("versions that are none")
    return IndexedPack(
        name=name,
        path=path,
        description=_text(found, "description"),
        keywords=_texts(found, "keywords"),
        versions=versions,
        deprecated=_text(found, "deprecated"),
        yanked=_table(found, "yanked"),
        items=None if items is None else tuple(map(_item, items)),
        is_outside=found.get("outside") is True,
    )


def _item(found: Any) -> IndexedItem:
    if not isinstance(found, dict):
        raise InvalidIndexError("an item that is none")
    key = ItemKey(_text(found, "item"))
    if key.kind not in _KINDS or not key.name:
        raise InvalidIndexError("an item that is none")
    return IndexedItem(key, _text(found, "description"), _texts(found, "grants"))


def _text(found: Mapping[str, Any], key: str) -> str:
    return _clean(found.get(key, ""))


def _texts(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = found.get(key, [])
    if not isinstance(values, list):
        raise InvalidIndexError(f"{key} is no list")
    return tuple(map(_clean, values))


def _table(found: Mapping[str, Any], key: str) -> dict[str, str]:
    values = found.get(key, {})
    if not isinstance(values, dict):
        raise InvalidIndexError(f"{key} is no mapping")
    return {_clean(name): _clean(value) for name, value in values.items()}


def _clean(value: Any) -> str:
    """Return a text; halves of surrogate pairs, which no file and no terminal takes, become `?`."""
    if not isinstance(value, str):
        raise InvalidIndexError("a value that is no text")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def files_of(
    head: Head, packs: Iterable[IndexedPack], releases: Iterable[tuple[str, Mapping[str, Any]]]
) -> Mapping[str, bytes]:
    """Return the files of an index, by path.

    Args:
        releases: for the shards: each pack with what is said of its releases.
    """
    shards: dict[str, list[bytes]] = {}
    for name, data in releases:
        shards.setdefault(shard_of(name), []).append(line(data))
    files: dict[str, bytes] = {HEAD: head_text(head), PACKS: b"".join(map(pack_line, packs))}
    return files | {path: b"".join(sorted(lines)) for path, lines in sorted(shards.items())}
