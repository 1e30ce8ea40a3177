"""How a scope stands: disk against lock, lock against manifest. This is the one place where drift is found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.drift_report import DriftReport, FileRow, PackRow
from agentsync.model.lock import Lock, LockedPack, LockFault
from agentsync.model.plan import READING, Plan
from agentsync.model.slot import SlotPath
from agentsync.model.upstream import FAULTS, Standing, Upstream
from agentsync.planning.satisfaction import misfits

if TYPE_CHECKING:
    from agentsync.disk.scope import Scope
    from agentsync.model.manifest import Manifest
    from agentsync.model.plan import Change, DriftRules
    from agentsync.targets.tool import Tool


class Asked(Protocol):
    """What a scope asks for: its manifest and its lock, read when they are asked for."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def lock(self) -> Lock | None: ...

    def tools(self, lock: Lock) -> tuple[Tool, ...]:
        """Return the AI tools that a lock is for."""

    def faults_of(self, lock: Lock | None) -> tuple[LockFault, ...]:
        """Return the faults of a lock's entries."""


class Comparable(Protocol):
    """A scope that can be compared with its lock: on disk (`Workspace`), or in a commit (`CommitWorkspace`)."""

    @property
    def scope(self) -> Scope: ...

    @property
    def project(self) -> Asked: ...

    def plan(self, lock: Lock, rules: DriftRules) -> Plan:
        """Compare every file with a lock."""

    def read(self, change: Change) -> bytes:
        """Return the content of a slot as it stands."""


class Part(NamedTuple):
    """The part of a scope that is looked at.

    Args:
        only: packs; all where none is named.
        ignore: kinds of drift, and standings of packs, that are no fault; `lock` for all faults of the lock.
    """

    only: Collection[str] = ()
    ignore: Collection[str] = ()

    def holds(self, pack: str) -> bool:
        """Return whether a pack is looked at."""
        return not self.only or pack in self.only


def compared(workspace: Comparable) -> Plan:
    """Compare every file of a scope with its lock."""
    return workspace.plan(workspace.project.lock or Lock(), READING)


def look(workspace: Comparable) -> DriftReport:
    """Find out how a scope stands; no registry is asked."""
    return report_on(workspace, compared(workspace), Part(), Upstream())


def report_on(workspace: Comparable, plan: Plan, part: Part, upstream: Upstream) -> DriftReport:
    """Return how a scope stands.

    Args:
        plan: its files, compared, as far as they are looked at.
        upstream: what its registries say, nothing where they were not asked.
    """
    plan = _chosen(plan, upstream, part)
    gains = _gains(workspace, plan)
    packs = workspace.project.lock.packs if workspace.project.lock is not None else {}
    return DriftReport(
        scope=workspace.scope.name,
        files=tuple(FileRow(one, gains.get(one.path, ()), upstream.files.get(one.path)) for one in plan.changes),
        packs=tuple(_row(pack, upstream, part) for name, pack in sorted(packs.items()) if part.holds(name)),
        faults=_lock_faults(workspace, part),
        standings=upstream.standing,
        available=upstream.available,
        failing=_failing(upstream, part),
    )


def _row(pack: LockedPack, upstream: Upstream, part: Part) -> PackRow:
    standing = upstream.standing.get(pack.name)
    return PackRow(
        pack=pack.name,
        version=pack.version,
        commit=pack.commit or None,
        available=upstream.available.get(pack.name),
        upstream=None if standing in part.ignore else standing,
    )


def _lock_faults(workspace: Comparable, part: Part) -> Sequence[LockFault]:
    """Return where the lock does not follow from the manifest, as far as it is looked at."""
    if "lock" in part.ignore:
        return ()
    project = workspace.project
    found = (*project.faults_of(project.lock), *misfits(project.manifest, project.lock))
    return [one for one in found if part.holds(one.pack)]


def _gains(workspace: Comparable, plan: Plan) -> Mapping[SlotPath, Sequence[str]]:
    """Return the power that local edits add; headers are read for files that drifted alone."""
    edited = [change for change in plan.drifted if isinstance(change.local, FileDigest)]
    if not edited or workspace.project.lock is None:
        return {}
    from agentsync.planning.gains import local_gains

    lock = workspace.project.lock
    return local_gains(lock, workspace.project.tools(lock), edited, workspace.read)


def _failing(upstream: Upstream, part: Part) -> dict[str, Standing]:
    return {
        name: standing
        for name, standing in upstream.standing.items()
        if standing in FAULTS and standing not in part.ignore and part.holds(name)
    }


def _chosen(plan: Plan, upstream: Upstream, part: Part) -> Plan:
    """Return the changes of the named packs, and of no ignored kind; edits of what upstream changed have diverged."""
    if not (upstream.files or part.only or part.ignore):
        return plan
    chosen = []
    for change in plan.changes:
        if change.drift is Drift.EDITED and change.path in upstream.files:
            change = change._replace(drift=Drift.DIVERGED)
        is_meant = not part.only or any(name in part.only for name in change.packs)
        if is_meant and change.drift not in part.ignore:
            chosen.append(change)
    return Plan(tuple(chosen))
