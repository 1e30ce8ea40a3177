"""Make the disk agree with the lock; decide the lock first where it does not fit the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentsync.commands.backups import backup_data
from agentsync.commands.consent import granting, refused, would_refuse
from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.model.drift import Drift
from agentsync.model.empty import EMPTY
from agentsync.model.outcome import Outcome
from agentsync.model.plan import ADOPTING, CAREFUL, SETTING_ASIDE, THEIRS, UPDATING, Action, DriftRules, Plan
from agentsync.planning.moves import renamed_items
from agentsync.planning.planner import narrowed
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.workspace import Workspace
from agentsync.reporting.findings import told_of
from agentsync.reporting.plan_report import action_of, install_data, install_lines, stopped_error, version_moves

if TYPE_CHECKING:
    from agentsync.commands.merging import Merging
    from agentsync.commands.older_copies import OlderCopies


class InstallOptions(NamedTuple):
    """How to install.

    Args:
        locked: fail where the lock would change.
        frozen: use the lock and look at nothing else.
        dry_run: tell what would be done.
        theirs: take the lock's files and set the user's aside.
        adopt: own foreign files as edits.
        merge: merge edits with what the lock has instead of stopping; `install` then decides nothing.
    """

    locked: bool = False
    frozen: bool = False
    dry_run: bool = False
    theirs: bool = False
    adopt: bool = False
    merge: bool = False

    @property
    def policy(self) -> DriftRules:
        """The table that decides about each file."""
        if self.theirs:
            return THEIRS
        if self.merge:
            return UPDATING
        return ADOPTING if self.adopt else CAREFUL


def install(workspace: Workspace, options: InstallOptions) -> Outcome:
    """Install what the manifest asks for.

    Raises:
        UsageError: for flags that exclude each other.
        LockError: with `locked` or `merge` where the lock would change, with `frozen` where there is none.
    """
    if options.merge and (options.theirs or options.adopt):
        raise UsageError(f"--merge and --{'theirs' if options.theirs else 'adopt'} exclude each other")
    if options.frozen:
        lock = workspace.require_lock()
        workspace.refuse_broken_lock()
        decision = Decision(lock, lock)
    else:
        decision = workspace.decide(locked=options.locked or options.merge)
    workspace.verify_signers(decision.lock)
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
    outcome = bring_to(workspace, decision, options, manifest_text=manifest_text)
    refusals = would_refuse(workspace, found) if options.dry_run else []
    return outcome._replace(
        data={**outcome.data, "grants": found.data},
        lines=[*found.lines, *outcome.lines],
        exit=Exit.FAILED if refusals else outcome.exit,
        errors=[*refusals, *outcome.errors],
    )


def bring_to(
    workspace: Workspace,
    decision: Decision,
    options: InstallOptions,
    *,
    manifest_text: str | None = None,
    notes: Sequence[str] = (),
    subjects: Mapping[str, Sequence[str]] = EMPTY,
) -> Outcome:
    """Bring manifest, lock and files to a decision whose grants were agreed to.

    Args:
        workspace: the scope.
        decision: the lock to install.
        options: how.
        manifest_text: the manifest to write with it, None to leave it.
        notes: remarks of the caller.
        subjects: of each pack that moves, lines about what lies between its versions.
    """
    backups = {} if options.dry_run else backup_data(workspace)
    plan = _planned(workspace, decision, options.policy)
    older = _older_copies(workspace, decision, plan, options.policy)
    plan = older.plan if older is not None else plan
    merging = _merging(workspace, decision, plan)
    plan, failures = merging.plan if merging is not None else plan, list[AgentsyncError]()
    conflicts = merging.conflicts if merging is not None else {}
    renamed = renamed_items(decision.before or decision.lock, decision.lock) if decision.changed else ()
    told = [*notes, *decision.notes, *_remarks(decision, merging, plan, dry_run=options.dry_run)]
    told += [f"{old} of {pack} is called {new} now" for pack, old, new in renamed]
    has_work = manifest_text is not None or decision.changed or bool(conflicts) or _has_work(workspace, plan)
    if not options.dry_run and (has_work or (options.merge and workspace.state.conflicts.all())):
        applied = workspace.carry_out(plan, decision, _along(workspace, merging, plan, manifest_text))
        plan, failures = applied.plan, list(applied.failures)
        backups = backup_data(workspace, applied)
        if applied.backup is not None:
            went = "are also" if any(change.action is Action.MERGE for change in plan.changes) else "were set aside"
            hinted = any(one.hint and one.local is not None for one in plan.writing)
            whose = "files that may be yours" if hinted else "your own files"
            told.append(f"{whose} {went} in {applied.backup.relative_to(workspace.scope.home)}")
        from agentsync.commands.committing import hidden_notes  # what finds nothing to do needs none of it

        told += hidden_notes(workspace, decision.lock)
    if older is not None:
        older = older.carried_out(plan)
        told += older.notes(dry_run=options.dry_run)
    flags = " --user" if workspace.options.user else ""
    left = Plan(tuple(one for one in plan.stopped if one.path not in conflicts))
    stopped = stopped_error(left, flags, workspace.beside(left, decision.lock), dry_run=options.dry_run)
    errors = [*failures, *([stopped] if stopped is not None and not failures else [])]
    lines = install_lines(plan, decision.before, decision.lock, dry_run=options.dry_run, subjects=subjects)
    lines[-1:-1] = [
        f"would conflict  {path}"
        if options.dry_run
        else f"conflict  {path}: see .agentsync/conflicts/{path}, then agentsync resolve {path}"
        for path in conflicts
    ]
    data = install_data(plan, decision.before, decision.lock, decision.findings) | backups
    data["conflicts"] = [{"path": path, "attempt": f".agentsync/conflicts/{path}"} for path in conflicts]
    data["renamed"] = [{"pack": pack, "from": old, "to": new} for pack, old, new in renamed]
    moved = merging.moved if merging is not None else ()
    data["moved"] = [{"from": move.old.path, "to": move.new.path} for move in moved]
    if older is not None:
        data["older_copies"] = older.data
    return Outcome(
        data=data,
        lines=lines,
        notes=told,
        exit=Exit.FAILED if errors else Exit.DIFFERS if conflicts else Exit.OK,
        errors=errors,
        findings=(*decision.findings, *(older.findings if older is not None else ())),
        told=told_of(decision.unplaced, decision.lock.targets),
        is_settled=not (errors or told or conflicts or plan.stopped)
        and not version_moves(decision.before, decision.lock)
        and all(action_of(change) is None for change in plan.changes),
    )


def _older_copies(workspace: Workspace, decision: Decision, plan: Plan, policy: DriftRules) -> OlderCopies | None:
    """The plan with upstream's own files told from edits; None where no file is adopted, and nothing is looked up."""
    if not any(one.drift is Drift.FOREIGN and one.action is Action.ADOPT for one in plan.changes):
        return None
    from agentsync.commands.older_copies import told_apart

    return told_apart(workspace, decision.lock, plan, policy)


