"""The past of a registry: its tags, read as releases of its packs, and what a pack was at them."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from agentsync.checking.subject import Subject, read_subject
from agentsync.errors import AgentsyncError
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.own_repository import OwnRepository
from agentsync.model.git_url import GitUrl
from agentsync.model.names import PackName
from agentsync.model.pack import Offer, PackRoot
from agentsync.registries.offers import Offers, offers_in
from agentsync.versions.release import Release
from agentsync.versions.release_index import ReleaseIndex

Place = tuple[str, str]
"""A commit, and the folder of a pack in it."""


class Past:
    """Tags and commits of the repository of a registry; what a shallow clone lacks is passed over.

    Args:
        commit: what holds the files that are checked.
        url: where people get the repository from.
        since: the commit that a pull request starts from, "" for none.
    """

    def __init__(self, repository: OwnRepository, commit: str, url: GitUrl, since: str = "") -> None:
        self.commit = commit
        self.since = since
        self.tags: Mapping[str, str] = repository.refs.tags
        self._repository = repository
        self._url = url
        self._trees: dict[Place, str | None] = {}

    def index(self, packs: Sequence[str]) -> "Releases":
        """Return the releases of these packs, which are all of the repository's."""
        return Releases(self.tags, packs)

    def trees(self, places: Sequence[Place]) -> list[str | None]:
        """Return the tree at each place, None where there is none or its commit is not in this clone."""
        new = [place for place in dict.fromkeys(places) if place not in self._trees]
        if new:
            objects = self._repository.objects
            there = objects.sizes(dict.fromkeys(commit for commit, _ in new))
            asked = [place for place in new if place[0] in there]
            found = self._repository.healing(lambda: objects.tree_ids(asked))
            self._trees |= {**dict.fromkeys(new), **dict(zip(asked, found, strict=True))}
        return [self._trees[place] for place in places]

    def subject(self, commit: str, offer: Offer) -> Subject | None:
        """Return a pack as it was at a commit, None where it was not there or cannot be read."""
        (tree,) = self.trees([(commit, offer.path)])
        if tree is None:
            return None
        contents = GitContents(self._repository, Want(commit, tree=tree), offer.path)
        root = PackRoot(PackName(offer.name), offer.path, offer.declared, offer.inner)
        try:
            found = self._repository.healing(lambda: read_subject(root, contents))
        except AgentsyncError:
            return None
        return found if isinstance(found, Subject) else None

    def offers(self, commit: str) -> Offers | None:
        """Return the packs that a commit offered, None where its lists were not valid or it is not here."""
        (tree,) = self.trees([(commit, "")])
        if tree is None:
            return None
        try:
            return offers_in(GitContents(self._repository, Want(commit, tree=tree)), self._url)
        except AgentsyncError:
            return None

    def blobs(self, commit: str, path: str) -> frozenset[str]:
        """Return the ids of all files below a folder of a commit."""
        (tree,) = self.trees([(commit, path)])
        if tree is None:
            return frozenset()
        objects = self._repository.objects
        entries = self._repository.healing(lambda: objects.entries(tree))
        return frozenset(entry.oid for entry in entries.values())


class Releases:
    """The releases of the packs of a registry."""

    def __init__(self, tags: Mapping[str, str], packs: Sequence[str]) -> None:
        self.tags = tags
        self._index = ReleaseIndex(tags, packs)
        self._known: dict[str, list[Release]] = {}

    def of(self, offer: Offer) -> list[Release]:
        """Return the releases of a pack, newest first; those under an old name where it has no other."""
        if offer.name not in self._known:
            names = (offer.name, *offer.renamed_from)
            found = (list(self._index.releases(name, offer.tag_template)) for name in names)
            self._known[offer.name] = next(filter(None, found), [])
        return self._known[offer.name]

    def newest(self, offer: Offer) -> Release | None:
        """Return the newest release of a pack, None where it has none."""
        return next(iter(self.of(offer)), None)

    @cached_property
    def has_any(self) -> bool:
        """True where there are tags; a clone without them tells nothing about releases."""
        return bool(self.tags)
