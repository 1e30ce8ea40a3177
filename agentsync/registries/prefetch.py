"""Prefetching what a search for versions will most likely read: one batch for each step down the requirements.

A wrong guess costs at most a needless fetch. Nothing is decided here, and no failure is reported: the search meets the
same one, and knows the packs that led to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from agentsync.errors import AgentsyncError, FetchError, GoneError, ResolutionError
from agentsync.git.fetching import Want
from agentsync.git.objects import LISTED
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.names import PackName
from agentsync.packs.discovery import candidates as telling
from agentsync.packs.discovery import installable
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.offered import likely
from agentsync.registries.offers import LISTS
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.requirement import Pin, PinKind

ANY: Final = Pin(PinKind.VERSION, "*")


def prefetch(catalog: GitCatalog, wanted: Sequence[Requirement], settled: Collection[str]) -> None:
    """Read the needs of the newest releases that are allowed, and of what those need, but for settled packs."""
    seen = {*settled}
    level = list(wanted)
    while level := [one for one in {one.name: one for one in level}.values() if one.name not in seen]:
        seen.update(one.name for one in level)
        catalog.ask_for(one.name for one in level)
        guesses = run_parallel([partial(_likely, catalog, one) for one in level])
        found = [one for one in guesses if one is not None]
        with suppress(AgentsyncError):
            catalog.needs.read(found)
        level = [need for candidate in found for need in _needs(catalog, candidate)]


def _likely(catalog: GitCatalog, wanted: Requirement) -> Candidate | None:
    with suppress(AgentsyncError):
        return likely(catalog.candidates(wanted.name, wanted.pin), wanted.pin)
    return None


def _needs(catalog: GitCatalog, candidate: Candidate) -> Sequence[Requirement]:
    with suppress(AgentsyncError):
        return catalog.requires(candidate) if catalog.needs.has_read(candidate) else ()
    return ()


def gather(
    catalog: GitCatalog, chosen: Sequence[Candidate], narrowed: Collection[str], *, as_listed: bool = False
) -> None:
    """Fetch the files of packs that were chosen: a batch for each repository, all at the same time.

    A pack that is not where it should be is passed over: reading it fails later.

    Args:
        narrowed: the packs of which only some items are wanted: the files that define items are enough.
        as_listed: as for `read_packs`.
    """

    def read(group: Sequence[Candidate]) -> None:
        offers = [catalog.offer(one.name) for one in group]
        repository = catalog.repository(offers[0])
        repository.need([Want(one.commit, one.ref) for one in group])
        listed = [one for one, offer in zip(group, offers, strict=True) if not (as_listed or offer.elsewhere)]
        roots = repository.objects.tree_ids([(one.commit, "") for one in listed])
        lists = repository.objects.files_in(list(dict.fromkeys(root for root in roots if root)), LISTS)
        repository.need_blobs(oid for files in lists.values() for oid in files.values())
        oids: list[str] = []
        for some in in_chunks(group):
            for name, pack in catalog.packs_at(some, as_listed=as_listed).items():
                entries, choose = pack.contents.entries, telling if name in narrowed else installable
                chosen = choose(entries.keys(), pack.offer.inner, pack.path)
                oids += [entries[path].oid for path in chosen if entries[path].is_plain]
        repository.need_blobs(oids)

    _in_each_repository(catalog, chosen, read)


def _in_each_repository(
    catalog: GitCatalog, chosen: Sequence[Candidate], read: Callable[[Sequence[Candidate]], None]
) -> None:
    """Read the candidates of each repository together, all repositories at the same time; lost commits are left out."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in chosen:
        groups.setdefault(catalog.offer(candidate.name).git.key, []).append(candidate)

    def fetch(group: Sequence[Candidate]) -> None:
        while group:
            try:
                return catalog.repository(catalog.offer(group[0].name)).healing(partial(read, group))
            except GoneError as error:
                rest = [one for one in group if one.commit != error.commit]
                if len(rest) == len(group):
                    raise
                group = rest
        return None

    run_parallel([partial(fetch, group) for group in groups.values()])


def in_chunks(group: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    """Yield so many packs at a time as are listed together."""
    return (group[start : start + LISTED] for start in range(0, len(group), LISTED))


def unreadable(catalog: GitCatalog, names: Sequence[str]) -> dict[str, AgentsyncError]:
    """Return the failures of packs that cannot be read at their newest commit; all are read at the same time."""

    def newest(name: str) -> Candidate | AgentsyncError:
        try:
            found = catalog.candidates(name, ANY)
            return likely(found, ANY) or next(iter(found))
        except (FetchError, ResolutionError) as error:
            return error

    def read(group: Sequence[Candidate]) -> None:
        catalog.repository(catalog.offer(group[0].name)).need([Want(one.commit, one.ref) for one in group])

    def failure(candidate: Candidate | AgentsyncError) -> AgentsyncError | None:
        if isinstance(candidate, AgentsyncError):
            return candidate
        try:
            catalog.pack_at(candidate)
        except (FetchError, ResolutionError) as error:
            return error
        return None

    found = run_parallel([partial(newest, name) for name in names])
    with suppress(AgentsyncError):
        _in_each_repository(catalog, [one for one in found if not isinstance(one, AgentsyncError)], read)
    answers = dict(zip(names, run_parallel([partial(failure, one) for one in found]), strict=True))
    return {name: error for name, error in answers.items() if error is not None}


def ask_each(catalog: GitCatalog, names: Iterable[str], question: Callable[[str], object]) -> None:
    """Ask about each pack as soon as its repository has answered, all repositories at the same time.

    The answers are at hand later. No failure is raised: the same question fails again.
    """
    names = list(names)
    catalog.want(name for name in names if catalog.knows(name))
    registries: dict[str, list[str]] = {}
    elsewhere: dict[str, list[str]] = {}
    for name in names:
        if catalog.knows(name):
            registries.setdefault(PackName(name).alias, []).append(name)

    def ask(group: Iterable[str], *, is_first: bool) -> None:
        for name in group:
            with suppress(AgentsyncError):
                offer = catalog.offer(name)
                if is_first and offer.elsewhere:
                    elsewhere.setdefault(offer.git.key, []).append(name)
                else:
                    question(name)

    run_parallel([partial(ask, group, is_first=True) for group in registries.values()], SMALL_BATCH)
    run_parallel([partial(ask, group, is_first=False) for group in elsewhere.values()], SMALL_BATCH)
