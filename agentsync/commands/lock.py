"""Decide the lock and write it, or go back to one that was installed here before."""

from __future__ import annotations

from agentsync.commands.grants import Granting, granting, refused, would_refuse
from agentsync.commands.install import Extras, InstallOptions, bring_to
from agentsync.commands.outcomes import change_outcome
from agentsync.errors import Exit, UsageError
from agentsync.merging.rebase import carry_back
from agentsync.model.lock import Lock, unkept
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING, Plan
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.lock_repair import remember_sides, settle_lock
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, version_data, version_moves
from agentsync.reporting.kept_report import kept_notes
from agentsync.reporting.words import some


def lock(workspace: Workspace, *, dry_run: bool = False, check: bool = False) -> Outcome:
    """Bring the lock to what the manifest asks for; decisions that still fit stay.

    Of a lock that a merge left with conflict markers, or of which entries are not what was decided, these
    packs are decided again.

    Args:
        check: with `dry_run`, exit 1 where the lock would change.
    """
    settled = settle_lock(workspace.project)
    earlier = settled.earlier if settled is not None else {}
    decision = workspace.decide(earlier=earlier, ask=not dry_run, renew=True)
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
        told=workspace.news(decision, dry_run=dry_run),
        code=Exit.DIFFERS if check and (decision.changed or settled is not None) else Exit.OK,
    )


def rollback(workspace: Workspace, steps: int = 1, *, dry_run: bool = False) -> Outcome:
    """Install the lock so many steps back, from 1; edits survive by three-way merge."""
    lock = workspace.project.require_lock()
    earlier = _earlier(workspace, lock)
    if not 0 < steps <= len(earlier):
        raise UsageError(
            f"there is no lock {steps} steps back",
            why=f"{len(earlier)} earlier locks are kept here",
            hint="`agentsync rollback --list` shows them; take an older one from your version control",
        )
    then = earlier[steps - 1]
    rebased = carry_back(lock, then, workspace.project.locked)
    decision = Decision(rebased.lock, lock, rebased=rebased)
    outcome = bring_to(workspace, decision, InstallOptions(merge=True, dry_run=dry_run), Extras(), Granting())
    locked = {name for pack in rebased.lock.packs.values() for name in (pack.name, pack.name.alias)}
    missing = [entry.key for entry in workspace.project.manifest.packs if entry.key not in locked]
    if missing:
        told = f"agentsync.yaml asks for what this lock does not have: {some(missing, 5)}"
        told += "; put it back too, or `agentsync install` takes them"
        return outcome._replace(notes=[*outcome.notes, told])
    return outcome


def list_earlier(workspace: Workspace) -> Outcome:
    """List every lock that `rollback` can go back to, the nearest first, and what it would move."""
    lock = workspace.project.require_lock()
    moves = {steps: version_moves(lock, old) for steps, old in enumerate(_earlier(workspace, lock), start=1)}
    rows = [{"steps": steps, "versions": version_data(found)} for steps, found in moves.items()]
    lines = []
    for steps, found in moves.items():
        told = some([f"{one.pack} {one.old or 'none'} -> {one.new or 'none'}" for one in found], 10)
        lines.append(f"{steps:>3}  {told or 'the same versions, other items or files'}")
    return Outcome({"locks": rows}, lines or ["no earlier lock is kept here"])


def _earlier(workspace: Workspace, lock: Lock) -> list[Lock]:
    """Return the locks that were installed here before; one that differs in kept edits alone is no step back."""
    now = unkept(lock)
    return [old for old in workspace.state.history.locks() if unkept(old) != now]
