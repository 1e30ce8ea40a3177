"""The engine: whatever becomes of batches, each repository gets one row, and no host is asked more than it may."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from agentsync.fleet import pace
from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.engine import Crew, Engine, Pace, Tally
from agentsync.fleet.pace import Asked, Line, Rate
from agentsync.fleet.results import Results, Row
from agentsync.formats.fleet import member_url
from agentsync.model.fleet import FleetStanding, FoundRepository, Member

NOW: Final = 1_800_000_000.0


def question(host: str, name: object) -> Question:
    """A repository of a host, "" for this machine."""
    return Question(Member(member_url(f"https://{host}/{name}.git" if host else f"/srv/{name}")))


def row(one: Question, wait: float | None = None) -> FoundRepository:
    """What is found in a repository; with `wait` its host was busy."""
    standing = FleetStanding.CLEAN if wait is None else FleetStanding.UNREACHABLE
    return FoundRepository(one.member.url.text, "c", standing, time.time(), requests=2, wait=wait)


def checked(
    folder: Path,
    questions: Sequence[Question],
    look: Callable[[Batch], Sequence[Row]],
    size: int,
    jobs: int = 8,
) -> tuple[Results, Tally]:
    """The results of a look at all of them by threads."""
    results = Results(folder / "fleet.sqlite", named=True)
    run = results.begin(questions, "", NOW)
    told: list[int] = []
    with ThreadPoolExecutor(jobs) as pool:
        engine = Engine(results, run, Crew(pool, jobs, look, dict), Batch(()), Pace(size=size), told.append)
        try:
            tally = engine.ask(iter(questions))
        finally:
            results.finish(run, NOW)
    assert told[-1:] == [len(questions)] and told == sorted(told)
    return results, tally


def test_every_repository_once(tmp_path: Path) -> None:
    """A host is asked by four at most, this machine by all workers; a batch is of one host."""
    questions = [question(host, n) for n in range(120) for host in ("a.example", "", "b.example")]
    active: Counter[str] = Counter()
    most: Counter[str] = Counter()
    asked: list[str] = []
    guard = threading.Lock()

    def look(batch: Batch) -> Sequence[Row]:
        (host,) = {one.member.url.host for one in batch.questions}
        with guard:
            active[host] += 1
            most[host] = max(most[host], active[host])
            asked.extend(one.member.url.text for one in batch.questions)
        time.sleep(0.002)
        with guard:
            active[host] -= 1
        return [row(one) for one in batch.questions]

    results, tally = checked(tmp_path, questions, look, 5)
    assert sorted(asked) == sorted(one.member.url.text for one in questions)
    assert max(most["a.example"], most["b.example"]) <= 4 < most[""] <= 8
    assert (tally.asked, tally.answered, tally.requests) == (360, 360, 720)
    assert results.rows.counts() == {FleetStanding.CLEAN: 360}
    results.close()


def test_a_busy_host_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again after the time that it names; one that never answers is given up, and the others go on."""
    monkeypatch.setattr(pace, "_RESTS", (0.05,) * 5)
    asked: dict[str, list[float]] = {}

    def look(batch: Batch) -> Sequence[Row]:
        rows: list[Row] = []
        for one in batch.questions:
            times = asked.setdefault(one.member.url.text, [])
            times.append(time.monotonic())
            host = one.member.url.host
            is_busy = host == "dead.example" or (host == "busy.example" and len(times) < 3)
            rows.append(row(one, 0.1 if is_busy else None))
        return rows

    hosts = ("busy.example", "dead.example", "well.example")
    questions = [question(host, n) for n in range(20) for host in hosts]
    results, tally = checked(tmp_path, questions, look, 10)
    assert results.rows.counts() == {FleetStanding.UNREACHABLE: 20, FleetStanding.CLEAN: 40}
    assert (tally.asked, tally.answered) == (60, 40)
    for url, times in asked.items():
        if "well" in url:
            assert len(times) == 1
        if "busy" in url:
            assert len(times) == 3 and all(later - one >= 0.1 for one, later in pairwise(times))
        if "dead" in url:
            assert len(times) <= pace.MOST_TRIES
    results.close()


