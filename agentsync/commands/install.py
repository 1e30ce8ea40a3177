"""Make the disk agree with the lock; decide the lock first where it does not fit the manifest."""

from __future__ import annotations

from typing import NamedTuple

from agentsync.commands.consent import granting, refused
from agentsync.commands.outcome import Outcome
from agentsync.decision import Decision
from agentsync.errors import AgentsyncError, Exit
from agentsync.model.plan import ADOPTING, CAREFUL, THEIRS, Plan, Policy
from agentsync.planning.planner import narrowed
from agentsync.reporting.findings import told_of
from agentsync.reporting.plan_report import install_data, install_lines, stopped_error
from agentsync.workspace import Along, Workspace


class InstallOptions(NamedTuple):
    """How to install.

    Args:
        locked: fail where the lock would change.
        frozen: use the lock and look at nothing else.
        dry_run: tell what would be done.
        theirs: take the lock's files and set the user's aside.
        adopt: own foreign files as edits.
    """

    locked: bool = False
    frozen: bool = False
    dry_run: bool = False
    theirs: bool = False
    adopt: bool = False

    @property
    def policy(self) -> Policy:
        """The table that decides about each file."""
        if self.theirs:
            return THEIRS
        return ADOPTING if self.adopt else CAREFUL


def install(workspace: Workspace, options: InstallOptions) -> Outcome:
    """Install what the manifest asks for.

    Raises:
        LockError: with `locked` where the lock would change, with `frozen` where there is none.
    """
    if options.frozen:
        lock = workspace.require_lock()
        workspace.refuse_broken_lock()
        decision = Decision(lock, lock)
    else:
        decision = workspace.decide(locked=options.locked)
    return carry_out(workspace, decision, options)


def carry_out(
    workspace: Workspace, decision: Decision, options: InstallOptions, *, manifest_text: str | None = None
) -> Outcome:
    """Bring manifest, lock and files to a decision.

    Args:
        workspace: the scope.
        decision: the lock to install.
        options: how.
        manifest_text: the manifest to write with it, None to leave it.
    """
    found = granting(workspace, decision, ask=not options.dry_run)
    if found.refusal is not None and not options.dry_run:
        return refused(decision, found, found.refusal)
    plan = _planned(workspace, decision, options.policy)
    failures: tuple[AgentsyncError, ...] = ()
    notes = [*decision.notes]
    if not options.dry_run and (manifest_text is not None or decision.changed or _has_work(workspace, plan)):
        applied = workspace.carry_out(plan, decision, Along(manifest_text))
        plan, failures = applied.plan, applied.failures
        if applied.backup is not None:
            notes.append(f"your own files were set aside in {applied.backup.relative_to(workspace.scope.home)}")
        from agentsync.commands.committing import hidden_notes  # what finds nothing to do needs none of it

        notes += hidden_notes(workspace, decision.lock)
    stopped = stopped_error(plan)
    errors = [*failures, *([stopped] if stopped is not None and not failures else [])]
    becomes = "would be" if options.dry_run else "is"
    notes += [f"{change.path} was edited here and {becomes} yours from now on" for change in plan.released]
    return Outcome(
        data=install_data(plan, decision.before, decision.lock, decision.findings) | {"grants": found.data},
        lines=[*found.lines, *install_lines(plan, decision.before, decision.lock, dry_run=options.dry_run)],
        notes=notes,
        exit=Exit.FAILED if errors else Exit.OK,
        errors=errors,
        findings=decision.findings,
        told=told_of(decision.unplaced, decision.lock.targets),
    )


def _planned(workspace: Workspace, decision: Decision, policy: Policy) -> Plan:
    target = workspace.options.target
    plan = workspace.plan(decision.lock, policy, decision.rebased)
    return narrowed(plan, lambda change: change.target == target) if target else plan


def _has_work(workspace: Workspace, plan: Plan) -> bool:
    """Whether the disk or the receipt would change."""
    remembered = workspace.receipt.files if workspace.receipt is not None else None
    return bool(plan.writing) or remembered is None or plan.remembered() != dict(remembered)
