"""Origins of bytes in the history of a repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Origin(NamedTuple):
    """A file in a history: its path and the newest commit that wrote it."""

    commit: str
    path: str


class Searched(NamedTuple):
    """Result of the search of a history.

    Args:
        found: the origins of bytes, by the name that the search has for them.
        why: the reason why the search stopped early; "" where it did not.
    """

    found: Mapping[str, Origin]
    why: str = ""
