"""The lists of packs of repositories, each read once at a commit."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.errors import ResolutionError
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.model.finding import Finding
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.registries.offer_notes import note_offers, noted_offers
from agentsync.registries.offered import guess, no_branch
from agentsync.registries.offers import Offers, offers_in


class OfferLists:
    """The lists of packs that were read."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.commits: dict[str, str] = {}  # the commit of each registry that was asked, by alias
        self._known: dict[tuple[str, str], Offers] = {}
        self._findings: dict[str, tuple[Finding, ...]] = {}

    def of(self, registry: Registry, expected: Sequence[ManifestEntry] = ()) -> Offers:
        """Return every pack that a registry offers on the branch that counts.

        Args:
            expected: entries whose likely commits are fetched with the list.

        Raises:
            FetchError: where it cannot be reached.
            ResolutionError: where it is empty, or its `registry.yaml` is not valid.
        """
        repository = self._cache.repository(registry.git)
        refs = repository.refs()
        branch = registry.branch or refs.default_branch
        if branch is None:
            raise ResolutionError(
                f"{registry.git.text} is empty",
                why=f"it has {len(refs.branches)} branches and {len(refs.tags)} tags",
                hint="commit something to it first",
                rule="registry-invalid",
            )
        if branch not in refs.branches:
            raise no_branch(f"registry {registry.alias} has no branch {branch!r}", branch, refs)
        want = Want(refs.branches[branch], f"refs/heads/{branch}")
        likely = [guess(entry, registry, refs) for entry in expected]
        others = [Want(one.commit, one.ref) for one in likely if one is not None]
        offers = repository.healing(lambda: self.at(repository, want, others))
        self._findings[registry.alias] = offers.findings
        self.commits[registry.alias] = want.commit
        return offers

    def at(self, repository: CachedRepository, want: Want, others: Sequence[Want] = ()) -> Offers:
        """Return every pack that a commit offers; the others are fetched with it, where it has to be fetched."""
        known = (repository.url.key, want.commit)
        if known not in self._known:
            offers = noted_offers(repository, want.commit)
            if offers is None:
                repository.need([want, *others])
                tree = repository.objects.tree_id(want.commit, "")
                assert tree is not None, "a commit has a tree"
                offers = offers_in(GitContents(repository, want._replace(tree=tree)), repository.url)
                note_offers(repository, want.commit, offers)
            self._known[known] = offers
        return self._known[known]

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings about the lists of packs, of every registry that was asked."""
        return tuple(
            one._replace(pack=f"{alias}/{one.pack}" if one.pack else "", registry=alias)
            for alias, found in sorted(self._findings.items())
            for one in dict.fromkeys(found)
        )
