"""Inject faults and print what came of them.

    python -m tests.faults [--jobs N] [--sample N] [--only FAULT]... [SCENARIO]...

A line for each scenario and fault: how many steps the command takes, before how many of them the
fault happened, and after how many of these all was well. Exit 1 where anything was wrong.

A fault happens where it makes a difference: only a write is torn, and a power cut is one where something written is not
on disk yet; elsewhere they are the same as a kill. What comes after a fault is run once for each state that a fault of
this process left behind.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.campaign import Campaign, Result, campaign_of, sample
from tests.faults.scenarios import SCENARIOS
from tests.faults.steps import Fault

# Steps, faults, converged.
Counts = tuple[int, int, int]
_SEED = "agentsync"


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--sample", type=int, default=0, help="so many steps of each scenario and fault; all without")
    parser.add_argument("--only", action="append", choices=[fault for fault in Fault if fault is not Fault.NONE])
    parser.add_argument("--steps", action="store_true", help="print the steps of each scenario")
    parser.add_argument("--jobs", type=int, default=1, help="so many scenarios at the same time")
    asked = parser.parse_args()
    began = time.monotonic()
    names = asked.scenarios or list(SCENARIOS)
    counts = _shared(names, asked) if asked.jobs > 1 else _inject(names, asked)
    steps, faults, converged = (sum(column) for column in zip(*counts, strict=True))
    print(f"steps {steps}, faults {faults}, converged {converged}, {time.monotonic() - began:.0f} seconds")
    return int(faults != converged)


def _inject(names: list[str], asked: argparse.Namespace) -> list[Counts]:
    faults = [Fault(name) for name in asked.only or Fault if name is not Fault.NONE]
    memory = Path("/dev/shm")
    found = []
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="faults-") as folder:
        for name in names:
            with campaign_of(name, Path(folder)) as campaign:
                found.append(_injected(campaign, faults, asked))
    return found


def _injected(campaign: Campaign, faults: Sequence[Fault], asked: argparse.Namespace) -> Counts:
    steps = len(campaign.ends.steps)
    if asked.steps:
        print(campaign.name, *(step.name for step in campaign.ends.steps), sep="\n  ")
    results = []
    for fault in faults:
        seed = f"{_SEED} {campaign.name} {fault}"
        numbers = sample(campaign.places(fault), asked.sample, seed) if asked.sample else None
        results.append(campaign.run(fault, numbers))
        _tell(results[-1])
    return steps, sum(one.faults for one in results), sum(one.converged for one in results)


def _shared(names: list[str], asked: argparse.Namespace) -> list[Counts]:
    """Each scenario in a process of its own."""
    options = [f"--sample={asked.sample}", *(f"--only={fault}" for fault in asked.only or ())]

    def run(name: str) -> Counts:
        command = [sys.executable, "-m", "tests.faults", name, *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        *told, last = done.stdout.splitlines() or [""]
        print(*told, sep="\n", flush=True)
        counts = [int(number) for number in re.findall(r"\d+", last)]
        return (counts[0], counts[1], counts[2]) if last.startswith("steps ") else (0, 1, 0)

    with ThreadPoolExecutor(asked.jobs) as pool:
        return list(pool.map(run, names))


def _tell(result: Result) -> None:
    print(f"{result.scenario:<26} {result.fault:<9} {result.steps:>4} {result.faults:>4} {result.converged:>4}")
    for wrong in result.wrong:
        print(f"  {wrong}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
