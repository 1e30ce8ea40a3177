"""The reference page of the rules agrees with their table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from agentsync.checking.rules import CHECKS, GROUPS
from tests.checking.pages import page

PAGE: Final = Path(__file__).resolve().parents[2] / "docs/reference/checks.md"
UPDATE: Final = bool(os.environ.get("AGENTSYNC_UPDATE_PAGES"))


def test_the_page_is_the_table() -> None:
    """Each rule has its section, which reports link to."""
    if UPDATE:
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "AGENTSYNC_UPDATE_PAGES=1 pytest tests/checking writes it"
    assert {check.group for check in CHECKS.values()} <= GROUPS.keys()
