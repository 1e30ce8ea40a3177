"""Follow the symlinks of a repository within it, without reading the disk.

A link is followed to a file or a folder of the same commit. One that leads out of the repository, to itself, to a
submodule or to nothing is not, and neither are more hops, levels or files than any pack needs.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.empty import EMPTY
from agentsync.model.tree_entry import TreeEntry

LINK: Final = "120000"
SUBMODULE: Final = "160000"
LONGEST_LINK: Final = 4096
# How many links may stand on the way to one file, how deep they may be nested, and how many files they may add.
_MOST_HOPS: Final = 16
_DEEPEST: Final = 4
MOST_FOLLOWED: Final = 20_000


class Links(NamedTuple):
    """The files behind the links of a pack.

    Args:
        files: the files behind links, by their path in the pack.
        origins: where each of these really is, by its path in the pack; a path in the repository.
        broken: the links that are not followed, by their path in the pack, with the reason in words.
    """

    files: Mapping[str, TreeEntry] = EMPTY
    origins: Mapping[str, str] = EMPTY
    broken: Mapping[str, str] = EMPTY


NO_LINKS: Final = Links()


def links_in(entries: Mapping[str, TreeEntry]) -> list[str]:
    """Return the symlinks of a tree, sorted."""
    return sorted(path for path, entry in entries.items() if entry.mode == LINK)


def leaves(path: str, text: str) -> bool:
    """Return whether a link's text, read as it stands, leads out of the tree that the link is in."""
    led = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
    return led.startswith(("/", "../")) or led == ".."


def follow(repository: Mapping[str, TreeEntry], texts: Mapping[str, str], root: str = "") -> Links:
    """Follow the links of a pack.

    Args:
        repository: every file of the repository by its path.
        texts: where each link of the repository leads, by its path; a link without a text is not followed.
        root: the pack's root in the repository, "" for the whole.
    """
    tree = _Repository(repository, texts)
    found = _Followed({}, {}, {})
    prefix = f"{root}/" if root else ""
    for path in tree.links_below(root):
        _follow(tree, path, path[len(prefix) :], found, ())
    return Links(found.files, found.origins, found.broken)


class _Followed(NamedTuple):
    files: dict[str, TreeEntry]
    origins: dict[str, str]
    broken: dict[str, str]


class _NotFollowed(Exception):
    """A link is not followed, for the reason in words."""


def _follow(tree: _Repository, path: str, shown: str, found: _Followed, inside: tuple[str, ...]) -> None:
    """Follow one link.

    Args:
        tree: the repository.
        path: the link.
        shown: what the link is called in the pack.
        found: where the files behind it are added.
        inside: of each link that is being followed already, and in which this one is met, its folder and what it
            leads to.
    """
    try:
        real = tree.real(path)
        if (entry := tree.files.get(real)) is not None:
            _add(found, shown, entry, real)
            return
        if any(_is_in(folder, real) for folder in (posixpath.dirname(path), *inside)):
            raise _NotFollowed("a symlink to a folder that it lies in")
        if len(inside) >= 2 * _DEEPEST:
            raise _NotFollowed(f"a symlink below {_DEEPEST} others")
        for member in tree.below(real):
            below = f"{shown}/{member[len(real) + 1 :]}"
            if (entry := tree.files[member]).mode == LINK:
                _follow(tree, member, below, found, (*inside, posixpath.dirname(path), real))
            else:
                _add(found, below, entry, member)
    except _NotFollowed as reason:
        found.broken[shown] = str(reason)


def _add(found: _Followed, shown: str, entry: TreeEntry, real: str) -> None:
    if len(found.files) >= MOST_FOLLOWED:
        raise _NotFollowed(f"a symlink behind {MOST_FOLLOWED:,} files that others lead to")
    found.files[shown] = entry
    found.origins[shown] = real


def _is_in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


class _Repository:
    """The files of a repository, sorted, and the targets of its links."""

    def __init__(self, files: Mapping[str, TreeEntry], texts: Mapping[str, str]) -> None:
        self.files = files
        self._texts = texts
        self._paths: Sequence[str] = sorted(files)

    def below(self, folder: str) -> Sequence[str]:
        """Return every path below a folder, sorted."""
        if not folder:
            return self._paths
        # "0" is the character after "/".
        return self._paths[bisect_left(self._paths, f"{folder}/") : bisect_left(self._paths, f"{folder}0")]

    def links_below(self, folder: str) -> Iterator[str]:
        """Return every link below a folder, sorted."""
        return (path for path in self.below(folder) if self.files[path].mode == LINK)

    def real(self, link: str) -> str:
        """Return what a link leads to: the path of a plain file, or of a folder.

        Raises:
            _NotFollowed: where it leads to neither.
        """
        done: list[str] = []
        left = list(reversed(link.split("/")))
        hops = 0
        while left:
            part = left.pop()
            if part == "..":
                if not done:
                    raise _NotFollowed("a symlink that leads out of the repository")
                done.pop()
            elif part not in ("", "."):
                done.append(part)
                entry = self.files.get("/".join(done))
                if entry is not None and entry.mode == LINK:
                    hops += 1
                    if hops > _MOST_HOPS:
                        raise _NotFollowed("a symlink that leads to itself, or over too many others")
                    left += reversed(self._text("/".join(done)).split("/"))
                    done.pop()
                elif entry is not None and entry.mode == SUBMODULE:
                    raise _NotFollowed("a symlink into a submodule")
        real = "/".join(done)
        if real not in self.files and real and not self.below(real):
            raise _NotFollowed("a symlink that leads to nothing in the repository")
        return real

    def _text(self, link: str) -> str:
        text = self._texts.get(link, "")
        if not text or len(text) > LONGEST_LINK:
            raise _NotFollowed("a symlink whose text is no path")
        if text.startswith("/") or "\\" in text:
            raise _NotFollowed("a symlink that leads out of the repository")
        return text
