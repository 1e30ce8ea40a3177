"""The report about a fleet in headless Chromium, from disk: looks, search, filter and order, nothing foreign."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from agentsync.commands.fleet_report import report
from agentsync.model.fleet import FleetStanding, FoundFile
from tests.catalogue.test_in_browser import SCHEMES, TIMED, WIDTHS, Browser, browser, opened, violations
from tests.fleet.made_results import fleet, made, pack, standing_of, write_results

__all__ = ["browser"]  # the fixture
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default")]
# How long one search of 10,000 rows may take, in milliseconds; the middle of its runs counts.
GOAL: Final = 100
_OPEN: Final = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
_LONG: Final = "a-very-long-name-of-a-thing-that-has-no-place-to-break" * 4
_EVIL: Final = "<script>console.error('pwned')</script><img src=x onerror=console.error('pwned')>\u202e"


def sites(folder: Path) -> list[Path]:
    """Reports of fleets of several kinds: many runs, one run, 300 versions, odd names, none."""
    odd = [
        made(number)._replace(
            repository=f"https://git.example/{_LONG if number % 2 else ''}{number}",
            standing=standing,
            error=_EVIL if number % 2 else _LONG,
            folders=(".", _LONG),
            packs=(pack(f"acme/{_EVIL}", _EVIL), pack(f"acme/{_LONG}", _LONG, folder=_LONG)),
            files=(FoundFile(_LONG, _LONG, f"acme/{_LONG}", "edited"), FoundFile(".", _EVIL, _EVIL, "missing")),
        )
        for number, standing in enumerate(FleetStanding)
    ]
    runs: dict[str, Any] = {
        "many-runs": fleet(60, 12),
        "one-run": fleet(20),
        "versions": fleet(400, packs=40, versions=300),
        "odd": [odd],
        "none": [[]],
    }
    for name, repositories in runs.items():
        results = write_results(folder / f"{name}.sqlite", *repositories, yanked="1.3.0")
        report(results=str(results), out=str(folder / name))
    return [folder / name for name in runs]


def test_looks(browser: Browser, tmp_path: Path) -> None:
    """No page is wider than the screen, fails axe or logs an error: on a phone and a desk, light and dark."""
    for out in sites(tmp_path):
        for place in ("index.html", "repositories-1.html"):
            if not (out / place).exists():
                continue
            for width in WIDTHS:
                for scheme in SCHEMES:
                    with opened(browser, out.as_uri(), width, scheme) as watched:
                        watched.page.goto((out / place).as_uri())
                        watched.page.evaluate(_OPEN)
                        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, (out, place)
                        assert violations(watched.page) == [], (out, place, width, scheme)


def test_search_filter_and_order(browser: Browser, tmp_path: Path, record_property: Any) -> None:
    """With 10,000 repositories: words, standings, order, keys, pages; without a script the list and all pages."""
    results, out = write_results(tmp_path / "fleet.sqlite", *fleet(10_000, 3)), tmp_path / "out"
    report(results=str(results), out=str(out))
    sizes = {path.name: path.stat().st_size for path in out.iterdir()}
    record_property("bytes", sizes)
    assert sizes["index.html"] < 200_000 and sizes["fleet-rows.js"] < 1_500_000
    assert max(size for name, size in sizes.items() if name.startswith("repositories-")) < 300_000
    with opened(browser, out.as_uri()) as watched:
        page = watched.page
        page.goto((out / "index.html").as_uri())
        rows = page.locator("#rows tbody tr")
        assert rows.count() == 100 and "10,000 repositories" in page.locator("#count").inner_text()
        page.keyboard.press("/")
        page.keyboard.type("team-03 service-00118")
        assert page.locator("#count").inner_text() == "1 of 10,000 repositories"
        page.fill("#words", "")
        page.select_option("#standing", "drift")
        drifted = sum(standing_of(number) is FleetStanding.DRIFT for number in range(10_000))
        assert page.locator("#count").inner_text() == f"{drifted:,} of 10,000 repositories"
        page.get_by_role("button", name="Show more").click()
        assert rows.count() == 200
        page.get_by_role("button", name="Drifted files").click()
        numbers = [int(text) for text in page.locator("#rows tbody td:nth-child(3)").all_inner_texts()]
        assert numbers == sorted(numbers, reverse=True) and numbers[0] == 5
        assert page.locator("th[aria-sort=descending]").inner_text().strip().startswith("Drifted files")
        page.select_option("#order", "name")
        names = page.locator("#rows tbody th").all_inner_texts()
        assert names == sorted(names)
        page.locator("a[data-standing=policy]").click()
        assert page.locator("#standing").input_value() == "policy"
        times = sorted(page.evaluate(TIMED, ["service-001", "acme/pack-3 1.4", "nothing at all"]))
        record_property("median, slowest (ms)", (times[len(times) // 2], times[-1]))
        assert times[len(times) // 2] < GOAL, times
        page.fill("#words", "service-07777")
        page.select_option("#standing", "")
        page.locator("#rows tbody a").click()
        page.wait_for_url("**/repositories-*.html#r*")
        assert "service-07777" in page.locator("section:target h2").inner_text()
    with opened(browser, out.as_uri(), java_script_enabled=False) as watched:
        watched.page.goto((out / "index.html").as_uri())
        assert (
            watched.page.locator("#rows tbody tr").count() == 100 and not watched.page.locator("#search").is_visible()
        )
        watched.page.locator("#pages a").last.click()
        assert watched.page.locator("section.repository").count() == 100
