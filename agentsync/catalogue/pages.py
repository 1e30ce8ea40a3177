"""Pages from templates. Each value that a template prints is escaped, and its hidden characters are named."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agentsync.catalogue.look import Look, ShownItem
from agentsync.catalogue.places import href, list_page
from agentsync.catalogue.power import power_of
from agentsync.catalogue.safe_text import as_html, shown
from agentsync.catalogue.source import ListedPack, Release
from agentsync.git.signature_block import Signature

TEMPLATES: Final = Path(__file__).with_name("templates")
AT_ONCE: Final = 500  # packs on a page of the list
_MOST_TEXT: Final = 1_000_000  # characters of text on one page
_SHORT: Final = 240
_LATEST: Final = 253_402_300_799  # the last second of the year 9999
_BADGE_LETTER: Final = 6.6  # pixels
_BADGE_EDGE: Final = 12


class Site(NamedTuple):
    """The facts that stand on every page."""

    title: str
    description: str
    name: str
    alias: str
    url: str
    branch: str
    base_url: str


class ShownRelease(NamedTuple):
    """A release as its page and the table of versions show it; `why` it could not be read, "" where it could."""

    release: Release
    folder: str
    tree: str = ""
    signature: Signature | None = None
    news: Markup | None = None
    look: Mapping[str, Any] | None = None
    why: str = ""


class PageMaker:
    """The templates, filled."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[str, str] = {}
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finalized,
        )
        self._templates.filters |= {
            "canonical": _canonical,
            "date": date_of,
            "href": href,
            "kinds": kinds_of,
            "list_page": list_page,
            "power": power_of,
            "short": _short,
        }

    def know(self, pages: Mapping[str, str]) -> None:
        """Take the pages of packs by their names, which other packs may require."""
        self._known = dict(pages)

    def look(self, look: Look) -> Mapping[str, Any]:
        """Return what templates need of a look into a pack; its texts are rendered as long as the page has room."""
        room = _MOST_TEXT
        items = []
        for item in look.items:
            html, left_out = _text_of(item) if room > 0 else (None, item.left_out + len(item.text))
            room -= len(html or "")
            items.append({**item._asdict(), "html": html, "left_out": left_out})
        return {"items": items, "holds": look.holds, "findings": look.findings, "tree": look.tree}

    def pack(self, page: str, pack: ListedPack, shown: Sequence[ShownRelease], **facts: Any) -> bytes:
        """Return the page of a pack."""
        return self.page("pack.html", page, pack=pack, shown=shown, newest=pack.newest, known=self._known, **facts)

    def page(self, template: str, path: str, **facts: Any) -> bytes:
        """Return a page of the site, which stands at a path below its root."""
        up = "../" * path.count("/")
        return self.text(template, site=self._site, path=path, up=up, **facts)

    def text(self, template: str, **facts: Any) -> bytes:
        """Return a template as it is filled with facts."""
        return self._templates.get_template(template).render(**facts).encode("utf-8", "replace")

    def badge(self, label: str, value: str) -> bytes:
        """Return a badge as an image."""
        left, right = (round(len(text) * _BADGE_LETTER) + _BADGE_EDGE for text in (shown(label), shown(value)))
        return self.text("badge.svg", label=label, value=value, left=left, right=right)


def install_lines(site: Site, pack: str, version: str = "") -> list[str]:
    """Return the command lines that install a pack."""
    add = f"{site.alias}/{pack}{f'@{version}' if version else ''}"
    lines = [f"agentsync registry add {site.alias} {shlex.quote(site.url)}"] if site.url and not version else []
    return [*lines, f"agentsync add {shlex.quote(add)}"]


def kinds_of(items: Iterable[str]) -> list[tuple[str, int]]:
    """Return how many items there are of each kind, from their keys."""
    return sorted(Counter(item.partition(":")[0] for item in items).items())


def date_of(seconds: int) -> str:
    """Return the day of a time, in UTC.

    >>> date_of(1767600000)
    '2026-01-05'
    """
    return moment_of(seconds)[:10]


def moment_of(seconds: int) -> str:
    """Return a time as RFC 3339 has it."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LATEST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text_of(item: ShownItem) -> tuple[Markup | None, int]:
    if not item.text.strip():
        return None, item.left_out
    if item.is_code:
        return Markup("<pre><code>{}</code></pre>").format(shown(item.text)), item.left_out
    return as_html(item.text), item.left_out


def _finalized(value: Any) -> Any:
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _canonical(path: str) -> str:
    return href(path.removesuffix("index.html"))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 3]}..."
