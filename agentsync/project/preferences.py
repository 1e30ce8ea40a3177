"""Old decisions as the resolver takes them: what is preferred while versions are decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from packaging.version import Version

from agentsync.errors import FetchError, ResolutionError
from agentsync.merging.lock_merge import Earlier
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import Manifest
from agentsync.planning.satisfaction import Match, is_at_home
from agentsync.registries.git_catalog import GitCatalog
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.requirement import ANY, Pin, PinKind
from agentsync.versions.resolver import Preferred, serves
from agentsync.versions.version import version_of


def preference(pack: LockedPack, *, is_floor: bool = False) -> Preferred:
    """An old decision as the resolver takes it: nothing has to be asked to keep it."""
    version = Version(pack.version) if pack.version is not None else None
    stands_in = version is None and pack.requested.strip() in ANY
    candidate = Candidate(pack.name, version, pack.ref, pack.commit, stands_in=stands_in)
    requires = [Requirement(name, Pin(PinKind.VERSION, text)) for name, text in pack.requires.items()]
    return Preferred(candidate, tuple(requires), is_floor)


def may_stay(pack: LockedPack, asked: PinKind | None) -> bool:
    """Return whether an old decision is of the kind that is asked for.

    A pinned commit serves no range, and a release is no pinned commit, even where it is the same one.
    """
    if asked is PinKind.COMMIT:
        return not pack.ref
    if pack.version is not None or asked not in (PinKind.VERSION, None):
        return True
    return pack.requested.strip() in ANY


def regained(
    earlier: Mapping[str, Sequence[Earlier]], catalog: GitCatalog, manifest: Manifest, pins: Mapping[str, Pin]
) -> dict[str, Preferred]:
    """Return the best earlier decision about each pack that is decided afresh, as far as it is still there.

    Args:
        earlier: what is known of these packs, by name.
        catalog: what exists.
        manifest: what is asked for.
        pins: what of it is asked for by the manifest itself, by pack.
    """
    found = {}
    for name, entries in sorted(earlier.items()):
        if not catalog.knows(name):
            continue
        asked = Requirement(name, pins.get(name, Pin(PinKind.VERSION, "*")))
        # What is gone is no preference; where something else serves, nothing is wrong.
        with suppress(ResolutionError, FetchError):
            there = [_still_there(one, asked, catalog, manifest) for one in entries]
            serving = [one for one in there if one is not None and serves(one, asked)]
            if serving:
                best = max(serving, key=lambda one: _age(one, catalog))
                found[name] = Preferred(best, tuple(catalog.requires(best)))
    return found


def _still_there(earlier: Earlier, asked: Requirement, catalog: GitCatalog, manifest: Manifest) -> Candidate | None:
    """What an earlier entry was decided for; of one that is not sound, only its version is believed."""
    pack = earlier.pack
    if pack.folder or not may_stay(pack, asked.pin.kind) or (pack.version and version_of(pack.version) is None):
        return None
    old = preference(pack).candidate
    if earlier.is_sound and is_at_home(pack, manifest):
        return old
    offered = (one for one in catalog.candidates(asked.name, asked.pin) if one.version == old.version)
    return next((one for one in offered if one.commit == old.commit or not earlier.moved), None)


def _age(candidate: Candidate, catalog: GitCatalog) -> tuple[bool, Any]:
    """Sort candidates of one pack: by version, and those that have none by the time of their commit."""
    if candidate.version is not None:
        return True, candidate.version
    return False, catalog.committed(candidate)


def stays(found: Match, preferred: Mapping[str, Preferred]) -> bool:
    """Whether the old decision for a wish still serves it."""
    old = preferred.get(found.locked.name) if found.locked is not None else None
    asked = found.wish.pin.range if found.wish.pin is not None else None
    return (
        old is not None
        and not old.is_floor
        and asked is not None
        and old.candidate.version is not None
        and asked.allows(old.candidate.version)
    )
