"""A check of a fleet: its list, its workers, its results, from the first question to the last registry."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from agentsync.errors import AgentsyncError, UsageError
from agentsync.fleet.batch import LOOK, Batch, Question
from agentsync.fleet.engine import Engine, Look, Pace, Tally
from agentsync.fleet.listing import FleetList
from agentsync.fleet.results import Begun, Due, Results
from agentsync.fleet.workers import THREADS, crew_of
from agentsync.formats.fleet import FleetError, member_url
from agentsync.model.fleet import Member
from agentsync.model.git_url import GitUrl, UrlKind


class Checking(NamedTuple):
    """How a fleet is checked.

    Args:
        executor, jobs: see `workers.crew_of`.
        max_age: seconds within which an answer is not asked for again.
        retry: ask only what did not answer before, or was never asked.
        pace: what holds it back.
    """

    executor: str = THREADS
    jobs: int = 0
    max_age: float = 0.0
    retry: bool = False
    pace: Pace = Pace()


class Check:
    """A check that has begun: its list is read, and is valid.

    Args:
        told: called with what is done, for a person; many times a second.

    Attributes:
        run: its run in the results.
    """

    def __init__(
        self, listed: FleetList, results: Results, how: Checking, http_hosts: Iterable[str], told: Callable[[str], None]
    ) -> None:
        self._list = listed
        self._results = results
        self._how = how
        self._allow_http = frozenset(http_hosts)
        self._told = told
        self._secret: dict[str, GitUrl] = {}
        self.run: Begun = results.begin(self._taken(), _basis(listed), time.time())

    def ask(self, look: Look) -> Tally:
        """Ask all repositories that have to be asked.

        Raises:
            UsageError, AgentsyncError: see `workers.crew_of`.
        """
        how = self._how
        due = self._results.due(self.run, max_age=how.max_age, retry=how.retry, now=time.time())
        batch = Batch((), policy=self._list.policy, policy_name=self._list.policy_name)
        try:
            with crew_of(how.executor, how.jobs, look, self._results) as crew:
                engine = Engine(self._results, self.run, crew, batch, how.pace, self._tell)
                return engine.ask(map(self._question, due))
        except BaseException:
            with suppress(AgentsyncError):
                self._results.judge()
            raise

    def finish(self) -> None:
        """End the run."""
        self._results.finish(self.run, time.time())

    def _taken(self) -> Iterator[Question]:
        """Yield the list, and remember the URLs that hold more than the results do."""
        question = None
        for question in self._list.questions():
            url = question.member.url
            if question.is_folder and self._how.executor != THREADS:
                raise UsageError("--folder goes with threads", why="another machine has other folders")
            if url.kind is not UrlKind.PATH and url.location != url.text:
                self._secret[url.text] = url
            yield question
        if question is None:
            raise FleetError(
                "the list names no repository",
                hint="see `repositories` and `lists` of fleet.yaml, and what `exclude` leaves out",
            )

    def _question(self, due: Due) -> Question:
        url = self._secret.get(due.url) or member_url(due.url, allow_http=self._allow_http)
        if self._how.executor != THREADS and url.kind is not UrlKind.PATH:
            url = url._replace(location=url.text)  # our credentials stay here
        return Question(Member(url, due.branch, due.folders), due.commit, due.is_folder)

    def _tell(self, asked: int) -> None:
        self._told(f"{asked:,} of {self.run.listed:,} repositories")


def _basis(listed: FleetList) -> str:
    """Return what answers depend on beside the commit."""
    return hashlib.sha256(json.dumps((LOOK, listed.policy)).encode()).hexdigest()


def results_lock(folder: Path, results: Path) -> Path:
    """Return the file in the cache by which one check at a time uses a file of results."""
    digest = hashlib.sha256(str(results.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
    return folder / f"fleet-{digest[:20]}.lock"
