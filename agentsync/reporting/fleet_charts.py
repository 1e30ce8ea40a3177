"""The numbers of the charts in the report about a fleet: bars over the runs, and parts of the longest bar."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.fleet import FleetRun, FleetStanding, VersionUse
from agentsync.reporting.fleet_facts import moment, versions_by_pack

MOST_RUNS: Final = 60
"""The most runs that are shown, the last ones."""
FULL: Final = 40
"""The height of the highest bar."""
_FEWEST: Final = 12  # places for runs, so that the bar of a single one is no block
_STEP: Final = 10
_BAR: Final = 8
_SHORTEST: Final = 2
_MOST_VERSIONS: Final = 6
_LISTED: Final = 100


class Bar(NamedTuple):
    """One bar over a run; `y` counts from above."""

    x: int
    y: float
    height: float
    told: str


class Course(NamedTuple):
    """One standing over the runs.

    Args:
        change: since the run before, "" for the first one.
        highest: the number that is full height.
        numbers: of each run, the oldest first.
    """

    standing: FleetStanding
    bars: tuple[Bar, ...]
    width: int
    now: int
    change: str
    highest: int
    numbers: tuple[int, ...]


def courses(runs: Sequence[FleetRun]) -> list[Course]:
    """Return the standings that a repository had in one of the runs, the worst first."""
    last = runs[-MOST_RUNS:]
    return [_course(standing, last) for standing in FleetStanding if any(run.standings.get(standing) for run in last)]


def _course(standing: FleetStanding, runs: Sequence[FleetRun]) -> Course:
    numbers = tuple(run.standings.get(standing, 0) for run in runs)
    highest = max(numbers)
    bars = []
    for place, (run, number) in enumerate(zip(runs, numbers, strict=True)):
        if number:
            height = round(max(_SHORTEST, FULL * number / highest), 2)
            bars.append(Bar(place * _STEP + 1, round(FULL - height, 2), height, f"{moment(run.finished)}: {number:,}"))
    change = f"{numbers[-1] - numbers[-2]:+,}" if len(numbers) > 1 and numbers[-1] != numbers[-2] else ""
    width = max(_FEWEST, len(runs)) * _STEP
    return Course(standing, tuple(bars), width, numbers[-1], change, highest, numbers)


def share(number: float, most: float) -> float:
    """Return a part of the longest bar, in hundredths; what is there at all can be seen.

    >>> share(1, 4), share(1, 10_000), share(0, 0)
    (25.0, 1.0, 0.0)
    """
    return round(max(1.0, 100 * number / most), 2) if number and most else 0.0


class PackVersions(NamedTuple):
    """The versions of one pack.

    Args:
        first: those that most repositories have.
        all: the sum over its versions; a repository with two projects may have two.
        others, in_others: how many more there are, and how many repositories have them.
        listed: the first hundred, where there are more than in `first`.
    """

    pack: str
    all: int
    number: int
    first: Sequence[VersionUse]
    others: int
    in_others: int
    listed: Sequence[VersionUse]


def pack_versions(uses: Iterable[VersionUse]) -> list[PackVersions]:
    """Return the packs with their versions, those that most repositories have first."""
    by_pack: Mapping[str, list[VersionUse]] = versions_by_pack(uses)
    return [_versions(pack, versions) for pack, versions in by_pack.items()]


def _versions(pack: str, versions: Sequence[VersionUse]) -> PackVersions:
    rest = versions[_MOST_VERSIONS:]
    return PackVersions(
        pack=pack,
        all=sum(use.repositories for use in versions),
        number=len(versions),
        first=versions[:_MOST_VERSIONS],
        others=len(rest),
        in_others=sum(use.repositories for use in rest),
        listed=versions[:_LISTED] if rest else (),
    )
