"""Whether a lock still says what a manifest asks for; decided from the two alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest, Wish


class Need(StrEnum):
    """What has to be done for one wish."""

    NOTHING = "nothing"
    EXAMINE = "examine"  # the commit stands; the choice of items or targets changed
    CHOOSE = "choose"  # the version or the source has to be decided


@dataclass(frozen=True, slots=True)
class Match:
    """A wish, the lock's entry for it, and what has to be done."""

    wish: Wish
    locked: LockedPack | None
    need: Need
    reason: str = ""


def match(manifest: Manifest, lock: Lock | None) -> tuple[Match, ...]:
    """Compare every wish with the lock, in the manifest's order."""
    lock = lock or Lock(targets=manifest.targets)
    return tuple(_match(wish, manifest, lock) for wish in manifest.packs)


def surplus(manifest: Manifest, lock: Lock | None) -> tuple[str, ...]:
    """The packs of a lock that nothing in the manifest asks for."""
    served = {found.name for wish in manifest.packs if (found := _entry(wish, manifest, lock or Lock())) is not None}
    return tuple(sorted((lock or Lock()).packs.keys() - served))


def reasons(manifest: Manifest, lock: Lock | None) -> tuple[str, ...]:
    """Why a lock does not satisfy a manifest, one sentence each; empty where it does."""
    if lock is None:
        return ("there is no agentsync.lock",) if manifest.packs else ()
    told = [found.reason for found in match(manifest, lock) if found.need is not Need.NOTHING]
    told += [f"{name} is locked, and the manifest no longer asks for it" for name in surplus(manifest, lock)]
    return tuple(told)


def _match(wish: Wish, manifest: Manifest, lock: Lock) -> Match:
    locked = _entry(wish, manifest, lock)
    if locked is None:
        return Match(wish, None, Need.CHOOSE, f"{wish.key} is not locked")
    if _source(locked) != _asked_source(wish, manifest):
        return Match(
            wish,
            None,
            Need.CHOOSE,
            f"{wish.key} comes from {_asked_source(wish, manifest)}, locked from {_source(locked)}",
        )
    asked = str(wish.pin) if wish.pin is not None else ""
    if locked.requested != asked:
        return Match(wish, locked, Need.CHOOSE, f"{wish.key} asks for `{asked}`, locked for `{locked.requested}`")
    if locked.choice != wish.choice:
        return Match(wish, locked, Need.EXAMINE, f"{wish.key} chooses other items, names or targets than are locked")
    if lock.targets != manifest.targets:
        return Match(wish, locked, Need.EXAMINE, "the targets are not the locked ones")
    return Match(wish, locked, Need.NOTHING)


def _entry(wish: Wish, manifest: Manifest, lock: Lock) -> LockedPack | None:
    """The lock's entry for a wish; an alias alone means the one pack of its registry."""
    if wish.registry is None or wish.pack is not None:
        return lock.packs.get(wish.key)
    named = {other.key for other in manifest.packs}
    entries = [pack for name, pack in lock.packs.items() if name.startswith(f"{wish.registry}/") and name not in named]
    return entries[0] if len(entries) == 1 else None


def _source(locked: LockedPack) -> str:
    return (
        locked.folder
        or f"{locked.registry or locked.git}{f'//{locked.path}' if '/' not in locked.name and locked.path else ''}"
    )


def _asked_source(wish: Wish, manifest: Manifest) -> str:
    if wish.folder is not None:
        return wish.folder
    if wish.git is not None:
        return f"{wish.git.text}{f'//{wish.path}' if wish.path else ''}"
    assert wish.registry is not None
    return manifest.registries[wish.registry].git.text
