"""Upstream: newer versions, moved tags and lost packs of the registries."""

from __future__ import annotations

from packaging.version import Version

from agentsync.commands.following import Following
from agentsync.commands.offer_findings import is_lower
from agentsync.commands.outdated import newest
from agentsync.errors import AgentsyncError, FetchError
from agentsync.model.drift import agree
from agentsync.model.finding import Finding, Rule, stays_as_locked
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.rel_path import RelPath
from agentsync.model.upstream import Standing, Upstream, moved_tag
from agentsync.project.decision import Upgrade
from agentsync.project.workspace import Workspace
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.prefetch import ask_each
from agentsync.reporting.words import shown_version
from agentsync.versions.version import is_among


def look_upstream(workspace: Workspace) -> Upstream:
    """Ask every registry once, in parallel, and compare; one that cannot be reached is a failure among the others."""
    lock = workspace.project.lock or Lock()
    catalog = workspace.project.catalog()
    ask_each(catalog, lock.packs, lambda name: newest(catalog, lock.packs[name], lock))
    found = Upstream()
    for name, pack in sorted(lock.packs.items()):
        if not pack.folder and catalog.knows(name):
            try:
                found.standing[name], found.available[name] = _standing(catalog, pack, lock, found)
            except FetchError as error:
                found.failures.setdefault(error.what, error)
    found.findings |= dict.fromkeys(catalog.findings())
    if Standing.BEHIND in found.standing.values() and not found.failures:
        found.files = _changed_files(workspace, lock, found)
    return found


def _standing(catalog: GitCatalog, pack: LockedPack, lock: Lock, found: Upstream) -> tuple[Standing, str | None]:
    try:
        offer = catalog.offer(pack.name)
        refs = catalog.refs(offer)
        if pack.tag and pack.tag not in refs.tags:
            found.findings[Finding(pack.name, "", f"the tag {pack.tag} is gone", rule=Rule.TAG_GONE)] = None
            return Standing.GONE, None
        if (moved := moved_tag(pack, refs)) is not None:
            found.moved[pack.name] = moved
            found.findings[moved.finding(pack.name)] = None
            return Standing.MOVED_TAG, moved.now
        allowed, latest = newest(catalog, pack, lock)
    except FetchError:
        raise
    except AgentsyncError as error:
        found.findings[stays_as_locked(error.of(pack=pack.name))] = None
        return Standing.GONE, None
    current = shown_version(pack)
    allowed = None if is_lower(allowed, pack) else allowed
    if pack.version is not None and is_among(Version(pack.version), offer.yanked):
        return Standing.YANKED, allowed
    if allowed not in (None, current):
        return Standing.BEHIND, allowed
    if latest not in (None, current):
        return Standing.PINNED, latest
    return Standing.CURRENT, allowed or latest


def _changed_files(workspace: Workspace, lock: Lock, found: Upstream) -> dict[RelPath, str]:
    """Return what the newest allowed versions do to the files that are locked now."""
    behind = {name for name, standing in found.standing.items() if standing is Standing.BEHIND}
    following = Following(workspace, Upgrade(behind))
    newer = following.decide().lock.files()
    found.findings |= dict.fromkeys(following.stayed)
    older = lock.files()
    return {
        path: "gone" if path not in newer else "changed"
        for path, digest in older.items()
        if not agree(newer.get(path), digest)
    }
