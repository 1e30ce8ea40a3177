"""The pages about AI tools say what the data says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.targets.pages import pages

FOLDER: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "tools"
UPDATE: Final = bool(os.environ.get("AGENTSYNC_UPDATE_PAGES"))


@pytest.mark.parametrize("name", pages())
def test_page(name: str) -> None:
    """Every page is made from the data, and there is no other one."""
    page, text = FOLDER / name, pages()[name]
    if UPDATE:
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text, (
        "AGENTSYNC_UPDATE_PAGES=1 pytest tests/targets/test_pages.py writes it"
    )


def test_no_other_page() -> None:
    """A tool that is gone takes its page with it."""
    assert {page.name for page in FOLDER.glob("*.md")} == set(pages())
