"""Fleet report: the results of a fleet as pages, JSON, SARIF, Markdown and metrics, in one folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from agentsync.errors import UsageError
from agentsync.model.outcome import Outcome

if TYPE_CHECKING:
    from agentsync.reporting.fleet_facts import FleetFacts


def report(*, results: str = "", out: str = "") -> Outcome:
    """Write the report of the last run of `fleet check`; no remote is asked.

    Args:
        results: the file that `fleet check` wrote, that of the cache by default.
        out: the folder of the report.
    """
    if not out:
        hint = "agentsync fleet report --out report"
        if results:
            hint = f"agentsync fleet report --results {shlex.quote(results)} --out report"
        raise UsageError("no folder is named for the report", hint=hint)
    if find_spec("jinja2") is None:
        what, why = "the report needs a library that is not installed", "there is no jinja2"
        raise UsageError(what, why=why, hint="pip install 'agentsync[fleet]'")
    from agentsync.commands.fleet_results import facts_of, reading
    from agentsync.fleet.report_folder import ReportFolder
    from agentsync.reporting.fleet_facts import repositories, run_data

    with reading(results) as (rows, runs):
        folder = ReportFolder(Path(out))
        facts = facts_of(rows, runs)
        for path, pieces in _files(facts):
            folder.write(path, pieces)
        written, removed = folder.finish()
    total = repositories(sum(facts.standings.values()))
    lines = [f"wrote {len(written):,} files to {out}: {total}", *(f"removed {path}" for path in removed[:10])]
    lines += [f"removed {len(removed) - 10:,} more"] if len(removed) > 10 else []
    data = {"out": out, "run": run_data(facts.run), "summary": dict(facts.standings)}
    return Outcome({**data, "written": written, "removed": removed}, lines, _notes(facts, written))


def _files(facts: FleetFacts) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield each file of the report: its path and its pieces."""
    from agentsync.catalogue.style import shared_files, shell
    from agentsync.reporting.fleet_html import fleet_pages
    from agentsync.reporting.fleet_json import report_json
    from agentsync.reporting.fleet_markdown import fleet_markdown
    from agentsync.reporting.fleet_metrics import metrics
    from agentsync.reporting.fleet_sarif import sarif_files

    yield "report.json", map(str.encode, report_json(facts))
    yield "metrics.prom", (metrics(facts).encode("utf-8", "replace"),)
    yield "report.md", (fleet_markdown(facts).encode("utf-8", "replace"),)
    for name, text in sarif_files(facts):
        yield name, (text.encode(),)
    for name, data in shared_files().items():
        yield name, (data,)
    yield from fleet_pages(facts, shell())


def _notes(facts: FleetFacts, written: list[str]) -> list[str]:
    logs = sum(path.endswith(".sarif") for path in written)
    notes = []
    if logs > 1:
        others = f"the worst are in report.sarif, others in {logs - 1:,} more files"
        notes.append(f"code scanning of GitHub takes 20 runs of a file: {others}")
    if not facts.run.finished:
        notes.append(f"the last run did not come to its end: {facts.run.asked:,} of {facts.run.listed:,} were asked")
    return notes
