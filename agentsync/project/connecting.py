"""Connections to the remotes that a command is certain to ask, begun while what it needs is still being loaded.

A wrong guess costs a connection that nothing asks. Nothing is decided here, and no failure is reported: the command
meets the same one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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
    """Yield the repositories of entries that are not locked, and those of locked packs that have to be fetched."""
    manifest, lock = project.manifest, project.lock  # its URLs may hold a password, which those of the lock never do
    if not values.get("frozen") and not values.get("locked"):
        for entry in manifest.packs if lock is None else _chosen_anew(manifest, lock):
            yield from _of_entry(project, entry)
    for pack in lock.packs.values() if lock is not None else ():
        repository = None if pack.git is None else project.cache.repository(project.url(pack.git))
        if repository is not None and not repository.is_cached and _is_missing(project, pack):
            yield repository


def _chosen_anew(manifest: Manifest, lock: Lock) -> Iterator[ManifestEntry]:
    """Yield the entries whose version has to be decided."""
    from agentsync.planning.satisfaction import Need, match

    return (found.entry for found in match(manifest, lock) if found.need is Need.CHOOSE)


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
