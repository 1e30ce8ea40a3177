"""What was set aside: listed, and put back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.model.nearest import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.plan import Plan
from agentsync.model.rel_path import rel_path
from agentsync.project.workspace import Workspace
from agentsync.reporting.plan_report import stopped_error

if TYPE_CHECKING:
    from agentsync.model.plan import Applied


def backup_data(workspace: Workspace, applied: Applied | None = None) -> dict[str, Any]:
    """Return the `backups` of a JSON document: what a command set aside, and where it is now."""
    if applied is None or applied.backup is None:
        return {"backups": []}
    place = applied.backup.relative_to(workspace.scope.home).as_posix()
    return {"backups": [{"path": path, "backup": f"{place}/{path}"} for path in sorted(applied.aside)]}


def list_backups(workspace: Workspace) -> Outcome:
    """Every backup of this scope with its files, the newest last."""
    found = {folder.name: _files(folder) for folder in _folders(workspace)}
    lines = [line for name, files in found.items() for line in (name, *(f"  {path}" for path in files))]
    return Outcome(
        {"backups": [{"backup": name, "files": files} for name, files in found.items()]}, lines or ["no backups"]
    )


def put_back(workspace: Workspace, name: str, words: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Put files of a backup back on their paths; what stands there is set aside first.

    Args:
        workspace: the scope.
        name: the backup, or `last`.
        words: paths of the backup; all of them where none is named.
        dry_run: tell what would be put back.

    Raises:
        UsageError: where there is no such backup, or it has no such file.
    """
    folders = {folder.name: folder for folder in _folders(workspace)}
    if name == "last" and folders:
        name = max(folders)
    if name not in folders:
        raise UsageError(f"there is no backup {name!r}", hint=nearest(name, folders) or "nothing was set aside yet")
    files = _files(folders[name])
    for word in words:
        if word not in files:
            raise UsageError(f"the backup {name} has no {word!r}", hint=nearest(word, files))
    chosen = list(words) or files
    notes: list[str] = []
    backups: dict[str, Any] = {}
    errors: list[AgentsyncError] = []
    if not dry_run:
        applied = workspace.put_back(folders[name], [rel_path(path) for path in chosen])
        backups = backup_data(workspace, applied)
        if applied.backup is not None:
            notes.append(f"what stood there was set aside in {applied.backup.relative_to(workspace.scope.home)}")
        stopped = stopped_error(Plan(tuple(one for one in applied.plan.stopped if one.path in chosen)))
        errors = [*applied.failures] or ([stopped] if stopped is not None else [])
        chosen = [path for path in chosen if path not in {one.path for one in applied.plan.stopped}]
    data = backups | {"changed": [{"path": path, "pack": None, "action": "put back"} for path in chosen]}
    lines = [f"{'would put' if dry_run else 'put'} back  {path}" for path in chosen]
    return Outcome(data, lines, notes, Exit.FAILED if errors else Exit.OK, errors)


def _folders(workspace: Workspace) -> list[Path]:
    top = workspace.scope.state / "backup"
    return sorted(path for path in top.iterdir() if path.is_dir() and not path.is_symlink()) if top.is_dir() else []


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    )
