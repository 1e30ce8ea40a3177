"""The index of a registry, where it has one that says what its refs say; all else is as if there were none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.git.cached_repository import CachedRepository
from agentsync.model.manifest import Registry
from agentsync.registries.registry_index import (
    HEAD,
    LARGEST,
    LARGEST_HEAD,
    PACKS,
    Head,
    IndexedPack,
    InvalidIndexError,
    read_head,
    read_packs,
    tags_digest,
)
from agentsync.versions.refs import Refs

_MOST: Final = {HEAD: LARGEST_HEAD, PACKS: LARGEST}


class RegistryIndex(NamedTuple):
    """The packs of a registry by name, in the order of its list; whether nothing else is to be said of them."""

    packs: Mapping[str, IndexedPack]
    is_complete: bool


def index_of(repository: CachedRepository, registry: Registry) -> RegistryIndex | None:
    """Return the index of a registry, None where it has none that counts.

    It is fetched where the cache lacks it and remotes may be asked; the refs are asked first.

    Raises:
        FetchError: where the repository cannot be reached.
    """
    refs = repository.refs()
    if not refs.index or registry.tags:
        return None
    files = repository.top_files(refs.index, _MOST)
    try:
        head = read_head(files.get(HEAD, b""))
        if why := _why_not(head, refs, registry):
            repository.remotes.say(f"{registry.alias}: its index is passed over: {why}")
            return None
        packs = {pack.name: pack for pack in read_packs(files.get(PACKS, b""), head)}
    except InvalidIndexError as error:
        repository.remotes.say(f"{registry.alias}: its index is passed over: {error}")
        return None
    return RegistryIndex(packs, head.is_complete)


def _why_not(head: Head, refs: Refs, registry: Registry) -> str:
    """Return why an index does not count for these refs, "" where it does."""
    default = refs.branches.get(refs.default_branch or "")
    counts = refs.branches.get(registry.branch) if registry.branch else default
    if head.commit != default or head.commit != counts:
        return "it was made from another commit"
    if head.repository not in ("", registry.git.repository_name):
        return "it was made for another name of the repository"
    return "" if head.tags == tags_digest(refs.tags) else "it was made from other tags"
