"""A fleet over HTTP: every standing is right whatever the host's moods, and nothing is asked twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agentsync.model.fleet import UNANSWERED, FleetStanding
from bench.git_server import Traffic, serving
from tests.fleet.cluster import cluster
from tests.fleet.copies import copies
from tests.fleet.machine import FleetMachine, moody
from tests.fleet.templates import Templates
from tests.sandbox import AGENTSYNC, Sandbox

pytestmark = pytest.mark.slow
FEW, MANY = 60, 500
COUNTS = [FEW, pytest.param(MANY, marks=pytest.mark.long)]


@pytest.fixture
def machine(sandbox: Sandbox, fleet_templates: Templates) -> FleetMachine:
    """A machine with the registries of the templates."""
    return FleetMachine(sandbox, fleet_templates)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Traffic]:
    """A server of the folder `fleet`."""
    with serving(tmp_path / "fleet", delay=0.005) as traffic:
        yield traffic


@pytest.mark.parametrize("count", COUNTS)
def test_every_standing_is_right_and_a_second_look_asks_for_refs_alone(
    count: int, machine: FleetMachine, server: Traffic, tmp_path: Path
) -> None:
    """429, 503 and answers that break off are asked again; what did not move is not fetched again."""
    machine.write(moody(server, tmp_path / "fleet", machine.templates, count))
    run = machine.check()
    assert run.exit == 1, run.stderr
    assert machine.standings() == machine.members
    assert server.most_at_once <= 4
    assert sum(rule.busy + rule.resets for rule in server.rules.values()) == 0
    server.forget()
    assert machine.check("--fail-on", "never").exit == 0
    assert machine.standings() == machine.members
    answered = {_name(url) for url, standing in machine.members.items() if _answers(standing)}
    asked = {name: Counter(what for one, what in server.asked if one == name) for name in answered}
    assert {name for name, what in asked.items() if what != {"refs": 1, "git-upload-pack": 1}} == set()
    assert max(server.sent_of[name] for name in answered) < 600
    server.forget()
    machine.check("--max-age", "1h")
    unanswered = {_name(url) for url, standing in machine.members.items() if standing in UNANSWERED}
    assert {name for name, _ in server.asked} == {name for name in unanswered if name != "nowhere.git"}


@pytest.mark.parametrize("count", COUNTS)
def test_a_run_that_is_killed_goes_on_where_it_was(
    count: int, machine: FleetMachine, server: Traffic, tmp_path: Path
) -> None:
    """Whenever it is killed, what is in the results is right, and only the rest is asked by the next run."""
    made = copies(tmp_path / "fleet", machine.templates.all, count)
    machine.write({f"{server.url}/{one.path.name}": one.standing for one in made})
    known: dict[str, str] = {}
    for _ in range(2 if count == FEW else 15):
        before = known
        _killed(machine, server, jobs=count // 5)
        known = machine.standings()
        assert len(before) < len(known) < count
        assert before.items() <= known.items()
        assert not {_name(url) for url in before} & set(server.requests_of)
    server.forget()
    machine.check()
    assert set(server.requests_of) == {_name(url) for url in machine.members.keys() - known.keys()}
    assert machine.standings() == machine.members


@pytest.mark.parametrize("count", COUNTS)
def test_a_cluster_finds_what_threads_find(count: int, machine: FleetMachine, server: Traffic, tmp_path: Path) -> None:
    """Rows are equal, whichever executor looked."""
    pytest.importorskip("distributed")
    machine.write(moody(server, tmp_path / "fleet", machine.templates, count))
    if count == FEW:  # of a moody server the test above tells
        server.rules = {name: rule for name, rule in server.rules.items() if not rule.busy + rule.resets}
    moods = {name: replace(rule) for name, rule in server.rules.items()}
    machine.check()
    server.rules = moods
    workers = 1 if count == FEW else 2
    other = tmp_path / "cluster.sqlite"
    with cluster(machine.sandbox.environment(), workers=workers) as one:
        run = machine.check("--executor", f"dask:{one.address}", results=other)
    assert run.exit == 1, run.stderr
    assert machine.found(other) == machine.found()


def _killed(machine: FleetMachine, server: Traffic, jobs: int) -> None:
    """Kill a run in the middle of a batch; four batches of five are under way, and the first of them has ended."""
    server.forget()
    words = [*AGENTSYNC, "fleet", "check", "--results", str(machine.results), "--jobs", str(jobs)]
    with subprocess.Popen(
        words,
        cwd=machine.sandbox.project,
        env=machine.sandbox.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=sys.platform != "win32",
    ) as process:
        while len(server.requests_of) < 25 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    while server.under_way:
        time.sleep(0.01)


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _answers(standing: FleetStanding) -> bool:
    return standing not in {*UNANSWERED, FleetStanding.GONE, FleetStanding.EMPTY}
