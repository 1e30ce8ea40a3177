"""A look at a fleet, killed before any step of SQLite or git: what was written is right, and the rest is asked."""

from __future__ import annotations

import random
import signal
import subprocess
from pathlib import Path

import pytest

from bench.git_server import serving
from tests.faults.counted import counted, counting, forget
from tests.fleet.copies import copies
from tests.fleet.machine import FleetMachine
from tests.fleet.templates import Templates
from tests.sandbox import AGENTSYNC, Sandbox


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, pytest.param(10_000, marks=pytest.mark.faults)])
def test_killed_before_a_step(sandbox: Sandbox, fleet_templates: Templates, tmp_path: Path, count: int) -> None:
    """The results are never more than what an undisturbed run finds, and the next run comes to all of it."""
    variables = counting(tmp_path)
    machine = FleetMachine(sandbox, fleet_templates)
    with serving(tmp_path / "fleet") as server:
        made = copies(tmp_path / "fleet", machine.templates.all, 12)
        machine.write({f"{server.url}/{one.path.name}": one.standing for one in made})
        machine.check()
        expected = machine.found()
        if not (steps := _steps(machine, tmp_path / "whole.sqlite", variables, 0)):
            pytest.skip("the loader does not take LD_PRELOAD")
        numbers = sorted(random.Random("agentsync").sample(range(1, steps + 1), min(count, steps)))
        for number in numbers:
            where, results = f"killed before step {number} of {steps}", tmp_path / f"{number}.sqlite"
            _steps(machine, results, variables, number)
            if results.exists() and any(machine.rows("SELECT 1 FROM sqlite_master WHERE name = 'repository'", results)):
                assert {row[:3] for row in machine.found(results)[0]} <= {row[:3] for row in expected[0]}, where
            assert machine.check(results=results).exit == 1, where
            assert [path.name for path in tmp_path.glob(f"{number}.*")] == [results.name], where
            assert machine.found(results) == expected, where
            results.unlink()
    print(f"fleet: steps {steps}, faults {len(numbers)}, converged {len(numbers)}")


def _steps(machine: FleetMachine, results: Path, variables: dict[str, str], number: int) -> int:
    """Look at the fleet, killed before a step, 0 for none; returns how many steps there were."""
    forget(variables)
    words = [*AGENTSYNC, "fleet", "check", "--results", str(results), "--jobs", "2"]
    ended = subprocess.run(
        ["sh", "-c", 'export STEPS_PID=$$; exec "$@"', "sh", *words],
        cwd=machine.sandbox.project,
        env=machine.sandbox.environment(**variables, STEPS_KILL=str(number)),
        capture_output=True,
        check=False,
        start_new_session=True,
    )
    assert ended.returncode in ((-signal.SIGKILL, 1) if number else (1,)), ended.stderr
    return counted(variables)