def _merging(workspace: Workspace, decision: Decision, plan: Plan) -> Merging | None:
    """The plan with its merges tried; None where there is nothing to merge, and what merges is not loaded."""
    if not any(change.action in (Action.MERGE, Action.RELEASE) for change in plan.changes):
        return None
    from agentsync.commands.merging import merged

    return merged(workspace, decision, plan)


def _along(workspace: Workspace, merging: Merging | None, plan: Plan, manifest_text: str | None) -> ExtraWrites:
    """What is written with the plan; attempts at merging that nothing waits for any more are done with."""
    waiting = {change.path for change in plan.changes if change.drift is Drift.DIVERGED and change.wanted is not None}
    waiting -= {change.path for change in plan.changes if change.action in SETTING_ASIDE}
    conflicts = merging.conflicts if merging is not None else {}
    ended = workspace.state.conflicts.all().keys() - waiting - conflicts.keys()
    contents = merging.contents if merging is not None else {}
    return ExtraWrites(manifest_text, contents, conflicts, dict.fromkeys(ended, False))


def _remarks(decision: Decision, merging: Merging | None, plan: Plan, *, dry_run: bool) -> Iterator[str]:
    """What a person should know of their own edits."""
    becomes = "would be" if dry_run else "is"
    if decision.rebased is not None:
        from agentsync.reporting.kept_report import kept_notes

        yield from kept_notes(decision.rebased.outcomes, plan, dry_run=dry_run)
    if merging is None:
        return
    yield from merging.notes
    for move in merging.moved:
        yield f"{move.old.path} {becomes} {move.new.path} now; your edit {'would go' if dry_run else 'went'} with it"
    for change in plan.released:
        name = f": it {becomes} {goal} now" if (goal := merging.became.get(change.path)) else ""
        yield f"{change.path} was edited here and {becomes} yours from now on{name}"


def _planned(workspace: Workspace, decision: Decision, policy: DriftRules) -> Plan:
    target = workspace.options.target
    plan = workspace.plan(decision.lock, policy, decision.rebased)
    return narrowed(plan, lambda change: change.target == target) if target else plan


def _has_work(workspace: Workspace, plan: Plan) -> bool:
    """Whether the disk or the receipt would change."""
    remembered = workspace.receipt.files if workspace.receipt is not None else None
    return bool(plan.writing) or remembered is None or plan.remembered() != dict(remembered)
