"""The report formats of `drift` for other programs, by the name that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from agentsync.reporting.drift_report import DriftReport

# Each format is loaded only where it is asked for: what writes it takes long to load.


def _sarif(report: DriftReport) -> str:
    from agentsync.reporting.sarif import sarif

    return sarif(report)


def _github(report: DriftReport) -> str:
    from agentsync.reporting.github import github

    return github(report)


def _junit(report: DriftReport) -> str:
    from agentsync.reporting.junit import junit

    return junit(report)


def _markdown(report: DriftReport) -> str:
    from agentsync.reporting.markdown import markdown

    return markdown(report)


FORMATS: Final[Mapping[str, Callable[[DriftReport], str]]] = {
    "sarif": _sarif,
    "github": _github,
    "junit": _junit,
    "markdown": _markdown,
}
"""Each takes a drift report and returns the whole text, without a line end at its end."""
PLAIN: Final = ("text", "json")
"""The forms that every command has."""
FORMS: Final = (*PLAIN, *FORMATS)
