"""Times of resolving: packs with 50 releases each, of which every one asks for five others."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence

from packaging.version import Version

from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.resolver import resolve
from bench.installation import Installation
from bench.report import Answer, milliseconds

_RELEASES = 50
_REQUIRES = 5
_ROUNDS = 11


class _Universe:
    """Packs in memory; later releases ask for later releases, so that a choice has to be made."""

    def __init__(self, packs: int) -> None:
        chance = random.Random(packs)
        self._names = [f"acme/pack{number}" for number in range(packs)]
        self._releases = {
            name: tuple(
                Candidate(name, Version(f"{minor // 10 + 1}.{minor % 10}.0"), f"refs/tags/v{minor}", f"{minor:040x}")
                for minor in reversed(range(_RELEASES))
            )
            for name in self._names
        }
        self._needs = {name: chance.sample(self._names, min(_REQUIRES, packs)) for name in self._names}

    def candidates(self, name: str, pin: Pin) -> Sequence[Candidate]:
        """Return every release of a pack, newest first."""
        return self._releases[name]

    def unfit(self, candidate: Candidate) -> str:
        """Nothing is forbidden."""
        return ""

    def requires(self, candidate: Candidate) -> Sequence[Requirement]:
        """Return the requirements of a release: ranges of its own major version."""
        assert candidate.version is not None, "all of them are releases"
        pin = Pin(PinKind.VERSION, f">={candidate.version.major},<{candidate.version.major + 1}")
        return [Requirement(name, pin) for name in self._needs[candidate.name] if name != candidate.name]

    def wanted(self) -> list[Requirement]:
        """Return a manifest that asks for a tenth of them."""
        return [
            Requirement(name, Pin(PinKind.VERSION, ">=1,<5"))
            for name in self._names[:: max(1, len(self._names) // 100)]
        ]


def answers(machine: Installation) -> list[Answer]:
    """Measure manifests that lead to 100 and to 1,000 packs."""
    found = []
    for packs, goal in ((100, 50.0), (1000, 1000.0)):
        times = []
        for _ in range(_ROUNDS):
            universe = _Universe(packs)
            started = time.perf_counter()
            resolve(universe.wanted(), universe)
            times.append(time.perf_counter() - started)
        taken = statistics.median(times)
        what = f"resolve {packs:,} packs with {_RELEASES} releases and {_REQUIRES} requirements each"
        found.append(Answer(what, "", milliseconds(taken), "", None, goal, taken * 1000, unit=" ms"))
    return found
