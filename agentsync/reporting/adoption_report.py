"""The origin of the items on disk: a table for people, rows for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentsync.model.adoption import Adoption

_HEADER = ("item", "standing", "from", "why")


def adoption_data(rows: Sequence[Adoption]) -> list[dict[str, Any]]:
    """Return the rows of the JSON document; what is unknown is null."""
    return [
        {
            "path": row.path,
            "standing": str(row.standing),
            "pack": row.pack or None,
            "item": row.item or None,
            "version": row.version or None,
            "commit": row.commit or None,
            "similarity": round(row.similarity, 3) if row.pack else None,
            "why": row.why,
            "others": list(row.others),
        }
        for row in rows
    ]


def adoption_lines(rows: Sequence[Adoption]) -> list[str]:
    """Return the table, one line for each item."""
    cells = [_HEADER, *((row.path, str(row.standing), _origin(row), row.why) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    return ["  ".join((*map(str.ljust, line, widths), line[3])).rstrip() for line in cells]


def _origin(row: Adoption) -> str:
    if not row.pack:
        return ""
    return f"{row.pack} {row.version or row.commit[:8]}".rstrip()
