"""The data of `drift` as GitHub-flavoured Markdown, for a comment on a pull request.

Every name that comes from a repository or a disk is code, so that it can be no markup, no
mention and no link; and a comment stays below the 65,536 characters that GitHub allows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agentsync.model.upstream import Standing
from agentsync.reporting.drift_findings import LOCK, cause, locked_version, of_file, of_pack
from agentsync.reporting.failure import shown

_LONG: Final = 20  # rows; longer lists are collapsed
_ROOM: Final = 18_000  # characters for each of the three lists


def markdown(data: Mapping[str, Any]) -> str:
    """A summary line, then what the lock, the files and the packs have to say."""
    files = [row for row in data["files"] if of_file(row) is not None]
    packs = [row for row in data["packs"] if of_pack(row) is not None]
    reasons = [f"- {code(why)}" for why in dict.fromkeys(row["why"] for row in data["lock"])]
    parts = [
        f"**agentsync drift**: {_summary(data, files, packs)}",
        *_section(f"`{LOCK}` does not fit", [], reasons),
        *_section(
            _count(len(files), "drifted file"),
            _table("drift", "file", "pack", "cause"),
            [_row(row["drift"], code(row["path"]), code(row["pack"] or ""), cause(row)) for row in files],
        ),
        *_section(
            "Packs against their registries",
            _table("pack", "locked", "upstream", "available"),
            [
                _row(code(row["pack"]), code(locked_version(row)), row["upstream"], code(row["available"] or ""))
                for row in packs
            ],
        ),
    ]
    return "\n\n".join(parts)


def _summary(data: Mapping[str, Any], files: Sequence[Any], packs: Sequence[Mapping[str, Any]]) -> str:
    in_sync = len(data["files"]) - len(files)
    told = [
        f"{_count(len(files), 'file')} drifted, {in_sync} in sync" if files else f"{_count(in_sync, 'file')} in sync"
    ]
    if data["lock"]:
        told.append("the lock does not fit the manifest")
    standing = Counter(row["upstream"] for row in packs)
    told += [f"{_count(standing[word], 'pack')} {word}" for word in Standing if standing[word]]
    return "; ".join(told)


def _section(title: str, head: Sequence[str], rows: Sequence[str]) -> list[str]:
    """A list or table below its title, collapsed where it is long, cut where it is far too long."""
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
    title = title.replace(f"`{LOCK}`", f"<code>{LOCK}</code>")
    return [f"<details>\n<summary>{title}</summary>", body, *rest, "</details>"]


def _table(*columns: str) -> list[str]:
    return [_row(*columns), "|" + "---|" * len(columns)]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """A text as code that breaks neither out of its code nor out of a table's cell.

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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
