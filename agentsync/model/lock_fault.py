"""Where a lock does not follow from its manifest, or an entry of it not from itself."""

from __future__ import annotations

from typing import NamedTuple


class LockFault(NamedTuple):
    """One fault of a lock.

    Args:
        pack: the pack that it concerns, "" for the lock as a whole.
        why: a sentence that names the pack.
    """

    pack: str
    why: str
