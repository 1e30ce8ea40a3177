"""The commit at the head of a repository, asked with the fewest bytes: nothing is kept, and no object comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.git.conversation import Conversation
from agentsync.git.git import run_git
from agentsync.git.git_environment import REMOTE
from agentsync.model.policy import DEFAULT_LIMITS
from agentsync.versions.refs import Refs

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

_HEADS: Final = "refs/heads/"
_LIST: Final = ("ls-remote", "--symref", "--end-of-options", REMOTE, "HEAD", f"{_HEADS}*")


class Traffic:
    """What was said with a remote: requests, and bytes without the headers of http."""

    def __init__(self) -> None:
        self.requests = self.sent = self.received = 0

    def add(self, requests: int, sent: int, received: int) -> None:
        """Add what was said in one conversation."""
        self.requests += requests
        self.sent += sent
        self.received += received


class Head(NamedTuple):
    """The head of a repository: a branch, without `refs/heads/`, and its commit; "" where HEAD names no branch.

    The commit is "" where HEAD names a branch that is not there, though others are: a clone of it has no files.
    """

    branch: str
    commit: str


def head_in(conversation: Conversation, branch: str) -> Head | None:
    """Return what HEAD or a branch names, None where it names no commit; the conversation goes on."""
    prefix = f"{_HEADS}{branch}" if branch else "HEAD"
    listing = conversation.list_refs((prefix,), DEFAULT_LIMITS.refs)
    if branch or (found := _head(listing)) is None:
        # A branch may be the beginning of another one. HEAD names nothing in an empty repository, and where it names
        # a branch without a commit.
        listing = listing if branch else conversation.list_refs((_HEADS,), DEFAULT_LIMITS.refs)
        return _in_listing(listing, branch)
    return found


def _head(listing: str) -> Head | None:
    """Return HEAD, where it alone was listed."""
    symbolic, commit = "", ""
    for line in listing.splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD":
            if value.startswith("ref: "):
                symbolic = value.removeprefix("ref: ").removeprefix(_HEADS)
            else:
                commit = value
    return Head(symbolic, commit) if commit else None


def _in_listing(listing: str, branch: str) -> Head | None:
    """Return a branch; without its name, what is left where HEAD names no commit."""
    branches = Refs(listing).branches
    if not branch:
        return Head("", "") if branches else None
    commit = branches.get(branch)
    return Head(branch, commit) if commit is not None else None


def head_by_git(url: GitUrl, branch: str, traffic: Traffic) -> Head | None:
    """Return the same of a remote, asked with git, which counts no bytes: those of the listing stand for them."""
    listing = run_git(_LIST, remote=url, most=DEFAULT_LIMITS.refs)
    traffic.add(1, 0, len(listing))
    text = listing.decode("utf-8", "replace")
    return _in_listing(text, branch) if branch else _head(text) or _in_listing(text, "")
