"""Reading a bare repository: commits, trees and blobs, each hashed again as it is read.

Git hands out a damaged object as if it were whole, and takes the objects of a damaged index for
missing; neither is believed here. Nothing is fetched: what is not there is an error.

Source of the formats: gitformat-pack(5), git-cat-file(1).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, product
from pathlib import Path
from typing import IO, Final, TypeVar

from agentsync.errors import ResolutionError, UnsafeError
from agentsync.model.limits import DEFAULT_LIMITS, Limits, in_words
from agentsync.model.pack import TreeEntry
from agentsync.store.git import GitFailure, Reader, TooMuchOutput, run_git
from agentsync.store.git_object import GitObject, KeptObjects, object_id

T = TypeVar("T")

# Listings of trees that are remembered: all packs of one registry in the usual case.
_LISTED: Final = 128
_FOLDER: Final = "40000"


class DamagedCache(Exception):
    """A cached repository does not hold what it says; fetching it again helps."""


class ObjectReader:
    """The objects of one bare repository.

    Args:
        folder: the repository; it need not be there.
        limits: how much is read of it.
    """

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self.folder = folder
        self._limits = limits
        # What was read and hashed once is not read again by the same process.
        self._roots: dict[tuple[str, str], str | None] = {}
        self._listed: dict[str, dict[str, TreeEntry]] = {}
        self._kept = KeptObjects()

    def forget(self) -> None:
        """Read everything anew from now on, as the repository is another one."""
        self._roots.clear()
        self._listed.clear()
        self._kept.clear()

    @property
    def limits(self) -> Limits:
        """How much is read of it."""
        return self._limits

    def absent(self, wanted: Mapping[str, T]) -> dict[str, T]:
        """Those of the wanted, by object id, that are not in the repository."""
        there = self.sizes(wanted)
        return {oid: wanted[oid] for oid in wanted if oid not in there}

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """How many bytes each of these objects has, without reading it; those that are not there are left out."""
        asked = list(oids)
        if not asked or not self.folder.is_dir():
            return {}
        listing = "".join(f"{oid}\n" for oid in asked).encode()
        lines = self._run(("cat-file", "--batch-check=%(objectsize)", "--buffer"), listing).decode().splitlines()
        return {oid: int(line) for oid, line in zip(asked, lines, strict=True) if not line.endswith(" missing")}

    def tree_id(self, commit: str, path: str) -> str | None:
        """The id of the tree at `path` in a commit ("" for its root), None where there is no folder.

        Raises:
            DamagedCache: where the commit or a tree on the way is missing or is not what its id says.
            ResolutionError: where the id is not that of a commit.
        """
        return self.tree_ids([(commit, path)])[0]

    def tree_ids(self, places: Sequence[tuple[str, str]]) -> list[str | None]:
        """For each commit and path what `tree_id` says, all of them in one go."""
        known = self._roots.copy()  # another thread may forget them all
        new = [place for place in dict.fromkeys(places) if place not in known]
        found = dict(zip(new, self._tree_ids(new), strict=True))
        self._roots.update(found)
        known |= found
        return [known[place] for place in places]

    def _tree_ids(self, places: Sequence[tuple[str, str]]) -> list[str | None]:
        parts = [path.split("/") if path else [] for _, path in places]
        is_fine = [not any(part in ("", ".", "..") or "\n" in part for part in each) for each in parts]
        asked = [(commit, each) for (commit, _), each, fine in zip(places, parts, is_fine, strict=True) if fine]
        names = (name for commit, each in asked for name in (commit, f"{commit}^{{tree}}", *_folders(commit, each)))
        objects = self._objects(list(names))
        found = iter([self._walk(commit, each, objects) for commit, each in asked])
        return [next(found) if fine else None for fine in is_fine]

    @staticmethod
    def _walk(commit: str, parts: Sequence[str], objects: Iterator[GitObject | None]) -> str | None:
        """The tree at the end of a path; takes the commit and each tree on the way from `objects`."""
        top, *trees = [next(objects) for _ in range(len(parts) + 2)]
        if top is None:
            raise DamagedCache(f"commit {commit} is missing")
        if top.kind != b"commit":
            raise ResolutionError(
                f"{commit[:12]} is a {top.kind.decode()}, not a commit",
                hint="ask for the commit that a tag names: git rev-parse 'TAG^{commit}'",
            )
        oid = top.data[len(b"tree ") : top.data.index(b"\n")].decode()
        for tree, name in zip(trees, [*parts, ""], strict=True):
            if tree is None or tree.oid != oid:
                raise DamagedCache(f"tree {oid} is missing")
            if name:
                below = _entry(tree, name)
                if below is None or below.mode != _FOLDER:
                    return None
                oid = below.oid
        return oid

    def read_object(self, oid: str) -> GitObject:
        """An object of any kind.

        Raises:
            DamagedCache: where it is missing or is not what its id says.
        """
        (found,) = self._objects([oid])
        if found is None or found.oid != oid:
            raise DamagedCache(f"object {oid} cannot be read")
        return found

    def committed(self, commit: str) -> int:
        """When a commit was made, by its committer's clock, in seconds since 1970.

        Raises:
            DamagedCache: where it is missing or is not what its id says.
        """
        (found,) = self._insist([commit], b"commit")
        line = next(line for line in found.data.split(b"\n") if line.startswith(b"committer "))
        try:
            return int(line.rsplit(b" ", 2)[1])
        except (ValueError, IndexError):
            return 2**62  # of no time at all: never old enough

    def files_in(self, trees: Sequence[str], paths: Sequence[str]) -> dict[str, dict[str, str]]:
        """Which of these paths each tree has as a plain file, and the ids of their blobs, all in one go.

        Raises:
            DamagedCache: where a tree is missing or is not what its id says.
        """
        folders = sorted({folder for path in paths for folder in _above(path)}, key=_depth)
        known: dict[tuple[str, str], GitObject] = {}
        for _, level in groupby(folders, _depth):
            places = {}
            for tree, folder in product(trees, list(level)):
                oid = tree if not folder else _folder_in(known.get((tree, posixpath.dirname(folder))), folder)
                if oid is not None:
                    places[tree, folder] = oid
            known.update(zip(places, self._insist(list(places.values()), b"tree"), strict=True))
        found: dict[str, dict[str, str]] = {}
        for tree in trees:
            entries = {path: _in_folder(known.get((tree, posixpath.dirname(path))), path) for path in paths}
            found[tree] = {path: entry.oid for path, entry in entries.items() if entry and entry.is_plain}
        return found

    def entries(self, tree: str) -> Mapping[str, TreeEntry]:
        """Every file below a tree, by its path; names that are not UTF-8 keep their odd bytes.

        Raises:
            DamagedCache: where it, or a tree below it, is missing or is not what its id says.
            UnsafeError: where the names alone are more than can be meant.
        """
        if (known := self._listed.get(tree)) is not None:
            return known
        listing = ("ls-tree", "-r", "-t", "-z", "--full-tree", "--end-of-options", tree)
        try:
            out = self._run(listing, most=self.limits.listing)
        except TooMuchOutput as error:
            raise UnsafeError(
                f"tree {tree[:12]} names more files than are looked at",
                why=f"the names alone are more than {in_words(self.limits.listing)}",
                hint="a registry holds packs; take it from a repository of its own",
            ) from error
        found: dict[str, TreeEntry] = {}
        trees = {tree: None}
        for line in out.split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, kind, oid = facts.decode().split(" ")
            if kind == "tree":
                trees[oid] = None
            else:
                found[path.decode("utf-8", "surrogateescape")] = TreeEntry(mode, oid)
        self._insist(list(trees), b"tree")
        if len(self._listed) >= _LISTED:
            self._listed.clear()
        self._listed[tree] = found
        return found

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these blobs.

        Raises:
            DamagedCache: where one is missing or is not what its id says.
        """
        return {blob.oid: blob.data for blob in self._insist(list(oids), b"blob")}

    def _insist(self, oids: Sequence[str], kind: bytes) -> list[GitObject]:
        """These objects, all of them of this kind."""
        found: list[GitObject] = []
        for oid, git_object in zip(oids, self._objects(oids), strict=True):
            if git_object is None or git_object.oid != oid or git_object.kind != kind:
                raise DamagedCache(f"{kind.decode()} {oid} cannot be read")
            found.append(git_object)
        return found

    def _objects(self, names: Sequence[str]) -> Iterator[GitObject | None]:
        """What each of these names stands for, None for what is missing; what was read before is not asked for."""
        known = {name: found for name in names if (found := self._kept.get(name)) is not None}
        asked = self._asked([name for name in names if name not in known])
        for name in names:
            found = known.get(name) or next(asked)
            self._kept.keep(name, found)
            yield found

    def _asked(self, names: Sequence[str]) -> Iterator[GitObject | None]:
        """The same, asked of git."""
        if not names:
            return iter(())
        # --batch takes the whole line as a name, so no path can be taken for an option.
        listing = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        found: list[GitObject | None] = []

        def read(said: IO[bytes]) -> bytes:
            # Each is hashed while git unpacks the next ones.
            found.extend(_told(said))
            return b""

        self._run(("cat-file", "--batch", "--buffer"), listing, reader=read)
        if len(found) != len(names):
            raise DamagedCache(f"git tells of {len(found)} objects, and was asked for {len(names)}")
        return iter(found)

    def _run(
        self, arguments: Sequence[str], stdin: bytes = b"", most: int | None = None, reader: Reader | None = None
    ) -> bytes:
        try:
            return run_git(arguments, git_dir=self.folder, stdin=stdin, silent=True, most=most, reader=reader)
        except GitFailure as failure:
            raise DamagedCache(failure.message) from failure


