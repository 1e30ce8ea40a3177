"""Remotes: asked for their refs, fetched from, and their failures explained.

A failure that may pass, such as a lost connection or a busy server, is followed by another try, a refusal never.
"""

from __future__ import annotations

import re
import shlex
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from agentsync.errors import AgentsyncError, FetchError
from agentsync.git.git import GitFailure, Progress, TooMuchOutput, is_ending, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.listing import EVERYTHING, HEADS, TAGS, Listing
from agentsync.late import late
from agentsync.model.policy import Limits, in_words
from agentsync.platform.process_lock import Patience
from agentsync.versions.refs import INDEX_REF, Refs

if TYPE_CHECKING:
    from agentsync.git.conversation import Conversation
    from agentsync.git.early import EarlyConversation
    from agentsync.model.git_url import GitUrl

T = TypeVar("T")

_LIST: Final = ("ls-remote", "--symref", "--end-of-options", REMOTE, "HEAD", "refs/heads/*", "refs/tags/*", INDEX_REF)
FETCH: Final = (
    "-c",
    "fetch.negotiationAlgorithm=noop",
    "fetch",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
)
# A line of GIT_TRACE_CURL.
_PAGE: Final = late(rb"<= Recv header: content-type: *text/html", re.IGNORECASE)
# Git's words for an object that a server of protocol v2 does not have at all; any that it has may be asked for.
_LACKING: Final = late(r"not our ref ([0-9a-f]{40,64})")
_MOST_LACKING: Final = 16  # found out one by one
# Seconds before the second and the third try.
_WAITS: Final = (0.5, 2.0)


_PATIENT: Final = Patience()


# `dataclasses` takes as long to load as most of what is loaded here together.
class RemoteAnswer:
    """The answer of a remote in this session: what is known of its refs, or the failure of the last question.

    Attributes:
        wanted: the beginnings of refs that the next question asks for as well.
        questions: how often it was asked for refs.
        recorded: what earlier sessions recorded, and this one; None where it was not read.
        read: the listing that was read last, and the refs in it.
    """

    __slots__ = ("failure", "guard", "listing", "questions", "read", "recorded", "wanted")

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.listing: Listing | None = None
        self.failure: AgentsyncError | None = None
        self.wanted: dict[str, None] = {}
        self.questions = 0
        self.recorded: Listing | None = None
        self.read: tuple[Listing, Refs] | None = None


class Remotes:
    """The way to every remote, shared by all cached repositories of a session.

    Args:
        offline: ask no remote.
        progress: called with each step, for a person to watch.
        counting: called with the progress of a fetch, many times a second.
        patience: what to do where another process fetches the same repository.
        answers: what remotes answered, by location and the limit of the listing.
    """

    __slots__ = ("answers", "counting", "offline", "patience", "progress")

    def __init__(
        self,
        *,
        offline: bool = False,
        progress: Progress | None = None,
        counting: Progress | None = None,
        patience: Patience = _PATIENT,
        answers: defaultdict[tuple[str, int], RemoteAnswer] | None = None,
    ) -> None:
        self.offline = offline
        self.progress = progress
        self.counting = counting
        self.patience = patience
        self.answers = answers if answers is not None else defaultdict(RemoteAnswer)

    def none_asked(self) -> Remotes:
        """Return the same way, with what remotes have answered already; none is asked."""
        return Remotes(
            offline=True,
            progress=self.progress,
            counting=self.counting,
            patience=self.patience,
            answers=self.answers,
        )

    def say(self, text: str) -> None:
        """Report a step."""
        if self.progress is not None:
            self.progress(text)


