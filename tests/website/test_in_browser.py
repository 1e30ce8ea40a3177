"""The documentation in headless Chromium: no fault in the console, nothing foreign, readable light and dark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.catalogue.test_in_browser import SCHEMES, WIDTHS, Browser, Watched, browser, served, violations

__all__ = ["browser"]
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default")]
ROOT: Final = Path(__file__).resolve().parent.parent.parent
# Of the theme: each button that copies code is a landmark. Of tables whose first column names its row.
NOT_OURS: Final = ("landmark-unique", "empty-table-header")
LOOKED_AT: Final = ("index.html", "guides/team.html", "reference/benchmarks.html", "reference/commands.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it, which refuses dead links."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    return out


def test_every_page_opens(browser: Browser, site: Path) -> None:
    """Without a word in the console, and without a request to anywhere else."""
    with served(site) as home:
        context = browser.new_context()
        watched = Watched(context.new_page(), home)
        for path in sorted(site.rglob("*.html")):
            if "catalogue" not in path.relative_to(site).parts:
                # The next page would cut off what this one still asks for.
                watched.page.goto(f"{home}{path.relative_to(site).as_posix()}", wait_until="networkidle")
        context.close()
    assert watched.faults == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_readable(browser: Browser, site: Path, scheme: str, width: int) -> None:
    """Neither wider than the screen nor with what axe finds wrong; the search finds a word."""
    with served(site) as home:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
        page = context.new_page()
        for name in LOOKED_AT:
            page.goto(f"{home}{name}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert [one for one in violations(page) if not one.startswith(NOT_OURS)] == [], name
        if width == max(WIDTHS):
            page.locator(".md-search__input").click()
            page.locator(".md-search__input").press_sequentially("rollback")
            page.locator(".md-search-result__link").first.wait_for()
        context.close()
