"""The catalogue in headless Chromium, from disk and over loopback: search, keyboard, contrast, nothing foreign."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from agentsync.commands.site import site
from tests.catalogue.registries import ODD_NAMES, friendly, hostile, many
from tests.loaders.packages import package
from tests.sandbox import PUBLISH

# Playwright is there for the long tests alone.
Browser: TypeAlias = Any
Page: TypeAlias = Any
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default")]
AXE: Final = "axe-core@4.14.1"
WIDTHS: Final = (360, 1280)
SCHEMES: Final = ("light", "dark")
# How long one search may take, in milliseconds; the middle of its runs counts.
GOAL: Final = 50
TIMED: Final = """(words) => {
  const box = document.getElementById("words"), times = [];
  for (const word of words) for (let end = 1; end <= word.length; end++) {
    box.value = word.slice(0, end);
    const start = performance.now();
    box.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.offsetHeight;
    times.push(performance.now() - start);
  }
  return times;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium of the system, driven by Playwright."""
    driver = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium")
    with driver.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


class Watched:
    """A page, with all that it should not do."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._asked(request.url, home))
        page.on("requestfailed", lambda request: self.faults.append(f"fails {request.url}"))
        page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error(e.blockedURI))")

    def _asked(self, url: str, home: str) -> None:
        if not url.startswith(home):
            self.faults.append(f"asks {url}")


@contextmanager
def opened(browser: Browser, home: str, width: int = 1280, scheme: str = "light", **more: Any) -> Iterator[Watched]:
    """Open a page of a site whose addresses begin so, and insist that it did nothing odd."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **more)
    watched = Watched(context.new_page(), home)
    yield watched
    context.close()
    assert watched.faults == []


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder over loopback."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong."""
    # The policy of the page forbids scripts of others: axe comes in through the driver.
    page.evaluate((package(AXE) / "axe.min.js").read_text("utf-8") + ";0")
    found = page.evaluate("async () => (await axe.run({ preload: false })).violations")
    return [f"{one['id']}: {[node['html'][:200] for node in one['nodes'][:3]]}" for one in found]


def test_looks(browser: Browser, tmp_path: Path) -> None:
    """No page is wider than the screen or fails axe: on a phone and a desk, light and dark, of a hostile pack too."""
    friendly(tmp_path / "acme.git")
    hostile(tmp_path / "hostile.git")
    for name in ("acme", "hostile"):
        site(str(tmp_path / f"{name}.git"), out=str(tmp_path / name))
    places = ["acme/index.html", "acme/packs/review/index.html", "acme/packs/review/1.0.0/index.html"]
    places += [f"hostile/packs/{name}/index.html" for name in ("evil", "broken", "gone")] + ["hostile/index.html"]
    for place in places:
        for width in WIDTHS:
            for scheme in SCHEMES:
                with opened(browser, tmp_path.as_uri(), width, scheme) as watched:
                    watched.page.goto((tmp_path / place).as_uri())
                    watched.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                    assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, (place, width)
                    assert violations(watched.page) == [], (place, width, scheme)


def test_hostile_packs_run_nothing(browser: Browser, tmp_path: Path) -> None:
    """No script of a pack runs, no image is asked for, no frame is there, wherever a person clicks."""
    hostile(tmp_path / "hostile.git")
    out = tmp_path / "out"
    site(str(tmp_path / "hostile.git"), out=str(out))
    with served(out) as home:
        for page in sorted(out.rglob("*.html")):
            with opened(browser, home) as watched:
                watched.page.goto(home + page.relative_to(out).as_posix())
                watched.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                assert "pwned" not in watched.page.title().replace("document.title='pwned'", "")
                assert watched.page.locator("iframe, object, .text img, .text style").count() == 0
        with opened(browser, home) as watched:
            watched.page.goto(f"{home}index.html")
            for name in ODD_NAMES:
                watched.page.fill("#words", name)
                watched.page.get_by_role("link", name=name, exact=True).click()
                watched.page.wait_for_url("**/packs/*/index.html")
                assert watched.page.locator("h1").inner_text().split() == [name, "1.0.0"]
                watched.page.go_back()


def test_search_and_keyboard(browser: Browser, tmp_path: Path) -> None:
    """A person finds a pack by words, filters and keys alone, copies its command, and needs no script for the list."""
    registry = tmp_path / "example.git"
    subprocess.run([sys.executable, str(PUBLISH), str(registry)], check=True, capture_output=True)
    out = tmp_path / "out"
    site(str(registry), out=str(out))
    with opened(browser, out.as_uri(), permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = watched.page
        page.goto((out / "index.html").as_uri())
        page.keyboard.press("/")
        page.keyboard.type("Review change")
        assert page.locator("#packs h2 a").all_inner_texts() == ["review"]
        assert page.locator("#count").inner_text() == "1 of 3 packs"
        page.fill("#words", "")
        assert page.locator("#packs h2 a").count() == 3 and page.locator("#count").inner_text() == "3 packs"
        page.select_option("#kind", "command")
        assert page.locator("#packs h2 a").all_inner_texts() == ["release"]
        page.select_option("#kind", "")
        page.select_option("#grant", "executable")
        page.select_option("#keyword", "quality")
        assert page.locator("#packs h2 a").all_inner_texts() == ["review"]
        page.focus("#words")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/packs/review/index.html")
        page.get_by_role("button", name="Copy").first.click()
        page.get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "agentsync add acme/review"
        page.goto((out / "index.html").as_uri())
        page.fill("#words", "no such pack")
        assert page.locator("#packs li").count() == 0 and page.locator("#count").inner_text() == "0 of 3 packs"
    with opened(browser, out.as_uri(), java_script_enabled=False) as watched:
        watched.page.goto((out / "index.html").as_uri())
        assert watched.page.locator("#packs h2 a").count() == 3 and not watched.page.locator("#search").is_visible()
        watched.page.locator("#packs h2 a").first.click()
        assert watched.page.locator("h1").inner_text().startswith("python-backend")


def test_ten_thousand_packs(browser: Browser, tmp_path: Path, record_property: Any) -> None:
    """A key stroke takes less than 50 ms, the list has pages of 500, and a second build writes one pack alone."""
    registry, out = many(tmp_path / "many.git", 10_000, 1), tmp_path / "out"
    site(str(registry), out=str(out))
    assert site(str(registry), out=str(out)).data["written"] == []
    assert (out / "list-20.html").is_file() and not (out / "list-21.html").exists()
    with opened(browser, out.as_uri()) as watched:
        watched.page.goto((out / "index.html").as_uri())
        assert watched.page.locator("#packs h2 a").count() == 500
        times = sorted(watched.page.evaluate(TIMED, ["security review", "kubernetes", "python-00", "nothing at all"]))
        record_property("median, slowest (ms)", (times[len(times) // 2], times[-1]))
        assert times[len(times) // 2] < GOAL, times
        watched.page.fill("#words", "security review")
        assert watched.page.locator("#packs h2 a").count() == 24
        watched.page.get_by_role("button", name="Show more").click()
        assert watched.page.locator("#packs h2 a").count() == 48
