"""A drift report as workflow commands, which GitHub shows as annotations of a pull request.

The format: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from agentsync.reporting.drift_findings import DriftFinding, findings
from agentsync.reporting.drift_report import DriftReport


def github(report: DriftReport) -> str:
    """Return one command a line: `error` for a fault, `notice` for what is only told; "" where there is nothing."""
    return "\n".join(_command(finding) for finding in findings(report))


def _command(finding: DriftFinding) -> str:
    command = "error" if finding.is_fault else "notice"
    title = f"agentsync: {finding.word}"
    return f"::{command} file={_property(finding.path)},title={_property(title)}::{_message(finding.message)}"


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _message(text: str) -> str:
    # The percent sign first: it is what all others are escaped with.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
