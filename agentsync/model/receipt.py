"""The receipt: what agentsync last wrote on this machine.

It lives beside the files it describes and is never shared. A receipt says which bytes agentsync wrote, so that other
bytes on the same path are known to be the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.empty import EMPTY
from agentsync.model.rel_path import RelPath


class Receipt(NamedTuple):
    """What we last wrote.

    Args:
        files: the digest of every file, by path in the scope.
        hints: the paths of those that others may have named: nothing on them is replaced without a backup.
    """

    files: Mapping[RelPath, FileDigest] = EMPTY
    hints: frozenset[RelPath] = frozenset()
