"""List: the locked packs with their items, headers and files."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.commands.local_findings import list_findings
from agentsync.model.lock import Lock
from agentsync.model.outcome import Outcome
from agentsync.planning.placing import places, tools_for
from agentsync.project.workspace import Workspace
from agentsync.reporting.lock_report import list_data, list_lines


def list_packs(workspace: Workspace, words: Sequence[str] = ()) -> Outcome:
    """List every locked pack with its items, or those that words name."""
    lock = workspace.project.lock or Lock()
    if words:
        from agentsync.commands.selection import chosen_packs

        lock = chosen_packs(workspace, lock, words)
    files: dict[tuple[str, str], list[str]] = {}
    tools = workspace.project.tools(lock)
    for pack in lock.packs.values():
        for place in places(pack, tools_for(pack, tools)):
            held = [path for path in pack.files if place.holds(path)]
            files.setdefault((pack.name, place.item.key), []).extend(held)
    findings = list_findings(workspace, {pack.name.alias for pack in lock.packs.values()} if words else None)
    return Outcome(list_data(lock, files), list_lines(lock), findings=findings)
