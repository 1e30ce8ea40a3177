"""Adoption: where the files that no pack owns come from, and how they stand against it."""

from enum import StrEnum
from typing import NamedTuple

from agentsync.model.rel_path import RelPath


class Standing(StrEnum):
    """The origin of one item on disk, as far as it is known."""

    EXACT = "exact"
    EDITED = "edited"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


class Adoption(NamedTuple):
    """One item on disk that no pack owns; of an unknown one, pack and commit are the nearest, if any is near.

    Args:
        path: its file, or the folder of a skill.
        pack: the pack that it comes from, as the lock calls it; "" for none.
        version: the release that it is taken from, "" for none.
        commit: the commit that it is taken from.
        similarity: the share of text that it has in common with upstream's, from 0 to 1.
        why: the reason, in a few words.
        others: the other packs that have it too.
    """

    path: RelPath
    standing: Standing
    pack: str = ""
    item: str = ""
    version: str = ""
    commit: str = ""
    similarity: float = 0.0
    why: str = ""
    others: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.standing in (Standing.EXACT, Standing.EDITED)
