"""The vocabulary in which an AI tool's folder layout is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.model.item import Kind


class Home(NamedTuple):
    """Where a tool reads one kind of item.

    Args:
        folder: the folder, in the scope.
        whole_folder: whether an item is a folder of its own in there, and not one file.
    """

    folder: str
    whole_folder: bool = False


class Target(NamedTuple):
    """One AI tool.

    Args:
        name: as it stands in a manifest.
        docs: where the tool documents this layout.
        root: the first part of every home, which `root_variable` can move in user scope.
        root_variable: the environment variable by which the tool itself moves that folder.
        homes: where it reads each kind of item.
        by_consent: kinds it can take, but only after somebody agreed.
    """

    name: str
    docs: str
    root: str
    root_variable: str
    homes: Mapping[Kind, Home]
    by_consent: tuple[Kind, ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder that the tool has for itself, the outer ones first."""
        return (self.root, *(home.folder for home in self.homes.values()))
