"""Remarks on AI tools: what a person has to know of them, or to do in them, beside what is installed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from agentsync.model.item import Kind
from agentsync.model.lock import Lock
from agentsync.model.names import ItemKey, ScopeName
from agentsync.model.plan import Action, Plan
from agentsync.model.slot import EntryPath
from agentsync.planning.placing import Place, places, tools_for
from agentsync.platform.plain_files import read_plain_file
from agentsync.project.workspace import Workspace
from agentsync.reporting.words import some
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import EntryPlace, Reading, Tool, When

_MOST_NAMED = 5
_LARGEST: Final = 4 << 20
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
    documents = {place.slot.document for place in found if isinstance(place.slot, EntryPath)}
    told = (note for tool in tools for note in _of_documents(workspace.scope.root, TOOLS[tool.name], documents))
    yield from dict.fromkeys(told)


def _of_documents(root: Path, tool: Tool, documents: Collection[str]) -> Iterator[str]:
    """Yield what a tool does not read of the documents of a scope, or of those beside them."""
    every = (place for found in tool.places.values() for place in found if isinstance(place, EntryPlace))
    for place in every:
        hidden = place.instead.document if place.instead is not None and place.only_there else place.hides
        if hidden and all((root / name).is_file() for name in (place.document, hidden)):
            yield f"{hidden} is not read while {place.document} is there"
        if place.is_plain and place.document in documents and not _is_plain(root / place.document):
            yield f"{tool.name} takes a comment in {place.document}, or a comma behind a last member, for a mistake"


def _is_plain(path: Path) -> bool:
    """Return whether a document is plain JSON; true where there is none."""
    try:
        json.loads(read_plain_file(path, _LARGEST))
    except (ValueError, RecursionError):
        return False
    except OSError:
        return True
    return True


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
