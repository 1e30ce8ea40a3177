"""How a scope stands against its registries."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from agentsync.errors import FetchError
from agentsync.model.rel_path import RelPath


class Standing(StrEnum):
    """How one pack stands against its registry; each value is the word that users read."""

    CURRENT = "current"
    BEHIND = "behind"
    PINNED = "pinned"
    MOVED_TAG = "moved tag"
    YANKED = "yanked"
    GONE = "gone"


FAULTS: Final = frozenset((Standing.BEHIND, Standing.MOVED_TAG, Standing.YANKED, Standing.GONE))
"""What a drift check finds fault with; a newer version outside the range is only told."""


class Upstream:
    """What the registries say; empty where none was asked.

    Args:
        standing: by pack.
        available: the newest version that is allowed, by pack.
        files: paths that the newest allowed version changes or removes, with the word for it.
        notes: what a person should know.
        failures: the registries that could not be asked, by what is told of each.
    """

    def __init__(self) -> None:
        self.standing: dict[str, Standing] = {}
        self.available: dict[str, str | None] = {}
        self.files: dict[RelPath, str] = {}
        self.notes: list[str] = []
        self.failures: dict[str, FetchError] = {}
