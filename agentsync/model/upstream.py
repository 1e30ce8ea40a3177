"""State of the locked packs in their registries."""

from enum import StrEnum
from typing import Final, NamedTuple

from agentsync.errors import FetchError, IntegrityError
from agentsync.model.finding import Finding, Rule
from agentsync.model.lock import LockedPack
from agentsync.model.slot import SlotPath
from agentsync.versions.refs import Refs


class Standing(StrEnum):
    """State of one pack in its registry; each value is the word that users read."""

    CURRENT = "current"
    BEHIND = "behind"
    PINNED = "pinned"
    MOVED_TAG = "moved tag"
    YANKED = "yanked"
    GONE = "gone"


FAULTS: Final = frozenset((Standing.BEHIND, Standing.MOVED_TAG, Standing.YANKED, Standing.GONE))
"""The states that a drift check reports as faults; a newer version outside the range is only told."""


class MovedTag(NamedTuple):
    """A locked tag, and the commit that it names now."""

    tag: str
    locked: str
    now: str

    def __str__(self) -> str:
        return f"the tag {self.tag} moved: locked {self.locked}, now {self.now}"

    def error(self, pack: str, hint: str) -> IntegrityError:
        why = f"it was locked as {self.locked}, and names {self.now} now"
        moved = IntegrityError(f"{pack}: the tag {self.tag} moved", why=why, hint=hint, rule=Rule.TAG_MOVED)
        return moved.of(pack=pack)

    def finding(self, pack: str) -> Finding:
        return Finding(pack, "", str(self), rule=Rule.TAG_MOVED)


def moved_tag(pack: LockedPack, refs: Refs) -> MovedTag | None:
    """Return the tag of a locked pack where it names another commit now; None where it does not, or is gone."""
    now = refs.tags.get(pack.tag)
    return MovedTag(pack.tag, pack.commit, now) if now is not None and now != pack.commit else None


class PackStanding(NamedTuple):
    """A locked pack against its registry.

    Args:
        available: the newest version that those who ask for it allow, of a pinned one the newest of all; of a moved tag
            the commit that it names now.
        finding: what is told of it beside that.
    """

    standing: Standing
    available: str | None = None
    moved: MovedTag | None = None
    finding: Finding | None = None


class Upstream:
    """Answers of the registries; empty where none was asked.

    Args:
        available: the newest version that is allowed, by pack.
        files: paths that the newest allowed version changes or removes, with the word for it.
        moved: the tags that name another commit now, by pack.
        findings: what was found of packs and in the lists of registries, each once.
        failures: the registries that could not be asked, by what is told of each.
    """

    def __init__(self) -> None:
        self.standing: dict[str, Standing] = {}
        self.available: dict[str, str | None] = {}
        self.files: dict[SlotPath, str] = {}
        self.moved: dict[str, MovedTag] = {}
        self.findings: dict[Finding, None] = {}
        self.failures: dict[str, FetchError] = {}

    def take(self, pack: str, found: PackStanding) -> None:
        """Add the answer for one pack."""
        self.standing[pack], self.available[pack] = found.standing, found.available
        if found.moved is not None:
            self.moved[pack] = found.moved
        if found.finding is not None:
            self.findings[found.finding] = None
