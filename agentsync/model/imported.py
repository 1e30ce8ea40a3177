"""Imports: what another tool's files ask for, in the words of a manifest, and what has no word there."""

from collections.abc import Mapping
from typing import NamedTuple


class ForeignPack(NamedTuple):
    """One pack that another tool's file asks for.

    Args:
        origin: the file.
        entry: what it is called there.
        git: its repository, as a manifest writes one; "" for a folder.
        path: its folder in the repository, "" for the whole.
        ref: what is asked for, as written: a range, a tag, a branch or a commit; "" for nothing.
        commit: the commit that the tool's lock has, "" for none.
        only: the items to take, empty for all.
        excluded: the items to leave out.
        rename: the names that items get here, by item.
        targets: the tools that it is for, as targets are named here; empty for all.
        market: the name of a list of plug-ins that `git` is, "" for none; `entry` is then the pack in it.
        spot: the file of its one skill in the repository, where the tool's lock names it; "" for none.
        folder: the folder on disk that it is taken from, "" for none.
        files: the files that the tool wrote for it, as far as its lock says.
    """

    origin: str
    entry: str
    git: str = ""
    path: str = ""
    ref: str = ""
    commit: str = ""
    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    rename: Mapping[str, str] = {}
    targets: tuple[str, ...] = ()
    market: str = ""
    spot: str = ""
    folder: str = ""
    files: tuple[str, ...] = ()


class Lost(NamedTuple):
    """Something that a file asks for and a manifest does not: the file, the key in it, and why."""

    origin: str
    key: str
    why: str


class Imported(NamedTuple):
    """All that one tool's files ask for.

    Args:
        advice: what a person does when all is well.
        targets: the targets that all is for, each with the file that names it.
    """

    packs: tuple[ForeignPack, ...] = ()
    lost: tuple[Lost, ...] = ()
    advice: tuple[str, ...] = ()
    targets: tuple[tuple[str, str], ...] = ()


Texts = Mapping[str, bytes]
"""The files of another tool that are there, by path."""