class Remote:
    """The remote of one cached repository."""

    def __init__(self, url: GitUrl, remotes: Remotes, limits: Limits) -> None:
        self.url = url
        self.answer = remotes.answers[url.location, limits.refs]
        self._remotes = remotes
        self._limit = limits.refs
        self.conversation: Conversation | None = None
        self._early: EarlyConversation | None = None
        # Objects that the server has said it does not have.
        self.lacking: set[str] = set()

    def list_refs(self, prefixes: Sequence[str] = EVERYTHING) -> Listing:
        """Return the refs that begin in these ways, or all, without asking the answer of this session.

        Raises:
            FetchError: where it cannot be reached, or has too many refs.
        """
        self._remotes.say(f"asking {self.url.text}")
        try:
            listing = with_retries(partial(self._listed, prefixes), self._remotes.say)
        except TooMuchOutput as error:
            raise FetchError(
                f"{self.url.text} names more branches and tags than are looked at",
                why=f"the names alone are more than {in_words(self._limit)}",
                hint="ask the registry maintainer to delete tags that are no release",
            ) from error
        except GitFailure as failure:
            self.answer.failure = self.unreachable(failure)
            raise self.answer.failure from failure
        if not listing.text and "HEAD" in prefixes:
            self.refuse_web_page()
        return listing

    def _listed(self, prefixes: Sequence[str]) -> Listing:
        if self.conversation is None or not self.conversation.is_open:
            self.conversation = self._converse()
        if self.conversation is None:
            listing = run_git(_LIST, remote=self.url, most=self._limit)
            return Listing(listing.decode("utf-8", "replace"))
        try:
            text = self.conversation.list_refs(prefixes, self._limit)
        except BaseException:
            self.end()
            raise
        return Listing(text, None if TAGS in prefixes and HEADS in prefixes else frozenset(prefixes))

    def connect(self, then: Callable[[str], object]) -> None:
        """Begin a conversation, and do not wait for it: the first question takes it over. No failure is raised here.

        Args:
            then: as for `EarlyConversation`.
        """
        if not self.url.is_local and self.conversation is None and self._early is None:
            from agentsync.git.early import EarlyConversation

            self._early = EarlyConversation(self.url, then)

    def _converse(self) -> Conversation | None:
        if self._early is not None:
            early, self._early = self._early, None
            return early.take()
        from agentsync.git.conversation import converse

        return converse(self.url)

    def end(self) -> None:
        """End the conversation with the remote."""
        if self._early is not None:
            self._early.drop()
            self._early = None
        if self.conversation is not None:
            self.conversation.close()
            self.conversation = None

    def fetch_by_id(self, folder: Path, oids: Sequence[str], *options: str) -> bool:
        """Fetch objects in the conversation that is open; return False where git has to fetch them itself.

        Those that the server does not have are written down in `lacking`, and the rest is asked for without them. What
        a conversation cannot do is no failure: git does the same again, and says what is wrong.
        """
        if self.url.is_local:
            return False
        wanted = [oid for oid in oids if oid not in self.lacking]
        for _ in range(_MOST_LACKING):
            if not wanted:
                return True
            try:
                return self._fetched_by_id(folder, wanted, *options)
            except (GitFailure, OSError, ValueError) as error:
                self.end()
                lacking = _LACKING.findall(str(error))
                if not lacking or self.lacking.issuperset(lacking):
                    return False
                self.lacking.update(lacking)
                wanted = [oid for oid in wanted if oid not in self.lacking]
        return False

    def _fetched_by_id(self, folder: Path, oids: Sequence[str], *options: str) -> bool:
        if self.conversation is None or not self.conversation.is_open:
            self.conversation = self._converse()
        if self.conversation is None or not self.conversation.delivers:
            return False
        self.conversation.fetch(folder, oids, options, self._remotes.counting)
        return True

    def fetch(self, folder: Path, arguments: Sequence[str], stdin: bytes = b"") -> None:
        """Fetch into a repository; raise GitFailure where git refuses."""
        progress = self._remotes.counting
        shown = "--quiet" if progress is None else "--progress"
        command = (*FETCH, shown, *arguments)
        run = partial(run_git, command, git_dir=folder, remote=self.url, stdin=stdin, progress=progress)
        with_retries(run, self._remotes.say)

    def refuse_out_of_reach(self, failure: GitFailure) -> None:
        """Raise the failure of a fetch where another fetch would fail the same way."""
        from agentsync.git.failures import is_out_of_reach, may_pass

        if may_pass(failure) or is_out_of_reach(failure):
            self.answer.failure = self.unreachable(failure)
            raise self.answer.failure from failure

    def refuse_web_page(self) -> None:
        """Raise FetchError where a web page stands in the place of the repository."""
        if self._answers_with_a_page():
            self.answer.failure = self._web_page()
            raise self.answer.failure

    def unreachable(self, failure: GitFailure) -> AgentsyncError:
        """Return the failure that explains git's own."""
        from agentsync.git.failures import explained, is_answered

        found = explained(self.url, failure)
        if type(found) is FetchError and is_answered(failure) and self._answers_with_a_page():
            return self._web_page()
        return found

    def offline(self, lacking: str) -> FetchError:
        """Return the failure for what the cache lacks while no remote is asked."""
        return FetchError(
            f"the cache does not have {lacking} of {self.url.text}",
            why="--offline asks no remote",
            hint="run once without --offline",
        )

    def _answers_with_a_page(self) -> bool:
        """Return whether a web page answers: git may take it for a repository without branches."""
        if self.url.is_local:
            return False
        trace = {"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"}
        with suppress(GitFailure):
            question = ("ls-remote", "--end-of-options", REMOTE, "HEAD")
            printed = run_git(question, remote=self.url, extra=trace, fine=(0, 128), with_errors=True)
            return _PAGE.search(printed) is not None
        return False

    def _web_page(self) -> FetchError:
        return FetchError(
            f"cannot read {self.url.text}",
            why="it answers with a web page instead of a repository, as a network does where you have to sign in",
            hint=f"sign in to the network, or check the URL: git ls-remote {shlex.quote(self.url.text)}",
        )


def with_retries(ask: Callable[[], T], say: Progress) -> T:
    """Run a request up to three times, with growing waits; raise the last GitFailure."""
    for number, wait in enumerate(_WAITS, start=2):
        try:
            return ask()
        except GitFailure as failure:
            from agentsync.git.failures import may_pass

            if not may_pass(failure) or is_ending(wait):
                raise
            say(f"{failure.message}: trying again, {number} of {len(_WAITS) + 1}")
    return ask()
