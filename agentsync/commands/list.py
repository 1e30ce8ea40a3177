"""List: the locked packs with their items, headers and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentsync.commands.local_findings import list_findings
from agentsync.model.item import HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.outcome import Outcome
from agentsync.planning.placing import places, tools_for
from agentsync.project.workspace import Workspace
from agentsync.reporting.words import shown_version
from agentsync.targets.tool import Tool


def list_packs(workspace: Workspace, words: Sequence[str] = ()) -> Outcome:
    """List every locked pack with its items, or those that words name."""
    lock = workspace.project.lock or Lock()
    if words:
        from agentsync.commands.selection import chosen_packs

        lock = chosen_packs(workspace, lock, words)
    targets = workspace.project.tools(lock)
    packs = [_pack_data(pack, tools_for(pack, targets)) for _, pack in sorted(lock.packs.items())]
    lines: list[str] = []
    for _, pack in sorted(lock.packs.items()):
        lines.append(f"{pack.name} {shown_version(pack)}")
        lines += [f"  {item.key}{_remark(item)}" for item in pack.items]
    findings = list_findings(workspace, {pack.name.alias for pack in lock.packs.values()} if words else None)
    return Outcome({"packs": packs}, lines or ["no packs are locked"], findings=findings)


def _pack_data(pack: LockedPack, targets: list[Tool]) -> dict[str, Any]:
    files: dict[str, list[str]] = {item.key: [] for item in pack.items}
    for place in places(pack, targets):
        files[place.item.key] += [path for path in pack.files if place.holds(path)]
    return {
        "pack": pack.name,
        "version": pack.version,
        "ref": pack.ref or None,
        "commit": pack.commit or None,
        "items": [
            {
                "item": item.key,
                "path": item.path,
                "header": str(item.header),
                "claude_code": str(item.claude_code),
                "grants": list(item.grants),
                "files": sorted(files[item.key]),
            }
            for item in pack.items
        ],
    }


def _remark(item: LockedItem) -> str:
    """Return what a person should know of a header that is not plain YAML."""
    told = [item.claude_code.remark] if item.claude_code.remark else []
    if item.header not in (HeaderStatus.STRICT, HeaderStatus.NONE):
        told.insert(0, f"header {item.header}")
    return f"  ({'; '.join(told)})" if told else ""
