"""A drift report as GitHub-flavoured Markdown, for a comment on a pull request.

Every name that comes from a repository or a disk is code, so that it can be no markup, no
mention and no link; and a comment stays below the 65,536 characters that GitHub allows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from agentsync.model.names import LOCK_NAME
from agentsync.model.upstream import Standing
from agentsync.reporting.drift_findings import locked_version, reason
from agentsync.reporting.drift_report import DriftReport, PackRow, counted_files
from agentsync.reporting.failure import shown
from agentsync.reporting.words import count

_LONG: Final = 20  # rows; longer lists are collapsed
_ROOM: Final = 18_000  # characters for each of the three lists


def markdown(report: DriftReport) -> str:
    """Return a summary line, then what the lock, the files and the packs have to say."""
    files, packs = report.drifted, [row for row in report.packs if row.upstream not in (None, Standing.CURRENT)]
    parts = [
        f"**agentsync drift**: {_summary(report, packs)}",
        *_section(f"`{LOCK_NAME}` does not fit", [], [f"- {code(why)}" for why in report.reasons]),
        *_section(
            count(len(files), "drifted file"),
            _table("drift", "file", "pack", "cause"),
            [_row(row.change.drift, code(row.change.path), code(row.change.pack), reason(row)) for row in files],
        ),
        *_section(
            "Packs against their registries",
            _table("pack", "locked", "upstream", "available"),
            [
                _row(code(row.pack), code(locked_version(row)), row.upstream or "", code(row.available or ""))
                for row in packs
            ],
        ),
    ]
    return "\n\n".join(parts)


def _summary(report: DriftReport, packs: Sequence[PackRow]) -> str:
    told = [counted_files(report)]
    if report.faults:
        told.append("the lock does not fit the manifest")
    standing = Counter(row.upstream for row in packs)
    told += [f"{count(standing[word], 'pack')} {word}" for word in Standing if standing[word]]
    return "; ".join(told)


def _section(title: str, head: Sequence[str], rows: Sequence[str]) -> list[str]:
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
    title = title.replace(f"`{LOCK_NAME}`", f"<code>{LOCK_NAME}</code>")
    return [f"<details>\n<summary>{title}</summary>", body, *rest, "</details>"]


def _table(*columns: str) -> list[str]:
    return [_row(*columns), "|" + "---|" * len(columns)]


def _row(*cells: str) -> str:
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
