"""The report formats of `drift` for other programs, by the name that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agentsync.reporting.drift_report import DriftReport
from agentsync.reporting.github import github
from agentsync.reporting.junit import junit
from agentsync.reporting.markdown import markdown
from agentsync.reporting.sarif import sarif

FORMATS: Final[Mapping[str, Callable[[DriftReport], str]]] = {
    "sarif": sarif,
    "github": github,
    "junit": junit,
    "markdown": markdown,
}
"""Each takes a drift report and returns the whole text, without a line end at its end."""
