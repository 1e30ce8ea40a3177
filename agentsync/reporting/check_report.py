"""The report of a check: as lines for people and as data for machines."""

from __future__ import annotations

from typing import Any

from agentsync.model.check import CheckFinding, CheckReport
from agentsync.reporting.failure import shown
from agentsync.reporting.words import count


def check_lines(report: CheckReport) -> list[str]:
    """Return each finding as `LEVEL PATH:LINE:COL RULE what` with its fix below, and what was looked at."""
    lines = [line for one in report.findings for line in _lines(one)]
    items = sum(pack.items for pack in report.packs)
    looked_at = f"{count(len(report.packs), 'pack')}, {count(items, 'item')}"
    told = [count(number, level) for level, number in report.summary.items() if number]
    return [*lines, f"{looked_at}: {', '.join(told) or 'nothing to mend'}"]


def _lines(finding: CheckFinding) -> list[str]:
    line = f"{finding.level} {finding.path}:{finding.line}:{finding.column} {finding.rule} {finding.what}"
    fix = [shown(part) for part in finding.fix.split("\n") if part]
    return [shown(line), *(f"{'  fix: ' if not place else '       '}{part}" for place, part in enumerate(fix))]


def check_data(report: CheckReport) -> dict[str, Any]:
    """Return a report as the `data` of its JSON document."""
    return {
        "clean": not report.fails,
        "packs": [
            {"pack": pack.name, "path": pack.path, "items": pack.items, "grants": list(pack.grants)}
            for pack in report.packs
        ],
        "findings": [
            {
                "rule": one.rule,
                "level": str(one.level),
                "pack": one.pack,
                "item": one.item,
                "path": one.path,
                "line": one.line,
                "column": one.column,
                "what": one.what,
                "fix": one.fix,
            }
            for one in report.findings
        ],
        "summary": dict(report.summary),
    }
