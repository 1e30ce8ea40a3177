"""Find out where copies come from: every registry that is asked looks them up in its whole past."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from agentsync.model.manifest import Registry
from agentsync.model.names import PackName
from agentsync.model.pack import Offer
from agentsync.model.past import Past
from agentsync.model.rel_path import RelPath
from agentsync.planning.copies import (
    LIKE_ENOUGH,
    Copy,
    Forms,
    Held,
    Spot,
    find_spots,
    hold,
    is_of_kind,
    suits,
    versions_by_name,
)
from agentsync.planning.succession import likeness
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.past_files import forms, read_past, read_versions

Copies = Mapping[Copy, Mapping[RelPath, bytes]]


class Find(NamedTuple):
    """One pack that a copy may come from.

    Args:
        source: the registry.
        offer: the pack as the registry describes it now.
        similarity: the share of text that both have in common.
        first: when the registry first had it, in seconds since 1970.
    """

    source: "Source"
    offer: Offer
    held: Held
    similarity: float
    first: int

    @property
    def name(self) -> PackName:
        return PackName.of(self.source.registry.alias, self.offer.name)

    @property
    def copy(self) -> Copy:
        return self.held.spot.copy

    @property
    def is_exact(self) -> bool:
        return self.held.is_exact and self.similarity == 1

    @property
    def is_near(self) -> bool:
        """True where it is like enough to be what the copy was made of."""
        return self.similarity >= LIKE_ENOUGH

    @property
    def commit(self) -> str:
        """The newest commit that holds it."""
        return self.source.past.commits[self.held.commits[-1]].oid


class Gone(NamedTuple):
    """A place where a copy stood once, of which no pack of today has anything."""

    registry: str
    path: str
    commit: str


class Source:
    """One registry in which copies are looked for.

    Args:
        pack: the one pack that counts, "" for every one.

    Attributes:
        gone: the copies of what is in no pack of it today.
    """

    def __init__(self, registry: Registry, catalog: GitCatalog, pack: str = "") -> None:
        self.registry = registry
        self.catalog = catalog
        self.gone: dict[Copy, Gone] = {}
        self._pack = pack
        offers = catalog.offers(registry).every
        self.elsewhere = sum(offer.elsewhere for offer in offers)
        self.offers = [offer for offer in offers if not offer.elsewhere and pack in ("", offer.name)]
        self.repository = catalog.repository(Offer("", registry.git))

    @cached_property
    def past(self) -> Past:
        """Every commit of it."""
        return read_past(self.repository)

    @cached_property
    def head(self) -> int:
        """The place in its past of the commit that it is at now."""
        refs = self.repository.refs()
        branch = self.registry.branch or refs.default_branch or ""
        return self.past.places[refs.branches[branch]]

    def find(self, copies: Copies) -> list[Find]:
        """Return where these copies may come from, for each of them every pack that has it."""
        long = len(self.past.commits[-1].oid) == 64 if self.past.commits else False
        ids = {
            path: Forms(*forms(data, long=long)) for files in copies.values() for path, data in files.items() if data
        }
        ids |= {path: Forms(frozenset()) for files in copies.values() for path, data in files.items() if not data}
        # An empty file says nothing of where it comes from.
        spots = find_spots(self.past, {copy: ids[copy.main] for copy, files in copies.items() if files[copy.main]})
        met = {spot.copy for spot in spots}
        named = versions_by_name(self.past, copies)
        lost = {copy: named[copy] for copy in copies if copy not in met}
        likely = list(self._likely(lost, {copy: copies[copy][copy.main] for copy in lost}))
        shares = {(spot.copy, spot.path): share for spot, share in likely}
        held = hold(self.past, [*spots, *(spot for spot, _ in likely)], ids)
        found = []
        for one in held:
            share = shares.get((one.spot.copy, one.spot.path), 1.0)
            if one.changed and share == 1:
                share = _share(one, copies[one.spot.copy])
            offers = self._offers_of(one, named[one.spot.copy])
            if not offers and share >= LIKE_ENOUGH:
                commit = self.past.commits[one.commits[-1]].oid
                self.gone[one.spot.copy] = Gone(self.registry.alias, one.spot.path, commit)
            for offer in offers:
                first = min(self.past.commits[place].time for place in one.commits)
                found.append(Find(self, offer, one, share, first))
        return found

    def _likely(
        self, named: Mapping[Copy, Mapping[str, Sequence[str]]], data: Mapping[Copy, bytes]
    ) -> Iterator[tuple[Spot, float]]:
        """Yield the version that each copy is most like, of those that have its name, with the share of common text."""
        oids = dict.fromkeys(oid for paths in named.values() for versions in paths.values() for oid in versions)
        texts = read_versions(self.repository, oids)
        for copy, paths in named.items():
            scored = [
                (likeness(texts[oid], data[copy]), path, oid)
                for path, versions in paths.items()
                for oid in versions
                if oid in texts
            ]
            if scored:
                share, path, oid = max(scored, key=lambda one: (one[0], suits(copy, one[1])))
                yield Spot(copy, path, frozenset((oid,))), share

    def _offers_of(self, held: Held, named: Collection[str]) -> list[Offer]:
        """Return the packs of today that have an item: at its own path, else at another path with its name."""
        own = [offer for offer in self.offers if _has(offer, held.spot.path)]
        if own:
            return own[:1]
        there = self.past.standing(set(named))[self.head]
        copy = held.spot.copy
        paths = sorted(path for path in there if is_of_kind(copy.kind, path) and suits(copy, path))
        found = (offer for path in paths for offer in self.offers if _has(offer, path))
        return list({offer.name: offer for offer in found}.values())[:1]


def _share(held: Held, files: Mapping[RelPath, bytes]) -> float:
    sizes = {path: len(data) for path, data in files.items()}
    compared = sum(sizes[path] for path in (*held.fitting, *held.changed))
    near = held.spot.copy.main in held.changed and len(held.changed) == 1
    return 1.0 if near or not compared else sum(sizes[path] for path in held.fitting) / compared


def _has(offer: Offer, path: str) -> bool:
    """Return whether a path lies in a pack."""
    if not _is_below(path, offer.path):
        return False
    inner = path[len(offer.path) + 1 :] if offer.path else path
    listed = [entry for entries in offer.declared.values() for entry in entries]
    if listed and not any(_is_below(inner, entry.strip("/")) for entry in listed):
        return False
    return not any(_is_below(inner, other) for other in offer.inner)


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
