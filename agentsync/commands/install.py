"""Make the disk agree with the lock; decide the lock first where it does not fit the manifest."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.commands.grants import Granting, granting, refused, would_refuse
from agentsync.commands.outcomes import Done, Planned, carried_out, change_outcome
from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.model.drift import Drift
from agentsync.model.names import ItemKey
from agentsync.model.outcome import Outcome
from agentsync.model.plan import ADOPTING, CAREFUL, SETTING_ASIDE, THEIRS, UPDATING, Action, DriftRules, Plan
from agentsync.model.slot import EntryPath
from agentsync.planning.planner import narrowed
from agentsync.project.decision import Decision, ExtraWrites, Upgrade
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, ItemRename, OldCopy, stopped_error

if TYPE_CHECKING:
    from agentsync.project.manifest_draft import ManifestDraft  # takes long to load


class InstallOptions(NamedTuple):
    """Options of `install`.

    Args:
        locked: fail where the lock would change.
        frozen: use the lock and look at nothing else.
        theirs: take the lock's files and set the user's aside.
        adopt: own foreign files as edits.
        merge: merge edits with what the lock has instead of stopping; `install` then decides nothing.
        pull: take what is new in the origin of the user scope first.
    """

    locked: bool = False
    frozen: bool = False
    dry_run: bool = False
    theirs: bool = False
    adopt: bool = False
    merge: bool = False
    pull: bool = False

    @property
    def rules(self) -> DriftRules:
        if self.theirs:
            return THEIRS
        if self.merge:
            return UPDATING
        return ADOPTING if self.adopt else CAREFUL


class Extras(NamedTuple):
    """Additions of a command to an installation; None for what it does not have.

    Args:
        manifest_text: the manifest to write with it.
        notes: remarks that come first.
        renamed: items that the manifest gives another name now.
        commits: the subject lines between the versions of each pack that moves.
    """

    manifest_text: str | None = None
    notes: Sequence[str] = ()
    renamed: Sequence[ItemRename] | None = None
    commits: Mapping[str, Sequence[str]] | None = None


_NO_EXTRAS: Final = Extras()


def install(workspace: Workspace, options: InstallOptions) -> Outcome:
    """Install what the manifest asks for."""
    if options.merge and (options.theirs or options.adopt):
        raise UsageError(f"--merge and --{'theirs' if options.theirs else 'adopt'} exclude each other")
    extras = _pulled(workspace, options) if options.pull else _NO_EXTRAS
    if options.frozen:
        lock = workspace.project.require_lock()
        workspace.project.refuse_broken_lock(lock)
        workspace.project.check_policy(lock)
        decision = Decision(lock, lock)
    else:
        decision = workspace.decide(locked=options.locked or options.merge, ask=not options.dry_run)
    workspace.project.verify_signers(decision.lock)
    target = workspace.options.target
    if target and target not in decision.lock.targets:
        raise UsageError(f"{target!r} is not among the targets", hint=f"known: {', '.join(decision.lock.targets)}")
    return install_decision(workspace, decision, options, extras)


def _pulled(workspace: Workspace, options: InstallOptions) -> Extras:
    from agentsync.commands.keep import let_go, put_on
    from agentsync.project.origin import Merging, pull

    merging = Merging(partial(let_go, workspace), partial(put_on, workspace)) if options.merge else None
    return Extras(notes=pull(workspace, theirs=options.theirs, merging=merging))


def install_decision(
    workspace: Workspace, decision: Decision, options: InstallOptions, extras: Extras = _NO_EXTRAS
) -> Outcome:
    """Bring manifest, lock and files to a decision, once what it lets items do is agreed to."""
    found = granting(workspace, decision, ask=not options.dry_run)
    if found.refusal is not None and not options.dry_run:
        return refused(decision, found, found.refusal, extras.renamed)
    return bring_to(workspace, decision, options, extras, found)


def install_draft(
    workspace: Workspace, draft: "ManifestDraft", exactly: Mapping[str, str] = {}, *, dry_run: bool
) -> Outcome:
    """Write a manifest and install what it asks for, packs at exactly the versions that are given for them."""
    decision = workspace.decide(draft.manifest, upgrade=Upgrade(exactly=exactly), ask=not dry_run)
    return install_decision(workspace, decision, InstallOptions(dry_run=dry_run), Extras(draft.text))


def bring_to(
    workspace: Workspace, decision: Decision, options: InstallOptions, extras: Extras, found: Granting
) -> Outcome:
    """Bring manifest, lock and files to a decision that was agreed to; `found` is what it does to the grants."""
    dry_run = options.dry_run
    planned = _planned(workspace, decision, options.rules)
    has_work = _has_work(workspace, decision, options, extras, planned)
    extra = _extra_writes(workspace, planned, extras.manifest_text) if has_work else None
    done = carried_out(workspace, planned.plan, decision, extra, dry_run=dry_run, has_work=has_work)
    report = ChangeReport(
        plan=done.plan,
        before=decision.before,
        after=decision.lock,
        dry_run=dry_run,
        findings=decision.findings,
        grants=found.changes,
        aside=done.aside,
        conflicts=tuple(planned.conflicts),
        renamed=(*_renamed(decision), *(extras.renamed or ())),
        moved=[(move.old.path, move.new.path) for move in planned.moved],
        older=_older(planned, done.plan),
        commits=extras.commits,
    )
    refusals = would_refuse(workspace, found) if dry_run else []
    return change_outcome(
        report,
        notes=[*extras.notes, *_notes(workspace, decision, planned, done, report)],
        errors=[*refusals, *done.errors(_stopped(workspace, decision, planned, report))],
        findings=(*decision.findings, *planned.findings),
        told=workspace.news(decision, dry_run=dry_run),
        code=Exit.DIFFERS if planned.conflicts else Exit.OK,
    )


def _stopped(workspace: Workspace, decision: Decision, planned: Planned, report: ChangeReport) -> AgentsyncError | None:
    """Return the failure for files that were left as they are; a conflict is none."""
    # An entry whose edit could not be merged waits, and under another name than before if it is named by its value.
    waiting = [
        one._replace(action=Action.STOP, drift=Drift.DIVERGED)
        for one in report.plan.changes
        if one.action is Action.CARRY and isinstance(one.path, EntryPath)
    ]
    left = Plan((*(one for one in report.plan.stopped if one.path not in planned.conflicts), *waiting))
    flags = " --user" if workspace.options.user else ""
    return stopped_error(left, flags, workspace.beside(left, decision.lock), dry_run=report.dry_run)


def _planned(workspace: Workspace, decision: Decision, rules: DriftRules) -> Planned:
    """Return what is to be done. What looks up older copies and what merges is loaded only where it is needed."""
    plan, target = workspace.plan(decision.lock, rules, decision.rebased), workspace.options.target
    planned = Planned(narrowed(plan, lambda change: target in change.targets) if target else plan)
    if any(one.drift is Drift.FOREIGN and one.action is Action.ADOPT for one in planned.plan.changes):
        from agentsync.commands.merging import told_apart

        planned = told_apart(workspace, decision.lock, planned, rules)
    if any(change.action in (Action.MERGE, Action.RELEASE) for change in planned.plan.changes):
        from agentsync.commands.merging import merged

        planned = merged(workspace, decision, planned)
    if any(one.wanted is None for one in planned.plan.writing):
        from agentsync.planning.scripts import with_scripts

        planned = planned._replace(plan=with_scripts(planned.plan, planned.contents, workspace.read))
    return planned


def _has_work(
    workspace: Workspace, decision: Decision, options: InstallOptions, extras: Extras, planned: Planned
) -> bool:
    """Return whether manifest, lock, disk or receipt would change, or attempts at merging are done with."""
    if extras.manifest_text is not None or decision.changed or planned.conflicts or planned.plan.writing:
        return True
    remembered = workspace.project.receipt.files if workspace.project.receipt is not None else None
    if remembered is None or planned.plan.remembered() != dict(remembered):
        return True
    return options.merge and bool(workspace.state.conflicts.all())


def _extra_writes(workspace: Workspace, planned: Planned, manifest_text: str | None) -> ExtraWrites:
    """Return what is written with the plan; attempts at merging that nothing waits for any more are done with."""
    changes = planned.plan.changes
    waiting = {change.path for change in changes if change.drift is Drift.DIVERGED and change.wanted is not None}
    waiting -= {change.path for change in changes if change.action in SETTING_ASIDE}
    ended = workspace.state.conflicts.all().keys() - waiting - planned.conflicts.keys()
    return ExtraWrites(manifest_text, planned.contents, planned.conflicts, dict.fromkeys(ended, False))


def _renamed(decision: Decision) -> list[ItemRename]:
    if not decision.changed:
        return []
    from agentsync.planning.succession import renamed_items

    found = renamed_items(decision.before or decision.lock, decision.lock)
    return [ItemRename(pack, ItemKey(old), ItemKey(new)) for pack, old, new in found]


def _older(planned: Planned, done: Plan) -> list[OldCopy] | None:
    """Return the files that were upstream's own, without those that were left; None where none was looked up."""
    if planned.origins is None:
        return None
    left = {change.path for change in done.stopped}
    packs = {change.path: change.pack for change in planned.plan.changes}
    return [
        OldCopy(path, packs[path], origin.commit, origin.path)
        for path, origin in planned.origins.items()
        if path not in left
    ]


