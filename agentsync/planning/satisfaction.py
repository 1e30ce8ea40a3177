"""Comparison of a lock with a manifest: does it still answer it? Decided from the two alone."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from agentsync.model.lock import Lock, LockedPack, LockFault
from agentsync.model.manifest import Manifest, ManifestEntry
from agentsync.planning.consent import Agrees, has_its_yes, in_manifest
from agentsync.versions.requirement import ANY
from agentsync.versions.version import parse_range, version_of


class Need(StrEnum):
    """Work to do for one entry of the manifest."""

    NOTHING = "nothing"
    EXAMINE = "examine"  # the commit stands; the choice of items or targets changed
    CHOOSE = "choose"  # the version or the source has to be decided


class Match(NamedTuple):
    """One entry of the manifest, the lock's for it, and the work to do.

    Args:
        locked: the lock's, None where there is none or it comes from somewhere else.
    """

    entry: ManifestEntry
    locked: LockedPack | None
    need: Need
    reason: str = ""

    @property
    def name(self) -> str:
        """The pack as the lock calls it, as far as that is known."""
        return self.locked.name if self.locked is not None else self.entry.key


def match(manifest: Manifest, lock: Lock | None, agrees: Agrees | None = None) -> tuple[Match, ...]:
    """Compare every entry of the manifest with the lock, in the manifest's order.

    Args:
        agrees: what was agreed to, by default what the manifest agrees to.
    """
    agrees = agrees or in_manifest(manifest.residue)
    lock = lock or Lock(targets=dict.fromkeys(manifest.targets, 1))
    return tuple(_match(entry, manifest, lock, agrees) for entry in manifest.packs)


def is_settled(manifest: Manifest, lock: Lock | None, agrees: Agrees | None = None) -> bool:
    """Return whether a lock answers all that a manifest asks for, and nothing else."""
    return lock is not None and not misfits(manifest, lock, agrees) and has_targets(lock, manifest)


def misfits(manifest: Manifest, lock: Lock | None, agrees: Agrees | None = None) -> tuple[LockFault, ...]:
    """Return where a lock does not say what a manifest asks for, or has agreed to; nothing where it does."""
    if lock is None:
        return (LockFault("", "there is no agentsync.lock"),) if manifest.packs else ()
    agrees = agrees or in_manifest(manifest.residue)
    matches = match(manifest, lock, agrees)
    told = [LockFault(found.name, found.reason) for found in matches if found.need is not Need.NOTHING]
    told += [LockFault(name, why) for name, pack in lock.packs.items() if (why := _signing(pack, manifest))]
    direct = {found.name for found in matches}
    for name, pack in lock.packs.items():
        if name not in direct and has_its_yes(pack, agrees):
            told.append(LockFault(name, f"{name} has items that wait for a yes, which was given"))
    if told:
        return tuple(told)
    return tuple(_unmet([found.locked for found in matches if found.locked is not None], manifest, lock))


def _signing(pack: LockedPack, manifest: Manifest) -> str:
    """Return the fault of the locked signer, "" for none."""
    registry = manifest.registries.get(pack.name.alias)
    must = registry is not None and registry.is_signed and not pack.folder
    if must and not pack.signer:
        return f"{pack.name} must be signed, and the lock names no signer"
    return f"{pack.name} is locked as signed, and its registry names no signers" if pack.signer and not must else ""


def is_at_home(pack: LockedPack, manifest: Manifest) -> bool:
    """Return whether a locked pack still comes from its registry in the manifest."""
    if not pack.name.has_registry:
        return True
    registry = manifest.registries.get(pack.name.alias)
    return registry is not None and registry.git.text == (pack.registry or pack.git)


def _unmet(roots: list[LockedPack], manifest: Manifest, lock: Lock) -> Iterator[LockFault]:
    """Yield the faults of packs that others brought in: missing, moved, of another version, or surplus."""
    reached: set[str] = {pack.name for pack in roots}
    waiting = list(roots)
    while waiting:
        pack = waiting.pop()
        for name, text in pack.requires.items():
            other = lock.packs.get(name)
            if other is None:
                yield LockFault(pack.name, f"{pack.name} requires {name}, which is not locked")
            elif not is_at_home(other, manifest):
                where = other.registry or other.git
                yield LockFault(name, f"{name} is locked from {where}, which the manifest no longer calls so")
            elif not _is_met(other, text):
                locked = other.version or other.ref or other.commit
                yield LockFault(name, f"{pack.name} requires {name} `{text}`, and {locked} is locked")
            elif name not in reached:
                reached.add(name)
                waiting.append(other)
    for name in sorted(lock.packs.keys() - reached):
        yield LockFault(name, f"{name} is locked, and nothing asks for it any more")


def _is_met(pack: LockedPack, text: str) -> bool:
    """Return whether a locked pack is of a version that is asked for."""
    if text in ANY:
        return True
    if pack.version is None:
        # What the manifest pins by hand serves every range; what stands in for releases does not.
        return pack.requested.strip() not in ANY
    version = version_of(pack.version)
    return version is not None and parse_range(text).allows(version)


def _match(entry: ManifestEntry, manifest: Manifest, lock: Lock, agrees: Agrees) -> Match:
    locked = _entry(entry, manifest, lock)
    if locked is None:
        return Match(entry, None, Need.CHOOSE, f"{entry.key} is not locked")
    asked_source, source = _asked_source(entry, manifest), _source(locked)
    if source != asked_source:
        return Match(entry, None, Need.CHOOSE, f"{entry.key} comes from {asked_source}, and is locked from {source}")
    asked = str(entry.pin) if entry.pin is not None else ""
    if locked.requested != asked:
        was = f"`{locked.requested}`" if locked.requested else "what other packs require"
        return Match(entry, locked, Need.CHOOSE, f"{entry.key} asks for `{asked}`, and is locked for {was}")
    if locked.choice != entry.choice:
        reason = f"{entry.key} chooses other items, names or targets than are locked"
        return Match(entry, locked, Need.EXAMINE, reason)
    if not has_targets(lock, manifest):
        return Match(entry, locked, Need.EXAMINE, "the targets are not the locked ones")
    if has_its_yes(locked, agrees):
        return Match(entry, locked, Need.EXAMINE, f"{entry.key} has items that wait for a yes, which was given")
    return Match(entry, locked, Need.NOTHING)


def has_targets(lock: Lock, manifest: Manifest) -> bool:
    """Return whether a lock is for the AI tools of a manifest."""
    return sorted(lock.targets) == sorted(manifest.targets)


def _entry(entry: ManifestEntry, manifest: Manifest, lock: Lock) -> LockedPack | None:
    """Return the lock's entry for one of the manifest; an alias alone means the one pack of its registry."""
    if entry.registry is None or entry.pack is not None:
        return lock.packs.get(entry.key)
    named = {other.key for other in manifest.packs}
    entries = [
        pack
        for name, pack in lock.packs.items()
        if name.startswith(f"{entry.registry}/") and name not in named and pack.requested
    ]
    return entries[0] if len(entries) == 1 else None


def _source(locked: LockedPack) -> str:
    if locked.folder:
        return locked.folder
    from_registry = "/" in locked.name
    return f"{locked.registry or locked.git}{f'//{locked.path}' if locked.path and not from_registry else ''}"


def _asked_source(entry: ManifestEntry, manifest: Manifest) -> str:
    if entry.folder is not None:
        return entry.folder
    if entry.git is not None:
        return f"{entry.git.text}{f'//{entry.path}' if entry.path else ''}"
    assert entry.registry is not None, "an entry is for a registry, a repository or a folder"
    return manifest.registries[entry.registry].git.text
