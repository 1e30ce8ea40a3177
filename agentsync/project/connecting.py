"""Connections to the remotes that a command is certain to ask, begun while what it needs is still being loaded.

A wrong guess costs a connection that nothing asks. Nothing is decided here, and no failure is reported: the command
meets the same one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from agentsync.errors import AgentsyncError
from agentsync.model.slot import EntryPath
from agentsync.versions.requirement import PinKind

if TYPE_CHECKING:
    from agentsync.git.cached_repository import CachedRepository
    from agentsync.model.lock import Lock, LockedPack
    from agentsync.model.manifest import Manifest, ManifestEntry
    from agentsync.planning.satisfaction import Match
    from agentsync.project.project import Project

_MOST: Final = 8


class Asks(StrEnum):
    """What a command asks remotes."""

    LISTS = "lists"  # which packs and versions there are
    LACKING = "lacking"  # what is not locked yet, and the files of what is


def connect(project: Project, asks: Asks, values: Mapping[str, Any]) -> None:
    """Begin to connect to the remotes of a project that a command is certain to ask.

    Args:
        values: the values of its flags and arguments.
    """
    if project.options.offline or values.get("pull"):
        return  # what is pulled may ask for others
    with suppress(AgentsyncError, OSError):
        found = _listing(project, values) if asks is Asks.LISTS else _lacking(project, values)
        for repository in islice(found, _MOST):
            repository.connect()


def _listing(project: Project, values: Mapping[str, Any]) -> Iterator[CachedRepository]:
    """Yield the repositories of the entries that are named, of all where none is."""
    named = {word.partition("@")[0] for word in values.get("packs") or values.get("words") or ()}
    return (
        repository
        for entry in project.manifest.packs
        if not named or entry.key in named
        for repository in _of_entry(project, entry)
    )


def _lacking(project: Project, values: Mapping[str, Any]) -> Iterator[CachedRepository]:
    """Yield the repositories of entries that are not locked, and those of locked packs that have to be fetched.

    What a lock names counts where it is as it was decided and what the manifest asks for: no other host is asked.
    """
    manifest, lock = project.manifest, project.lock  # its URLs may hold a password, which those of the lock never do
    matches = () if values.get("frozen") else _matches(manifest, lock)
    anew = [found.entry for found in matches if found.locked is None or found.need == "choose"]
    if not values.get("locked"):
        for entry in anew:
            yield from _of_entry(project, entry)
    elif anew:
        return  # that is what it refuses
    if lock is None or lock.broken:
        return
    direct = {found.locked.name for found in matches if found.locked is not None}
    for pack in lock.packs.values():
        if values.get("frozen") or pack.name in direct or _comes_from_registry(pack, manifest):
            yield from _of_locked(project, pack)


def _matches(manifest: Manifest, lock: Lock | None) -> Sequence[Match]:
    from agentsync.planning.satisfaction import match

    return match(manifest, lock)


def _comes_from_registry(pack: LockedPack, manifest: Manifest) -> bool:
    from agentsync.planning.satisfaction import is_at_home

    return pack.name.has_registry and is_at_home(pack, manifest)


def _of_locked(project: Project, pack: LockedPack) -> Iterator[CachedRepository]:
    """Yield the repository of a locked pack that has to be fetched, unless a registry has to confirm it first."""
    if pack.git is None or pack.registry not in (None, pack.git):
        return
    repository = project.cache.repository(project.url(pack.git))
    if not repository.is_cached and _is_missing(project, pack):
        yield repository


def _of_entry(project: Project, entry: ManifestEntry) -> Iterator[CachedRepository]:
    """Yield the repository that has to say which versions of an entry there are."""
    manifest = project.manifest
    if entry.registry is not None:
        yield project.cache.repository(manifest.registries[entry.registry].git)
    elif entry.git is not None and (entry.pin is None or entry.pin.kind is not PinKind.COMMIT):
        yield project.cache.repository(entry.git)


def _is_missing(project: Project, pack: LockedPack) -> bool:
    """Return whether the first file of a locked pack is not there."""
    first = next((path for path in pack.slots if not isinstance(path, EntryPath)), None)
    return first is not None and not os.path.lexists(project.folder.real(first))
