"""agentsync as a library: the small surface that the command line itself stands on.

    from pathlib import Path
    from agentsync import api

    project = api.open_project(Path("."))       # or api.open_user()
    decision = api.resolve(project)             # manifest and old lock -> lock; may ask registries
    plan = api.plan(project, decision.lock)     # how every file stands, and what install would do
    outcome = api.drift(project)                # the check for CI: disk, lock and manifest alone

Nothing here prints or exits, and only `write_in` writes. Expected failures are `agentsync.errors.AgentsyncError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agentsync.commands.diff import DiffOptions
from agentsync.commands.diff import diff as _diff
from agentsync.commands.diff import diff_upstream as _diff_upstream
from agentsync.commands.drift import DriftOptions, drift, status
from agentsync.commands.info import info
from agentsync.commands.list import why
from agentsync.commands.outdated import outdated
from agentsync.commands.search import search
from agentsync.commands.update import update as _update
from agentsync.model.lock import Lock
from agentsync.model.manifest import Manifest
from agentsync.model.outcome import Outcome
from agentsync.model.plan import CAREFUL, Plan
from agentsync.project.decision import Decision
from agentsync.project.opening import Start, open_folder, open_workspace, write_in
from agentsync.project.session import Options, Session
from agentsync.project.workspace import Workspace

__all__ = [
    "Decision",
    "DriftOptions",
    "Lock",
    "Manifest",
    "Options",
    "Outcome",
    "Plan",
    "Session",
    "Start",
    "Workspace",
    "diff",
    "drift",
    "info",
    "load_manifest",
    "open_project",
    "open_user",
    "open_workspace",
    "outdated",
    "plan",
    "preview_update",
    "resolve",
    "search",
    "status",
    "why",
    "write_in",
]


def open_project(folder: Path, *, offline: bool = False, session: Session | None = None) -> Workspace:
    """Open the project in a folder.

    Args:
        folder: the folder that holds `agentsync.yaml`.
        offline: never ask a remote.
        session: what it shares with other projects; nothing by default.
    """
    return open_folder(folder.absolute(), Options(offline=offline), session)


def open_user(*, offline: bool = False, session: Session | None = None) -> Workspace:
    """Open the user's own scope, with arguments as for `open_project`."""
    return open_workspace(Options(user=True, offline=offline), session=session)


def load_manifest(workspace: Workspace) -> Manifest:
    """Return the manifest of the scope.

    Raises:
        ManifestError: where there is no manifest, or it is not valid.
    """
    return workspace.project.manifest


def resolve(workspace: Workspace, *, locked: bool = False) -> Decision:
    """Decide the lock: what still fits stays, the rest is resolved. Nothing is written.

    Args:
        workspace: the scope.
        locked: fail where the lock would change.

    Raises:
        AgentsyncError: where no lock is possible, or with `locked` where it would change.
    """
    return workspace.decide(locked=locked)


def plan(workspace: Workspace, lock: Lock) -> Plan:
    """Compare every file of the scope with a lock; the plan tells what `install` would do."""
    return workspace.plan(lock, CAREFUL)


def diff(workspace: Workspace, words: Sequence[str] = (), *, upstream: bool = False) -> Outcome:
    """Return the edits on disk as a patch, or with `upstream` what an update would bring; of all where none is named.

    Args:
        words: paths, packs or items.
    """
    return (_diff_upstream if upstream else _diff)(workspace, words, DiffOptions())


def preview_update(workspace: Workspace, packs: Sequence[str] = ()) -> Outcome:
    """Return what `agentsync update --dry-run` says: versions, files, conflicts and what items would newly do."""
    return _update(workspace, packs, dry_run=True)
