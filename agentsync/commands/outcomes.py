"""The end that commands which change a scope share: carry out, tell what was set aside, return an outcome."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentsync.errors import AgentsyncError, Exit
from agentsync.model.finding import Finding, Told
from agentsync.model.git_file import Origin
from agentsync.model.outcome import Outcome
from agentsync.model.plan import Applied, Plan
from agentsync.model.slot import SlotPath, file_of
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, change_data, change_lines

if TYPE_CHECKING:
    from agentsync.planning.succession import Move


class Planned(NamedTuple):
    """A plan, and what was found out on the way to it.

    Args:
        plan: what to do; conflicts are stopped in it.
        contents: the merged bytes by path.
        conflicts: the attempt and upstream's file of each path that conflicts.
        became: what each edited file became that the lock no longer has, followed or not.
        origins: where the user's files come from that are upstream's own; None where that was not looked up.
        findings: the packs whose history could not be searched.
    """

    plan: Plan
    contents: Mapping[SlotPath, bytes] = {}
    conflicts: Mapping[SlotPath, tuple[bytes, bytes]] = {}
    moved: Sequence["Move"] = ()
    became: Mapping[SlotPath, SlotPath] = {}
    notes: Sequence[str] = ()
    origins: Mapping[SlotPath, Origin] | None = None
    findings: tuple[Finding, ...] = ()


class Done(NamedTuple):
    """Result of a plan; in a dry run the plan as it was made.

    Args:
        failures: what the file system refused.
        aside: what was set aside, and where it is now; None in a dry run.
        backup: the folder of the backup, "" where nothing was set aside.
    """

    plan: Plan
    failures: Sequence[AgentsyncError] = ()
    aside: Mapping[SlotPath, str] | None = None
    backup: str = ""
    is_written: bool = False

    def errors(self, stopped: AgentsyncError | None) -> list[AgentsyncError]:
        """Return what the command fails with: what was refused, else the files that were stopped."""
        return [*self.failures] or ([stopped] if stopped is not None else [])


def carried_out(
    workspace: Workspace,
    plan: Plan,
    decision: Decision,
    extra: ExtraWrites | None = None,
    *,
    dry_run: bool,
    has_work: bool = True,
) -> Done:
    """Carry out a plan; not in a dry run, and not where there is nothing to do."""
    if dry_run or not has_work:
        return Done(plan, aside=None if dry_run else {})
    return done(workspace, workspace.carry_out(plan, decision, extra))


def done(workspace: Workspace, applied: Applied) -> Done:
    """Return what came of a plan that was carried out."""
    backup = applied.backup.relative_to(workspace.scope.home).as_posix() if applied.backup is not None else ""
    aside = {slot: f"{backup}/{file_of(slot)}" for slot in sorted(applied.aside)}
    return Done(applied.plan, applied.failures, aside, backup, is_written=True)


def headed(outcome: Outcome, *lines: str, **facts: str) -> Outcome:
    """Return an outcome with lines and facts before its own."""
    return outcome._replace(data={**facts, **outcome.data}, lines=[*lines, *outcome.lines])


def change_outcome(
    report: ChangeReport,
    *,
    lines: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    errors: Sequence[AgentsyncError] = (),
    findings: Sequence[Finding] = (),
    told: Sequence[Told] | None = None,
    code: Exit = Exit.OK,
) -> Outcome:
    """Return the outcome of a command that changes a scope; with errors it exits 3, else with the code.

    Args:
        lines: what a person reads, None for all that the report has.
        told: what AI tools do not get, None where that was not looked at.
    """
    return Outcome(
        data=change_data(report),
        lines=change_lines(report) if lines is None else lines,
        notes=notes,
        exit=Exit.FAILED if errors else code,
        errors=errors,
        findings=findings,
        told=told,
        is_settled=report.is_nothing and not (notes or errors) and code is Exit.OK,
    )
