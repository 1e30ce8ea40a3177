"""Text of packs, which may be hostile, as HTML that loads nothing and runs nothing.

Three filters stand behind each other, and each alone would do for most: Markdown is read without HTML in it, the
result is cleaned by a list of what is allowed, and a pass of our own turns each link that is neither https nor mail,
and each character that does not show, into text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from agentsync.model.invisible import hidden_places

LONGEST: Final = 64 * 1024  # characters of one text
_MOST_MARKS: Final = 20_000  # of Markdown in one text: some of its forms take time with the square of their number
_MARKS: Final = re.compile(r"[\[\]()<>*_`!|&\\~]")
_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINK: Final = re.compile(r'<a(?: href="([^"]*)")?[^>]*>(.*?)</a>', re.DOTALL)
_OPENED: Final = re.compile(r"(?:https://[^/\s]|mailto:)[^\s]*", re.IGNORECASE)
_DEEPEST: Final = 17
_TAGS: Final = set(
    "p br hr h3 h4 h5 h6 ul ol li blockquote pre code em strong s del a table thead tbody tr th td".split()
)
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
_FIRST_HEADING: Final = 4  # below the heading of the item
_LAST_HEADING: Final = 6


def shown(text: str) -> str:
    """Return a text in which each character that does not show is named instead.

    >>> shown("a\\u202eb")
    'a\u27e8U+202E\u27e9b'
    """
    if text.isascii() and not _UNSEEN.search(text):
        return text
    places = hidden_places(text, 1 if text.startswith("\ufeff") else 0)
    if places:
        hidden = set(places)
        text = "".join(_named(letter) if place in hidden else letter for place, letter in enumerate(text))
    return _UNSEEN.sub(lambda found: _named(found[0]), text.replace("\r\n", "\n"))


def _named(letter: str) -> str:
    return f"\u27e8U+{ord(letter):04X}\u27e9"


def as_html(text: str) -> Markup:
    """Return Markdown as HTML; a text that would take long, or of which something would be lost, stays as it is."""
    plain = shown(text)
    if len(_MARKS.findall(plain)) > _MOST_MARKS:
        return _as_it_is(plain)
    reader = _reader()
    tokens = reader.parse(plain)
    # What is nested deeper than that, the reader leaves out.
    if any(token.level >= _DEEPEST for token in tokens):
        return _as_it_is(plain)
    html = reader.renderer.render(tokens, reader.options, {})
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(shown(_LINK.sub(_linked, cleaned)))


def _as_it_is(text: str) -> Markup:
    return Markup("<pre><code>{}</code></pre>").format(text)


def _linked(found: re.Match[str]) -> str:
    """Return a link that leads to another host by https or to a mailbox; any other one as its text."""
    if found[1] is not None and _OPENED.fullmatch(found[1]) and shown(found[1]) == found[1]:
        return found[0]
    return found[2]


_known: list[MarkdownIt] = []


def _reader() -> MarkdownIt:
    if not _known:
        reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
        reader.enable(["table", "strikethrough"])
        reader.disable("reference")  # a definition is a text that a model reads and a page does not show
        reader.core.ruler.push("headings", _fit_headings)
        reader.add_render_rule("image", _image)
        _known.append(reader)
    return _known[0]


def _fit_headings(state: Any) -> None:
    """Put the headings of a text below those of the page, without a gap between two levels."""
    last = _FIRST_HEADING - 1
    for token in state.tokens:
        if token.type == "heading_open":
            last = max(_FIRST_HEADING, min(int(token.tag[1:]) + _FIRST_HEADING - 1, last + 1, _LAST_HEADING))
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{last}"


def _image(self: Any, tokens: Sequence[Token], index: int, *_: Any) -> str:
    """Show an image as its description: none is loaded."""
    return f"[image: {escape(tokens[index].content)}]" if tokens[index].content else "[image]"
