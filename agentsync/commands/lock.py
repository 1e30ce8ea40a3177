"""Decide the lock and write it; install nothing."""

from __future__ import annotations

from agentsync.commands.grants import granting, refused, would_refuse
from agentsync.commands.outcomes import change_outcome
from agentsync.errors import Exit
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING, Plan
from agentsync.project.decision import ExtraWrites
from agentsync.project.lock_repair import remember_sides, settle_lock
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport
from agentsync.reporting.kept_report import kept_notes


def lock(workspace: Workspace, *, dry_run: bool = False, check: bool = False) -> Outcome:
    """Bring the lock to what the manifest asks for; decisions that still fit stay.

    Of a lock that a merge left with conflict markers, or of which entries are not what was decided, these
    packs are decided again.

    Args:
        check: with `dry_run`, exit 1 where the lock would change.
    """
    settled = settle_lock(workspace.project)
    decision = workspace.decide(earlier=settled.earlier if settled is not None else {})
    found = granting(workspace, decision, ask=not dry_run, agreed=tuple(settled.agreed()) if settled else ())
    if found.refusal is not None and not dry_run:
        return refused(decision, found, found.refusal)
    rebased = decision.rebased
    plan = workspace.plan(decision.lock, READING, rebased) if rebased is not None else Plan(())
    if rebased is not None and not rebased.is_nothing and not dry_run:
        workspace.carry_out(plan, decision, ExtraWrites(installed=False))
    elif (decision.changed or settled) and not dry_run:
        workspace.save_lock(decision.lock)
    if settled is not None and not dry_run:
        remember_sides(workspace, settled, decision.lock)
    return change_outcome(
        ChangeReport(Plan(()), decision.before, decision.lock, dry_run, decision.findings, found.changes),
        notes=[*decision.notes, *kept_notes(rebased.outcomes if rebased is not None else (), plan, dry_run=dry_run)],
        errors=would_refuse(workspace, found) if dry_run else (),
        findings=decision.findings,
        told=decision.told,
        code=Exit.DIFFERS if check and (decision.changed or settled is not None) else Exit.OK,
    )
