"""Killed at every step that git itself takes while it fetches: the next run is not blocked, and all is right.

Needs a C compiler and a loader that knows `LD_PRELOAD`; skipped where there is none.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.campaign import campaign_of
from tests.faults.machine import Machine

COMPILER = shutil.which("cc")


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """The environment of a git that counts its steps."""
    if COMPILER is None:
        pytest.skip("no C compiler")
    library = tmp_path / "git_steps.so"
    source = Path(__file__).with_name("git_steps.c")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "STEPS_LOG": str(tmp_path / "log")}


def _killed(machine: Machine, command: tuple[str, ...], variables: dict[str, str], number: int) -> tuple[int, int]:
    """Run a command, killed before a step; returns the exit code and how many steps there were."""
    log = Path(variables["STEPS_LOG"])
    log.unlink(missing_ok=True)
    watched = replace(machine, variables={**machine.variables, **variables, "STEPS_KILL": str(number)})
    exit = watched.run(*command).exit
    return exit, log.stat().st_size if log.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first install", "install over http", "update over http"])
@pytest.mark.parametrize("count", [6, pytest.param(10_000, marks=pytest.mark.faults)])
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
