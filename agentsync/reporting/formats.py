"""The report formats of `drift`, by the name that `--format` takes; `drift_formats` writes those for programs."""

from __future__ import annotations

from typing import Final

PLAIN: Final = ("text", "json")
"""The forms that every command has."""
FORMS: Final = (*PLAIN, "sarif", "github", "junit", "markdown")
