"""Follow the symlinks of a repository within it, without reading the disk.

A link is followed to a file or a folder of the same commit. One that leads out of the repository, to itself, to a
submodule or to nothing is not, and neither are more hops, levels or files than any pack needs.
"""

import posixpath
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.git_file import TreeEntry

LINK: Final = "120000"
SUBMODULE: Final = "160000"
LONGEST_LINK: Final = 4096
# The most links on the way to one file, the deepest nesting, and the most files behind links.
_MOST_HOPS: Final = 16
_DEEPEST: Final = 4
MOST_FOLLOWED: Final = 20_000


class Links(NamedTuple):
    """The links of a pack, by their path in it.

    Args:
        files: the files behind them.
        origins: the paths of these files in the repository.
        broken: those that are not followed, with the reason in words.
    """

    files: Mapping[str, TreeEntry] = {}
    origins: Mapping[str, str] = {}
    broken: Mapping[str, str] = {}


def links_in(entries: Mapping[str, TreeEntry]) -> list[str]:
    """Return the symlinks of a tree, sorted."""
    return sorted(path for path, entry in entries.items() if entry.mode == LINK)


def leaves(path: str, text: str) -> bool:
    """Return whether a link's text, read as it stands, leads out of the tree that the link is in."""
    led = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
    return led.startswith(("/", "../")) or led == ".."


def goal(path: str, text: str) -> str:
    """Return the path that a link's text leads to, read as it stands; "" where it leads out of the tree."""
    return "" if leaves(path, text) else posixpath.normpath(posixpath.join(posixpath.dirname(path), text))


def follow(repository: Mapping[str, TreeEntry], texts: Mapping[str, str], root: str = "") -> Links:
    """Follow the links of a pack below its root in a repository; a link without a text is not followed."""
    following = _Following(repository, texts)
    prefix = f"{root}/" if root else ""
    for path in following.below(root):
        if repository[path].mode == LINK:
            following.follow(path, path[len(prefix) :], ())
    return Links(following.files, following.origins, following.broken)


class _NotFollowed(Exception):
    """A link is not followed, for the reason in words."""


class _Following:
    """The links of a repository, which are followed one by one."""

    def __init__(self, repository: Mapping[str, TreeEntry], texts: Mapping[str, str]) -> None:
        self._repository = repository
        self._texts = texts
        self._paths: Sequence[str] = sorted(repository)
        self.files: dict[str, TreeEntry] = {}
        self.origins: dict[str, str] = {}
        self.broken: dict[str, str] = {}

    def follow(self, path: str, shown: str, inside: tuple[str, ...]) -> None:
        """Follow one link.

        Args:
            shown: its path in the pack.
            inside: folder and target of each link that is being followed already, and in which this one is met.
        """
        try:
            real = self._real(path)
            if real in self._repository:
                self._add(shown, real)
                return
            if any(_is_in(folder, real) for folder in (posixpath.dirname(path), *inside)):
                raise _NotFollowed("a symlink to a folder that it lies in")
            if len(inside) >= 2 * _DEEPEST:
                raise _NotFollowed(f"a symlink below {_DEEPEST} others")
            for member in self.below(real):
                below = f"{shown}/{member[len(real) + 1 :]}"
                if self._repository[member].mode == LINK:
                    self.follow(member, below, (*inside, posixpath.dirname(path), real))
                else:
                    self._add(below, member)
        except _NotFollowed as reason:
            self.broken[shown] = str(reason)

    def _add(self, shown: str, real: str) -> None:
        if len(self.files) >= MOST_FOLLOWED:
            raise _NotFollowed(f"a symlink behind {MOST_FOLLOWED:,} files that others lead to")
        self.files[shown] = self._repository[real]
        self.origins[shown] = real

    def below(self, folder: str) -> Sequence[str]:
        """Return every path below a folder, sorted."""
        if not folder:
            return self._paths
        # "0" is the character after "/".
        return self._paths[bisect_left(self._paths, f"{folder}/") : bisect_left(self._paths, f"{folder}0")]

    def _real(self, link: str) -> str:
        """Return the path of the plain file or the folder that a link leads to; raise _NotFollowed for neither."""
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
                entry = self._repository.get("/".join(done))
                if entry is not None and entry.mode == LINK:
                    hops += 1
                    if hops > _MOST_HOPS:
                        raise _NotFollowed("a symlink that leads to itself, or over too many others")
                    left += reversed(self._text("/".join(done)).split("/"))
                    done.pop()
                elif entry is not None and entry.mode == SUBMODULE:
                    raise _NotFollowed("a symlink into a submodule")
        real = "/".join(done)
        if real not in self._repository and real and not self.below(real):
            raise _NotFollowed("a symlink that leads to nothing in the repository")
        return real

    def _text(self, link: str) -> str:
        text = self._texts.get(link, "")
        if not text or len(text) > LONGEST_LINK:
            raise _NotFollowed("a symlink whose text is no path")
        if text.startswith("/") or "\\" in text:
            raise _NotFollowed("a symlink that leads out of the repository")
        return text


def _is_in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
