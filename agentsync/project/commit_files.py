"""The files of a project in the tree of a commit, as a plain checkout of it would have them.

Where a checkout has a folder that is a link, a file in the place of a folder, or a submodule, the same is told here.
Nothing is checked out. A link is followed where `disk/links.py` follows one: the folder of an AI tool may lead to
another folder of the project.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, DiskError, UnsafeError
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Blocked, Local, Replaced
from agentsync.model.git_file import TreeEntry
from agentsync.model.links import goal
from agentsync.model.names import STATE_FOLDER
from agentsync.model.rel_path import RelPath, rel_path

LINK: Final = "120000"
_SUBMODULE: Final = "160000"
_MOST_LINKS: Final = 40
# Folders whose content other programs act on.
_NOT_INTO: Final = frozenset((".git", "git~1", STATE_FOLDER))


class Blobs(NamedTuple):
    """What is known of the blobs of a tree.

    Args:
        read: returns the bytes of one; raises where they are not there.
        sha256: of blobs whose bytes need not be there.
        altered: returns the bytes that a checkout has on a path in place of a blob's, such as other line ends.
    """

    read: Callable[[str], bytes]
    sha256: Mapping[str, str] = {}
    altered: Callable[[str, str, bytes], bytes] = lambda path, oid, data: data


class CommitTree:
    """All files of a commit by their path, in order."""

    def __init__(self, entries: Mapping[str, TreeEntry], blobs: Blobs) -> None:
        self.entries = entries
        self.blobs = blobs
        self.paths = sorted(entries)

    def below(self, folder: str) -> Iterator[str]:
        """Yield every path below a folder, "" for the root."""
        prefix = f"{folder}/" if folder else ""
        for place in range(bisect_left(self.paths, prefix), len(self.paths)):
            if not self.paths[place].startswith(prefix):
                return
            yield self.paths[place]

    def is_folder(self, path: str) -> bool:
        """Return whether a checkout has a folder there."""
        found = self.entries.get(path)
        return found.mode == _SUBMODULE if found is not None else next(self.below(path), None) is not None

    def obstacle(self, folder: str) -> tuple[int, TreeEntry] | None:
        """Return what is no folder on the way to one, with the number of components that lead to it."""
        parts = folder.split("/") if folder else []
        for count in range(1, len(parts) + 1):
            if (found := self.entries.get("/".join(parts[:count]))) is not None:
                return count, found
        return None

    def real(self, path: str) -> str | None:
        """Return a path without links, as `realpath` does; None where it leads out of the repository.

        Raises:
            UnsafeError: where links lead in a circle.
        """
        left, found, links = path.split("/")[::-1], list[str](), 0
        while left:
            part = left.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not found:
                    return None
                found.pop()
                continue
            entry = self.entries.get("/".join((*found, part)))
            if entry is None or entry.mode != LINK:
                found.append(part)
                continue
            links += 1
            target = self.blobs.read(entry.oid).decode("utf-8", "surrogateescape")
            if links > _MOST_LINKS:
                raise UnsafeError(f"{path} is a symlink that leads to itself", hint="put a real file in its place")
            if target.startswith("/"):
                return None
            left += target.split("/")[::-1]
        return "/".join(found)


class CommitFiles:
    """The files below the folder of a project in a tree.

    Args:
        root: that folder, "" for the root of the repository.
        linkable: the folders of AI tools, which may be links to a folder of the project.
    """

    def __init__(self, tree: CommitTree, root: str, linkable: frozenset[str]) -> None:
        self.tree = tree
        self._prefix = f"{root}/" if root else ""
        self._linkable = linkable
        self._places: dict[str, str] = {"": root}
        self._followed = False

    def entry(self, path: str) -> TreeEntry | None:
        """Return the entry of the tree for a path of the project; links above it are not followed."""
        return self.tree.entries.get(self._prefix + path)

    def located(self, path: RelPath) -> tuple[str, str] | None:
        """Return the path in the repository and the blob of a plain file, None where none stands there."""
        real = self._real(path)
        found = self.tree.entries.get(real)
        return (real, found.oid) if found is not None and found.is_plain else None

    def local(self, path: RelPath) -> Local:
        """Return what stands on a path: its digest, what else it is, or None where nothing is."""
        real = self._real(path)
        above = real.rpartition("/")[0]
        if (found := self.tree.obstacle(above)) is not None:
            count, entry = found
            if entry.mode == _SUBMODULE:
                return None
            missing = above.count("/") + 1 - count
            parts = path.split("/")
            where = RelPath("/".join(parts[: len(parts) - 1 - missing]))
            return Blocked(Replaced.SYMLINK if entry.mode == LINK else Replaced.OTHER, where)
        at = self.tree.entries.get(real)
        if at is None or at.mode == _SUBMODULE:
            return Replaced.FOLDER if self.tree.is_folder(real) else None
        return self._digest(real, at) if at.is_plain else Replaced.SYMLINK

    def local_files(self, paths: Iterable[RelPath]) -> dict[RelPath, Local]:
        """Return what stands on each of these paths."""
        return {path: self.local(path) for path in paths}

    def read(self, path: RelPath) -> bytes:
        """Return the bytes of a plain file."""
        real = self._real(path)
        found = self.tree.entries.get(real)
        if found is None or not found.is_plain:
            raise DiskError(f"cannot read {path}", why="it is no file")
        return self.tree.blobs.altered(real, found.oid, self.tree.blobs.read(found.oid))

    def text(self, name: str, failure: type[AgentsyncError]) -> str | None:
        """Return the text of manifest or lock, None where there is none; a link leads to one of the same name."""
        path = self._prefix + name
        found = self.tree.entries.get(path)
        if found is not None and found.mode == LINK:
            real = self.tree.real(path)
            if real is None or posixpath.basename(real) != name:
                raise UnsafeError(
                    f"{path} is a symlink to another kind of file",
                    why="a project may hold any link",
                    hint="put a real file in its place",
                )
            path, found = real, self.tree.entries.get(real)
        if found is None or not found.is_plain:
            return None
        data = self.tree.blobs.altered(path, found.oid, self.tree.blobs.read(found.oid))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise failure(f"{path} is not UTF-8 text", why=str(error), hint="save it as UTF-8") from error

    def walk(self, folder: RelPath) -> Iterator[RelPath]:
        """Yield every path below a folder that is no folder itself."""
        real = self._place(folder)
        for path in self.tree.below(real) if real else ():
            if self.tree.entries[path].mode != _SUBMODULE:
                named = f"{folder}/{path[len(real) + 1 :]}"
                try:
                    yield rel_path(named)
                except UnsafeError:
                    yield RelPath(named)

    def shared(self, paths: Iterable[RelPath]) -> dict[RelPath, str]:
        """Return the real path of each file; nothing where each is a file of its own."""
        real = {path: self._real(path) for path in paths}
        return real if self._followed else {}

    def led(self, path: RelPath) -> str:
        """Return the path of the project that the link on a path leads to, "" where none stands there or it leaves."""
        found = self.tree.entries.get(self._real(path))
        if found is None or found.mode != LINK:
            return ""
        return goal(path, self.tree.blobs.read(found.oid).decode("utf-8", "surrogateescape"))

    def _digest(self, path: str, entry: TreeEntry) -> FileDigest:
        sha256 = self.tree.blobs.sha256.get(entry.oid)
        if sha256 is not None:
            return FileDigest(sha256, entry.executable)
        data = self.tree.blobs.altered(path, entry.oid, self.tree.blobs.read(entry.oid))
        return digest_of(data, executable=entry.executable)

    def _real(self, path: RelPath) -> str:
        folder, _, name = path.rpartition("/")
        place = self._place(folder)
        return f"{place}/{name}" if place else name

    def _place(self, folder: str) -> str:
        """Return the folder in the repository that a folder of the project is."""
        found = self._places.get(folder)
        if found is None:
            above, _, name = folder.rpartition("/")
            place = self._place(above)
            found = f"{place}/{name}" if place else name
            at = self.tree.entries.get(found)
            if at is not None and at.mode == LINK and folder in self._linkable:
                found = self._follow(folder, found)
                self._followed = True
            self._places[folder] = found
        return found

    def _follow(self, folder: str, link: str) -> str:
        """Return the folder that a link leads to; one that is not there can still be made."""
        real = self.tree.real(link)
        why = ""
        if real is None or not f"{real}/".startswith(self._prefix):
            why = "that leads out of the project"
        elif (at := self.tree.entries.get(real)) is not None and at.mode != _SUBMODULE:
            why = "to a file"
        else:
            inside = real[len(self._prefix) :].split("/")
            kept = [name for name in inside if name.casefold() in _NOT_INTO]
            why = f"into {kept[0]}" if kept else ""
        if why or real is None:
            raise UnsafeError(f"{self._prefix}{folder} is a symlink {why}", hint="put a folder in its place")
        return real