def _told(said: IO[bytes]) -> Iterator[GitObject | None]:
    """The objects that `git cat-file --batch` tells of, each looked at; None for what is missing."""
    while line := said.readline():
        header = line[:-1].split(b" ")
        if header[-1] == b"missing":
            yield None
            continue
        if len(header) != 3:
            raise DamagedCache(f"git answers {line[:-1]!r}")
        oid, kind, data = header[0].decode(), header[1], said.read(int(header[2]))
        if said.read(1) != b"\n":
            return  # git ended too early, and tells why
        if object_id(kind, data, long=len(oid) == 64) != oid:
            raise DamagedCache(f"{kind.decode()} {oid} holds other bytes")
        yield GitObject(oid, kind, data)


def _folders(commit: str, parts: Sequence[str]) -> list[str]:
    """Git's names of the folders on a path in a commit."""
    return [f"{commit}:{'/'.join(parts[:count])}" for count in range(1, len(parts) + 1)]


def _depth(folder: str) -> int:
    """How many folders are above a folder, the root included."""
    return folder.count("/") + 1 if folder else 0


def _above(path: str) -> Iterator[str]:
    """Every folder above a path, the root too."""
    while path:
        path = posixpath.dirname(path)
        yield path


def _in_folder(folder: GitObject | None, path: str) -> TreeEntry | None:
    return None if folder is None else _entry(folder, posixpath.basename(path))


def _folder_in(parent: GitObject | None, path: str) -> str | None:
    """The id of a folder by the tree above it, None where that has none of this name."""
    entry = _in_folder(parent, path)
    return entry.oid if entry is not None and entry.mode == _FOLDER else None


def _entry(tree: GitObject, name: str) -> TreeEntry | None:
    """What a tree holds under this name."""
    width = len(tree.oid) // 2
    place = 0
    while place < len(tree.data):
        end = tree.data.index(b"\0", place)
        mode, _, entry = tree.data[place:end].partition(b" ")
        if entry == name.encode("utf-8", "surrogateescape"):
            return TreeEntry(mode.decode(), tree.data[end + 1 : end + 1 + width].hex())
        place = end + 1 + width
    return None
