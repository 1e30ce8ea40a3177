"""Timing of whole processes, taken in turn, so that a busy machine is busy for all of them."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

Command = Sequence[str]


def medians(
    commands: Mapping[str, Command], *, rounds: int, cwd: Path, env: Mapping[str, str], fine: Sequence[int] = (0,)
) -> dict[str, float]:
    """The median wall time of each command in seconds, after one round that does not count.

    Args:
        commands: what to run, by name.
        rounds: how often each is run.
        cwd: where.
        env: the whole environment.
        fine: the exit codes that are expected.
    """
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            done = subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, check=False)
            elapsed = time.perf_counter() - started
            if done.returncode not in fine:
                raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.decode()}")
            if number:
                taken[name].append(elapsed)
    return {name: statistics.median(times) for name, times in taken.items()}


def table(rows: Mapping[str, float], beside: str) -> str:
    """Medians in milliseconds, and as ratios to one of the rows, as a markdown table."""
    lines = [f"| what | median | beside {beside} |", "|---|---|---|"]
    lines += [f"| {name} | {value * 1000:.1f} ms | {value / rows[beside]:.2f} x |" for name, value in rows.items()]
    return "\n".join(lines)
