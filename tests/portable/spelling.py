"""The names of an imitated file system: the nodes that the kernel knows, and where they are underneath."""

# ruff: noqa: PTH208 - names are texts here

from __future__ import annotations

import errno
import itertools
import os
import stat
from contextlib import suppress
from typing import Final

from tests.portable.fuse import ROOT_NODE
from tests.portable.manners import Manners

_COMMON: Final = 3  # levels of folders


def is_folder(path: str) -> bool:
    """Return whether a folder is there; no link is followed, for it may lead to the mount, which would never answer."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


class Spelling:
    """The table of nodes.

    A node is a spelling of a path and not a file: so the kernel passes on a rename that changes the case alone.

    Args:
        root: the folder underneath.
        mount: where it is mounted.
        manners: how names behave.
    """

    def __init__(self, root: str, mount: str, manners: Manners) -> None:
        self._root = root
        self._extra = len(mount) - len(root)
        self._manners = manners
        self._places: dict[int, tuple[int, str]] = {}
        self._nodes: dict[tuple[int, str], int] = {}
        self._numbers = itertools.count(ROOT_NODE + 1)
        self._folders: dict[int, str] = {}
        """Where folders are, until one is moved or removed: they are on the way to all else."""

    def node(self, parent: int, name: str) -> int:
        """Return the node of a name in a folder."""
        place = (parent, name)
        if place not in self._nodes:
            node = self._nodes[place] = next(self._numbers)
            self._places[node] = place
        return self._nodes[place]

    def drop(self, parent: int, name: str, *, is_folder: bool = False) -> None:
        """Forget the node of a name: what is open of it stays open, and has no path."""
        if is_folder:
            self.forget()
        if (node := self._nodes.pop((parent, name), None)) is not None:
            del self._places[node]

    def move(self, old: tuple[int, str], new: tuple[int, str]) -> None:
        """Let a node have another place; the one that has it is dropped."""
        self.drop(*new)
        if (node := self._nodes.pop(old, None)) is not None:
            self._nodes[new] = node
            self._places[node] = new

    def exchange(self, one: tuple[int, str], other: tuple[int, str]) -> None:
        """Let two nodes change places."""
        nodes = self.node(*one), self.node(*other)
        for place, node in zip((other, one), nodes, strict=True):
            self._nodes[place] = node
            self._places[node] = place

    def is_common(self, node: int) -> bool:
        """Return whether a node is one of the upper folders, which all tests are in."""
        depth = 0
        while node in self._places and depth < _COMMON:
            node, depth = self._places[node][0], depth + 1
        return depth < _COMMON

    def name(self, node: int) -> str:
        """Return the name of a node."""
        return self._places[node][1] if node in self._places else ""

    def path(self, node: int) -> str:
        """Return where a node is underneath.

        Raises:
            OSError: where its path is too long, or it has none any more.
        """
        return self._measured(self._path(node))

    def _path(self, node: int) -> str:
        if node == ROOT_NODE:
            return self._root
        if node in self._folders:
            return self._folders[node]
        if node not in self._places:
            raise OSError(errno.ESTALE, "it is gone")
        parent, name = self._places[node]
        path = self._spelled(self._path(parent), name)
        if is_folder(path):
            self._folders[node] = path
        return path

    def forget(self) -> None:
        """Look for every folder anew, since one is no longer where it was."""
        self._folders.clear()

    def below(self, node: int, name: str, *, is_new: bool = True) -> str:
        """Return where a name in a folder is underneath, or would be.

        Args:
            node: the folder.
            name: the name.
            is_new: whether something may come to have it.

        Raises:
            OSError: where its path would be too long, or it cannot be a name.
        """
        if not set(self._manners.forbidden).isdisjoint(name):
            raise OSError(errno.EINVAL if is_new else errno.ENOENT, "no name may have this character")
        return self._measured(self._spelled(self.path(node), name))

    def _measured(self, path: str) -> str:
        most = self._manners.longest
        if most and self._extra + len(path) > most:
            raise OSError(errno.ENOENT, "the path is too long")
        return path

    def _spelled(self, folder: str, name: str) -> str:
        """Return a path below a folder, with the spelling that is there."""
        path = f"{folder}/{self._manners.kept_name(name)}"
        if os.path.lexists(path):
            return path
        key = self._manners.same(name)
        with suppress(OSError):
            for other in os.listdir(folder):
                if self._manners.same(other) == key:
                    return f"{folder}/{other}"
        return path
