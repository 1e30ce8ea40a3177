"""One repository of a fleet: asked for one ref, then for objects, in one conversation where its server has those."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agentsync.errors import BusyError, FetchError
from agentsync.fleet.store import Store
from agentsync.git.conversation import Conversation, converse
from agentsync.git.failures import explained, may_pass
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.heads import Head, Traffic, head_by_git, head_in
from agentsync.git.remotes import FETCH
from agentsync.model.git_url import GitUrl

_NO_FILES: Final = "filter blob:none"
_NO_HISTORY: Final = "deepen 1"


class Source:
    """The way to one repository; its failures are those of `git/failures.py`.

    Attributes:
        traffic: requests and bytes, as git's protocol has them: the headers of http are not counted, nor is TLS. Where
            git speaks to the server by itself, each command is one request, and what it receives is not known.
    """

    def __init__(self, url: GitUrl) -> None:
        self.url = url
        self.traffic = Traffic()
        self._conversation: Conversation | None = None

    def close(self) -> None:
        """End the conversation."""
        if self._conversation is not None:
            self._conversation.close()
            one, self._conversation = self._conversation, None
            self.traffic.add(one.requests, one.sent, one.received)

    def head(self, branch: str) -> Head | None:
        """Return what HEAD or a branch names, None where it names no commit."""
        self.close()
        with self._explaining():
            self._conversation = converse(self.url)
            if self._conversation is not None:
                return head_in(self._conversation, branch)
            return head_by_git(self.url, branch, self.traffic)

    def fetch_commit(self, store: Store, commit: str, most: int) -> int:
        """Fetch a commit with its trees, without its history, and without files where the server can leave them out.

        Returns:
            The number of bytes that came.

        Raises:
            TooMuchOutput: where they are more than `most`.
        """
        return self._fetch(store, [commit], (_NO_HISTORY, _NO_FILES), most)

    def fetch_files(self, store: Store, blobs: Sequence[str], most: int) -> int:
        """Fetch files that are not there yet, as `fetch_commit`."""
        missing = store.absent(blobs)
        return self._fetch(store, missing, (_NO_FILES,), most) if missing else 0

    def _fetch(self, store: Store, oids: Sequence[str], options: Sequence[str], most: int) -> int:
        folder = store.objects(oids[0]).folder
        with self._explaining():
            if self._conversation is None:
                return self._fetch_by_git(folder, oids, options)
            before = self._conversation.received
            usable = [one for one in options if one != _NO_FILES or self._conversation.can_filter]
            self._conversation.fetch(folder, oids, usable, most=most, check=False)
            return self._conversation.received - before

    def _fetch_by_git(self, folder: Path, oids: Sequence[str], options: Sequence[str]) -> int:
        self.traffic.add(1, 0, 0)
        depth = ("--depth=1",) if _NO_HISTORY in options else ()
        command = ("-c", "fetch.fsckObjects=false", *FETCH, "--quiet", *depth, "--filter=blob:none", "--stdin", REMOTE)
        run_git(command, git_dir=folder, remote=self.url, stdin="".join(f"{oid}\n" for oid in oids).encode())
        return 0

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except GitFailure as failure:
            raise explained(self.url, failure) from failure


def broke_off(error: FetchError) -> bool:
    """Return whether an answer did not come to its end, and may do so now; a busy host has to rest before."""
    cause = error.__cause__
    return not isinstance(error, BusyError) and isinstance(cause, GitFailure) and may_pass(cause)
