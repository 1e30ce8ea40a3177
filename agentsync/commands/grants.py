"""What every installed item may do, and what a new decision would add to it."""

from __future__ import annotations

from typing import Any

from agentsync.commands.consent import granting
from agentsync.commands.outcome import Outcome
from agentsync.model.lock import Lock
from agentsync.workspace import Workspace


def grants(workspace: Workspace) -> Outcome:
    """The grants of every locked item, as a table."""
    return Outcome(_data(workspace.lock or Lock()), _lines(workspace.lock or Lock()))


def accept(workspace: Workspace, *, dry_run: bool = False) -> Outcome:
    """Say yes to what the next `install` or `update` would add; nothing is installed.

    Args:
        workspace: the scope; its options say for which items.
        dry_run: tell what would be accepted.
    """
    lock = workspace.lock or Lock()
    decision = workspace.decide(afresh={name for name, pack in lock.packs.items() if not pack.folder})
    found = granting(workspace, decision, ask=False)
    chosen = [one for one in found.changes if one.asks and one not in found.open]
    if chosen and not dry_run:
        with workspace.exclusive():
            workspace.consents.accept({(one.pack, one.item): one.asks for one in chosen})
    word = "would accept" if dry_run else "accepted"
    lines = [f"{word}  {one.item} of {one.pack}: +{', +'.join(one.asks)}" for one in chosen]
    rows = [{"pack": one.pack, "item": one.item, "gained": list(one.asks)} for one in chosen]
    return Outcome(_data(lock) | {"accepted": rows}, lines or ["nothing waits for a yes"], decision.notes)


def _data(lock: Lock) -> dict[str, Any]:
    return {
        "packs": [
            {
                "pack": pack.name,
                "items": [{"item": item.key, "path": item.path, "grants": list(item.grants)} for item in pack.items],
            }
            for _, pack in sorted(lock.packs.items())
        ]
    }


def _lines(lock: Lock) -> list[str]:
    items = [(pack.name, item) for _, pack in sorted(lock.packs.items()) for item in pack.items]
    width = max((len(item.key) for _, item in items), default=0)
    lines, last = [], ""
    for pack, item in items:
        if pack != last:
            lines.append(pack)
            last = pack
        lines.append(f"  {item.key:<{width}}  {', '.join(item.grants) or '-'}")
    return lines or ["no packs are locked"]