def test_what_was_not_asked_is_asked_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that ends at a busy host costs those behind it no try, and each has its row at last."""
    monkeypatch.setattr(pace, "_RESTS", (0.01,) * 5)
    asked: Counter[str] = Counter()

    def look(batch: Batch) -> Sequence[Row]:
        first = batch.questions[0].member.url.text
        asked[first] += 1
        return [row(batch.questions[0], 0.0 if asked[first] == 1 else None)]

    results, tally = checked(tmp_path, [question("busy.example", n) for n in range(12)], look, 12)
    assert results.rows.counts() == {FleetStanding.CLEAN: 12} and tally.answered == 12
    assert set(asked.values()) == {2}
    results.close()


def test_a_batch_that_fails_costs_the_one_that_is_at_fault(tmp_path: Path) -> None:
    """The others are asked one by one; a bug is raised after all of them have their rows."""

    def look(batch: Batch) -> Sequence[Row]:
        if any("bad" in one.member.url.text for one in batch.questions):
            raise RuntimeError("what was not foreseen")
        return [row(one) for one in batch.questions]

    questions = [question("a.example", name) for name in ("x", "bad", "y", "z")]
    with pytest.raises(RuntimeError, match="not foreseen"):
        checked(tmp_path, questions, look, 4)
    with closing(Results(tmp_path / "fleet.sqlite", named=True)) as results:
        assert results.rows.counts() == {FleetStanding.UNREACHABLE: 1, FleetStanding.CLEAN: 3}
        worst = next(results.rows.repositories(worst_first=True))
        assert worst.found.error == "agentsync failed at it: RuntimeError: what was not foreseen"


def test_a_lost_worker_is_no_bug(tmp_path: Path) -> None:
    """Its repository is unreachable, and the reason is told."""

    class Lossy(ThreadPoolExecutor):
        def submit(self, *arguments: object, **named: object) -> Future[object]:  # type: ignore[override]
            future: Future[object] = Future()
            future.cancel()
            return future

    results = Results(tmp_path / "fleet.sqlite", named=True)
    questions = [question("a.example", n) for n in range(3)]
    run = results.begin(questions, "", NOW)
    crew = Crew(Lossy(1), 1, lambda batch: [], dict)
    tally = Engine(results, run, crew, Batch(()), Pace(), lambda _: None).ask(iter(questions))
    assert (tally.asked, tally.answered) == (3, 0)
    assert {one.found.error for one in results.rows.repositories()} == {"its worker was lost"}
    results.close()


def test_interrupted(tmp_path: Path) -> None:
    """What had ended is written; the next run asks the rest."""
    questions = [question("", n) for n in range(40)]

    def endless() -> Iterator[Question]:
        yield from questions[:20]
        time.sleep(0.1)
        raise KeyboardInterrupt

    results = Results(tmp_path / "fleet.sqlite", named=True)
    run = results.begin(questions, "", NOW)
    with ThreadPoolExecutor(2) as pool, pytest.raises(KeyboardInterrupt):
        crew = Crew(pool, 2, lambda batch: [row(one) for one in batch.questions], dict)
        Engine(results, run, crew, Batch(()), Pace(size=5), lambda _: None).ask(endless())
    assert results.rows.counts() == {FleetStanding.CLEAN: 20}
    again = results.begin(questions, "", NOW)
    assert again.goes_on and sum(1 for _ in results.due(again, max_age=0, retry=False, now=NOW)) == 20
    results.close()


def test_rate() -> None:
    """No more at once than a second has, then as many as time brings; what was too much is waited for."""
    rate = Rate(10, now=0)
    assert rate.opens_in(0) == 0
    rate.spend(10)
    assert rate.opens_in(0) == pytest.approx(0.1)
    assert rate.opens_in(0.1) == 0
    rate.spend(21)
    assert rate.opens_in(0.1) == pytest.approx(2.1)
    assert rate.opens_in(99) == 0
    rate.spend(10)
    assert rate.opens_in(99) > 0
    assert Rate(0, now=0).opens_in(0) == 0
    assert Rate(0.5, now=0).batch == 1 and Rate(20, now=0).batch == 10


def test_the_line_reads_no_further_than_it_must() -> None:
    """A host that is full holds none of the others up, and a list of any length is read as it is needed."""
    read = 0

    def listed() -> Iterator[Question]:
        nonlocal read
        for number in range(100_000):
            read += 1
            yield question("a.example" if number % 10 else "b.example", number)

    line = Line(listed(), size=10, per_host=1)
    batches = [line.next_batch(0), line.next_batch(0)]
    assert [batch[0].question.member.url.host for batch in batches] == ["a.example", "b.example"]
    assert read < 150
    assert line.next_batch(0) == [] and read < 5_000
    line.host(batches[0][0].question).active -= 1
    assert len(line.next_batch(0)) == 10 and line.opens_in(0) is None
    alone = Line(iter([question("", 1)]), size=10)
    alone.put_back(Asked(question("", 2), is_alone=True))
    assert [len(alone.next_batch(0)) for _ in range(3)] == [1, 1, 0] and alone.is_over
