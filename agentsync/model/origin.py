"""Origins: where bytes stand in the history of a repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Origin(NamedTuple):
    """Where bytes stand in a history.

    Args:
        commit: the newest commit that wrote them.
    """

    commit: str
    path: str


class Searched(NamedTuple):
    """What a search of a history found.

    Args:
        found: where the bytes come from, by the name that the search has for them.
        why: why not all of the history was searched; "" where it was, or all was found.
    """

    found: Mapping[str, Origin]
    why: str = ""
