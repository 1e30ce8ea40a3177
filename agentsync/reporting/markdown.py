"""GitHub-flavoured Markdown for a comment on a pull request: tables and lists that no name from a repository breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agentsync.reporting.failure import shown

_LONG: Final = 20  # rows; longer lists are collapsed
_ROOM: Final = 18_000  # characters for each list


def section(title: str, head: Sequence[str], rows: Sequence[str]) -> list[str]:
    """Return a list or table below its title, collapsed where it is long, cut where it is far too long."""
    if not rows:
        return []
    taken, room = 0, _ROOM
    while taken < len(rows) and len(rows[taken]) < room:
        room -= len(rows[taken]) + 1
        taken += 1
    body = "\n".join((*head, *rows[:taken]))
    rest = [f"... and {len(rows) - taken} more"] if taken < len(rows) else []
    if len(rows) <= _LONG:
        return [f"{title}:", body, *rest]
    title = re.sub("`([^`]+)`", r"<code>\1</code>", title)
    return [f"<details>\n<summary>{title}</summary>", body, *rest, "</details>"]


def table(*columns: str) -> list[str]:
    """Return the head of a table."""
    return [table_row(*columns), "|" + "---|" * len(columns)]


def table_row(*cells: str) -> str:
    """Return one row of a table."""
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """Return a text as code that breaks neither out of its code nor out of a table's cell.

    Cells are cut at each `|` before code is seen, and code drops blanks at its ends; so a text
    with one of these is HTML with entities.
    """
    text = shown(text)
    if not text:
        return ""
    if text != text.strip() or set("|\t") & set(text):
        letters = (letter if letter.isalnum() or letter in "/.-" else f"&#{ord(letter)};" for letter in text)
        return f"<code>{''.join(letters)}</code>"
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    blank = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{blank}{text}{blank}{fence}"
