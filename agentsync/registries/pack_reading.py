"""Packs at commits, as the cache has them: one of them, or many of a repository with one walk over its trees."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentsync.errors import ResolutionError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.model.names import PackName
from agentsync.model.pack import Contents, Offer, PackRoot
from agentsync.versions.catalog import Candidate


class PackAt(NamedTuple):
    """A pack at one commit: its root there, its files, and how its registry describes it."""

    offer: Offer
    path: str
    contents: Contents

    def root(self, name: str) -> PackRoot:
        """Return where it is, and what of it counts, under its name in the lock."""
        return PackRoot(PackName(name), self.path, self.offer.declared, self.offer.inner)


def read_pack(repository: CachedRepository, candidate: Candidate, offer_at: Callable[[], Offer]) -> PackAt:
    """Return a pack at a commit, which is fetched where it is missing.

    Args:
        offer_at: returns the description of the pack at that commit; asked when the commit is there.

    Raises:
        ResolutionError: where the commit does not hold the pack.
    """

    def read() -> PackAt:
        repository.need([Want(candidate.commit, candidate.ref)])
        there = offer_at()
        tree = repository.objects.tree_id(candidate.commit, there.path)
        if tree is None:
            raise ResolutionError(
                f"{candidate}: there is no folder {there.path!r} at commit {candidate.commit[:12]}",
                why=f"looked in {there.git.text}",
                hint="name a folder that is there, or ask for another version",
                rule="pack-path-missing",
            )
        want = Want(candidate.commit, candidate.ref, tree)
        return PackAt(there, there.path, GitContents(repository, want, there.path))

    return repository.healing(read)


def read_packs(
    repository: CachedRepository,
    offers: Mapping[Candidate, Offer],
    offer_at: Callable[[Candidate], Offer],
    *,
    as_listed: bool = False,
) -> dict[str, PackAt]:
    """Return packs of one repository at commits, by name, with one walk over the trees of all of them.

    One that is not where it should be is left out.

    Args:
        offers: the present descriptions, of at most `LISTED` packs.
        offer_at: returns the description of a pack at its commit.
        as_listed: believe the present description where a commit has the folder of a pack, and do not read its own.
    """

    def read() -> dict[str, PackAt]:
        repository.need([Want(one.commit, one.ref) for one in offers])
        places = dict(offers)
        trees = _trees(repository, places) if as_listed else {}
        for one in offers:
            if trees.get(one) is None:
                places[one] = offer_at(one)
        trees = _trees(repository, places)
        repository.objects.preload_entries(tree for tree in trees.values() if tree is not None)
        found: dict[str, PackAt] = {}
        for one, offer in places.items():
            if (tree := trees[one]) is not None:
                contents = GitContents(repository, Want(one.commit, one.ref, tree), offer.path)
                found[one.name] = PackAt(offer, offer.path, contents)
        return found

    return repository.healing(read)


def _trees(repository: CachedRepository, places: Mapping[Candidate, Offer]) -> dict[Candidate, str | None]:
    found = repository.objects.tree_ids([(one.commit, offer.path) for one, offer in places.items()])
    return dict(zip(places, found, strict=True))
