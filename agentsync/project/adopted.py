"""Write down that files are copies: manifest, lock and receipt say so; no byte of the files changes."""

from __future__ import annotations

from collections.abc import Mapping

from agentsync.model.digest import FileDigest
from agentsync.model.drift import agree
from agentsync.model.lock import Lock
from agentsync.model.plan import READING, Action, Change, Plan
from agentsync.model.slot import SlotPath
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.workspace import Workspace


def adopted_plan(workspace: Workspace, lock: Lock, bases: Mapping[SlotPath, FileDigest]) -> Plan:
    """Return a plan that leaves every file, and remembers what each copy was made of.

    Args:
        bases: the digests of what they were made of, by path.
    """
    plan = workspace.plan(lock, READING)
    return Plan(tuple(_adopted(change, bases.get(change.path)) for change in plan.changes))


def _adopted(change: Change, base: FileDigest | None) -> Change:
    if base is None or not isinstance(change.local, FileDigest):
        return change
    if change.wanted is not None and agree(change.local, change.wanted) and not change.wanted.runs:
        return change._replace(action=Action.ADOPT)
    # What it was made of was not written here: whatever takes its place later is set aside first.
    return change._replace(base=base, action=Action.LEAVE, hint=True)


def write_adopted(
    workspace: Workspace, plan: Plan, decision: Decision, manifest: str | None, past: Lock | None
) -> None:
    """Write manifest, lock and receipt; `past` gives the bytes again that files were made of."""
    from agentsync.formats.lock_writer import dump_lock

    with workspace.exclusive():
        if past is not None:
            workspace.state.history.remember(dump_lock(past))
        workspace.carry_out(plan, decision, ExtraWrites(manifest))
