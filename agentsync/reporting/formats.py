"""The report formats of `drift`, by the name that `--format` takes."""

from __future__ import annotations

from typing import Final

PLAIN: Final = ("text", "json")
"""The forms that every command has."""
REPORTS: Final = ("sarif", "github", "junit", "markdown")
"""The formats of other programs: each is the name of the function in `drift_formats.py` that writes it."""
FORMS: Final = (*PLAIN, *REPORTS)
FORMS_TOLD: Final = f"{', '.join(FORMS[:-1])} or {FORMS[-1]}."
