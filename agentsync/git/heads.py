"""The commit at the head of a repository, asked with the fewest bytes: nothing is kept, and no object comes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.errors import EmptyRepositoryError, FetchError
from agentsync.git.conversation import Conversation, converse
from agentsync.git.failures import explained
from agentsync.git.git import GitFailure, TooMuchOutput, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.model.policy import DEFAULT_LIMITS
from agentsync.versions.refs import Refs

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

_HEADS: Final = "refs/heads/"
_LIST: Final = ("ls-remote", "--symref", "--end-of-options", REMOTE, "HEAD", f"{_HEADS}*")


class Traffic:
    """What was said with remotes: requests, and bytes without the headers of http. Threads may share it."""

    def __init__(self) -> None:
        self.requests = self.sent = self.received = 0
        self._guard = threading.Lock()

    def add(self, requests: int, sent: int, received: int) -> None:
        """Add what was said in one conversation."""
        with self._guard:
            self.requests += requests
            self.sent += sent
            self.received += received


class Head(NamedTuple):
    """The head of a repository: a branch, without `refs/heads/`, and its commit; "" where HEAD names no branch."""

    branch: str
    commit: str


def ask_head(url: GitUrl, branch: str = "", traffic: Traffic | None = None) -> Head:
    """Return what HEAD names, or one branch, and no other ref.

    Raises:
        EmptyRepositoryError: where it has no commit, or the branch is not there.
        NoRepositoryError: where there is no repository.
        DeniedError: where access is denied.
        FetchError: where no answer comes.
    """
    try:
        conversation = converse(url)
        if conversation is None:
            found = head_by_git(url, branch, traffic)
        else:
            try:
                found = head_in(conversation, branch)
            finally:
                conversation.close()
                if traffic is not None:
                    traffic.add(conversation.requests, conversation.sent, conversation.received)
    except GitFailure as failure:
        raise explained(url, failure) from failure
    except TooMuchOutput as error:
        raise FetchError(f"{url.text} names more branches than are looked at") from error
    if found is None:
        what = f"{url.text} has no branch {branch!r}" if branch else f"{url.text} is empty"
        raise EmptyRepositoryError(what, why="there is no commit to look at", hint="see which branches it has")
    return found


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
    refs = Refs(listing)
    name = branch or refs.default_branch or ""
    commit = refs.branches.get(name)
    return Head(name, commit) if commit is not None else None


def head_by_git(url: GitUrl, branch: str, traffic: Traffic | None) -> Head | None:
    """Return the same, asked with git, which counts no bytes: those of the listing stand for them."""
    listing = run_git(_LIST, remote=url, most=DEFAULT_LIMITS.refs)
    if traffic is not None:
        traffic.add(1, 0, len(listing))
    text = listing.decode("utf-8", "replace")
    return _in_listing(text, branch) if branch else _head(text) or _in_listing(text, "")
