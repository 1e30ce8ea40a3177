"""A fleet of every standing: its first and its second look, by file and over HTTP, in threads and on a cluster.

10,000 repositories, or as many as BENCH_REPOSITORIES says, are made on the spot; a tenth of them is asked
over HTTP, and by threads and a cluster in turn.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.git_server import Traffic, serving
from bench.installation import Installation
from bench.report import Answer
from bench.timing import Candidate, Cost, cost
from tests.fleet.cluster import cluster
from tests.fleet.copies import Copy, copies
from tests.fleet.templates import Templates, fleet_templates
from tests.sandbox import Sandbox

COUNT: Final = "BENCH_REPOSITORIES"
_MILLION: Final = 1_000_000
# Goals: CPU milliseconds and requests a repository, and the largest resident set of the driver in MB.
_FIRST, _AGAIN = (25, 4), (4, 2)
_MEMORY: Final = 150
_PER_SECOND: Final = 50  # requests that a host may allow


@dataclass(frozen=True, slots=True)
class Look:
    """What one run took for each of its repositories.

    Args:
        cost: of the whole run.
        repositories: how many there are.
        requests, sent: to the server, and the bytes of its answers, of one that has a commit; 0 by file.
    """

    cost: Cost
    repositories: int
    requests: float = 0.0
    sent: float = 0.0

    @property
    def processor(self) -> float:
        """Return milliseconds of the processors a repository."""
        return self.cost.processor * 1000 / self.repositories


@dataclass(frozen=True, slots=True)
class Fleet:
    """A list of repositories, and the file of its results."""

    machine: Installation
    templates: Templates
    folder: Path
    members: Sequence[Copy]

    def look(self, *options: str, env: Mapping[str, str] = {}) -> Cost:
        """Run `fleet check`."""
        results = ("--results", str(self.folder / "fleet.sqlite"), "--fail-on", "never")
        words = [self.machine.agentsync, "fleet", "check", *results, *options]
        return cost(Candidate(words, self.folder, {**self.machine.env, **env}))

    def forget(self) -> None:
        """Take the results away."""
        for file in self.folder.glob("fleet.sqlite*"):
            file.unlink()

    def check(self) -> None:
        """Compare the results with what the repositories are: what is fast and wrong is no figure."""
        with sqlite3.connect(self.folder / "fleet.sqlite") as data:
            found = Counter(dict(data.execute("SELECT standing, count(*) FROM repository GROUP BY standing")))
        expected = Counter(str(one.standing) for one in self.members)
        if found != expected:
            raise SystemExit(f"wrong standings: {dict(found - expected)} instead of {dict(expected - found)}")


def answers(machine: Installation) -> list[Answer]:
    """Measure a fleet by file, a tenth of it over HTTP, and a tenth in threads and on a cluster."""
    count = int(os.environ.get(COUNT, "10000"))
    templates = fleet_templates(Sandbox(machine.root / "fleet"))
    made = copies(machine.root / "fleet" / "repositories", templates.all, count)
    fewer = made[: max(1, count // 10)]
    near = _fleet(machine, templates, "near", made, machine.root.as_uri())
    first, again = _looks(near)
    found = [
        *_processor(f"{count:,} repositories by file", first, again),
        _amount("most memory of the driver, first look", f"{count:,} repositories", first.cost.memory / 1e6, _MEMORY),
        _amount("most memory of the driver, again", f"{count:,} repositories", again.cost.memory / 1e6, _MEMORY),
        *_processes(_fleet(machine, templates, "counted", fewer[:100], machine.root.as_uri())),
    ]
    with serving(machine.root) as server:
        far = _fleet(machine, templates, "far", fewer, server.url)
        over_http = _looks(far, server)
    found += [*_processor(f"{len(fewer):,} repositories over HTTP", *over_http), *_requests(*over_http)]
    found += _cluster(_fleet(machine, templates, "spread", fewer, machine.root.as_uri()), machine)
    return found


def on_paper(found: Sequence[Answer]) -> list[str]:
    """Return the lines that say what the figures mean for a million repositories."""
    figures = {one.question: one.measured for one in found if one.measured is not None}
    lines = ["", f"What that means for {_MILLION:,} repositories over HTTP, on paper:", ""]
    lines += [f"| | CPU | received | at {_PER_SECOND} requests a second |", "|---|---|---|---|"]
    for which in ("first look", "again"):
        over = next((name.partition(": ")[0] for name in figures if f"over HTTP: {which}" in name), "")
        hours = figures[f"{over}: {which}, CPU a repository"] * _MILLION / 1000 / 3600
        received = figures[f"over HTTP, {which}, kB a repository"] * _MILLION / 1e6
        waiting = figures[f"over HTTP, {which}, requests a repository"] * _MILLION / _PER_SECOND / 3600
        lines.append(f"| {which} | {hours:.1f} h | {received:.1f} GB | {waiting:.0f} h |")
    return lines


def _fleet(machine: Installation, templates: Templates, name: str, made: Sequence[Copy], base: str) -> Fleet:
    """Write the list of some repositories, by URLs that begin with a base."""
    folder = machine.root / name
    folder.mkdir()
    registries = "".join(f"  {alias}: {registry.url}\n" for alias, registry in templates.registries.items())
    text = f"fleet: 1\nlists: [repositories.txt]\npolicy: policy.yaml\nregistries:\n{registries}"
    (folder / "fleet.yaml").write_text(text)
    (folder / "policy.yaml").write_text(templates.policy)
    urls = (f"{base}/{one.path.relative_to(machine.root).as_posix()}\n" for one in made)
    (folder / "repositories.txt").write_text("".join(urls))
    return Fleet(machine, templates, folder, made)


def _looks(fleet: Fleet, server: Traffic | None = None) -> tuple[Look, Look]:
    """Look twice, and see that both are right."""
    found = []
    for _ in range(2):
        if server is not None:
            server.forget()
        spent, count = fleet.look(), len(fleet.members)
        fleet.check()
        found.append(Look(spent, count, *(_asked(server, fleet) if server is not None else ())))
    return found[0], found[1]


def _asked(server: Traffic, fleet: Fleet) -> tuple[float, float]:
    """Return requests and bytes a repository that has a commit."""
    names = [str(one.path.relative_to(fleet.machine.root)) for one in fleet.members if one.commit]
    requests, sent = (sum(of[name] for name in names) / len(names) for of in (server.requests_of, server.sent_of))
    return requests, sent


def _processor(what: str, first: Look, again: Look) -> list[Answer]:
    rows = (("first look", first, _FIRST[0]), ("again", again, _AGAIN[0]))
    return [
        _amount(f"{what}: {which}, CPU a repository", f"{look.cost.wall:.0f} s in all", look.processor, goal, " ms")
        for which, look, goal in rows
    ]


def _requests(first: Look, again: Look) -> Iterator[Answer]:
    for which, look, goal in (("first look", first, _FIRST[1]), ("again", again, _AGAIN[1])):
        yield _amount(f"over HTTP, {which}, requests a repository", "", look.requests, goal, "")
        yield _amount(f"over HTTP, {which}, kB a repository", "", look.sent / 1000, None, " kB")


def _processes(fleet: Fleet) -> Iterator[Answer]:
    """Count the processes of git that a look starts."""
    log, folder = fleet.folder / "calls", fleet.folder / "counting"
    folder.mkdir()
    program = folder / "git"
    program.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    for which in ("first look", "again"):
        log.write_text("")
        fleet.look(env={"PATH": f"{folder}{os.pathsep}{fleet.machine.env['PATH']}"})
        calls = len(log.read_text().splitlines())
        yield _amount(f"by file, {which}, processes of git a repository", "", calls / len(fleet.members), None, "")


def _cluster(fleet: Fleet, machine: Installation) -> Iterator[Answer]:
    """Look in threads, and on a cluster of two workers on this machine, in turn; its start does not count."""
    count = len(fleet.members)
    with cluster(machine.env, workers=2, threads=2, python=machine.python) as one:
        fleet.look("--executor", f"dask:{one.address}")
        told = f"first look at {count:,} by file"
        for name, executor in (("threads", "threads"), ("cluster of two workers", f"dask:{one.address}")):
            fleet.forget()
            before = _spent(one.process)
            look = fleet.look("--executor", executor)
            fleet.check()
            spent = (look.processor + _spent(one.process) - before) * 1000 / count
            yield _amount(f"{told}, {name}, CPU a repository", f"{look.wall * 1000 / count:.1f} ms", spent, None, " ms")


def _spent(process: int) -> float:
    """Return the processor time of a process, its children and theirs, so far."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout.split()[2:]
    parents = dict(zip(map(int, listed[::2]), map(int, listed[1::2]), strict=True))
    family, ticks = {process}, 0
    for pid in sorted(parents):
        if parents[pid] in family:
            family.add(pid)
    for pid in family:
        stat = Path(f"/proc/{pid}/stat")
        ticks += sum(map(int, stat.read_text().rpartition(")")[2].split()[11:15])) if stat.exists() else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _amount(what: str, beside: str, value: float, goal: float | None, unit: str = " MB") -> Answer:
    return Answer(what, beside, f"{value:.2f}{unit}", "", None, goal, measured=value, unit=unit)
