"""The report formats of `drift` for other programs, by the name that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from agentsync.reporting.github import github
from agentsync.reporting.junit import junit
from agentsync.reporting.markdown import markdown
from agentsync.reporting.sarif import sarif

FORMATS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "sarif": sarif,
    "github": github,
    "junit": junit,
    "markdown": markdown,
}
"""Each takes the `data` of `drift` and gives the whole report, without a line end at its end."""
