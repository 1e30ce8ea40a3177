"""Back to the lock; the user's bytes are set aside first."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.commands.outcomes import carried_out, change_outcome
from agentsync.commands.selection import selector
from agentsync.model.outcome import Outcome
from agentsync.model.plan import RESTORING, Plan
from agentsync.planning.planner import narrowed
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, stopped_error


def restore(workspace: Workspace, words: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Make files what the lock says they are.

    Args:
        words: paths, packs or items; without any, everything that drifted.
    """
    lock = workspace.project.require_lock()
    plan = workspace.plan(lock, RESTORING)
    chosen = selector(workspace, plan, words)
    plan = narrowed(plan, chosen)
    done = carried_out(workspace, plan, Decision(lock, lock), dry_run=dry_run, has_work=bool(plan.writing))
    stopped = stopped_error(done.plan, beside=workspace.beside(done.plan, lock), dry_run=dry_run)
    told = Plan(tuple(filter(chosen, done.plan.changes)))
    return change_outcome(
        ChangeReport(told, lock, lock, dry_run, aside=done.aside),
        notes=[f"your own files were set aside in {done.backup}"] if done.backup else [],
        errors=done.errors(stopped),
    )
