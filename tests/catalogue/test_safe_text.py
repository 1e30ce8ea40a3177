"""Texts of packs as HTML: only what is allowed, whatever they are."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.catalogue.safe_text import as_html, shown
from agentsync.model.invisible import hidden_places

ALLOWED = set("p br hr h4 h5 h6 ul ol li blockquote pre code em strong s del a table thead tbody tr th td".split())
PIECES = st.sampled_from(
    (
        *("<script>", "</script>", "<img src=x onerror=a()>", "<a href='//e'>", "<!--", "-->", "<![CDATA[", "&#x202e;"),
        *("[a](//e.example)", "[a](https://e.example)", "](", "[x]: //e", "![i](https://e/x)", "<https://e>", "<svg/"),
        *("javascript:", "data:", "\u202e", "\u200b", "\U000e0041", "\ud800", "\x00", "\x1b[1m", "mailto:a@b"),
        *("# ", "### ", "> ", "- ", "|a|b|\n|-|-|\n", "```\n", "`", "*", "_", "\n", "\n\n", "    ", "é", "&lt;", '"'),
    )
)


class Elements(HTMLParser):
    """The elements of a document, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@given(st.lists(PIECES | st.text(max_size=20), max_size=30).map("".join))
def test_only_what_is_allowed(text: str) -> None:
    """No element, attribute, address or character that the page should not have; headings leave no level out."""
    html = as_html(text)
    levels = [3]
    for tag, attributes in Elements(html).found:
        assert tag in ALLOWED
        assert set(attributes) <= ({"href", "rel"} if tag == "a" else {"start"} if tag == "ol" else set())
        if tag == "a":
            assert (attributes["href"] or "").lower().startswith(("https://", "mailto:"))
            assert attributes["rel"] == "noopener noreferrer nofollow"
        if tag in ("h4", "h5", "h6"):
            levels.append(int(tag[1]))
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert not hidden_places(html) and "\x00" not in html
    html.encode()


def test_links_and_images() -> None:
    """A link leads to another host by https, or to a mailbox; others, images and definitions are text."""
    html = as_html("[a](https://x.example/?a=1&b=2) [b](//h) [c](other.md) [d](#e) ![f](g.png)\n\n[h]: //i 'j'")
    assert [attributes["href"] for tag, attributes in Elements(html).found if tag == "a"] == [
        "https://x.example/?a=1&b=2"
    ]
    assert html.split("</a> ", 1)[1] == "b c d [image: f]</p>\n<p>[h]: //i 'j'</p>\n"


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "*a " * 18_000, "`a" * 30_000, "- a\n" * 15_000, "![" * 9_000, "&#x" * 20_000, "> " * 30_000],
)
def test_no_text_takes_long(text: str) -> None:
    """Neither time nor words are lost by repeating one form."""
    start = time.process_time()
    html = as_html(text)
    assert time.process_time() - start < 10
    assert len("".join(Elements(html).words)) >= len(text) // 4


def test_shown() -> None:
    """What does not show is named, emoji and line ends stay."""
    assert shown("a\u202eb\x1bc\ud800") == "a⟨U+202E⟩b⟨U+001B⟩c⟨U+D800⟩"
    assert shown("👩‍💻 ❤️ é\r\n\tx") == "👩‍💻 ❤️ é\n\tx"
