"""Timing of whole processes, taken in turn, so that a busy machine is busy for all of them."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str]


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several commands that are compared.

    Args:
        command: what is timed; a text is run by sh.
        cwd: where.
        env: its whole environment.
        prepare: what is done before each run, untimed.
        fine: the exit codes that are expected.
    """

    command: Command | str
    cwd: Path
    env: Mapping[str, str]
    prepare: Callable[[], object] = _nothing
    fine: Sequence[int] = (0,)

    def run(self) -> tuple[float, float]:
        """Run it once; returns its wall time and its processor time in seconds."""
        self.prepare()
        words = ["sh", "-c", self.command] if isinstance(self.command, str) else list(self.command)
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(words, cwd=self.cwd, env=dict(self.env), capture_output=True, check=False)
        elapsed, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in self.fine:
            said = done.stderr.decode() or done.stdout.decode()
            raise SystemExit(f"{words} ended with {done.returncode}: {said}")
        return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@dataclass(frozen=True, slots=True)
class Times:
    """Times of one candidate, round by round, in seconds: on the clock, and of the processors."""

    rounds: tuple[float, ...]
    processor: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median of all rounds."""
        return statistics.median(self.rounds)

    def beside(self, other: Times) -> float:
        """Return the median of the ratios round by round: what slows a round down slows both."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.rounds, other.rounds, strict=True))

    def processor_beside(self, other: Times) -> float:
        """Return the same for processor time, which a busy machine disturbs less."""
        pairs = zip(self.processor, other.processor, strict=True)
        return statistics.median(ours / max(theirs, 1e-4) for ours, theirs in pairs)


def limited(rounds: int) -> int:
    """Return how many of these rounds are run: the variable BENCH_ROUNDS may say fewer, to try a benchmark out."""
    return min(rounds, int(os.environ.get("BENCH_ROUNDS", rounds)))


def compare(candidates: Mapping[str, Candidate], *, rounds: int = 11) -> dict[str, Times]:
    """Time all candidates in turn, after one round that does not count; each round starts with another one."""
    rounds = limited(rounds)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    names = list(candidates)
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            spent = candidates[name].run()
            if number:
                taken[name].append(spent)
    return {
        name: Times(tuple(wall for wall, _ in spent), tuple(processor for _, processor in spent))
        for name, spent in taken.items()
    }


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took, with all programs that it started and that ended before it.

    Args:
        wall, processor: seconds on the clock, and of the processors.
        memory: the largest resident set in bytes; the programs that it starts count each by itself.
        output: what it printed.
    """

    wall: float
    processor: float
    memory: int
    output: str


# A process counts what it was forked from: so from something small.
_MEASURE = """import resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=-1, stderr=-2)
wall, spent = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, spent.ru_maxrss, wall, spent.ru_utime + spent.ru_stime)
sys.stdout.flush()
sys.stdout.buffer.write(done.stdout)"""


def cost(candidate: Candidate) -> Cost:
    """Run a command once, and return what it took."""
    candidate.prepare()
    words = [sys.executable, "-S", "-c", _MEASURE, *candidate.command]
    done = subprocess.run(words, cwd=candidate.cwd, env=dict(candidate.env), capture_output=True, check=True, text=True)
    head, _, output = done.stdout.partition("\n")
    code, size, wall, processor = head.split()
    if int(code) not in candidate.fine:
        raise SystemExit(f"{candidate.command} ended with {code}: {output}")
    return Cost(float(wall), float(processor), int(size) * 1024, output)


def peak_memory(candidate: Candidate) -> int:
    """Return the largest resident set of a command, in bytes."""
    return cost(candidate).memory
