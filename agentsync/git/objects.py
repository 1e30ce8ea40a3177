"""Reading a bare repository: commits, trees and blobs, each hashed again as it is read.

Git returns a damaged object as if it were whole, and takes the objects of a damaged index for missing; neither is
believed here. Nothing is fetched: a missing object is an error.

Source of the format: git-cat-file(1).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, product
from pathlib import Path
from typing import Final, TypeVar

from agentsync.errors import ResolutionError, UnsafeError
from agentsync.git.batch_process import BatchProcess, Pipes
from agentsync.git.git import GitFailure, TooMuchOutput
from agentsync.git.git_object import (
    FOLDER,
    DamagedCache,
    GitObject,
    ObjectStore,
    checked,
    entries_at,
    entries_of,
    refuse_others,
)
from agentsync.model.git_file import TreeEntry
from agentsync.model.policy import DEFAULT_LIMITS, Limits, in_words

T = TypeVar("T")

# Listings of trees in memory: all packs of one registry in the usual case.
LISTED: Final = 128
# Trees of one level that are in memory together.
_AT_ONCE: Final = 1000
# Bytes of a tree of which the entries are kept, as others of them are asked for again and again.
_LARGE: Final = 32 * 1024
# Folders that git finds by their paths as fast as by their ids.
_FEW: Final = 16
# Bytes of a line of `git ls-tree` beside id and path.
_FACTS: Final = len("100644 blob \t\0")


class ObjectReader:
    """The objects of one bare repository; DamagedCache is raised for one that is missing or not what its id says."""

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self.folder = folder
        self._limits = limits
        # An object that was read and hashed is not read again in this process.
        self._read = ObjectStore()
        self._listed: dict[str, dict[str, TreeEntry]] = {}
        self._sizes: dict[str, int] = {}
        self._large: tuple[str, Mapping[bytes, TreeEntry]] = ("", {})  # the last large tree, by its id
        self._size_process = BatchProcess(("cat-file", "--batch-check=%(objectsize)"), folder)
        self._read_process = BatchProcess(("cat-file", "--batch"), folder)

    def forget(self) -> None:
        """Forget all that was read, as the repository is replaced."""
        self._listed.clear()
        self._sizes = {}
        self._large = "", {}
        self._read.clear()
        self.close()

    def close(self) -> None:
        """End the persistent git processes; the next question starts them again."""
        self._size_process.close()
        self._read_process.close()

    def get_ready(self) -> None:
        """Start the git processes that read, while something else takes time."""
        self._size_process.get_ready()
        self._read_process.get_ready()

    def stamp(self) -> int:
        """Return a number that is another one once a fetch has brought more objects; 0 where there are none."""
        try:
            return (self.folder / "objects" / "pack").stat().st_mtime_ns
        except OSError:
            return 0

    def absent(self, wanted: Mapping[str, T]) -> dict[str, T]:
        """Return those of the wanted, by object id, that are not in the repository."""
        found = self.sizes(wanted)
        return {oid: wanted[oid] for oid in wanted if oid not in found}

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """Return the size of each of these objects in bytes; missing ones are left out."""
        asked = list(oids)
        known = self._sizes  # another thread may begin a new one
        new = [oid for oid in asked if oid not in known]
        if new and self.folder.is_dir():
            lines = self._answers(self._size_process, new, lambda git: [git.read_line() for _ in new])
            found = {oid: line for oid, line in zip(new, lines, strict=True) if not line.endswith(b" missing")}
            if odd := next((line for line in found.values() if not line.isdigit()), None):
                raise GitFailure(("cat-file",), 0, f"it answers {odd[:80]!r} to the question for a size")
            known.update({oid: int(line) for oid, line in found.items()})
        return {oid: known[oid] for oid in asked if oid in known}

    def preload(self, commits: Sequence[str]) -> None:
        """Read those of these commits that are there, and their root trees, at once: they are usually read next."""
        new = [commit for commit in commits if commit not in self._sizes]
        if new and self.folder.is_dir():
            self._objects([name for commit in new for name in (commit, f"{commit}^{{tree}}")])

    def tree_id(self, commit: str, path: str) -> str | None:
        """Return the id of the tree at `path` in a commit ("" for its root), None where there is no folder.

        Raises:
            ResolutionError: where the id is not that of a commit.
        """
        return self.tree_ids([(commit, path)])[0]

    def tree_ids(self, places: Sequence[tuple[str, str]]) -> list[str | None]:
        """Return what `tree_id` returns for each commit and path."""
        commits = list(dict.fromkeys(commit for commit, _ in places))
        valid = [(commit, path) for commit, path in places if _is_path(path)]
        # One question reads all folders: where no process persists, each question starts a git. For many of them git
        # would read the trees above again for each: they are read level by level.
        asked = valid if len(valid) <= _FEW else ()
        below = [f"{commit}:{folder}" for commit, path in asked for folder in (path, *_above(path)) if folder]
        self._objects([*commits, *(f"{commit}^{{tree}}" for commit in commits), *below])
        roots = dict(zip(commits, map(_root, commits, self._objects(commits)), strict=True))
        folders = self._folders((roots[commit], path) for commit, path in valid)
        found = (folders.get((roots[commit], path)) for commit, path in places)
        return [None if tree is None else tree.oid for tree in found]

    def _folders(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], GitObject]:
        """Return the folders that exist, with those above them, by a tree and the path in it."""
        wanted = {(tree, folder) for tree, path in places for folder in (path, *_above(path))}
        found: dict[tuple[str, str], GitObject] = {}
        for _, level in groupby(sorted(wanted, key=_depth), _depth):
            oids: dict[tuple[str, str], str] = {}
            for (tree, parent), group in groupby(sorted(level, key=_parent), _parent):
                below = [folder for _, folder in group]
                if below == [""]:
                    oids[tree, ""] = tree
                elif (one := found.get((tree, parent))) is not None:
                    entries = self._entries_at(one, [posixpath.basename(folder) for folder in below])
                    named = zip(below, entries, strict=True)
                    oids |= {(tree, folder): entry.oid for folder, entry in named if entry and entry.mode == FOLDER}
            found.update(zip(oids, self._all_of(list(oids.values()), b"tree"), strict=True))
        return found

    def _entries_at(self, tree: GitObject, names: Sequence[str]) -> list[TreeEntry | None]:
        """Return the entries of a tree with these names; all packs of a registry may lie in one folder."""
        if len(tree.data) < _LARGE:
            return entries_at(tree, names)
        if self._large[0] != tree.oid:
            self._large = tree.oid, dict(reversed(list(entries_of(tree))))  # the first of one name counts
        return [self._large[1].get(name.encode("utf-8", "surrogateescape")) for name in names]

    def read_object(self, oid: str) -> GitObject:
        """Return an object of any kind."""
        (found,) = self._objects([oid])
        if found is None or found.oid != oid:
            raise DamagedCache(f"object {oid} cannot be read")
        return found

    def committed(self, commit: str) -> int:
        """Return the time of a commit by its committer's clock, in seconds since 1970."""
        (found,) = self._all_of([commit], b"commit")
        line = next(line for line in found.data.split(b"\n") if line.startswith(b"committer "))
        try:
            return int(line.rsplit(b" ", 2)[1])
        except (ValueError, IndexError):
            return 2**62  # without a time, it is never old enough

    def files_in(self, trees: Sequence[str], paths: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return, by tree, those of these paths that are plain files, with the ids of their blobs."""
        folders = self._folders(product(trees, {posixpath.dirname(path) for path in paths}))
        found: dict[str, dict[str, str]] = {}
        for tree in trees:
            found[tree] = {}
            for parent, below in groupby(sorted(paths, key=posixpath.dirname), posixpath.dirname):
                if (one := folders.get((tree, parent))) is not None:
                    names = list(below)
                    found_there = self._entries_at(one, [posixpath.basename(path) for path in names])
                    entries = zip(names, found_there, strict=True)
                    found[tree] |= {path: entry.oid for path, entry in entries if entry and entry.is_plain}
        return found

    def entries(self, tree: str) -> Mapping[str, TreeEntry]:
        """Return every file below a tree, by its path; bytes of a name that are not UTF-8 are surrogates.

        Raises:
            UnsafeError: where the names alone are more than the limit.
        """
        if (known := self._listed.get(tree)) is not None:
            return known
        try:
            (found,) = self._files_below([tree])
        except TooMuchOutput as error:
            raise UnsafeError(
                f"tree {tree[:12]} names more files than are looked at",
                why=f"the names alone are more than {in_words(self._limits.listing)}",
                hint="a registry holds packs; take it from a repository of its own",
            ) from error
        if len(self._listed) >= LISTED:
            self._listed.clear()
        self._listed[tree] = found
        return found

    def drop_entries(self, tree: str) -> None:
        """Forget the files below a tree: they are listed again where they are asked for."""
        self._listed.pop(tree, None)

    def preload_entries(self, tops: Iterable[str]) -> None:
        """List the files below trees, at most `LISTED`, together; where they are too many, each is listed alone."""
        new = [tree for tree in dict.fromkeys(tops) if tree not in self._listed]
        if len(self._listed) + len(new) > LISTED:
            self._listed.clear()
        with suppress(TooMuchOutput):
            self._listed.update(zip(new, self._files_below(new), strict=True))

    def _files_below(self, tops: Sequence[str]) -> list[dict[str, TreeEntry]]:
        """Return every file below each of these trees, with one question for each level of all of them."""
        found: list[dict[bytes, TreeEntry]] = [{} for _ in tops]
        level = [(files, b"", top) for files, top in zip(found, tops, strict=True)]
        left = self._limits.listing
        while level:
            below = []
            for start in range(0, len(level), _AT_ONCE):
                some = level[start : start + _AT_ONCE]
                # A tree is smaller than its listing: none within the limit is refused.
                read = self._all_of(list(dict.fromkeys(oid for *_, oid in some)), b"tree", most=left)
                trees = {one.oid: list(entries_of(one)) for one in read}
                for files, folder, oid in some:
                    for name, entry in trees[oid]:
                        path = folder + name
                        # One tree may occur many times, by other names.
                        left -= len(path) + len(entry.oid) + _FACTS
                        if left < 0:
                            raise TooMuchOutput
                        if entry.mode == FOLDER:
                            below.append((files, path + b"/", entry.oid))
                        else:
                            files[path] = entry
            level = below
        return [{path.decode("utf-8", "surrogateescape"): files[path] for path in sorted(files)} for files in found]

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of these blobs."""
        wanted = list(dict.fromkeys(oids))

        def read(git: Pipes) -> list[bytes]:
            found = []
            for oid in wanted:
                name, _, size = git.read_line().partition(b" blob ")
                if name != oid.encode() or not size.isdigit():
                    raise DamagedCache(f"blob {oid} cannot be read")
                data = git.read_block(int(size))
                refuse_others(oid, b"blob", data)
                found.append(data)
            return found

        return dict(zip(wanted, self._answers(self._read_process, wanted, read), strict=True))

    def _all_of(self, oids: Sequence[str], kind: bytes, *, most: int | None = None) -> list[GitObject]:
        """Return these objects, which must be of this kind, and of at most so many bytes together."""
        found: list[GitObject] = []
        for oid, git_object in zip(oids, self._objects(oids, most=most), strict=True):
            if git_object is None or git_object.oid != oid or git_object.kind != kind:
                raise DamagedCache(f"{kind.decode()} {oid} cannot be read")
            found.append(git_object)
        return found

    def _objects(self, names: Sequence[str], *, most: int | None = None) -> list[GitObject | None]:
        """Return the object of each of these names, None for a missing one; git is asked for new names alone."""
        known: dict[str, GitObject | None] = {name: one for name in names if (one := self._read.get(name)) is not None}
        new = [name for name in dict.fromkeys(names) if name not in known]
        for name, found in zip(new, self._ask(new, most), strict=True):
            known[name] = found
            if found is not None:
                self._read.add(name, found)
                self._sizes[found.oid] = len(found.data)
        return [known[name] for name in names]

    def _ask(self, names: Sequence[str], most: int | None) -> list[GitObject | None]:
        def read(git: Pipes) -> list[GitObject | None]:
            left = most
            found: list[GitObject | None] = []
            for _ in names:
                header = git.read_line().split(b" ")
                if header[-1] == b"missing":
                    found.append(None)
                    continue
                if len(header) != 3:
                    raise DamagedCache(f"git answers {b' '.join(header)!r}")
                size = int(header[2])
                if left is not None and (left := left - size) < 0:
                    raise TooMuchOutput
                found.append(checked(header[0].decode(), header[1], git.read_block(size)))
            return found

        # --batch takes the whole line as a name, so no path can be taken for an option.
        return self._answers(self._read_process, names, read)

    @staticmethod
    def _answers(process: BatchProcess, names: Sequence[str], read: Callable[[Pipes], list[T]]) -> list[T]:
        if not names:
            return []
        listing = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        try:
            return process.ask(listing, read)
        except GitFailure as failure:
            raise DamagedCache(failure.message) from failure


def _root(commit: str, found: GitObject | None) -> str:
    if found is None:
        raise DamagedCache(f"commit {commit} is missing")
    if found.kind != b"commit":
        raise ResolutionError(
            f"{commit[:12]} is a {found.kind.decode()}, not a commit",
            hint="ask for the commit that a tag names: git rev-parse 'TAG^{commit}'",
        )
    return found.data[len(b"tree ") : found.data.index(b"\n")].decode()


def _is_path(path: str) -> bool:
    """Return whether a path can be one in a tree; "" is the root."""
    return not path or not any(part in ("", ".", "..") or "\n" in part for part in path.split("/"))


def _depth(place: tuple[str, str]) -> int:
    return place[1].count("/") + 1 if place[1] else 0


def _above(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path


def _parent(place: tuple[str, str]) -> tuple[str, str]:
    return place[0], posixpath.dirname(place[1])
