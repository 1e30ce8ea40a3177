"""Files as sides of a patch or a merge."""

from __future__ import annotations

from typing import NamedTuple


class Side(NamedTuple):
    """One file on one side of a patch: its bytes, or where it points to if it is a link."""

    data: bytes
    executable: bool = False
    is_link: bool = False


class Merged(NamedTuple):
    """The result of a three-way merge.

    Args:
        data: the merged file; with conflict markers where it is conflicted.
        conflicted: whether both sides changed the same thing.
    """

    data: bytes
    conflicted: bool = False
