"""The receipt: the digests of the files that agentsync last wrote on this machine.

It is beside these files and is never shared. Other bytes on one of its paths are the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.empty import EMPTY
from agentsync.model.slot import SlotPath


class Receipt(NamedTuple):
    """The files that agentsync last wrote.

    Args:
        files: the digest of every file, by path in the scope.
        hints: the paths of those that others may have named: nothing on them is replaced without a backup.
    """

    files: Mapping[SlotPath, FileDigest] = EMPTY
    hints: frozenset[SlotPath] = frozenset()
