"""The report formats of `drift` and of checks, by the name that `--format` takes."""

from __future__ import annotations

from typing import Final

PLAIN: Final = ("text", "json")
"""The forms that every command has."""
REPORTS: Final = ("sarif", "github", "gitlab", "junit", "markdown")
"""The formats of other programs: each is the name of a function in `drift_formats.py` and in `check_formats.py`."""
PLACED: Final = frozenset(("sarif", "github", "gitlab"))
"""The formats whose paths start from the root of the repository: where their readers look for them."""
FORMS: Final = (*PLAIN, *REPORTS)
FORMS_TOLD: Final = f"{', '.join(FORMS[:-1])} or {FORMS[-1]}."
