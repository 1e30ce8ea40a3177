"""Reading a bare repository: commits, trees and blobs, each hashed again as it is read.

Git hands out a damaged object as if it were whole, and takes the objects of a damaged index for
missing; neither is believed here. Nothing is fetched: what is not there is an error.

Source of the formats: gitformat-pack(5), git-cat-file(1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from agentsync.errors import ResolutionError, UnsafeError
from agentsync.model.limits import DEFAULT_LIMITS, Limits, in_words
from agentsync.model.pack import TreeEntry
from agentsync.store.git import GitFailure, TooMuchOutput, run_git

T = TypeVar("T")

# Bytes of blobs that one call of git hands out: they are in memory twice while it does.
_AT_ONCE: Final = 16 * 1024 * 1024


class DamagedCache(Exception):
    """A cached repository does not hold what it says; fetching it again helps."""


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object whose bytes are what its id says."""

    oid: str
    kind: bytes
    data: bytes


class ObjectReader:
    """The objects of one bare repository.

    Args:
        folder: the repository; it need not be there.
        limits: how much is read of it.
    """

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self.folder = folder
        self._limits = limits

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
        parts = path.split("/") if path else []
        if any(part in ("", ".", "..") or "\n" in part for part in parts):
            return None
        folders = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        top, *trees = self._objects([commit, f"{commit}^{{tree}}", *(f"{commit}:{folder}" for folder in folders)])
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
                below = _subtree(tree, name)
                if below is None:
                    return None
                oid = below
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

    def entries(self, tree: str) -> dict[str, TreeEntry]:
        """Every file below a tree, by its path; names that are not UTF-8 keep their odd bytes.

        Raises:
            DamagedCache: where it, or a tree below it, is missing or is not what its id says.
            UnsafeError: where the names alone are more than can be meant.
        """
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
        return found

    def blobs(self, sizes: Mapping[str, int]) -> dict[str, bytes]:
        """The bytes of these blobs, given with their sizes: so many are asked for at once as fit into memory.

        Raises:
            DamagedCache: where one is missing or is not what its id says.
        """
        found: dict[str, bytes] = {}
        batch: list[str] = []
        total = 0
        for oid, size in sizes.items():
            if batch and total + size > _AT_ONCE:
                found |= {blob.oid: blob.data for blob in self._insist(batch, b"blob")}
                batch, total = [], 0
            batch.append(oid)
            total += size
        return found | {blob.oid: blob.data for blob in self._insist(batch, b"blob")}

    def _insist(self, oids: Sequence[str], kind: bytes) -> list[GitObject]:
        """These objects, all of them of this kind."""
        found: list[GitObject] = []
        for oid, git_object in zip(oids, self._objects(oids), strict=True):
            if git_object is None or git_object.oid != oid or git_object.kind != kind:
                raise DamagedCache(f"{kind.decode()} {oid} cannot be read")
            found.append(git_object)
        return found

    def _objects(self, names: Sequence[str]) -> Iterator[GitObject | None]:
        """What each of these names stands for, None for what is missing."""
        if not names:
            return
        # --batch takes the whole line as a name, so no path can be taken for an option.
        listing = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        out = self._run(("cat-file", "--batch", "--buffer"), listing)
        place = 0
        for _ in names:
            end = out.find(b"\n", place)
            header = out[place:end].split(b" ")
            if header[-1] == b"missing":
                place = end + 1
                yield None
                continue
            if len(header) != 3:
                raise DamagedCache(f"git answers {out[place:end]!r}")
            oid, kind, data = header[0].decode(), header[1], out[end + 1 : end + 1 + int(header[2])]
            place = end + 2 + len(data)
            if object_id(kind, data, long=len(oid) == 64) != oid:
                raise DamagedCache(f"{kind.decode()} {oid} holds other bytes")
            yield GitObject(oid, kind, data)

    def _run(self, arguments: Sequence[str], stdin: bytes = b"", most: int | None = None) -> bytes:
        try:
            return run_git(arguments, git_dir=self.folder, stdin=stdin, silent=True, most=most)
        except GitFailure as failure:
            raise DamagedCache(failure.message) from failure


def object_id(kind: bytes, data: bytes, *, long: bool = False) -> str:
    """Git's id of an object: SHA-1, or SHA-256 in a repository with long ids."""
    algorithm = "sha256" if long else "sha1"
    return hashlib.new(algorithm, kind + b" %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _subtree(tree: GitObject, name: str) -> str | None:
    """The id of the folder of this name in a tree."""
    width = len(tree.oid) // 2
    place = 0
    while place < len(tree.data):
        end = tree.data.index(b"\0", place)
        mode, _, entry = tree.data[place:end].partition(b" ")
        if entry == name.encode("utf-8", "surrogateescape"):
            return tree.data[end + 1 : end + 1 + width].hex() if mode == b"40000" else None
        place = end + 1 + width
    return None
