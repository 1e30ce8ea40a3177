"""Killed at every step that git itself takes while it fetches: the next run is not blocked, and all is right.

Needs a C compiler and a loader that knows `LD_PRELOAD`; skipped where there is none.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.campaign import campaign_of
from tests.faults.counted import counted, counting, forget
from tests.faults.machine import Machine


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """The environment of a git that counts its steps."""
    return counting(tmp_path)


def _killed(machine: Machine, command: tuple[str, ...], variables: dict[str, str], number: int) -> tuple[int, int]:
    """Run a command, killed before a step; returns the exit code and how many steps there were."""
    forget(variables)
    watched = replace(machine, variables={**machine.variables, **variables, "STEPS_KILL": str(number)})
    return watched.run(*command).exit, counted(variables)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first install", "install over http", "update over http"])
@pytest.mark.parametrize("count", [4, pytest.param(10_000, marks=pytest.mark.faults)])
def test_killed_while_git_works(name: str, tmp_path: Path, variables: dict[str, str], count: int) -> None:
    """Agentsync and git, at the same moment; then again, without any fault."""
    with campaign_of(name, tmp_path) as campaign:
        command, exits = campaign.scenario.command, (campaign.scenario.exit, -9)
        with campaign.start.copy() as one:
            exit, steps = _killed(one, command, variables, 0)
            if not steps:
                pytest.skip("the loader does not take LD_PRELOAD")
            assert exit == campaign.scenario.exit and one.strays() == []
        numbers = sorted(random.Random("agentsync").sample(range(1, steps + 1), min(count, steps)))
        for number in numbers:
            where = f"killed before step {number} of {steps}"
            with campaign.start.copy() as one:
                exit, _ = _killed(one, command, variables, number)
                assert exit in exits, where  # git does not take as many steps each time
                again = one.run(*command)
                assert again.exit == campaign.scenario.exit, f"{where}: {again.stderr}"
                one.run("install")
                assert one.tree() == campaign.ends.done, where
                assert one.strays() == [], where
    print(f"git: {name}: steps {steps}, faults {len(numbers)}, converged {len(numbers)}")
