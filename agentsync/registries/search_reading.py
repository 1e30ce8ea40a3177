"""Reading of registries for `search`: their packs and items as rows, from what the cache has of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.git_object import DamagedCache
from agentsync.model.finding import Finding
from agentsync.model.manifest import Registry
from agentsync.model.policy import Limits
from agentsync.packs.discovery import candidates
from agentsync.packs.pack import read_pack
from agentsync.packs.pack_file import NEED_FILES
from agentsync.registries.git_catalog import GitCatalog, PackAt
from agentsync.registries.prefetch import in_chunks
from agentsync.registries.search_rows import Row
from agentsync.versions.catalog import Candidate


class RegistryRows(NamedTuple):
    """The rows of one registry.

    Args:
        unread: the packs whose files are not in the cache, or cannot be read.
        findings: what of the list of packs could not be taken, named as in the registry.
        repositories: those that hold its packs, and whether there is a pack of each that was not read.
    """

    rows: Sequence[Row]
    unread: Sequence[str]
    findings: Sequence[Finding]
    repositories: Sequence[tuple[CachedRepository, bool]]


def read_rows(catalog: GitCatalog, registry: Registry, limits: Limits) -> RegistryRows:
    """Read the packs of a registry, each at the release that a search shows; raises what `GitCatalog.offers` does."""
    offers = catalog.offers(registry)
    items: dict[str, Sequence[Row]] = {}
    groups: dict[str, list[Candidate]] = {}
    repositories: dict[str, CachedRepository] = {}
    unread_in: set[str] = set()
    for offer in offers.every:
        name, key = f"{registry.alias}/{offer.name}", offer.git.key
        with suppress(AgentsyncError):
            repositories.setdefault(key, catalog.repository(offer))
            groups.setdefault(key, []).append(catalog.newest(name))
    for key, group in groups.items():
        for some in in_chunks(group):
            items |= _items(catalog, repositories[key], some, limits)
    rows: list[Row] = []
    for offer in offers.every:
        name = f"{registry.alias}/{offer.name}"
        rows.append(Row(name, "", offer.description, offer.keywords))
        rows += items.get(name, ())
        if name not in items:
            unread_in.add(offer.git.key)
    unread = [name for offer in offers.every if (name := f"{registry.alias}/{offer.name}") not in items]
    read_from = [(repository, key in unread_in) for key, repository in repositories.items()]
    return RegistryRows(rows, unread, offers.findings, read_from)


def _items(
    catalog: GitCatalog, repository: CachedRepository, group: Sequence[Candidate], limits: Limits
) -> dict[str, Sequence[Row]]:
    """Return the items of packs of one repository, read together; of those that fail together, each alone."""
    with suppress(AgentsyncError):
        there = repository.objects.absent({one.commit: Want(one.commit) for one in group}).keys()
        group = [one for one in group if one.commit not in there]
        packs = catalog.packs_at(group, as_listed=True) if group else {}
        _hold(repository, packs)
        return {name: rows for name, pack in packs.items() if (rows := _rows_of(name, pack, limits)) is not None}
    found: dict[str, Sequence[Row]] = {}
    for one in group:
        with suppress(AgentsyncError):
            if (rows := _rows_of(one.name, catalog.pack_at(one), limits)) is not None:
                found[one.name] = rows
    return found


def _hold(repository: CachedRepository, packs: Mapping[str, PackAt]) -> None:
    """Read the files that tell the items of all these packs with one question, as far as they are there."""
    oids: dict[str, None] = {}
    for pack in packs.values():
        entries = pack.contents.entries
        told = (
            *candidates(entries.keys(), pack.offer.inner, pack.path),
            *(path for path in NEED_FILES if path in entries),
        )
        oids |= dict.fromkeys(entries[path].oid for path in told if entries[path].is_plain)
    sizes = repository.objects.sizes(oids)
    small = [oid for oid, size in sizes.items() if size <= repository.limits.read]
    with suppress(DamagedCache):  # what is damaged is met again by the one pack that has it
        blobs = repository.objects.blobs(small)
        for pack in packs.values():
            if isinstance(pack.contents, GitContents):
                pack.contents.hold(blobs)


def _rows_of(name: str, found: PackAt, limits: Limits) -> list[Row] | None:
    try:
        pack = read_pack(found.root(name), found.contents, limits)
    except AgentsyncError:
        return None
    grants = {}
    with suppress(AgentsyncError):  # a file that a hook needs, and that is not in the cache
        grants = pack.grants()
    return [Row(name, item.key, item.description, (), grants.get(item, ())) for item in pack.items]


def fetch_rows(catalog: GitCatalog, registries: Sequence[Registry]) -> dict[str, AgentsyncError]:
    """Fetch what `read_rows` reads: the lists of packs, and the headers of the packs in the registries themselves.

    Returns:
        Why a registry could not be asked, by alias; all others were.
    """
    from agentsync.registries.prefetch import gather

    failures: dict[str, AgentsyncError] = {}
    found: list[Candidate] = []
    with suppress(AgentsyncError):
        catalog.ask(registries)
    for registry in registries:
        try:
            own = [offer for offer in catalog.offers(registry).every if not offer.elsewhere]
            for offer in own:
                with suppress(ResolutionError):
                    found.append(catalog.newest(f"{registry.alias}/{offer.name}"))
        except AgentsyncError as error:
            failures[registry.alias] = error
    with suppress(AgentsyncError):
        gather(catalog, found, [one.name for one in found], as_listed=True)
    return failures
