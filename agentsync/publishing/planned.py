"""A release before it is made: all that is decided about it, and why it must not be made."""

from collections.abc import Mapping
from typing import NamedTuple

from packaging.version import Version

from agentsync.errors import AgentsyncError, RefusedError
from agentsync.model.pack import Offer


class Edit(NamedTuple):
    """A file that a release changes: its bytes before, None for none, and after."""

    before: bytes | None
    after: bytes


class Planned(NamedTuple):
    """A release that is to be made.

    Args:
        version: as it is written.
        before: the newest release that it follows, None for the first one.
        tag: its tag.
        tag_family: the template of its tag where several packs share tags, "" where each has its own.
        reason: why it has this version, in words.
        is_decided: whether the version was decided by what changed, and no person named it.
        gained, lost: what its items may newly do, and what none may do any more.
        grants: all that they may do.
        edits: the files that are written for it, by path from the top of the repository.
        section: the text of the changelog.
        done: the commit that its tag is on already, "" where it is still to be made.
        refusals: the reasons why it must not be made.
        notes: what a person should know of it.
    """

    offer: Offer
    version: str
    before: Version | None
    tag: str
    reason: str
    tag_family: str = ""
    is_decided: bool = False
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    edits: Mapping[str, Edit] = {}
    section: str = ""
    done: str = ""
    refusals: tuple[AgentsyncError, ...] = ()
    notes: tuple[str, ...] = ()


def refusal(what: str, *, why: str = "", hint: str = "") -> RefusedError:
    """Return a reason why a release must not be made."""
    return RefusedError(what, why=why, hint=hint)