def _notes(
    workspace: Workspace, decision: Decision, planned: Planned, done: Done, report: ChangeReport
) -> Iterator[str]:
    yield from decision.notes
    yield from _edit_notes(decision, planned, dry_run=report.dry_run)
    for one in _renamed(decision):
        yield f"{one.old} of {one.pack} is called {one.new} now"
    if done.backup and not workspace.options.passing:
        went = "are also" if any(change.action is Action.MERGE for change in done.plan.changes) else "were set aside"
        is_hint = any(one.hint and one.local is not None for one in done.plan.writing)
        yield f"{'files that may be yours' if is_hint else 'your own files'} {went} in {done.backup}"
    if done.is_written:
        from agentsync.commands.committing import hidden_notes  # what finds nothing to do needs none of it

        yield from hidden_notes(workspace, decision.lock)
        from agentsync.commands.tool_notes import changed_notes

        yield from changed_notes(workspace, decision.lock, done.plan)
    for copy in report.older or ():
        yield (
            f"{copy.path} was upstream's at {copy.commit[:12]} of {copy.pack}, without an edit: "
            f"it {'would be' if report.dry_run else 'is'} replaced by what the lock has"
        )


def _edit_notes(decision: Decision, planned: Planned, *, dry_run: bool) -> Iterator[str]:
    becomes = "would be" if dry_run else "is"
    if decision.rebased is not None:
        from agentsync.reporting.kept_report import kept_notes

        yield from kept_notes(decision.rebased.outcomes, planned.plan, dry_run=dry_run)
    yield from planned.notes
    for move in planned.moved:
        yield f"{move.old.path} {becomes} {move.new.path} now; your edit {'would go' if dry_run else 'went'} with it"
    for change in (one for one in planned.plan.changes if one.action is Action.RELEASE):
        name = f": it {becomes} {goal} now" if (goal := planned.became.get(change.path)) else ""
        why = "is run by a hook of yours" if change.drift is Drift.STALE else "was edited here"
        yield f"{change.path} {why} and {becomes} yours from now on{name}"
