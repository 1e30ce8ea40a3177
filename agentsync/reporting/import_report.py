"""The result of an import from other tools' files, and what was lost: a table for people, rows for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agentsync.model.imported import Lost
from agentsync.reporting.words import count


class ImportedRow(NamedTuple):
    """One entry of the manifest: the file that it comes from, and its locked commit, "" for none."""

    origin: str
    entry: str
    commit: str


def import_data(rows: Sequence[ImportedRow], lost: Sequence[Lost], unmatched: Sequence[str]) -> dict[str, Any]:
    """Return the data of the JSON document."""
    return {
        "imported": [{"from": row.origin, "entry": row.entry, "commit": row.commit or None} for row in rows],
        "lost": [{"from": one.origin, "key": one.key, "why": one.why} for one in lost],
        "unmatched": list(unmatched),
    }


def import_lines(
    rows: Sequence[ImportedRow], lost: Sequence[Lost], unmatched: Sequence[str], *, dry_run: bool
) -> list[str]:
    """Return a line for each entry, and for all that was lost."""
    word = "would take" if dry_run else "imported"
    cells = [
        *((word, row.entry, f"from {row.origin}{f', {row.commit[:12]}' if row.commit else ''}") for row in rows),
        *(("lost", one.key, f"of {one.origin}: {one.why}") for one in lost),
        *(("unmatched", path, "no pack has it; `agentsync adopt` may find it") for path in unmatched),
    ]
    widths = [max((len(line[column]) for line in cells), default=0) for column in range(2)]
    lines = [f"{first:<{widths[0]}}  {second:<{widths[1]}}  {third}" for first, second, third in cells]
    return [*lines, f"{count(len(rows), 'entry').replace('entrys', 'entries')}, {len(lost)} lost"]
