"""Back to the lock, the user's bytes set aside first; and what was set aside, listed and put back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agentsync.commands.outcomes import carried_out, change_outcome, done
from agentsync.commands.selection import selector
from agentsync.errors import Exit, UsageError
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.plan import RESTORING, Plan
from agentsync.model.rel_path import rel_path
from agentsync.planning.planner import narrowed
from agentsync.platform.links import is_link
from agentsync.project import backups
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, backup_data, stopped_error


def restore(workspace: Workspace, words: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Make files what the lock says they are, without words all that drifted."""
    lock = workspace.project.require_lock()
    plan = workspace.plan(lock, RESTORING)
    chosen = selector(workspace, plan, words)
    plan = narrowed(plan, chosen)
    done = carried_out(workspace, plan, Decision(lock, lock), dry_run=dry_run, has_work=bool(plan.writing))
    stopped = stopped_error(done.plan, beside=workspace.beside(done.plan, lock), dry_run=dry_run)
    told = Plan(tuple(filter(chosen, done.plan.changes)))
    return change_outcome(
        ChangeReport(told, lock, lock, dry_run, aside=done.aside),
        notes=[f"your own files were set aside in {done.backup}"] if done.backup else [],
        errors=done.errors(stopped),
    )


def list_backups(workspace: Workspace) -> Outcome:
    """List every backup of this scope with its files, the newest last."""
    found = {folder.name: _files(folder) for folder in _folders(workspace)}
    lines = [line for name, files in found.items() for line in (name, *(f"  {path}" for path in files))]
    return Outcome(
        {"backups": [{"backup": name, "files": files} for name, files in found.items()]}, lines or ["no backups"]
    )


def put_back(workspace: Workspace, backup: str, words: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Put files of a backup back on their paths; what stands there is set aside first.

    Args:
        backup: its name, or `last`.
        words: paths of the backup; all of them where none is named.
    """
    folders = {folder.name: folder for folder in _folders(workspace)}
    if backup == "last" and folders:
        backup = max(folders)
    if backup not in folders:
        raise UsageError(f"there is no backup {backup!r}", hint=nearest(backup, folders) or "nothing was set aside yet")
    files = _files(folders[backup])
    for word in words:
        if word not in files:
            raise UsageError(f"the backup {backup} has no {word!r}", hint=nearest(word, files))
    chosen = list(words) or files
    if dry_run:
        return Outcome({"changed": _put_back(chosen)}, [f"would put back  {path}" for path in chosen])
    put = done(workspace, backups.put_back(workspace, folders[backup], [rel_path(path) for path in chosen]))
    left = [one for one in put.plan.stopped if one.path in chosen]
    chosen = [path for path in chosen if path not in {one.path for one in put.plan.stopped}]
    errors = put.errors(stopped_error(Plan(tuple(left))))
    return Outcome(
        data={"backups": backup_data(put.aside), "changed": _put_back(chosen)},
        lines=[f"put back  {path}" for path in chosen],
        notes=[f"what stood there was set aside in {put.backup}"] if put.backup else [],
        exit=Exit.FAILED if errors else Exit.OK,
        errors=errors,
    )


def _put_back(paths: Sequence[str]) -> list[dict[str, str | None]]:
    return [{"path": path, "pack": None, "action": "put back"} for path in paths]


def _folders(workspace: Workspace) -> list[Path]:
    top = workspace.scope.state / "backup"
    return sorted(path for path in top.iterdir() if path.is_dir() and not is_link(path)) if top.is_dir() else []


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not is_link(path)
    )
