"""Write a lock, or an entry of one: always the same text for the same decisions; and seal each entry.

A seal is a digest over the canonical text of an entry and the targets of the lock. Two branches that change one pack
both change its seal, so that git reports a conflict. An entry that a merge, a tool or a hand put together does not
have the digest that its seal names. A seal is no signature: it shows accidents, and decides nothing about trust.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Final

from agentsync.formats.fields import choice_fields, written_edits
from agentsync.formats.yaml_text import flow, scalar, scalars
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.model.lock import DEFAULT_FORMS, FACTS, LOCK_VERSION, NEW, Lock, LockedItem, LockedPack

SEAL: Final = "seal"
_SEAL_LINE: Final = f"\n    {SEAL}: "
_FIRST: Final = "packs:\n"
_LONGEST_KEY: Final = 1000


def dump_lock(lock: Lock) -> str:
    """Return the canonical text of a lock, every entry sealed."""
    return "".join(_parts(lock))


def dump_pack(pack: LockedPack) -> str:
    """Return the canonical text of one entry, without its seal."""
    return "\n".join(_pack_lines(pack)) + "\n"


def entry_text(pack: LockedPack) -> str:
    """Return a text that stands for one entry and for no other: as it was read, or its canonical text."""
    known = _read.get(id(pack))
    return known[1] if known is not None and known[0] is pack else dump_pack(pack)


# By the identity of an entry, which stays here so that no other gets it.
_read: Final[dict[int, tuple[LockedPack, str]]] = {}
_MOST_READ: Final = 256


def _parts(lock: Lock) -> Iterator[str]:
    yield f"lockfile: {LOCK_VERSION}\n"
    if lock.targets != DEFAULT_FORMS:
        yield f"targets: {_forms(lock.targets)}\n"
    yield _FIRST if lock.packs else "packs: {}\n"
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
    listed: dict[str, object] = {"overrides": written_edits(pack.choice)}
    listed |= {key: getattr(pack, key) for key in ("declared", "inner", "refused", "requires")}
    yield from (f"    {key}: {flow(value)}" for key, value in listed.items() if value)
    yield "    items:" if pack.items else "    items: {}"
    items = sorted(pack.items, key=attrgetter("key"))
    keys, places = scalars([item.key for item in items]), scalars([item.path for item in items])
    for item, key, place in zip(items, keys, places, strict=True):
        facts = _facts(item.own, item.header, item.claude_code, item.grants)
        yield _entry(key, f"{{path: {place}, {facts}{_by_tool(item)}}}")
    if pack.entries:
        yield "    entries:"
    yield from (_entry(scalar(entry), str(pack.entries[entry])) for entry in sorted(pack.entries))
    yield "    files:" if pack.files else "    files: {}"
    paths = sorted(pack.files)
    for path, key in zip(paths, scalars(paths), strict=True):
        yield _entry(key, str(pack.files[path]))
    if pack.kept:
        yield "    kept:"
    yield from (_entry(scalar(path), str(pack.kept[path] or NEW)) for path in sorted(pack.kept))


def _forms(targets: Mapping[str, int]) -> str:
    return "{" + ", ".join(f"{scalar(name)}: {targets[name]}" for name in sorted(targets)) + "}"


def _entry(key: str, value: str) -> str:
    """Return one line of an inner mapping; YAML needs a key of more than 1,024 characters on its own line."""
    return f"      {key}: {value}" if len(key) < _LONGEST_KEY else f"      ? {key}\n      : {value}"


def _by_tool(item: LockedItem) -> str:
    """Return what is otherwise in some AI tools than in all; nothing for nearly every item."""
    facts: dict[str, object] = {"native": dict(item.native), "not_for": item.not_for, "waits": item.waits}
    return "".join(f", {key}: {flow(value)}" for key, value in facts.items() if value)


@lru_cache(256)
def _facts(own: str, header: HeaderStatus, claude_code: ClaudeCode, grants: tuple[str, ...]) -> str:
    facts: dict[str, object] = {"name": own} if own else {}
    facts["header"] = str(header)
    if claude_code is not ClaudeCode.OK:
        facts["claude_code"] = str(claude_code)
    if grants:
        facts["grants"] = grants
    return flow(facts, sort=False)[1:-1]


def seal_of(entry: str, targets: Mapping[str, int]) -> str:
    """Return the seal of an entry: its canonical lines with the name of the pack, without the seal."""
    data = f"targets: {_sealed(tuple(sorted(targets.items())))}\n{entry}".encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@lru_cache(16)
def _sealed(targets: tuple[tuple[str, int], ...]) -> str:
    """Return the targets as a seal has them: a list while each is in its first form."""
    if all(form == 1 for _, form in targets):
        return flow([name for name, _ in targets])
    return _forms(dict(targets))


def broken_seals(lock: Lock, seals: Mapping[str, str], text: str) -> tuple[str, ...]:
    """Return the packs whose entry is not what its seal names, sorted.

    Args:
        seals: the seal of each pack in the order of the text, "" where it has none.
        text: the lock, "" where it is not in the canonical form.
    """
    written = dict(zip(seals, _entries(text), strict=False))

    def is_whole(name: str, seal: str) -> bool:
        # A text with the digest is the canonical text, so that it is not written again.
        if name in written and seal_of(written[name], lock.targets) == seal:
            while len(_read) >= _MOST_READ:
                _read.pop(next(iter(_read)), None)
            _read[id(lock.packs[name])] = lock.packs[name], written[name]
            return True
        return seal_of(dump_pack(lock.packs[name]), lock.targets) == seal

    return tuple(sorted(name for name, seal in seals.items() if not seal or not is_whole(name, seal)))


def _entries(text: str) -> list[str]:
    """Return what stands from the end of each seal to the next one; no entries where something follows the last."""
    *parts, end = text.partition(_FIRST)[2].split(_SEAL_LINE)
    seals_and_entries = [part.partition("\n") for part in parts[1:]]
    if "\n" in end.removesuffix("\n"):
        return []
    return [f"{entry}\n" for entry in (*parts[:1], *(entry for _, _, entry in seals_and_entries))]
