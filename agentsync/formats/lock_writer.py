"""Write a lock, or an entry of one: always the same text for the same decisions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Final

from agentsync.formats.choice import choice_fields
from agentsync.formats.lock_seal import SEAL, seal_of
from agentsync.formats.yaml_text import flow, scalar, scalars
from agentsync.model.choice import DEFAULT_TARGETS
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.model.lock import FACTS, LOCK_VERSION, NEW, Lock, LockedPack

_LONGEST_KEY: Final = 1000


def dump_lock(lock: Lock) -> str:
    """Return the canonical text of a lock, every entry sealed."""
    return "".join(_parts(lock))


def dump_pack(pack: LockedPack) -> str:
    """Return the canonical text of one entry, without its seal."""
    return "\n".join(_pack_lines(pack)) + "\n"


def _parts(lock: Lock) -> Iterator[str]:
    yield f"lockfile: {LOCK_VERSION}\n"
    if lock.targets != DEFAULT_TARGETS:
        yield f"targets: {flow(lock.targets)}\n"
    yield "packs:\n" if lock.packs else "packs: {}\n"
    for name in sorted(lock.packs):
        entry = dump_pack(lock.packs[name])
        yield f"{entry}    {SEAL}: {seal_of(entry, lock.targets)}\n"


def _pack_lines(pack: LockedPack) -> Iterator[str]:
    yield f"  {scalar(pack.name)}:"
    for key in FACTS:
        if value := getattr(pack, key):
            yield f"    {key}: {scalar(value)}"
    for key, chosen in choice_fields(pack.choice):
        yield f"    {key}: {chosen}"
    if pack.choice.edits:
        yield f"    overrides: {flow(pack.choice.edits)}"
    yield from (
        f"    {key}: {flow(listed)}" for key in ("declared", "inner", "refused") if (listed := getattr(pack, key))
    )
    if pack.requires:
        yield f"    requires: {flow(pack.requires)}"
    yield "    items:" if pack.items else "    items: {}"
    items = sorted(pack.items, key=attrgetter("key"))
    keys, places = scalars([item.key for item in items]), scalars([item.path for item in items])
    for item, key, place in zip(items, keys, places, strict=True):
        yield _entry(key, f"{{path: {place}, {_facts(item.own, item.header, item.claude_code, item.grants)}}}")
    yield "    files:" if pack.files else "    files: {}"
    paths = sorted(pack.files)
    for path, key in zip(paths, scalars(paths), strict=True):
        yield _entry(key, str(pack.files[path]))
    if pack.kept:
        yield "    kept:"
    for path in sorted(pack.kept):
        yield _entry(scalar(path), str(pack.kept[path] or NEW))


def _entry(key: str, value: str) -> str:
    """Return one line of an inner mapping; YAML needs a key of more than 1,024 characters on its own line."""
    return f"      {key}: {value}" if len(key) < _LONGEST_KEY else f"      ? {key}\n      : {value}"


@lru_cache(256)
def _facts(own: str, header: HeaderStatus, claude_code: ClaudeCode, grants: tuple[str, ...]) -> str:
    facts: dict[str, object] = {"name": own} if own else {}
    facts["header"] = str(header)
    if claude_code is not ClaudeCode.OK:
        facts["claude_code"] = str(claude_code)
    if grants:
        facts["grants"] = grants
    return flow(facts, sort=False)[1:-1]
