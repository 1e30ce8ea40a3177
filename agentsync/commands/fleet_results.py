"""The results of a fleet as the commands that only read them need them: no remote is asked, nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsync.errors import UsageError
from agentsync.fleet.remembered import Rows, open_rows
from agentsync.fleet.results import RESULTS_NAME
from agentsync.model.fleet import FleetRun, FleetStanding, Remembered
from agentsync.model.redaction import redact
from agentsync.platform.places import cache_folder
from agentsync.reporting.fleet_facts import FleetFacts


def results_path(results: str) -> Path:
    """Return the file of results: the one that is named, else that of the cache."""
    return Path(results) if results else cache_folder() / RESULTS_NAME


@contextmanager
def reading(results: str) -> Iterator[tuple[Rows, list[FleetRun]]]:
    """Open the results for a block; yield them and their runs.

    Raises:
        UsageError: where nothing was checked yet.
    """
    path = results_path(results)
    rows = open_rows(path)
    try:
        runs = rows.runs()
        if not runs:
            why = "no run was started yet"
            raise UsageError(f"{path} has no results", why=why, hint="run `agentsync fleet check` first")
        yield rows, runs
    finally:
        rows.close()


def facts_of(rows: Rows, runs: list[FleetRun]) -> FleetFacts:
    """Return the facts that reports tell."""

    def members(standing: FleetStanding | None) -> Iterator[Remembered]:
        return map(without_credentials, rows.repositories(standing=standing))

    return FleetFacts(
        run=runs[-1],
        runs=tuple(run for run in runs if run.finished),
        standings=rows.counts(),
        drift=tuple(rows.drift()),
        uses=tuple(rows.versions()),
        members=members,
    )


def without_credentials(member: Remembered) -> Remembered:
    """Return a repository without credentials in its URL and its reasons, whatever wrote the results."""
    found = member.found
    upstream = tuple(one._replace(told=redact(one.told)) for one in member.upstream)
    found = found._replace(repository=redact(found.repository), error=redact(found.error))
    return member._replace(found=found, upstream=upstream)
