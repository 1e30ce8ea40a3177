"""Releases that were made, or would be: what is told of them."""

from typing import NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.model.check import CheckFinding


class Released(NamedTuple):
    """A release.

    Args:
        before: the release that it follows, None for the first one.
        commit, tree: what its tag is on, and the tree of the pack there; None where it is not made.
        reason: why it has this version, in words.
        gained, lost: what its items may newly do, and what none of them may do any more.
    """

    pack: str
    before: str | None
    version: str
    tag: str
    commit: str | None
    tree: str | None
    reason: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    signed: bool = False


class Published(NamedTuple):
    """What was published, or would be.

    Args:
        released: the releases; where something is refused, those that were planned.
        pushed: the remote that has them now, "" for none.
        push_line: the command line that pushes them, "" where there is no remote or nothing to push.
        refusals: why nothing was made, all of it.
        findings: the errors that the checks found.
        is_agreed: False where a person did not want the versions that were decided.
    """

    released: tuple[Released, ...] = ()
    pushed: str = ""
    push_line: str = ""
    refusals: tuple[AgentsyncError, ...] = ()
    findings: tuple[CheckFinding, ...] = ()
    notes: tuple[str, ...] = ()
    is_agreed: bool = True
