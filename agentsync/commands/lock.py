"""Decide the lock and write it; install nothing."""

from __future__ import annotations

from agentsync.commands.consent import granting, refused
from agentsync.commands.outcome import Outcome
from agentsync.model.plan import Plan
from agentsync.reporting.findings import told_of
from agentsync.reporting.plan_report import install_data, install_lines
from agentsync.workspace import Workspace


def lock(workspace: Workspace, *, dry_run: bool = False) -> Outcome:
    """Bring the lock to what the manifest asks for; decisions that still fit stay.

    A lock that a merge left with conflict markers is settled from both sides first.
    """
    settled = workspace.settle_lock()
    decision = workspace.decide()
    found = granting(workspace, decision, ask=not dry_run)
    if found.refusal is not None and not dry_run:
        return refused(decision, found, found.refusal)
    if (decision.changed or settled) and not dry_run:
        workspace.save_lock(decision.lock)
    nothing = Plan(())
    return Outcome(
        install_data(nothing, decision.before, decision.lock, decision.findings) | {"grants": found.data},
        [*found.lines, *install_lines(nothing, decision.before, decision.lock, dry_run=dry_run)],
        decision.notes,
        findings=decision.findings,
        told=told_of(decision.unplaced, decision.lock.targets),
    )
