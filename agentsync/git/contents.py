"""The files of a pack at one commit, read as blobs out of a repository."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from agentsync.errors import UnsafeError
from agentsync.git.fetching import Want
from agentsync.git.objects import ObjectReader
from agentsync.model.git_file import TreeEntry
from agentsync.model.links import LONGEST_LINK, Links, follow, leaves, links_in
from agentsync.model.policy import Limits

T = TypeVar("T")


class Repository(Protocol):
    """A repository whose objects are there, or are fetched where they are needed."""

    limits: Limits
    objects: ObjectReader

    @property
    def url(self) -> object:
        """Its name in messages."""

    def need(self, wants: Iterable[Want]) -> None:
        """See to it that these commits and trees are there."""

    def need_blobs(self, oids: Iterable[str]) -> dict[str, int]:
        """See to it that these blobs are there; return the size of each in bytes."""

    def healing(self, read: Callable[[], T]) -> T:
        """Run `read`, once more where objects turned out damaged."""


class GitContents:
    """A pack's tree in a repository; missing blobs are fetched in one batch a read.

    Args:
        want: its tree, and the commit that the tree is of.
        path: the pack's root in the repository, "" for the whole.

    Attributes:
        tree: git's id of the pack's root tree.
        entries: every file by its path in the pack, with those behind links that are followed.
        links: the targets of its symlinks.
    """

    def __init__(self, repository: Repository, want: Want, path: str = "") -> None:
        self._repository = repository
        self._want = want
        self._read: dict[str, bytes] = {}
        self.tree = want.tree
        self.entries = repository.objects.entries(want.tree)
        self.links = self._followed(path)
        if self.links.files:
            self.entries = {**self.entries, **self.links.files}

    def hold(self, blobs: Mapping[str, bytes]) -> None:
        """Hold those of these blobs, which were read and hashed, that are files of the pack."""
        self._read |= {entry.oid: blobs[entry.oid] for entry in self.entries.values() if entry.oid in blobs}

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the sizes of these files in bytes; the blobs are fetched, and not read."""
        oids = {path: self.entries[path].oid for path in paths}
        sizes = self._repository.healing(lambda: self._fetched(oids.values())) if oids else {}
        return {path: sizes[oid] for path, oid in oids.items()}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of these files; each blob is hashed again.

        Raises:
            UnsafeError: where one, or all of them together, are larger than anything that is read.
        """
        wanted = list(paths)
        new = [path for path in wanted if self.entries[path].oid not in self._read]
        if new:
            if why := self._repository.limits.why_unread(self.sizes(new)):
                raise UnsafeError(f"{self._repository.url} holds more than is read", why=why)
            oids = [self.entries[path].oid for path in new]
            self._read |= self._repository.healing(lambda: self._load(oids))
        return {path: self._read[self.entries[path].oid] for path in wanted}

    def _followed(self, path: str) -> Links:
        """Follow the links of the pack; the whole repository is read only where one leads out of the pack."""
        paths = links_in(self.entries)
        if not paths:
            return Links()
        texts = self._texts(self.entries, paths)
        if not path:
            return follow(self.entries, texts)
        if not any(leaves(link, text) for link, text in texts.items()):
            found = follow(self.entries, texts)
            return found._replace(origins={shown: f"{path}/{real}" for shown, real in found.origins.items()})
        whole = self._whole()
        return follow(whole, self._texts(whole, links_in(whole)), path)

    def _whole(self) -> Mapping[str, TreeEntry]:
        self._repository.need([self._want._replace(tree="")])
        tree = self._repository.objects.tree_id(self._want.commit, "")
        assert tree is not None, "a commit has a tree"
        return self._repository.objects.entries(tree)

    def _texts(self, entries: Mapping[str, TreeEntry], paths: Sequence[str]) -> dict[str, str]:
        """Return the targets of links; one that is longer than any path is left out."""
        oids = {entries[path].oid for path in paths}
        short = [oid for oid, size in self._fetched(oids).items() if size <= LONGEST_LINK]
        texts = self._repository.objects.blobs(short)
        found = {path: texts[oid] for path in paths if (oid := entries[path].oid) in texts}
        return {path: text.decode("utf-8", "surrogateescape") for path, text in found.items()}

    def _fetched(self, oids: Iterable[str]) -> dict[str, int]:
        self._repository.need([self._want])
        return self._repository.need_blobs(oids)

    def _load(self, oids: Collection[str]) -> dict[str, bytes]:
        self._fetched(oids)
        return self._repository.objects.blobs(oids)
