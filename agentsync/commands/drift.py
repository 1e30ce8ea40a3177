"""Say how every installed file stands; change nothing. Needs the lock alone, unless asked for more."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, Exit, IntegrityError, UsageError
from agentsync.model.drift import Drift
from agentsync.model.drift_report import DriftReport
from agentsync.model.finding import Finding
from agentsync.model.lock import shown_version
from agentsync.model.names import MANIFEST_NAME, nearest
from agentsync.model.outcome import LateData, Outcome
from agentsync.model.plan import Plan
from agentsync.model.upstream import Standing, Upstream
from agentsync.project.drift import Part, compared, report_on
from agentsync.project.first_manifest import outer_notes, repository_top
from agentsync.project.opening import open_folder, projects_below
from agentsync.project.workspace import Workspace
from agentsync.reporting.drift_report import drift_data, drift_lines
from agentsync.reporting.formats import FORMS, PLACED, PLAIN
from agentsync.reporting.words import count, counted_slots

_KINDS: Final = frozenset((*map(str, Drift), *map(str, Standing), "lock"))


class DriftOptions(NamedTuple):
    """Options of `drift`.

    Args:
        upstream: ask the registries too.
        ignore: kinds of drift that are no fault.
        only, words: packs to look at, and packs, items or paths; all where none is named.
        form: the format of the report.
        path_root: the folder that paths of reports on a repository start from; "" for the top of the git repository.
    """

    upstream: bool = False
    ignore: Collection[str] = ()
    only: Collection[str] = ()
    form: str = "text"
    path_root: str = ""
    words: Collection[str] = ()


def drift(workspace: Workspace, options: DriftOptions | None = None) -> Outcome:
    """Check for CI: disk against lock, lock against manifest; exit 1 where anything differs."""
    options = options or DriftOptions()
    report, upstream = look(workspace, options)
    lines = drift_lines(report)
    if options.form not in PLAIN:
        from agentsync.reporting.drift_formats import FORMATS  # what writes them takes long to load

        text = FORMATS[options.form](report).removesuffix("\n")
        lines = text.split("\n") if text else []
    notes, errors = unfinished(workspace), list[AgentsyncError](upstream.failures.values())
    if Standing.MOVED_TAG in report.failing.values():
        errors.append(_moved(upstream, report.failing))
    return Outcome(
        data=LateData(lambda: drift_data(report)),
        lines=lines,
        notes=notes,
        exit=Exit.FAILED if errors else Exit.OK if report.is_clean else Exit.DIFFERS,
        errors=errors,
        findings=tuple(upstream.findings),
        is_settled=report.is_clean and not (errors or notes),
    )


def look(workspace: Workspace, options: DriftOptions) -> tuple[DriftReport, Upstream]:
    """Find out how a scope stands, and what its registries say, as far as the options ask for it."""
    _check(workspace, options)
    plan = compared(workspace)
    if options.words:
        plan, options = _narrowed(workspace, plan, options)
    upstream = Upstream()
    if options.upstream:
        # Loaded only here: what asks registries takes longer to load than the check takes to run.
        from agentsync.commands.outdated import look_upstream

        upstream = look_upstream(workspace)
    report = report_on(workspace, plan, Part(options.only, options.ignore), upstream)
    if options.form in PLACED:
        report = report._replace(folder=_folder(workspace, options.path_root))
    return report, upstream


def _folder(workspace: Workspace, path_root: str) -> str:
    """Return the folder of the scope as a report names it."""
    root = workspace.scope.root.resolve()
    top = Path(path_root).resolve() if path_root else (repository_top(root) or root)
    if not root.is_relative_to(top):
        raise UsageError(f"{root} is not in {top}", hint="name a folder above it with --path-root, or none")
    inside = root.relative_to(top).as_posix()
    return "" if inside == "." else inside


def unfinished(workspace: Workspace) -> list[str]:
    """Return a remark where a command that writes has begun here and has not ended."""
    told = "another agentsync is at work here, or was interrupted: the next `agentsync install` finishes that"
    return [told] if workspace.state.journal.is_begun else []


def _narrowed(workspace: Workspace, plan: Plan, options: DriftOptions) -> tuple[Plan, DriftOptions]:
    """Return the files that words name, and the options for their packs alone."""
    from agentsync.commands.selection import selector  # few checks name anything

    chosen = selector(workspace, plan, list(options.words))
    changes = tuple(filter(chosen, plan.changes))
    owners = {name for change in changes for name in change.packs}
    return Plan(changes), options._replace(only=[*options.only, *owners])


def _moved(upstream: Upstream, faults: Mapping[str, Standing]) -> IntegrityError:
    moved = [name for name, standing in faults.items() if standing is Standing.MOVED_TAG]
    return IntegrityError(
        f"a locked tag moved: {', '.join(moved)}",
        why="; ".join(f"{name}: {upstream.moved[name]}" for name in moved),
        hint="contact the registry maintainer; the lock still names the commit that was reviewed",
    )


def status(workspace: Workspace, words: Sequence[str] = (), *, upstream: bool = False) -> Outcome:
    """Show everything at a glance to a person, or what words name; always exit 0."""
    report, found = look(workspace, DriftOptions(upstream=upstream, words=words))
    locked = workspace.project.lock.packs if workspace.project.lock is not None else {}
    packs = [locked[row.pack] for row in report.packs]
    width = max((len(pack.name) for pack in packs), default=0)
    rows = [
        f"{pack.name:<{width}}  {shown_version(pack)}  {count(len(pack.items), 'item')}, {counted_slots(pack.slots)}"
        for pack in packs
    ]
    failures = [f"{error.what}: {error.why}" for error in found.failures.values()]
    refused = tuple(
        Finding(pack.name, path, "it is refused, so that its item is incomplete", fix=f"agentsync info {pack.name}")
        for pack in packs
        for path in pack.refused
    )
    return Outcome(
        data=LateData(lambda: drift_data(report)),
        lines=[*rows, *drift_lines(report)],
        notes=[*unfinished(workspace), *outer_notes(workspace), *failures],
        findings=(*refused, *found.findings),
    )


def _check(workspace: Workspace, options: DriftOptions) -> None:
    packs = workspace.project.lock.packs if workspace.project.lock is not None and options.only else {}
    known = [(options.ignore, _KINDS, "kind of drift"), (options.only, packs, "locked pack")]
    known.append(((options.form,), FORMS, "format"))
    for words, allowed, what in known:
        for word in words:
            if word not in allowed:
                raise UsageError(f"{word!r} is no {what}", hint=nearest(word, allowed))


def drift_recursive(workspace: Workspace, options: DriftOptions) -> Outcome:
    """Check every project at or below the current folder, each by itself; all belong to one session."""
    if options.form not in PLAIN:
        raise UsageError(f"--recursive has no format {options.form!r}", hint="leave it, or use --format json")
    top = Path.cwd()
    projects = {path.relative_to(top).as_posix(): path for path in projects_below(top)}
    if not projects:
        raise UsageError(
            f"no {MANIFEST_NAME} here or in any folder below",
            why=f"looked from {top} downwards",
            hint="start a project with `agentsync init`",
        )
    found = {name: _drift_below(workspace, name, path, options) for name, path in projects.items()}
    return Outcome(
        data={"projects": [{"folder": name, "exit": int(one.exit), **one.data} for name, one in found.items()]},
        lines=[line for name, one in found.items() for line in (name, *(f"  {line}" for line in one.lines))],
        notes=[f"{name}: {note}" for name, one in found.items() for note in one.notes],
        exit=max(one.exit for one in found.values()),
        errors=[error for one in found.values() for error in one.errors],
    )


def _drift_below(workspace: Workspace, name: str, folder: Path, options: DriftOptions) -> Outcome:
    try:
        return drift(open_folder(folder, workspace.options, workspace.project.session), options)
    except AgentsyncError as error:
        error.what = f"{name}: {error.what}"
        return Outcome(exit=error.exit, errors=[error])
