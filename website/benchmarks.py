"""The tables of the benchmark page with the goal first, and each ratio as a bar: a hook of MkDocs.

Source of the interface: https://www.mkdocs.org/dev-guide/plugins/#events
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_PAGE: Final = "reference/benchmarks.md"
_TABLE: Final = re.compile(r"<table>.*?</table>", re.DOTALL)
_ROW: Final = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
_RATIO: Final = re.compile(r"([0-9.]+) x")
_FIRST: Final = ("question", "goal", "met", "ratio")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write the tables anew, those of the benchmark page alone."""
    return _TABLE.sub(_table, html) if page.file.src_uri == _PAGE else html


def _table(match: re.Match[str]) -> str:
    head, *rows = ([cell.strip() for cell in _CELL.findall(row)] for row in _ROW.findall(match[0]))
    if not {"goal", "ratio"} <= set(head):
        return match[0]
    order = [head.index(name) for name in _FIRST if name in head]
    order += [number for number in range(len(head)) if number not in order]
    lines = [_line("th", [head[number] for number in order])]
    for row in rows:
        named = dict(zip(head, row, strict=False))
        cells = {**named, "ratio": _bar(named), "met": _short(named)}
        lines.append(_line("td", [cells.get(head[number], "") for number in order]))
    table = f'<table class="ratios"><thead>{lines[0]}</thead><tbody>{"".join(lines[1:])}</tbody></table>'
    return f'<div class="wide" tabindex="0" role="region" aria-label="Measurements">{table}</div>'


def _line(tag: str, cells: list[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def _bar(row: dict[str, str]) -> str:
    """Return the ratio with its bar: full is twice the goal, or twice as long as what it is beside."""
    ratio, goal = _RATIO.match(row["ratio"]), _RATIO.match(row["goal"])
    if ratio is None:
        return row["ratio"]
    share = min(1.0, float(ratio[1]) / (2 * float(goal[1] if goal else 1)))
    kind = "over" if row.get("met", "").startswith("no") else "within"
    return f'{row["ratio"]}<span class="bar {kind}"><span style="width: {share:.0%}"></span></span>'


def _short(row: dict[str, str]) -> str:
    """Return whether the goal is met, the reason folded away."""
    word, _, why = row.get("met", "").partition(": ")
    return f"<details><summary>{word}</summary>{why}</details>" if why else word
