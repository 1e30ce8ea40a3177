"""Reading of registries for `search`: their packs and items as rows, from what the cache has of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from agentsync.errors import AgentsyncError, FetchError, ResolutionError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents, Repository
from agentsync.git.fetching import Want
from agentsync.git.git_object import DamagedCache
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.finding import Finding
from agentsync.model.manifest import Registry
from agentsync.model.policy import Limits
from agentsync.packs.discovery import candidates
from agentsync.packs.pack import read_pack
from agentsync.packs.pack_file import NEED_FILES
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.index_reading import RegistryIndex, index_of
from agentsync.registries.pack_reading import PackAt
from agentsync.registries.prefetch import in_chunks
from agentsync.registries.registry_index import IndexedPack
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
    index = index_of(catalog.registry_repository(registry), registry)
    if index is not None and index.is_complete:
        return _indexed(registry.alias, index)
    offers = catalog.offers(registry)
    items: dict[str, Sequence[Row]] = {}
    for pack in index.packs.values() if index is not None else ():
        if pack.items is not None:
            items[f"{registry.alias}/{pack.name}"] = _items_in(f"{registry.alias}/{pack.name}", pack)
    groups: dict[str, list[Candidate]] = {}
    repositories: dict[str, CachedRepository] = {}
    unread_in: set[str] = set()
    for offer in offers.every:
        name, key = f"{registry.alias}/{offer.name}", offer.git.key
        with suppress(AgentsyncError):
            repositories.setdefault(key, catalog.repository(offer))
            if name in items:
                continue
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


def _indexed(alias: str, index: RegistryIndex) -> RegistryRows:
    """Return the rows that an index gives alone."""
    rows: list[Row] = []
    for pack in index.packs.values():
        name = f"{alias}/{pack.name}"
        rows += (Row(name, "", pack.description, pack.keywords), *_items_in(name, pack))
    unread = [f"{alias}/{pack.name}" for pack in index.packs.values() if pack.items is None]
    return RegistryRows(rows, unread, (), ())


def _items_in(name: str, pack: IndexedPack) -> Sequence[Row]:
    return [Row(name, item.key, item.description, (), item.grants) for item in pack.items or ()]


def _items(
    catalog: GitCatalog, repository: CachedRepository, group: Sequence[Candidate], limits: Limits
) -> dict[str, Sequence[Row]]:
    """Return the items of packs of one repository, read together; of those that fail together, each alone."""
    with suppress(AgentsyncError):
        there = repository.objects.absent({one.commit: Want(one.commit) for one in group}).keys()
        group = [one for one in group if one.commit not in there]
        packs = catalog.packs_at(group, as_listed=True) if group else {}
        hold(repository, packs)
        return {name: rows for name, pack in packs.items() if (rows := rows_of(name, pack, limits)) is not None}
    found: dict[str, Sequence[Row]] = {}
    for one in group:
        with suppress(AgentsyncError):
            if (rows := rows_of(one.name, catalog.pack_at(one), limits)) is not None:
                found[one.name] = rows
    return found


def hold(repository: Repository, packs: Mapping[str, PackAt]) -> None:
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


def rows_of(name: str, found: PackAt, limits: Limits, *, insists: bool = False) -> list[Row] | None:
    """Return the items of a pack, None where it cannot be read.

    Args:
        insists: raise FetchError where that is so because objects are not here.
    """
    try:
        pack = read_pack(found.root(name), found.contents, limits)
    except FetchError:
        if insists:
            raise
        return None
    except AgentsyncError:
        return None
    grants = {}
    with suppress(AgentsyncError):  # a file that a hook needs, and that is not in the cache
        grants = pack.grants()
    return [Row(name, item.key, item.description, (), grants.get(item, ())) for item in pack.items]


def fetch_rows(
    catalog: GitCatalog, registries: Sequence[Registry], *, by_index: bool = False
) -> dict[str, AgentsyncError]:
    """Fetch what `read_rows` reads: the lists of packs, and the headers of the packs in the registries themselves.

    Args:
        by_index: let the index of a registry be enough, where it has one that counts.

    Returns:
        Why a registry could not be asked, by alias; all others were.
    """
    from agentsync.registries.prefetch import gather

    failures: dict[str, AgentsyncError] = {}
    found: list[Candidate] = []
    if by_index:
        registries = _without_index(catalog, registries)
    with suppress(AgentsyncError):
        for registry in registries:
            catalog.want_all(registry)
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


def _without_index(catalog: GitCatalog, registries: Sequence[Registry]) -> list[Registry]:
    """Return the registries without an index that is enough; the indexes are fetched, all at the same time."""

    def is_enough(registry: Registry) -> bool:
        with suppress(AgentsyncError):  # it fails again where its list is asked for
            index = index_of(catalog.registry_repository(registry), registry)
            return index is not None and index.is_complete
        return False

    enough = run_parallel([partial(is_enough, registry) for registry in registries], SMALL_BATCH)
    return [registry for registry, is_done in zip(registries, enough, strict=True) if not is_done]
