"""Say how every installed file stands; change nothing. Needs the lock alone, unless asked for more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.errors import AgentsyncError, Exit, FetchError, IntegrityError, UsageError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.finding import Finding
from agentsync.model.lock import Lock, LockFault
from agentsync.model.nearest import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING, Change, Plan
from agentsync.model.upstream import FAULTS, Standing, Upstream
from agentsync.planning.satisfaction import misfits
from agentsync.project.workspace import Workspace
from agentsync.reporting.plan_report import count, drift_data, drift_lines, shown_version

PLAIN: Final = ("text", "json")
REPORTS: Final = ("sarif", "github", "junit", "markdown")
_KINDS: Final = frozenset((*map(str, Drift), *map(str, Standing), "lock"))

_UNFINISHED: Final = "another agentsync is at work here, or was interrupted: the next `agentsync install` finishes that"


class DriftOptions(NamedTuple):
    """What to look at, and how to tell it.

    Args:
        upstream: ask the registries too.
        ignore: kinds of drift that are no fault.
        only: packs to look at; all where none is named.
        form: the format of the report.
        words: packs, items or paths to look at; all where none is named.
    """

    upstream: bool = False
    ignore: Collection[str] = ()
    only: Collection[str] = ()
    form: str = "text"
    words: Collection[str] = ()


def drift(workspace: Workspace, options: DriftOptions | None = None) -> Outcome:
    """The check for CI: disk against lock, lock against manifest; exit 1 where anything differs.

    Raises:
        UsageError: for a kind, pack or format that is not known.
    """
    options = options or DriftOptions()
    _check(workspace, options)
    looked_at = workspace.plan(workspace.lock or Lock(), READING)
    if options.words:
        looked_at, options = _narrowed(workspace, looked_at, options)
    upstream = _ask(workspace) if options.upstream else Upstream()
    wrong = _lock_faults(workspace, options)
    plan = _chosen(looked_at, upstream, options)
    faults = _faults(upstream, options)
    gains = _gains(workspace, plan)
    data = _data(workspace, plan, wrong, upstream, options, gains)
    data["clean"] = data["clean"] and not faults
    lines = _lines(drift_lines(plan, wrong, gains), upstream, faults)
    if options.form not in PLAIN:
        from agentsync.reporting.formats import FORMATS

        text = FORMATS[options.form](data).removesuffix("\n")
        lines = text.split("\n") if text else []
    notes = [_UNFINISHED] if workspace.state.journal.is_begun else []
    errors: list[AgentsyncError] = list(upstream.failures.values())
    if Standing.MOVED_TAG in faults.values():
        errors.append(_moved(upstream, faults))
    code = Exit.FAILED if errors else Exit.OK if data["clean"] else Exit.DIFFERS
    return Outcome(data, lines, notes, code, errors, findings=tuple(upstream.findings))


def _narrowed(workspace: Workspace, plan: Plan, options: DriftOptions) -> tuple[Plan, DriftOptions]:
    """The files that words name, and their packs alone."""
    from agentsync.commands.selection import selector  # few checks name anything

    chosen = selector(workspace, plan, list(options.words))
    changes = tuple(filter(chosen, plan.changes))
    owners = {name for change in changes for name in change.owners}
    return Plan(changes), options._replace(only=[*options.only, *owners])


def _lock_faults(workspace: Workspace, options: DriftOptions) -> Sequence[LockFault]:
    """Where the lock does not follow from the manifest, as far as it is looked at."""
    if "lock" in options.ignore:
        return ()
    found = (*workspace.entry_faults, *misfits(workspace.manifest, workspace.lock))
    return [one for one in found if not options.only or one.pack in options.only]


def _ask(workspace: Workspace) -> Upstream:
    # Loaded only here: what asks registries takes longer to load than the check takes to run.
    from agentsync.commands.upstream import look_upstream

    return look_upstream(workspace)


def _gains(workspace: Workspace, plan: Plan) -> Mapping[str, Sequence[str]]:
    """The power that local edits add; headers are read for files that drifted alone."""
    edited = [change for change in plan.drifted if isinstance(change.local, FileDigest)]
    if not edited or workspace.lock is None:
        return {}
    from agentsync.planning.gains import local_gains

    lock = workspace.lock
    found = local_gains(lock, workspace.tools(lock), edited, workspace.folder.read)
    return {str(path): more for path, more in found.items()}


def _faults(upstream: Upstream, options: DriftOptions) -> dict[str, Standing]:
    return {
        name: standing
        for name, standing in upstream.standing.items()
        if standing in FAULTS and standing not in options.ignore and (not options.only or name in options.only)
    }


def _data(
    workspace: Workspace,
    plan: Plan,
    wrong: Sequence[LockFault],
    upstream: Upstream,
    options: DriftOptions,
    gains: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    data = drift_data(workspace.scope.name, plan, workspace.lock, wrong, gains)
    data["packs"] = [
        {**row, "available": upstream.available.get(row["pack"]), "upstream": _told(upstream, row["pack"], options)}
        for row in data["packs"]
        if not options.only or row["pack"] in options.only
    ]
    for row in data["files"] if upstream.files else ():
        row["upstream"] = upstream.files.get(row["path"])
    return data


def _told(upstream: Upstream, pack: str, options: DriftOptions) -> Standing | None:
    standing = upstream.standing.get(pack)
    return None if standing in options.ignore else standing


def _lines(drifted: Sequence[str], upstream: Upstream, faults: Mapping[str, Standing]) -> list[str]:
    *lines, total = drifted
    for name, standing in upstream.standing.items():
        if name in faults:
            lines.append(f"{standing:<9} {name} {upstream.available[name] or ''}".rstrip())
        elif standing is Standing.PINNED:
            lines.append(f"pinned    {name}: {upstream.available[name]} exists outside the range")
    return [*lines, total]


def _moved(upstream: Upstream, faults: Mapping[str, Standing]) -> IntegrityError:
    moved = [name for name, standing in faults.items() if standing is Standing.MOVED_TAG]
    return IntegrityError(
        f"a locked tag moved: {', '.join(moved)}",
        why="; ".join(f"{name}: {upstream.moved[name]}" for name in moved),
        hint="ask whoever keeps the registry; the lock still names the commit that was reviewed",
    )


def status(workspace: Workspace, words: Sequence[str] = (), *, upstream: bool = False) -> Outcome:
    """Everything at a glance for a person, or what words name; always exit 0."""
    found = drift(workspace, DriftOptions(upstream=upstream, words=words))
    packs = list(workspace.lock.packs.values()) if workspace.lock is not None else []
    if words:
        named = {row["pack"] for row in found.data["packs"]}
        packs = [pack for pack in packs if pack.name in named]
    width = max((len(pack.name) for pack in packs), default=0)
    rows = [
        f"{pack.name:<{width}}  {shown_version(pack)}  "
        f"{count(len(pack.items), 'item')}, {count(len(pack.files), 'file')}"
        for pack in sorted(packs, key=lambda pack: pack.name)
    ]
    notes = [*found.notes, *(f"{error.what}: {error.why}" for error in found.errors if isinstance(error, FetchError))]
    refused = tuple(
        Finding(pack.name, path, "it is refused, so that its item is incomplete", fix=f"agentsync info {pack.name}")
        for pack in sorted(packs, key=lambda pack: pack.name)
        for path in pack.refused
    )
    return Outcome(found.data, [*rows, *found.lines], notes, Exit.OK, findings=(*refused, *found.findings))


def _check(workspace: Workspace, options: DriftOptions) -> None:
    packs = workspace.lock.packs if workspace.lock is not None and options.only else {}
    known = [(options.ignore, _KINDS, "kind of drift"), (options.only, packs, "locked pack")]
    known.append(((options.form,), (*PLAIN, *REPORTS), "format"))
    for words, allowed, what in known:
        for word in words:
            if word not in allowed:
                raise UsageError(f"{word!r} is no {what}", hint=nearest(word, allowed))


def _chosen(plan: Plan, upstream: Upstream, options: DriftOptions) -> Plan:
    """The changes that are looked at: of the named packs, and of no ignored kind."""
    if not (upstream.files or options.only or options.ignore):
        return plan
    changes = (_against(change, upstream) for change in plan.changes)
    return Plan(
        tuple(
            change
            for change in changes
            if (not options.only or any(name in options.only for name in change.owners))
            and change.drift not in options.ignore
        )
    )


def _against(change: Change, upstream: Upstream) -> Change:
    """An edited file that upstream changed as well has diverged."""
    if change.drift is Drift.EDITED and change.path in upstream.files:
        return change._replace(drift=Drift.DIVERGED)
    return change
