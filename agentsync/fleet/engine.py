"""The engine: batches of a list through any executor, rows into the results as they come.

The driver holds the batches that are under way and what is read ahead of the list, whatever the length of the list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.pace import MOST_TRIES, Asked, Line, Rate, expected
from agentsync.fleet.results import Begun, Results, Row
from agentsync.git.git import HEARTBEAT
from agentsync.model.fleet import UNANSWERED, FleetStanding, FoundRepository, Member, Unchanged

Look = Callable[[Batch], Sequence[Row]]

MOST_IN_A_BATCH: Final = 50
_PER_WORKER: Final = 4  # batches under way


class Crew(NamedTuple):
    """The workers of a check.

    Args:
        executor: runs `look`; what it loses, as with a machine that goes away, is asked again one by one.
        workers: how many of its batches run at the same time.
        look: looks at a batch, in order; those without a row were not asked. Anything that it raises concerns its batch
            alone.
        known: SHA-256 by blob id, as each batch is given it.
        lost: the names of modules whose exceptions say that a worker is gone.
    """

    executor: Executor
    workers: int
    look: Look
    known: Callable[[], Mapping[str, str]]
    lost: tuple[str, ...] = ()


class Pace(NamedTuple):
    """What holds a check back.

    Args:
        rate: requests in a second, 0 for any number.
        size: the most repositories of a batch, 0 where it follows from the length of the list.
    """

    rate: float = 0.0
    size: int = 0


class Tally:
    """What a check did.

    Attributes:
        asked: the number of repositories that were asked; of them, `answered` did.
        bug: the first exception of a look that is none of the expected ones.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.answered = 0
        self.requests = 0
        self.received = 0
        self.bug: Exception | None = None


class Engine:
    """A check that is under way.

    Args:
        batch: what all batches have in common.
        told: called with the number of repositories that were asked, after each batch.
    """

    def __init__(
        self, results: Results, run: Begun, crew: Crew, batch: Batch, pace: Pace, told: Callable[[int], None]
    ) -> None:
        self._results = results
        self._run = run
        self._crew = crew
        self._batch = batch
        self._told = told
        self._rate = Rate(pace.rate, time.monotonic())
        even = -(-run.listed // crew.workers)
        self._size = max(1, min(MOST_IN_A_BATCH, pace.size or even, self._rate.batch))
        self._ended: SimpleQueue[tuple[list[Asked], Future[Sequence[Row]]]] = SimpleQueue()
        self._under_way = 0
        self.tally = Tally()

    def ask(self, questions: Iterator[Question]) -> Tally:
        """Ask all; where this is interrupted, what came until then is written."""
        line = Line(questions, self._size)
        try:
            while True:
                pause = self._submit(line)
                if not self._under_way and line.is_over:
                    break
                self._take(line, pause)
        except BaseException:
            self._cut()
            raise
        if self.tally.bug is not None:
            raise self.tally.bug
        return self.tally

    def _submit(self, line: Line) -> float:
        """Give the executor what it may have; return the seconds until there may be more."""
        while self._under_way < self._crew.workers * _PER_WORKER:
            now = time.monotonic()
            if closed := self._rate.opens_in(now):
                return closed
            batch = line.next_batch(now)
            if not batch:
                rest = line.opens_in(now)
                return HEARTBEAT if rest is None else min(rest, HEARTBEAT)
            self._rate.spend(expected(batch))
            given = self._batch._replace(questions=tuple(one.question for one in batch), blobs=self._crew.known())
            self._under_way += 1
            future = self._crew.executor.submit(self._crew.look, given)
            future.add_done_callback(partial(self._put_ended, batch))
        return HEARTBEAT

    def _put_ended(self, batch: list[Asked], future: Future[Sequence[Row]]) -> None:
        self._ended.put((batch, future))

    def _take(self, line: Line, pause: float) -> None:
        """Wait for batches that ended, and write their rows."""
        with suppress(Empty):
            ended = [self._ended.get(timeout=max(pause, 0.001))]
            with suppress(Empty):
                while True:
                    ended.append(self._ended.get_nowait())
            for batch, future in ended:
                self._under_way -= 1
                line.host(batch[0].question).active -= 1
                self._write(line, batch, self._rows(batch, future))

    def _rows(self, batch: list[Asked], future: Future[Sequence[Row]]) -> Sequence[Row | None]:
        """Return the rows of a batch, None for each repository that has to be asked again by itself."""
        try:
            return future.result()
        except (Exception, CancelledError) as error:
            if len(batch) > 1:
                return [None] * len(batch)
            is_lost = type(error).__module__.partition(".")[0] in self._crew.lost or isinstance(error, CancelledError)
            if not is_lost and self.tally.bug is None and isinstance(error, Exception):
                self.tally.bug = error
            url = batch[0].question.member.url.text
            why = "its worker was lost" if is_lost else f"agentsync failed at it: {type(error).__name__}: {error}"
            return [FoundRepository(url, "", FleetStanding.UNREACHABLE, time.time(), why)]

    def _write(self, line: Line, batch: list[Asked], rows: Sequence[Row | None]) -> None:
        """Write the rows of a batch; what was too busy, or was lost, waits to be asked again."""
        host = line.host(batch[0].question)
        waits: list[float] = []
        kept: list[tuple[Member, Row]] = []
        for one in reversed(batch[len(rows) :]):
            line.put_back(one)
        for one, row in zip(batch, rows, strict=False):
            if row is None:
                line.put_back(one._replace(is_alone=True))
                continue
            busy = row.wait if isinstance(row, FoundRepository) else None
            if busy is None:
                host.answered()
            else:
                waits.append(busy)
            if busy is not None and one.tries + 1 < MOST_TRIES and not host.is_given_up:
                line.put_back(one._replace(tries=one.tries + 1))
            else:
                kept.append((one.question.member, row))
        if waits:
            host.was_busy(max(waits), time.monotonic())
        self._rate.spend(sum(row.requests for row in rows if row is not None) - expected(batch))
        self._keep(kept)

    def _keep(self, kept: Sequence[tuple[Member, Row]]) -> None:
        if not kept:
            return
        self._results.put(self._run, kept)
        tally = self.tally
        tally.asked += len(kept)
        tally.requests += sum(row.requests for _, row in kept)
        tally.received += sum(row.received for _, row in kept)
        tally.answered += sum(isinstance(row, Unchanged) or row.standing not in UNANSWERED for _, row in kept)
        self._told(tally.asked)

    def _cut(self) -> None:
        """Write what has ended already; nothing that ends from now on is an answer."""
        with suppress(Empty, AgentsyncError):
            while True:
                batch, future = self._ended.get_nowait()
                if not future.cancelled() and future.exception() is None:
                    rows = zip(batch, future.result(), strict=False)
                    self._keep([(one.question.member, row) for one, row in rows if not _is_busy(row)])


def _is_busy(row: Row) -> bool:
    return isinstance(row, FoundRepository) and row.wait is not None
