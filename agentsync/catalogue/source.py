"""A registry as the catalogue reads it: its packs with their releases, from the refs and trees of one repository.

Nothing is fetched. A pack that is in another repository is listed, and not looked into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.catalogue.places import folder_names
from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.history_walk import Change, last_changes
from agentsync.git.own_repository import OwnRepository, open_checkout
from agentsync.git.tag_list import Tag, list_tags
from agentsync.git.tree_lookup import Place, trees_at
from agentsync.model.finding import Finding
from agentsync.model.git_url import GitUrl
from agentsync.model.item import same_name
from agentsync.model.pack import Offer
from agentsync.registries.offers import Offers, offers_in
from agentsync.registries.registry_file import registry_in
from agentsync.versions.release_index import ReleaseIndex
from agentsync.versions.requirement import is_alias
from agentsync.versions.version import is_among, version_of

_HEAD: Final = "HEAD"


class Release(NamedTuple):
    """A release of a pack: its version and its tag; `yanked` is the reason, "" for none, None where it is not."""

    version: str
    tag: Tag
    is_prerelease: bool
    yanked: str | None = None


class ListedPack(NamedTuple):
    """A pack of the registry.

    Args:
        folder: of its pages, below that of all packs.
        releases: the newest first.
        tree: git's id of its folder on the branch, "" where there is none.
        change: the last commit of the branch that changed it, for a pack without releases.
    """

    offer: Offer
    folder: str
    releases: tuple[Release, ...] = ()
    tree: str = ""
    change: Change | None = None

    @property
    def name(self) -> str:
        return self.offer.name

    @property
    def newest(self) -> Release | None:
        """The release that an install takes: not withdrawn, a pre-release only where there is no other."""
        counted = [one for one in self.releases if one.yanked is None]
        return next((one for one in counted if not one.is_prerelease), None) or next(iter(counted), None)


class Source(NamedTuple):
    """A registry at one commit.

    Args:
        commit: what its branch names.
        branch: "" where HEAD names a commit.
        url: where others reach it, "" where that is not known.
    """

    repository: OwnRepository
    git: GitUrl
    commit: str
    tree: str
    branch: str
    name: str
    description: str
    url: str
    packs: tuple[ListedPack, ...]
    findings: tuple[Finding, ...]


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Read the registry in a working tree or a bare repository.

    Raises:
        UsageError: where there is no such folder, or no commit.
        FetchError: where git cannot read it.
        ResolutionError: where its `registry.yaml` is not valid.
    """
    with open_checkout(path, _HEAD) as checkout:
        repository = checkout.repository
        yield repository.healing(lambda: _read(repository, checkout.commit))


class Trees:
    """The trees of packs at commits; those that are asked for together are looked up at once."""

    def __init__(self, repository: OwnRepository) -> None:
        self._repository = repository
        self._known: dict[Place, str | None] = {}

    def prefetch(self, places: Iterable[Place]) -> None:
        """Look these folders up, and forget all others."""
        wanted = list(dict.fromkeys(places))
        found = trees_at(self._repository, wanted)
        self._known = {place: found.get(place) for place in wanted}

    def at(self, commit: str, path: str) -> str | None:
        """Return the id of the tree of a folder, None where it is not there."""
        place = (commit, path)
        if place not in self._known:
            self._known[place] = trees_at(self._repository, [place]).get(place)
        return self._known[place]

    def contents(self, commit: str, path: str) -> GitContents:
        """Return the files of a folder at a commit; raise ResolutionError where there is no such folder."""
        tree = self.at(commit, path)
        if tree is None:
            raise ResolutionError(
                f"there is no folder {path!r} at commit {commit[:12]}",
                hint="see `path` in registry.yaml",
                rule="pack-path-missing",
            )
        return self._repository.healing(lambda: GitContents(self._repository, Want(commit, "", tree), path))


def _read(repository: OwnRepository, commit: str) -> Source:
    git = _address(repository)
    trees = Trees(repository)
    contents = trees.contents(commit, "")
    offers = offers_in(contents, git)
    own = registry_in(contents, git)
    return Source(
        repository=repository,
        git=git,
        commit=commit,
        tree=contents.tree,
        branch=repository.refs.default_branch or "",
        name=(own.name if own is not None else "") or git.repository_name or "registry",
        description=own.description if own is not None else "",
        url="" if git.is_local else git.text,
        packs=_packs(repository, trees, commit, offers),
        findings=offers.findings,
    )


def _address(repository: OwnRepository) -> GitUrl:
    """Return where the registry comes from, as far as its clone knows; else where it is."""
    for text in filter(None, (repository.origin, str(repository.top))):
        try:
            found = parse_git_url(text)
        except AgentsyncError:
            continue
        if found.repository_name:
            return found
    return parse_git_url(str(repository.top))


def _packs(repository: OwnRepository, trees: Trees, commit: str, offers: Offers) -> tuple[ListedPack, ...]:
    own = [offer for offer in offers.every if not offer.elsewhere]
    tags = list_tags(repository)
    index = ReleaseIndex(tags, {offer.name for offer in (*own, offers.whole)})
    folders = folder_names(offer.name for offer in offers.every)
    trees.prefetch((commit, offer.path) for offer in own)
    found = [
        ListedPack(
            offer=offer,
            folder=folders[offer.name],
            releases=() if offer.elsewhere or offer.pinned else tuple(_releases(offer, index, tags)),
            tree="" if offer.elsewhere else trees.at(commit, offer.path) or "",
        )
        for offer in offers.every
    ]
    unreleased = {pack.offer.path for pack in found if not pack.releases and pack.tree}
    changes = last_changes(repository, commit, unreleased) if unreleased else {}
    packs = [pack if pack.releases else pack._replace(change=changes.get(pack.offer.path)) for pack in found]
    return tuple(sorted(packs, key=lambda pack: (same_name(pack.name), pack.name)))


def _releases(offer: Offer, index: ReleaseIndex, tags: Mapping[str, Tag]) -> Iterator[Release]:
    for found in index.releases(offer.name, offer.tag_template):
        yanked = _reason(offer, found.version) if is_among(found.version, offer.yanked) else None
        yield Release(str(found.version), tags[found.tag], found.version.is_prerelease, yanked)


def _reason(offer: Offer, version: object) -> str:
    return next((reason for text, reason in offer.yanked.items() if version_of(text) == version), "")


def alias_of(source: Source) -> str:
    """Return the alias that a manifest would give the registry."""
    for name in (source.name, source.git.repository_name):
        if is_alias(name):
            return name
    return "registry"


class OffersAt:
    """The descriptions of packs at earlier commits."""

    def __init__(self, source: Source, trees: Trees) -> None:
        self._source = source
        self._trees = trees
        self._known: dict[str, Offers | None] = {}

    def of(self, offer: Offer, commit: str) -> Offer:
        """Return the description of a pack at a commit, where it may have had another root, or held less.

        A plain folder that was there then already is believed to have been the pack.
        """
        is_plain = bool(offer.path) and not offer.inner and not offer.declared
        if commit == self._source.commit or (is_plain and self._trees.at(commit, offer.path) is not None):
            return offer
        if commit not in self._known:
            self._known[commit] = self._read(commit)
        there = self._known[commit]
        found = there.named(offer.name) if there is not None else None
        if found is None or found.elsewhere:
            return offer
        return offer._replace(path=found.path, declared=found.declared, inner=found.inner)

    def _read(self, commit: str) -> Offers | None:
        try:
            return offers_in(self._trees.contents(commit, ""), self._source.git)
        except AgentsyncError:
            return None
