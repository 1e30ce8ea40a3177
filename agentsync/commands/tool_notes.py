"""Remarks on AI tools: what a person has to know of them, or to do in them, beside what is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agentsync.model.item import Kind
from agentsync.model.lock import Lock
from agentsync.model.names import ItemKey, ScopeName
from agentsync.model.plan import Action, Plan
from agentsync.planning.placing import Place, places, tools_for
from agentsync.project.workspace import Workspace
from agentsync.reporting.words import some
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import Reading, Tool, When

_MOST_NAMED = 5
_WRITTEN = (Action.TAKE, Action.SET_ASIDE, Action.MERGE, Action.CARRY)


def changed_notes(workspace: Workspace, lock: Lock, plan: Plan) -> Iterator[str]:
    """Yield what is to be known, or asked of a person by a tool, after what was written just now."""
    if workspace.scope.name is not ScopeName.PROJECT:
        return
    owners = (owner for change in plan.changes if change.action in _WRITTEN for owner in change.owners if owner.item)
    changed = {(owner.tool, ItemKey(owner.item).kind) for owner in owners}
    for name, tool in TOOLS.items():
        for note in tool.notes:
            if note.when is When.CHANGED and any((name, kind) in changed for kind in note.kinds):
                yield f"{name}: {note.text}"
    if any(kind == Kind.RULE for _, kind in changed):
        yield from _read_twice(workspace, _places(workspace, lock), workspace.project.tools(lock))


def standing_notes(workspace: Workspace, lock: Lock) -> Iterator[str]:
    """Yield what holds of tools at all times: what they do not trust, and which rules they read twice."""
    if workspace.scope.name is not ScopeName.PROJECT:
        return
    tools, found = workspace.project.tools(lock), _places(workspace, lock)
    there = {(place.tool, place.item.kind) for place in found}
    for tool in tools:
        for note in tool.notes:
            if note.when is When.TRUST and any((tool.name, kind) in there for kind in note.kinds):
                yield f"{tool.name}: {note.text}"
    yield from _read_twice(workspace, found, tools)


def _places(workspace: Workspace, lock: Lock) -> list[Place]:
    tools = workspace.project.tools(lock)
    return [place for pack in lock.packs.values() for place in places(pack, tools_for(pack, tools))]


def _read_twice(workspace: Workspace, found: Sequence[Place], tools: Iterable[Tool]) -> Iterator[str]:
    rules = [place for place in found if place.item.kind == Kind.RULE]
    for tool in tools:
        own = {place.item.key for place in rules if place.tool == tool.name}
        for reading in tool.reads_too:
            twice = own & {place.item.key for place in rules if _is_read(place, reading, tool.name)}
            if twice and not (reading.unless and (workspace.scope.root / reading.unless).exists()):
                yield f"{tool.name} reads {some(sorted(twice), _MOST_NAMED)} twice: it reads {reading.place} as well"


def _is_read(place: Place, reading: Reading, tool: str) -> bool:
    return place.tool != tool and f"{place.path}/".startswith(f"{reading.place}/")
