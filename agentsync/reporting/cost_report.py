"""The cost of items in a model's context: a table with sums, and the growth between two locks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.model.outcome import Outcome

_NOTHING: Final = "nothing that is installed is listed to a model"


class CostRow(NamedTuple):
    """About how many tokens one item takes, always and when it is used."""

    pack: str
    item: str
    always: int
    used: int


class Growth(NamedTuple):
    """The size of a pack in two locks: before and after, always and when all of it is used."""

    pack: str
    always: tuple[int, int]
    used: tuple[int, int]


def cost_report(rows: Sequence[CostRow]) -> Outcome:
    """Return the table, the dearest items of each pack first."""
    packs: dict[str, list[CostRow]] = {}
    for row in rows:
        packs.setdefault(row.pack, []).append(row)
    data: list[dict[str, Any]] = []
    lines: list[str] = []
    width = max((len(row.item) for row in rows), default=0) + 2
    for pack, own in sorted(packs.items()):
        own.sort(key=lambda row: (-row.always, row.item))
        items = [{"item": row.item, "context": {"always": row.always, "used": row.used}} for row in own]
        data.append({"pack": pack, "items": items, "context": _sum(own)})
        lines.append(_line(pack, _sum(own), width))
        lines += [_line(f"  {row.item}", {"always": row.always, "used": row.used}, width) for row in own]
    total = _sum(rows)
    end = [_line("all", total, width), "in tokens, about: always by name and description, the rest when it is used"]
    return Outcome({"packs": data, "context": total}, [*lines, *end] if rows else [_NOTHING])


def _sum(rows: Sequence[CostRow]) -> dict[str, int]:
    return {"always": sum(row.always for row in rows), "used": sum(row.used for row in rows)}


def _line(name: str, cost: Mapping[str, int], width: int) -> str:
    return f"{name:<{width}}  {cost['always']:>7,} always  {cost['used']:>9,} used"


def growth_data(found: Sequence[Growth]) -> list[dict[str, Any]]:
    """Return the rows of the JSON document."""
    return [
        {
            "pack": one.pack,
            "always": {"from": one.always[0], "to": one.always[1]},
            "used": {"from": one.used[0], "to": one.used[1]},
        }
        for one in found
    ]


def growth_lines(found: Sequence[Growth]) -> Iterator[str]:
    """Yield a line for each pack that takes more or less."""
    for one in found:
        yield f"context   {one.pack}: {growth_text(one)}"


def growth_text(one: Growth) -> str:
    """Return what a pack takes more or less."""
    (before, after), (was, now) = one.always, one.used
    return f"{after - before:+,} tokens always ({after:,}), {now - was:+,} when used ({now:,})"
