"""Targets: every AI tool that packs can be installed for, and what each takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentsync.errors import UsageError
from agentsync.model.item import Kind
from agentsync.model.names import ScopeName, nearest
from agentsync.model.outcome import Outcome
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.described import NAMES, SHOWN, places_of
from agentsync.targets.tool import Tool


def targets(name: str | None = None) -> Outcome:
    """Return all AI tools with the kinds that each takes; one that is named with its places too."""
    if name and name not in TOOLS:
        hints = [nearest(name, TOOLS), "`agentsync targets` lists them all"]
        raise UsageError(f"unknown target {name!r}", hint="; ".join(filter(None, hints)))
    shown = [TOOLS[name]] if name else list(TOOLS.values())
    lines = list(_details(shown[0])) if name else list(_table(shown))
    return Outcome({"targets": [_row(tool) for tool in shown]}, lines)


def _row(tool: Tool) -> dict[str, Any]:
    return {
        "target": tool.name,
        "docs": tool.docs,
        "form": tool.form,
        "project": _by_kind(places_of(tool)),
        "user": _by_kind(places_of(tool.within(ScopeName.USER))),
        "sources": {str(kind): tool.sources[kind] for kind in SHOWN if kind in tool.sources},
        "notes": [note.text for note in tool.notes],
    }


def _by_kind(places: Mapping[Kind, tuple[str, ...]]) -> dict[str, list[str]]:
    return {str(kind): list(found) for kind, found in places.items()}


def _table(tools: list[Tool]) -> Iterator[str]:
    width = max(len(tool.name) for tool in tools)
    for tool in tools:
        yield f"{tool.name:<{width}}  {', '.join(NAMES[kind] for kind in places_of(tool))}"


def _details(tool: Tool) -> Iterator[str]:
    yield f"{tool.name}  {tool.docs}"
    project, user = places_of(tool), places_of(tool.within(ScopeName.USER))
    for kind in (kind for kind in SHOWN if kind in project or kind in user):
        for scope, found in (("project", project), ("user", user)):
            yield f"  {NAMES[kind]:<11}  {scope:<7}  {', '.join(found.get(kind, ())) or '-'}"
    yield from (f"  note         {note.text}" for note in tool.notes)
