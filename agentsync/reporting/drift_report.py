"""What `drift`, `status` and `verify` tell, as lines and as data."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from agentsync.errors import AgentsyncError
from agentsync.model.drift_report import DriftReport, FileRow
from agentsync.model.lock import Lock
from agentsync.model.plan import CLEAN
from agentsync.model.upstream import Standing
from agentsync.reporting.words import cause, counted_slots, line_ends_told, power_added


def drift_data(report: DriftReport) -> dict[str, Any]:
    """Return the `data` of `drift` and `status`."""
    return {
        "scope": report.scope,
        "clean": report.is_clean,
        "packs": [row._asdict() for row in report.packs],
        "files": [_file_data(row) for row in report.files],
        "summary": dict(sorted(Counter(str(row.change.drift) for row in report.files).items())),
        "lock": [{**({"pack": one.pack} if one.pack else {}), "why": one.why} for one in report.faults],
    }


def _file_data(row: FileRow) -> dict[str, Any]:
    change = row.change
    # Most are as they should be, and then it need not be found out what is wrong with them.
    is_clean = change.drift in CLEAN
    others = change.packs[1:] if len(change.owners) > 1 else ()
    return {
        "path": change.path,
        "pack": change.pack or None,
        **({"shared_with": list(others)} if others else {}),
        "item": change.owner.item or None,
        "target": change.owner.tool or None,
        "drift": str(change.drift),
        "mode_changed": not is_clean and change.mode_changed,
        "line_ends": change.line_ends_changed,
        "unreadable": change.is_unreadable,
        "replaced_by": str(change.replaced_by) if not is_clean and change.replaced_by else None,
        "gained": list(row.gained),
        "upstream": row.upstream,
    }


def verify_data(report: DriftReport, lock: Lock, errors: Sequence[AgentsyncError], *, deep: bool) -> dict[str, Any]:
    """Return the `data` of `verify`: the packs with their failures, and how their files stand."""
    packs = [
        {
            "pack": pack.name,
            "version": pack.version,
            "commit": pack.commit or None,
            "signer": pack.signer or None,
            "errors": [error.what for error in errors if error.pack == pack.name],
        }
        for _, pack in sorted(lock.packs.items())
    ]
    return {"clean": not errors and report.is_clean, "deep": deep, "packs": packs, "drift": drift_data(report)}


def drift_lines(report: DriftReport) -> list[str]:
    """Return one line for each fault of the lock, each drifted file and each pack, and a closing sentence."""
    drifted = report.drifted
    lines = [f"lock      {why}" for why in report.reasons]
    width = max((len(row.change.path) for row in drifted), default=0)
    lines += [_file_line(row, width) for row in drifted]
    for name, standing in report.standings.items():
        if name in report.failing:
            lines.append(f"{standing:<9} {name} {report.available[name] or ''}".rstrip())
        elif standing is Standing.PINNED:
            lines.append(f"pinned    {name}: {report.available[name]} exists outside the range")
    return [*lines, counted_files(report) + line_ends_told(report.plan)]


def counted_files(report: DriftReport) -> str:
    """Return how many files drifted, and how many are in sync."""
    drifted = [row.change.path for row in report.drifted]
    if drifted:
        return f"{counted_slots(drifted)} drifted, {len(report.files) - len(drifted)} in sync"
    return f"{counted_slots(row.change.path for row in report.files)} in sync"


def _file_line(row: FileRow, width: int) -> str:
    change = row.change
    whose = f"{', '.join(change.packs)} {change.owner.item}" if change.pack else ""
    power = f" ({power_added(row.gained)})" if row.gained else ""
    return f"{change.drift:<9} {change.path:<{width}}  {whose}{cause(change)}{power}".rstrip()
