"""The lists of packs of repositories, each read once at a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.notes import note_name
from agentsync.git.objects import LISTED
from agentsync.model.finding import Finding, finding_from_json
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.model.pack import Offer
from agentsync.registries.offered import guess, no_branch
from agentsync.registries.offers import Offers, offers_in
from agentsync.registries.registry_file import parse_registry_file


class OfferLists:
    """The lists of packs that were read."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.commits: dict[str, str] = {}  # the commit of each registry that was asked, by alias
        self._known: dict[tuple[str, str], Offers] = {}
        self._answered: dict[Registry, Offers] = {}
        self._findings: dict[str, tuple[Finding, ...]] = {}

    def of(self, registry: Registry, expected: Sequence[ManifestEntry] = ()) -> Offers:
        """Return every pack that a registry offers on the branch that counts.

        Args:
            expected: entries whose likely commits are fetched with the list.

        Raises:
            ResolutionError: where it is empty, or its `registry.yaml` is not valid.
        """
        if (known := self._answered.get(registry)) is not None:
            return known
        repository = self._cache.repository(registry.git)
        repository.want_refs(["HEAD", *([f"refs/heads/{registry.branch}"] if registry.branch else [])])
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
        self._answered[registry] = offers
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
                if len(offers.packs) > LISTED:
                    repository.objects.drop_entries(tree)  # it names the files of all packs
                    parse_registry_file.cache_clear()
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


def noted_offers(repository: CachedRepository, commit: str) -> Offers | None:
    """Return the offers of a commit, None where they were not read under the same limits."""
    try:
        return _offers(repository.notes.read(_name(repository, commit)), repository.url)
    except (ValueError, TypeError, KeyError, AttributeError, AgentsyncError):
        return None


def note_offers(repository: CachedRepository, commit: str, offers: Offers) -> None:
    """Note the offers of a commit, unless a URL with a secret in it would have to be written."""
    own = repository.url
    data = {
        "packs": [_data(offer, own) for offer in offers.packs],
        "whole": _data(offers.whole, own),
        "findings": [finding._asdict() for finding in offers.findings],
        "rest": None if offers.rest is None else _data(offers.rest, own),
    }
    with suppress(AgentsyncError):
        if _offers(data, own) == offers:
            repository.notes.write(_name(repository, commit), data)


def _name(repository: CachedRepository, commit: str) -> str:
    url = repository.url
    return note_name("offers 4", url.text, url.key, url.kind.value, repr(repository.limits), commit)


def _data(offer: Offer, own: GitUrl) -> dict[str, Any]:
    git = None if offer.git == own else offer.git.text
    return {**offer._asdict(), "git": git, "yanked": {**offer.yanked}, "declared": {**offer.declared}}


def _offers(data: Mapping[str, Any], own: GitUrl) -> Offers:
    findings = tuple(finding_from_json(finding) for finding in data["findings"])
    rest = None if data["rest"] is None else _offer(data["rest"], own)
    packs = tuple(_offer(one, own) for one in data["packs"])
    return Offers(packs, _offer(data["whole"], own), findings, rest)


def _offer(data: Mapping[str, Any], own: GitUrl) -> Offer:
    fields: dict[str, Any] = {**data}
    fields |= {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    fields["git"] = own if data["git"] is None else parse_git_url(data["git"])
    fields["declared"] = {kind: tuple(paths) for kind, paths in data["declared"].items()}
    return Offer(**fields)
