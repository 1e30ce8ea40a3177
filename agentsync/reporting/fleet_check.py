"""What a check of a fleet found, as lines for a person and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentsync.model.fleet import FleetRun, FleetStanding, Remembered
from agentsync.model.measures import rounded
from agentsync.reporting.fleet_facts import repositories, run_data
from agentsync.reporting.fleet_status import standing_lines, worst_data, worst_lines


def check_data(
    results: str, run: FleetRun, standings: Mapping[FleetStanding, int], worst: Sequence[Remembered], asked: int
) -> dict[str, Any]:
    """Return what was found as data; `asked` is of this command, and that of `run` also of what it goes on with."""
    return {
        "results": results,
        "run": run_data(run),
        "asked": asked,
        "summary": {str(standing): number for standing, number in standings.items()},
        "worst": [worst_data(one) for one in worst],
    }


def check_lines(
    run: FleetRun,
    standings: Mapping[FleetStanding, int],
    worst: Sequence[Remembered],
    asked: int,
    requests: int,
    received: int,
) -> list[str]:
    """Return what was found as lines."""
    cost = f" with {requests:,} request{'' if requests == 1 else 's'} and {rounded(received)}" if requests else ""
    lines = [f"{repositories(run.listed)}, {asked:,} asked{cost}"]
    return [*lines, *standing_lines(standings), *worst_lines(worst, standings)]
