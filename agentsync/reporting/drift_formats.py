"""A drift report in the formats of other programs: what is told, and the words of each list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from agentsync.model.drift_report import DriftReport, PackRow
from agentsync.model.finding import Level
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME
from agentsync.model.upstream import Standing
from agentsync.reporting.alerts import Alert, Case, quality_issues, sarif_log, sarif_run, suite, workflow_commands
from agentsync.reporting.drift_findings import (
    RULES,
    DriftFinding,
    findings,
    locked_version,
    of_file,
    of_lock,
    of_pack,
    reason,
)
from agentsync.reporting.drift_report import counted_files
from agentsync.reporting.formats import REPORTS
from agentsync.reporting.markdown import code, section, table, table_row
from agentsync.reporting.words import count


def sarif(report: DriftReport) -> str:
    """Return one SARIF log with one run; what is only told has the level `note`."""
    return sarif_log(sarif_run(_alerts(report)))


def github(report: DriftReport) -> str:
    """Return one command a line: `error` for a fault, `notice` for what is only told; "" where there is nothing."""
    return workflow_commands(_alerts(report))


def gitlab(report: DriftReport) -> str:
    """Return a list of issues, each on the first line of its file; one that was told before has its fingerprint."""
    return quality_issues(_alerts(report))


def _alerts(report: DriftReport) -> list[Alert]:
    """Return what was found, its paths from the root of the repository on."""
    prefix = f"{report.folder}/" if report.folder else ""
    return [
        Alert(
            rule=one.rule,
            level=Level.ERROR if one.is_fault else Level.NOTE,
            path=f"{prefix}{one.path}",
            message=one.message,
            subject=one.subject,
            title=f"agentsync: {one.word}",
            about=RULES[one.word],
        )
        for one in findings(report)
    ]


def junit(report: DriftReport) -> str:
    """Return one suite in one document, in ASCII: it is the same in every encoding of standard output."""
    cases = [_case(LOCK_NAME, f"{LOCK_NAME} fits {MANIFEST_NAME}", of_lock(report))]
    cases += [_case(row.change.pack or "agentsync", row.change.path, of_file(row)) for row in report.files]
    cases += [_case(MANIFEST_NAME, row.pack, of_pack(row)) for row in report.packs if row.upstream]
    return suite("agentsync drift", cases)


def _case(group: str, name: str, told: Sequence[DriftFinding]) -> Case:
    return Case(group, name, tuple((one.rule, one.message, one.is_fault) for one in told))


def markdown(report: DriftReport) -> str:
    """Return a summary line, then what the lock, the files and the packs have to say."""
    files, packs = report.drifted, [row for row in report.packs if row.upstream not in (None, Standing.CURRENT)]
    parts = [
        f"**agentsync drift**: {_summary(report, packs)}",
        *section(f"`{LOCK_NAME}` does not fit", [], [f"- {code(why)}" for why in report.reasons]),
        *section(
            count(len(files), "drifted file"),
            table("drift", "file", "pack", "cause"),
            [table_row(row.change.drift, code(row.change.path), code(row.change.pack), reason(row)) for row in files],
        ),
        *section(
            "Packs against their registries",
            table("pack", "locked", "upstream", "available"),
            [
                table_row(code(row.pack), code(locked_version(row)), row.upstream or "", code(row.available or ""))
                for row in packs
            ],
        ),
    ]
    return "\n\n".join(parts)


def _summary(report: DriftReport, packs: Sequence[PackRow]) -> str:
    told = [counted_files(report)]
    if report.faults:
        told.append("the lock does not fit the manifest")
    standing = Counter(row.upstream for row in packs)
    told += [f"{count(standing[word], 'pack')} {word}" for word in Standing if standing[word]]
    return "; ".join(told)


FORMATS: Final = {name: globals()[name] for name in REPORTS}
"""Each takes a drift report and returns the whole text, without a line end at its end."""
