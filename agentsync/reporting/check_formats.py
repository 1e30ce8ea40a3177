"""The report of a check in the formats of other programs: what is told, and the words of each list."""

from __future__ import annotations

import posixpath
from typing import Final

from agentsync.model.check import CheckFinding, CheckReport
from agentsync.model.finding import Level
from agentsync.model.schemas import docs_url
from agentsync.reporting.alerts import Alert, Case, quality_issues, sarif_log, sarif_run, suite, workflow_commands
from agentsync.reporting.failure import shown
from agentsync.reporting.formats import REPORTS
from agentsync.reporting.markdown import code, section, table, table_row
from agentsync.reporting.words import count


def sarif(report: CheckReport) -> str:
    """Return one SARIF log with one run."""
    return sarif_log(sarif_run(_alerts(report)))


def github(report: CheckReport) -> str:
    """Return one command a line: `error`, `warning` or `notice`; "" where there is nothing."""
    return workflow_commands(_alerts(report))


def gitlab(report: CheckReport) -> str:
    """Return a list of issues; one that was told before has its fingerprint."""
    return quality_issues(_alerts(report))


def _alerts(report: CheckReport) -> list[Alert]:
    """Return what was found, its paths from the root of the repository on."""
    return [
        Alert(
            rule=f"agentsync/{one.rule}",
            level=one.level,
            path=posixpath.normpath(posixpath.join(report.below, one.path)),
            message=_message(one),
            subject=f"{one.pack} {one.item} {one.what}",
            title=f"agentsync: {one.rule}",
            about=report.about.get(one.rule, one.rule),
            help=docs_url(f"reference/checks.html#{one.rule}"),
            line=one.line,
            column=one.column,
        )
        for one in report.findings
    ]


def _message(finding: CheckFinding) -> str:
    fix = finding.fix.replace("\n", " ")
    return shown(f"{finding.what}; {fix}" if fix else finding.what)


def junit(report: CheckReport) -> str:
    """Return one suite with a case for each pack, and one for the registry; what fails the check fails its case."""
    failing = {Level.ERROR, Level.WARNING} if report.is_strict else {Level.ERROR}
    packs = {pack.name: pack for pack in report.packs}
    others = [one for one in report.findings if one.pack not in packs]
    cases = [Case("agentsync", "registry", _told(others, failing))] if others or not packs else []
    cases += [
        Case(pack.path, pack.name, _told([one for one in report.findings if one.pack == pack.name], failing))
        for pack in packs.values()
    ]
    return suite("agentsync check", cases)


def _told(findings: list[CheckFinding], failing: set[Level]) -> tuple[tuple[str, str, bool], ...]:
    return tuple(
        (f"agentsync/{one.rule}", shown(f"{_place(one)}: {_message(one)}"), one.level in failing) for one in findings
    )


def _place(finding: CheckFinding) -> str:
    return f"{finding.path}:{finding.line}:{finding.column}"


def markdown(report: CheckReport) -> str:
    """Return a summary line, then the findings of each level."""
    told = [count(number, level) for level, number in report.summary.items() if number]
    parts = [f"**agentsync check**: {count(len(report.packs), 'pack')}, {', '.join(told) or 'nothing to mend'}"]
    for level in Level:
        rows = [
            table_row(code(_place(one)), code(one.rule), code(one.what), code(one.fix.replace("\n", " ")))
            for one in report.findings
            if one.level is level
        ]
        parts += section(count(len(rows), str(level)), table("place", "rule", "what", "what to do"), rows)
    return "\n\n".join(parts)


FORMATS: Final = {name: globals()[name] for name in REPORTS}
"""Each takes the report of a check and returns the whole text, without a line end at its end."""
