"""What an outcome says beside its own data and lines: findings, and what AI tools do not get as it is."""

from __future__ import annotations

from typing import Any

from agentsync.model.outcome import Outcome


def remarks(outcome: Outcome) -> list[str]:
    """Return what was found, as lines for a person."""
    if not outcome.findings and not outcome.told:
        return []
    from agentsync.reporting.findings import finding_lines, told_lines

    return [*finding_lines(outcome.findings), *told_lines(outcome.told or ())]


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return the data of a JSON document: the command's own, and what else a person is told."""
    data: dict[str, Any] = {"notes": list(outcome.notes), "findings": []}
    if outcome.findings or outcome.told:
        from agentsync.reporting.findings import finding_data, told_data

        data["findings"] = [finding_data(finding) for finding in outcome.findings]
        data["told"] = [told_data(told) for told in outcome.told or ()]
    if outcome.told is not None:
        data.setdefault("told", [])
    return {**outcome.data, **{key: value for key, value in data.items() if key not in outcome.data}}
