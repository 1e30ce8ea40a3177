"""What a three-way merge gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Merged(NamedTuple):
    """The result of a merge.

    Args:
        data: the merged file; with conflict markers where it is conflicted.
        conflicted: whether both sides changed the same thing.
    """

    data: bytes
    conflicted: bool = False


LineMerge = Callable[[bytes, bytes, bytes], Merged]
"""Merges base, local and upstream line by line."""
