"""A fault at every step of every command that writes: a sample of them here, all of them by `make faults`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.scenarios import SCENARIOS
from tests.faults.steps import Fault

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 300


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_some_steps(name: str) -> None:
    """One step of each command for each fault, the same one in every run."""
    # A process of its own, because it forks.
    command = [sys.executable, "-m", "tests.faults", name, "--sample", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.fullmatch(r"steps \d+, faults (\d+), converged (\d+), \d+ seconds", done.stdout.splitlines()[-1])
    assert told, "the harness tells its counts"
    assert int(told[1]) == int(told[2]) == len(Fault) - 1
