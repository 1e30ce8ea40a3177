"""The packs of an author's repository at its last commit, and what each was at others; from trees, without tags."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from packaging.version import Version

from agentsync.checking.check import url_of
from agentsync.errors import AgentsyncError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.own_repository import Checkout, OwnRepository
from agentsync.model.git_file import TreeEntry
from agentsync.model.git_url import GitUrl
from agentsync.model.item import Kind
from agentsync.model.names import ItemKey, PackName
from agentsync.model.pack import Contents, Offer, PackRoot
from agentsync.packs.pack import Pack, read_pack
from agentsync.packs.pack_tree import PackTree
from agentsync.publishing.deciding import Offered, OfferedItem
from agentsync.registries.offers import Offers, offers_in
from agentsync.versions.release import Release
from agentsync.versions.release_index import ReleaseIndex

# Items of these kinds are parts of files.
_IN_FILES = (Kind.HOOK, Kind.MCP)


class History:
    """The packs of a repository at its commits.

    Args:
        url: where people get it from.
        head: the commit that is checked out.
    """

    def __init__(self, repository: OwnRepository, url: GitUrl, head: str) -> None:
        self.repository = repository
        self.url = url
        self.head = head
        self._offers: dict[str, Offers | None] = {}
        self._contents: dict[tuple[str, str], Contents] = {}
        self.offers = offers_in(self.files(head), url)
        self.tags: Mapping[str, str] = repository.refs.tags

    def files(self, commit: str, folder: str = "") -> Contents:
        """Return the files below a folder of a commit."""
        if (commit, folder) not in self._contents:
            tree = self.repository.objects.tree_id(commit, folder) or self.repository.empty_tree()
            self._contents[commit, folder] = GitContents(self.repository, Want(commit, tree=tree), folder)
        return self._contents[commit, folder]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all packs, among which tags are divided."""
        return frozenset(one.name for one in (*self.offers.every, self.offers.whole))

    def releases(self, offer: Offer, tags: Iterable[str] | None = None) -> list[Release]:
        """Return the releases of a pack among tags, those of this clone by default, the newest first."""
        index = self._index if tags is None else self._among(tags)
        return list(index.releases(offer.name, offer.tag_template))

    def is_read(self, offer: Offer, tag: str, version: Version) -> bool:
        """Return whether a new tag is this version of this pack to those who install it."""
        return Release(version, tag) in self.releases(offer, [*self.tags, tag])

    @cached_property
    def _index(self) -> ReleaseIndex:
        return self._among(self.tags)

    def _among(self, tags: Iterable[str]) -> ReleaseIndex:
        former = {one.name: one.renamed_from for one in self.offers.packs if one.renamed_from}
        return ReleaseIndex(tags, self.names, former=former)

    def offer_at(self, offer: Offer, commit: str) -> Offer:
        """Return how a pack was listed at a commit, where it may have had another folder or name."""
        if commit == self.head:
            return offer
        if commit not in self._offers:
            try:
                self._offers[commit] = offers_in(self.files(commit), self.url)
            except AgentsyncError:  # its list was not valid then
                self._offers[commit] = None
        there = self._offers[commit]
        names = (offer.name, *offer.renamed_from)
        found = next((one for name in names if there is not None and (one := there.named(name)) is not None), None)
        return offer if found is None or found.elsewhere else found

    def tree(self, offer: Offer, commit: str) -> str:
        """Return the tree of a pack at a commit, "" where it is not there."""
        return self.repository.objects.tree_id(commit, self.offer_at(offer, commit).path) or ""

    def entries(self, offer: Offer, commit: str) -> Mapping[str, TreeEntry]:
        """Return the files of a pack at a commit that are its own."""
        there = self.offer_at(offer, commit)
        whole = PackTree((), there.inner)
        listed = [entry for entries in there.declared.values() for entry in entries]
        found = self.files(commit, there.path).entries
        return {path: entry for path, entry in found.items() if whole.is_own(path) and _is_listed(path, listed)}

    def is_same(self, offer: Offer, one: str, other: str) -> bool:
        """Return whether a pack has the same files at two commits."""
        places = [(commit, offer.path) for commit in (one, other)]
        first, second = self.repository.objects.tree_ids(places)
        if first is not None and first == second and not (offer.inner or offer.declared):
            return True
        return self.entries(offer, one) == self.entries(offer, other)

    def offered(self, offer: Offer, commit: str) -> Offered:
        """Return what a pack offers at a commit; raise AgentsyncError where it cannot be read."""
        there = self.offer_at(offer, commit)
        root = PackRoot(PackName(offer.name), there.path, there.declared, there.inner)
        return _offered(read_pack(root, self.files(commit, there.path)))


def _is_listed(path: str, listed: Sequence[str]) -> bool:
    return not listed or any(not entry or f"{path}/".startswith(f"{entry.rstrip('/')}/") for entry in listed)


def _offered(pack: Pack) -> Offered:
    entries = pack.contents.entries
    found: dict[ItemKey, OfferedItem] = {}
    for item, grants in pack.grants().items():
        digest = "" if item.kind in _IN_FILES else entries[item.path].oid
        found[item.key] = OfferedItem(digest, grants)
    for item in pack.natives:
        found[ItemKey(f"{item.key} ({item.target})")] = OfferedItem(entries[item.path].oid, ())
    requires = {
        need.pack if need.git is None else f"{need.pack} of {need.git.text}": need.range for need in pack.needs()
    }
    return Offered(found, requires)


def url_for(checkout: Checkout) -> GitUrl:
    """Return where people get a repository from, which names a pack that is the whole of it."""
    try:
        return parse_git_url(checkout.repository.origin)
    except AgentsyncError:
        return url_of(checkout)
