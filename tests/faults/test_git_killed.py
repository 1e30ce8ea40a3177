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

from tests.faults.machine import Machine
from tests.faults.scenarios import BOTH, manifest, serve

COMPILER = shutil.which("cc")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that asks for both packs, with an empty cache, and a git that counts its steps."""
    if COMPILER is None:
        pytest.skip("no C compiler")
    library = tmp_path / "git_steps.so"
    source = Path(__file__).with_name("git_steps.c")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    servers = tmp_path / "servers"
    servers.mkdir()
    serve(servers)
    root = tmp_path / "machine"
    for place in ("project", "home", "config"):
        (root / place).mkdir(parents=True)
    found = Machine(root, servers, {"LD_PRELOAD": str(library), "STEPS_LOG": str(tmp_path / "log")})
    manifest(found, "1.0.0", *BOTH)
    return found


def _killed(machine: Machine, number: int) -> tuple[int, int]:
    """Install, killed before a step; returns the exit code and how many steps there were."""
    log = Path(machine.variables["STEPS_LOG"])
    log.unlink(missing_ok=True)
    watched = replace(machine, variables={**machine.variables, "STEPS_KILL": str(number)})
    exit = watched.run("install").exit
    return exit, log.stat().st_size if log.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("count", [12, pytest.param(10_000, marks=pytest.mark.faults)])
def test_killed_while_git_works(machine: Machine, count: int) -> None:
    """Agentsync and git, at the same moment; then again, without any fault."""
    with machine.copy() as one:
        exit, steps = _killed(one, 0)
        if not steps:
            pytest.skip("the loader does not take LD_PRELOAD")
        assert exit == 0 and one.strays() == []
        expected = one.tree()
    numbers = sorted(random.Random("agentsync").sample(range(1, steps + 1), min(count, steps)))
    for number in numbers:
        with machine.copy() as one:
            exit, _ = _killed(one, number)
            assert exit in (-9, 0), f"step {number} of {steps}"  # git does not take as many steps each time
            again = replace(one, variables={}).run("install")
            assert again.exit == 0, f"killed before step {number} of {steps}: {again.stderr}"
            assert one.tree() == expected, f"killed before step {number} of {steps}"
            assert one.strays() == [], f"killed before step {number} of {steps}"
    print(f"git: steps {steps}, faults {len(numbers)}, converged {len(numbers)}")
