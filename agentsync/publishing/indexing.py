"""Make the index of a registry from its commits and tags; nothing is fetched, and nothing of it decides anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final, NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.objects import LISTED
from agentsync.git.own_repository import OwnRepository
from agentsync.git.tree_lookup import Place, trees_at
from agentsync.model.pack import Offer
from agentsync.publishing.history import History
from agentsync.registries.offered import shown
from agentsync.registries.pack_reading import PackAt
from agentsync.registries.registry_index import (
    SHOWN,
    Head,
    IndexedItem,
    IndexedPack,
    files_of,
    tags_digest,
)
from agentsync.registries.search_reading import hold, rows_of
from agentsync.versions.catalog import Candidate
from agentsync.versions.refs import Refs
from agentsync.versions.release import Release, Releases
from agentsync.versions.release_index import ReleaseIndex

_RELEASES: Final = 10
_MANY: Final = 8
_ALIAS: Final = "index"
_BRANCH: Final = "counts"


class IndexFiles(NamedTuple):
    """The files of an index by path; the names of the packs that could not be read."""

    files: Mapping[str, bytes]
    packs: int
    unread: tuple[str, ...]


class _Indexer:
    """The reader of all packs of a repository at one commit of its branch.

    Args:
        history: the packs at that commit.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._repository: OwnRepository = history.repository
        self._offers = history.offers
        tags = history.tags
        listing = [f"ref: refs/heads/{_BRANCH}\tHEAD\n{history.head}\tHEAD\n{history.head}\trefs/heads/{_BRANCH}\n"]
        listing += [f"{commit}\trefs/tags/{name}\n" for name, commit in tags.items()]
        self._refs = Refs("".join(listing))
        former = {one.name: one.renamed_from for one in self._offers.packs if one.renamed_from}
        self._trees: Mapping[Place, str] = {}
        self._listed: dict[str, list[Release]] = {}
        self._index = ReleaseIndex(tags, history.names, "", former)

    def files(self) -> IndexFiles:
        own = {offer.name: offer for offer in self._offers.every if not self._is_outside(offer)}
        chosen = [one for offer in own.values() if (one := self._shown(offer)) is not None]
        tags = self._refs.tags
        places = [(one.commit, own[one.name].path) for one in chosen]
        places += [(tags[one.tag], offer.path) for offer in own.values() for one in self._newest(offer)]
        self._trees = _trees_at(self._repository, places)
        items: dict[str, tuple[IndexedItem, ...]] = {}
        for start in range(0, len(chosen), LISTED):
            items |= self._items(chosen[start : start + LISTED], own)
        packs = [self._pack(offer, items.get(offer.name), offer.name in own) for offer in self._offers.every]
        head = Head(
            commit=self._history.head,
            tags=tags_digest(self._history.tags),
            packs=len(packs),
            repository=self._repository_name(),
            is_complete=len(own) == len(packs) and not self._offers.findings and not self._has_doubtful_tags(),
        )
        unread = tuple(name for name in own if name not in items)
        return IndexFiles(files_of(head, packs, self._releases(own, items)), len(packs), unread)

    def _is_outside(self, offer: Offer) -> bool:
        """Return whether what a pack holds depends on more than the commit and the tags of this repository."""
        return offer.elsewhere or (bool(offer.ref) and offer.ref not in self._refs.tags)

    def _shown(self, offer: Offer) -> Candidate | None:
        with suppress(AgentsyncError):
            return shown(offer.name, offer, self._refs, self._found(offer))
        return None

    def _found(self, offer: Offer) -> Releases:
        return self._index.releases(offer.name, offer.tag_template)

    def _newest(self, offer: Offer) -> list[Release]:
        """Return the releases that are listed with their commits and trees."""
        if offer.pinned:
            return []
        if offer.name not in self._listed:
            self._listed[offer.name] = list(islice(self._found(offer), _RELEASES))
        return self._listed[offer.name]

    def _items(self, chosen: Sequence[Candidate], own: Mapping[str, Offer]) -> dict[str, tuple[IndexedItem, ...]]:
        packs: dict[str, PackAt] = {}
        trees = self._trees
        there = (trees.get((one.commit, own[one.name].path)) for one in chosen)
        self._repository.objects.preload_entries(tree for tree in there if tree is not None)
        for one in chosen:
            offer = own[one.name]
            tree = trees.get((one.commit, offer.path))
            with suppress(AgentsyncError):
                if tree is None:
                    offer = self._history.offer_at(offer, one.commit)
                    tree = self._repository.objects.tree_id(one.commit, offer.path)
                if tree is not None:
                    contents = GitContents(self._repository, Want(one.commit, one.ref, tree), offer.path)
                    packs[one.name] = PackAt(offer, offer.path, contents)
        hold(self._repository, packs)
        found: dict[str, tuple[IndexedItem, ...]] = {}
        for name, pack in packs.items():
            rows = rows_of(f"{_ALIAS}/{name}", pack, self._repository.limits, insists=True)
            if rows is not None:
                found[name] = tuple(IndexedItem(row.item, row.description, tuple(row.grants)) for row in rows)
        return found

    def _pack(self, offer: Offer, items: tuple[IndexedItem, ...] | None, is_own: bool) -> IndexedPack:
        versions = islice(self._found(offer), SHOWN) if is_own and not offer.pinned else ()
        return IndexedPack(
            name=offer.name,
            path=offer.path,
            description=offer.description,
            keywords=tuple(offer.keywords),
            versions=tuple(str(one.version) for one in versions),
            deprecated=offer.deprecated,
            yanked=offer.yanked,
            items=items,
            is_outside=not is_own,
        )

    def _releases(
        self, own: Mapping[str, Offer], items: Mapping[str, tuple[IndexedItem, ...]]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield what the shards say of each pack: its items, and where its newest releases are."""
        tags = self._refs.tags
        for name, offer in own.items():
            rows = [
                {"version": str(one.version), "tag": one.tag, "commit": tags[one.tag]}
                | ({"tree": tree} if (tree := self._trees.get((tags[one.tag], offer.path))) is not None else {})
                for one in self._newest(offer)
            ]
            told = [{"item": item.key, "grants": list(item.grants)} for item in items.get(name, ())]
            yield name, {"pack": name, "path": offer.path, "items": told, "releases": rows}

    def _repository_name(self) -> str:
        """Return the name of the repository where a pack is called after it, else ""."""
        last = (self._offers.rest, *self._offers.packs)
        own = self._history.url.repository_name
        is_named = self._offers.rest is not None or any(one is self._offers.whole for one in last)
        return own if is_named else ""

    def _has_doubtful_tags(self) -> bool:
        for offer in self._offers.every:
            unread = self._index.unread(offer.name, offer.tag_template)
            if unread.unknown or unread.ambiguous:
                return True
        return False


def _trees_at(repository: OwnRepository, places: Iterable[Place]) -> dict[Place, str]:
    """Return the trees of folders; one that is not there is left out.

    Of a commit that many packs are released by, the trees above them are read once; git reads them for each pack.
    """
    by_commit: dict[str, dict[str, None]] = defaultdict(dict)
    for commit, path in places:
        by_commit[commit][path] = None
    found: dict[Place, str] = {}
    few: list[Place] = []
    for commit, paths in by_commit.items():
        group = [(commit, path) for path in paths]
        if len(group) < _MANY:
            few += group
            continue
        trees = repository.objects.tree_ids(group)
        found |= {place: tree for place, tree in zip(group, trees, strict=True) if tree is not None}
    return found | trees_at(repository, few)


def index_files(history: History) -> IndexFiles:
    """Return the files of the index of the packs of a repository at a commit."""
    return _Indexer(history).files()
