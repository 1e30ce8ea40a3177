"""Say how every installed file stands; change nothing. Needs the lock alone."""

from __future__ import annotations

from agentsync.commands.outcome import Outcome
from agentsync.errors import Exit
from agentsync.model.lock import Lock
from agentsync.model.plan import READING
from agentsync.planning.satisfaction import reasons
from agentsync.reporting.plan_report import drift_data, drift_lines, shown_version
from agentsync.workspace import Workspace


def drift(workspace: Workspace) -> Outcome:
    """The check for CI: disk against lock, lock against manifest; exit 1 where anything differs."""
    why = reasons(workspace.manifest, workspace.lock)
    plan = workspace.plan(workspace.lock or Lock(), READING)
    data = drift_data(workspace.scope.name, plan, workspace.lock, why)
    return Outcome(data, drift_lines(plan, why), exit=Exit.OK if data["clean"] else Exit.DIFFERS)


def status(workspace: Workspace) -> Outcome:
    """Everything at a glance for a person; always exit 0."""
    found = drift(workspace)
    packs = workspace.lock.packs.values() if workspace.lock is not None else ()
    width = max((len(pack.name) for pack in packs), default=0)
    rows = [
        f"{pack.name:<{width}}  {shown_version(pack)}  {len(pack.items)} items, {len(pack.files)} files"
        for pack in sorted(packs, key=lambda pack: pack.name)
    ]
    return Outcome(found.data, [*rows, *found.lines], exit=Exit.OK)
