"""Back to the lock; the user's bytes are set aside first."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.commands.backups import backup_data
from agentsync.commands.selection import selector
from agentsync.errors import Exit
from agentsync.model.outcome import Outcome
from agentsync.model.plan import RESTORING, Plan
from agentsync.planning.planner import narrowed
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace
from agentsync.reporting.plan_report import install_data, install_lines, stopped_error


def restore(workspace: Workspace, words: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Make files what the lock says they are.

    Args:
        workspace: the scope.
        words: paths, packs or items; without any, everything that drifted.
        dry_run: tell what would be done.
    """
    lock = workspace.require_lock()
    plan = workspace.plan(lock, RESTORING)
    chosen = selector(workspace, plan, words)
    plan = narrowed(plan, chosen)
    notes: list[str] = []
    backups = {} if dry_run else backup_data(workspace)
    errors = []
    if plan.writing and not dry_run:
        applied = workspace.carry_out(plan, Decision(lock, lock))
        plan, errors = applied.plan, list(applied.failures)
        backups = backup_data(workspace, applied)
        if applied.backup is not None:
            notes.append(f"your own files were set aside in {applied.backup.relative_to(workspace.scope.home)}")
    stopped = stopped_error(plan, beside=workspace.beside(plan, lock), dry_run=dry_run)
    if not errors and stopped is not None:
        errors.append(stopped)
    told = Plan(tuple(filter(chosen, plan.changes)))
    return Outcome(
        install_data(told, lock, lock) | backups,
        install_lines(told, lock, lock, dry_run=dry_run),
        notes,
        Exit.FAILED if errors else Exit.OK,
        errors,
    )
