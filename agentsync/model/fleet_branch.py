"""The nouns of the branches that `fleet update` makes."""

from enum import StrEnum
from typing import NamedTuple


class BranchState(StrEnum):
    """State of a branch with an update."""

    OPEN = "open"
    MERGED = "merged"
    STALE = "stale"


class ProposalState(StrEnum):
    """What `fleet update` did in a repository; each value is the word that users read."""

    PUSHED = "pushed"
    WOULD_PUSH = "would push"
    THERE = "there"
    NOTHING = "nothing"
    REFUSED = "refused"


class MovedPack(NamedTuple):
    """A pack that an update moves in a folder, its versions, None where it is not locked, and a page about both."""

    folder: str
    pack: str
    old: str | None
    new: str | None
    link: str = ""


class Proposal(NamedTuple):
    """What came of a repository.

    Args:
        base: the branch that it is for.
        commit: the commit of the branch, "" where none was made.
        link: the page to open a pull request on, "" where none is known.
        files: the files that differ.
        error: why nothing was pushed, or what `--then` said.
    """

    repository: str
    state: ProposalState
    base: str = ""
    branch: str = ""
    commit: str = ""
    link: str = ""
    packs: tuple[MovedPack, ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""


class FleetBranch(NamedTuple):
    """A branch with an update in a repository.

    Args:
        is_ours: it is as it was pushed from here.
        why: why it is not open, or cannot be deleted; "" for nothing to tell.
        is_deleted: it was deleted now.
    """

    repository: str
    branch: str
    commit: str
    state: BranchState
    is_ours: bool
    why: str = ""
    is_deleted: bool = False
