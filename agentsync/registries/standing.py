"""How a locked pack stands in its registry: the newest version for those who ask for it, a yank, a tag that moved.

This is the one place where that is decided, for one project and for all repositories of a fleet.
"""

from collections.abc import Sequence
from typing import Final

from packaging.version import Version

from agentsync.errors import AgentsyncError, FetchError
from agentsync.model.finding import Finding, Rule, stays_as_locked
from agentsync.model.lock import Lock, LockedPack, shown_version
from agentsync.model.upstream import PackStanding, Standing, moved_tag
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.prefetch import ANY
from agentsync.versions.catalog import Candidate, Released, stable, worth_a_look
from agentsync.versions.requirement import Pin, PinKind, parse_pin
from agentsync.versions.version import is_among, version_of

_AND: Final = " and "  # no version range and no name of a branch or tag holds it


def asked_of(pack: LockedPack, lock: Lock) -> list[Pin]:
    """Return everything that asks for a pack: the manifest, and the packs that require it."""
    asked = [pack.requested] if pack.requested else []
    asked += [other.requires[pack.name] for other in lock.packs.values() if pack.name in other.requires]
    return [parse_pin(text) for text in asked] or [ANY]


def asked_text(asked: Sequence[Pin]) -> str:
    """Return what asks for a pack as one text, "" for any version; `asked_in` reads it again."""
    texts = dict.fromkeys(str(pin) for pin in asked if pin != ANY)
    return _AND.join(texts)


def asked_in(text: str) -> list[Pin]:
    """Read what `asked_text` wrote; raise ValueError with a sentence."""
    return [parse_pin(part) for part in text.split(_AND)] if text else [ANY]


def standing_of(catalog: GitCatalog, pack: LockedPack, asked: Sequence[Pin]) -> PackStanding:
    """Compare a locked pack with its registry.

    Raises:
        FetchError: where the registry cannot be reached.
    """
    try:
        offer = catalog.offer(pack.name)
        refs = catalog.refs(offer)
        if pack.tag and pack.tag not in refs.tags:
            gone = Finding(pack.name, "", f"the tag {pack.tag} is gone", rule=Rule.TAG_GONE)
            return PackStanding(Standing.GONE, finding=gone)
        if (moved := moved_tag(pack, refs)) is not None:
            return PackStanding(Standing.MOVED_TAG, moved.now, moved, moved.finding(pack.name))
        allowed, latest = newest(catalog, pack.name, asked)
    except FetchError:
        raise
    except AgentsyncError as error:
        return PackStanding(Standing.GONE, finding=stays_as_locked(error.of(pack=pack.name)))
    current = shown_version(pack)
    allowed = None if is_lower(allowed, pack) else allowed
    if pack.version is not None and is_among(Version(pack.version), offer.yanked):
        return PackStanding(Standing.YANKED, allowed)
    if allowed not in (None, current):
        return PackStanding(Standing.BEHIND, allowed)
    if latest not in (None, current):
        return PackStanding(Standing.PINNED, latest)
    return PackStanding(Standing.CURRENT, allowed or latest)


def newest(catalog: GitCatalog, name: str, asked: Sequence[Pin]) -> tuple[str | None, str | None]:
    """Return the newest version of a pack that all who ask for it allow, and the newest of all."""
    question = [f"{pin.kind.value}:{pin.text}" for pin in asked]
    allowed, latest = catalog.noted(name, question, lambda: [*_newest(catalog, name, asked)])
    return allowed, latest


def is_lower(text: str | None, pack: LockedPack) -> bool:
    """Return whether what could be taken is older than the locked release, or no release at all."""
    if text is None or pack.version is None:
        return False
    version = version_of(text)
    return version is None or version < Version(pack.version)


def _newest(catalog: GitCatalog, name: str, asked: Sequence[Pin]) -> tuple[str | None, str | None]:
    exact = next((pin for pin in asked if pin.kind is not PinKind.VERSION), None)
    if exact is not None and exact.kind is not PinKind.BRANCH:
        releases = catalog.candidates(name, ANY)
        return None, _shown(next(stable(releases), None))
    candidates = catalog.candidates(name, exact or asked[0])
    first = None if isinstance(candidates, Released) else next(iter(candidates))
    if first is not None and (exact is not None or first.stands_in):
        return _shown(first), _shown(first)
    looked_at = worth_a_look(candidates, asked)
    fitting = (one for one in looked_at if not one.yanked and all(_allows(pin, one.version) for pin in asked))
    return _shown(next(fitting, None)), _shown(next(stable(candidates), None))


def _allows(pin: Pin, version: Version | None) -> bool:
    return pin.range is not None and version is not None and pin.range.allows(version)


def _shown(candidate: Candidate | None) -> str | None:
    if candidate is None:
        return None
    if candidate.version is not None:
        return str(candidate.version)
    name = candidate.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    return f"{name}@{candidate.commit[:12]}" if name else candidate.commit[:12]
