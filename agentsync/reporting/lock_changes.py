"""The difference of two locks, for people, for pull requests and for programs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from agentsync.model.grant import GrantChange
from agentsync.reporting.cost_report import Growth, growth_data, growth_text
from agentsync.reporting.markdown import code
from agentsync.reporting.words import count, shown_grants

FORMS: Final = ("text", "json", "markdown")
_MOST: Final = 8  # of the items of a pack that are named
_SIGNS: Final = {"added": "+", "changed": "~", "removed": "-"}


class ItemChange(NamedTuple):
    """One item that was `added`, `removed` or `changed`."""

    item: str
    change: str


class PackChange(NamedTuple):
    """One pack that differs; a version is None on a side that does not have it.

    Args:
        grants: the items that may do more or less.
        kept: how many more files hold edits that the project keeps.
        context: what it costs a model's context more or less, None for nothing, and where that is not known.
    """

    pack: str
    old: str | None
    new: str | None
    items: tuple[ItemChange, ...]
    grants: tuple[GrantChange, ...]
    kept: int = 0
    context: Growth | None = None

    @property
    def title(self) -> str:
        """The change of its version, in words."""
        if self.old is None or self.new is None:
            return f"{self.new} (new)" if self.old is None else f"{self.old} (removed)"
        return f"{self.old} -> {self.new}" if self.old != self.new else f"{self.new}"

    @property
    def gains(self) -> list[tuple[tuple[str, ...], list[str]]]:
        """The new grants of items, as a person reads them, each with all the items."""
        found: dict[tuple[str, ...], list[str]] = {}
        for one in self.grants:
            if one.gained:
                found.setdefault(tuple(shown_grants(one.gained)), []).append(one.item)
        return list(found.items())


class TargetChange(NamedTuple):
    """The AI tools that packs were installed for, and those that they are installed for now."""

    before: Collection[str]
    after: Collection[str]

    @property
    def added(self) -> list[str]:
        return [one for one in self.after if one not in self.before]

    @property
    def removed(self) -> list[str]:
        return [one for one in self.before if one not in self.after]

    @property
    def words(self) -> str:
        """The tools that came and went, "" for none."""
        return ", ".join([*(f"+ {one}" for one in self.added), *(f"- {one}" for one in self.removed)])


def targets_data(tools: TargetChange) -> dict[str, list[str]]:
    """Return the tools that came and went, as the JSON document has them."""
    return {"added": tools.added, "removed": tools.removed}


def changes_data(found: Sequence[PackChange]) -> list[dict[str, Any]]:
    """Return the rows of the JSON document."""
    return [
        {
            "pack": one.pack,
            "from": one.old,
            "to": one.new,
            "items": [{"item": item.item, "change": item.change} for item in one.items],
            "grants": [
                {"item": change.item, "gained": list(change.gained), "lost": list(change.lost)} for change in one.grants
            ],
            "kept": one.kept,
            **({"context": growth_data([one.context])[0]} if one.context is not None else {}),
        }
        for one in found
    ]


def changes_lines(found: Sequence[PackChange], tools: TargetChange) -> list[str]:
    """Return a few lines for each pack, and before them the tools that came and went."""
    lines = [f"targets  {tools.words}"] if tools.words else []
    for one in found:
        lines.append(f"{one.pack}  {one.title}")
        lines += [f"  {_SIGNS[item.change]} {item.item}" for item in _first(one)]
        lines += [f"    and {one_more}" for one_more in _rest(one)]
        lines += [f"  may newly  {', '.join(items)}: {', '.join(gained)}" for gained, items in one.gains]
        lines += _kept(one)
        lines += [f"  context    {growth_text(one.context)}"] if one.context is not None else []
    return lines or ["the lock is the same"]


def changes_markdown(found: Sequence[PackChange], tools: TargetChange) -> list[str]:
    """Return a table for the body of a pull request, with what items may newly do below it."""
    first = [f"AI tools: {tools.words}", ""] if tools.words else []
    if not found:
        return [*first, "No pack changes."]
    lines = [*first, "| pack | version | items | context |", "|---|---|---|---|"]
    for one in found:
        items = [f"{_SIGNS[item.change]} {code(item.item)}" for item in _first(one)] + [f"and {n}" for n in _rest(one)]
        lines.append(f"| {code(one.pack)} | {code(one.title)} | {', '.join(items) or 'the same'} | {_context(one)} |")
    gains = [(one.pack, *gain) for one in found for gain in one.gains]
    if gains:
        lines += ["", "**Items may newly do more:**", ""]
    for pack, gained, items in gains:
        lines.append(f"- {', '.join(map(code, items))} of {code(pack)}: {', '.join(map(code, gained))}")
    return lines


def _context(one: PackChange) -> str:
    return growth_text(one.context) if one.context is not None else ""


def _first(one: PackChange) -> Sequence[ItemChange]:
    return one.items[:_MOST]


def _rest(one: PackChange) -> Iterator[str]:
    if len(one.items) > _MOST:
        yield f"{count(len(one.items) - _MOST, 'item')} more"


def _kept(one: PackChange) -> Iterator[str]:
    if one.kept:
        yield f"  {count(abs(one.kept), 'kept edit')} {'more' if one.kept > 0 else 'less'}"
