"""Whether a lock still says what a manifest asks for; decided from the two alone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest, Wish


class Need(StrEnum):
    """What has to be done for one wish."""

    NOTHING = "nothing"
    EXAMINE = "examine"  # the commit stands; the choice of items or targets changed
    CHOOSE = "choose"  # the version or the source has to be decided


class Match(NamedTuple):
    """A wish, the lock's entry for it, and what has to be done.

    Args:
        wish: what is asked for.
        locked: the entry, None where there is none or it comes from somewhere else.
        need: what has to be done.
        reason: why, in words; "" where nothing has to be.
    """

    wish: Wish
    locked: LockedPack | None
    need: Need
    reason: str = ""


def match(manifest: Manifest, lock: Lock | None) -> tuple[Match, ...]:
    """Compare every wish with the lock, in the manifest's order."""
    lock = lock or Lock(targets=manifest.targets)
    return tuple(_match(wish, manifest, lock) for wish in manifest.packs)


def is_settled(manifest: Manifest, lock: Lock | None) -> bool:
    """Whether a lock says all that a manifest asks for, and nothing else."""
    return lock is not None and not reasons(manifest, lock) and lock.targets == manifest.targets


def reasons(manifest: Manifest, lock: Lock | None) -> tuple[str, ...]:
    """Why a lock does not satisfy a manifest, one sentence each; empty where it does."""
    if lock is None:
        return ("there is no agentsync.lock",) if manifest.packs else ()
    matches = match(manifest, lock)
    told = [found.reason for found in matches if found.need is not Need.NOTHING]
    told += [reason for pack in lock.packs.values() if (reason := _signing(pack, manifest))]
    if told:
        return tuple(told)
    return tuple(_unmet([found.locked for found in matches if found.locked is not None], manifest, lock))


def _signing(pack: LockedPack, manifest: Manifest) -> str:
    """What is wrong with the signer that is locked, "" for nothing."""
    registry = manifest.registries.get(pack.name.partition("/")[0])
    must = registry is not None and registry.is_signed and not pack.folder
    if must and not pack.signer:
        return f"{pack.name} must be signed, and the lock names no signer"
    return f"{pack.name} is locked as signed, and its registry names no signers" if pack.signer and not must else ""


def is_at_home(pack: LockedPack, manifest: Manifest) -> bool:
    """Whether a locked pack still comes from where the manifest says that its registry is."""
    alias, slash, _ = pack.name.partition("/")
    if not slash:
        return True
    registry = manifest.registries.get(alias)
    return registry is not None and registry.git.text == (pack.registry or pack.git)


def _unmet(roots: list[LockedPack], manifest: Manifest, lock: Lock) -> Iterator[str]:
    """What is wrong with the packs that others brought in: missing, moved, of another version, or surplus."""
    reached = {pack.name for pack in roots}
    waiting = list(roots)
    while waiting:
        pack = waiting.pop()
        for name, text in pack.requires.items():
            other = lock.packs.get(name)
            if other is None:
                yield f"{pack.name} requires {name}, which is not locked"
            elif not is_at_home(other, manifest):
                yield f"{name} is locked from {other.registry or other.git}, which the manifest no longer calls so"
            elif not _is_met(other, text):
                yield f"{pack.name} requires {name} `{text}`, and {other.version} is locked"
            elif name not in reached:
                reached.add(name)
                waiting.append(other)
    for name in sorted(lock.packs.keys() - reached):
        yield f"{name} is locked, and nothing asks for it any more"


def _is_met(pack: LockedPack, text: str) -> bool:
    if pack.version is None or text in ("", "*"):
        return True
    # Loaded only here: most locks have no requirements between packs, and ranges take time to load.
    from packaging.version import Version

    from agentsync.model.version import parse_range

    return parse_range(text).allows(Version(pack.version))


def _match(wish: Wish, manifest: Manifest, lock: Lock) -> Match:
    locked = _entry(wish, manifest, lock)
    if locked is None:
        return Match(wish, None, Need.CHOOSE, f"{wish.key} is not locked")
    asked_source, source = _asked_source(wish, manifest), _source(locked)
    if source != asked_source:
        return Match(wish, None, Need.CHOOSE, f"{wish.key} comes from {asked_source}, and is locked from {source}")
    asked = str(wish.pin) if wish.pin is not None else ""
    if locked.requested != asked:
        was = f"`{locked.requested}`" if locked.requested else "what other packs require"
        return Match(wish, locked, Need.CHOOSE, f"{wish.key} asks for `{asked}`, and is locked for {was}")
    if locked.choice != wish.choice:
        reason = f"{wish.key} chooses other items, names or targets than are locked"
        return Match(wish, locked, Need.EXAMINE, reason)
    if lock.targets != manifest.targets:
        return Match(wish, locked, Need.EXAMINE, "the targets are not the locked ones")
    return Match(wish, locked, Need.NOTHING)


def _entry(wish: Wish, manifest: Manifest, lock: Lock) -> LockedPack | None:
    """The lock's entry for a wish; an alias alone means the one pack of its registry."""
    if wish.registry is None or wish.pack is not None:
        return lock.packs.get(wish.key)
    named = {other.key for other in manifest.packs}
    entries = [
        pack
        for name, pack in lock.packs.items()
        if name.startswith(f"{wish.registry}/") and name not in named and pack.requested
    ]
    return entries[0] if len(entries) == 1 else None


def _source(locked: LockedPack) -> str:
    """Where a locked pack came from, spelled like `_asked_source`."""
    if locked.folder:
        return locked.folder
    from_registry = "/" in locked.name
    return f"{locked.registry or locked.git}{f'//{locked.path}' if locked.path and not from_registry else ''}"


def _asked_source(wish: Wish, manifest: Manifest) -> str:
    if wish.folder is not None:
        return wish.folder
    if wish.git is not None:
        return f"{wish.git.text}{f'//{wish.path}' if wish.path else ''}"
    assert wish.registry is not None, "a wish is for a registry, a repository or a folder"
    return manifest.registries[wish.registry].git.text
