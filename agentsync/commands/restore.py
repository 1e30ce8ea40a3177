"""Ways out of a drift: back to the lock, a conflict settled, and what was set aside put back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from agentsync.commands.outcomes import carried_out, change_outcome, done
from agentsync.commands.selection import selector
from agentsync.errors import Exit, RefusedError, UsageError
from agentsync.model.digest import digest_of
from agentsync.model.drift import Drift
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING, RESTORING, Action, Change, Plan
from agentsync.model.rel_path import rel_path
from agentsync.model.slot import SlotPath
from agentsync.planning.planner import narrowed
from agentsync.platform.links import is_link
from agentsync.platform.names import composed_path
from agentsync.project import backups
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, backup_data, stopped_error
from agentsync.reporting.words import count, done_line


def restore(workspace: Workspace, words: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Make files what the lock says they are, all that drifted where none is named."""
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
    return sorted(composed_path(folder, path) for path in folder.rglob("*") if path.is_file() and not is_link(path))


class Side(StrEnum):
    """Side that settles a conflict."""

    ATTEMPT = "attempt"
    OURS = "ours"
    THEIRS = "theirs"


def resolve(
    workspace: Workspace, words: Sequence[str], *, ours: bool = False, theirs: bool = False, dry_run: bool = False
) -> Outcome:
    """Settle conflicts, all where none is named; an attempt that holds markers or is out of date is refused."""
    side = Side.OURS if ours else Side.THEIRS if theirs else Side.ATTEMPT
    lock = workspace.project.require_lock()
    attempts = workspace.state.conflicts.all()
    plan = workspace.plan(lock, READING)
    diverged = (one for one in plan.changes if one.drift is Drift.DIVERGED and one.wanted is not None)
    waiting = Plan(tuple(change for change in diverged if change.path in attempts))
    if not waiting.changes:
        raise UsageError("no conflict waits for a decision", hint="`agentsync status` shows how every file stands")
    chosen = selector(workspace, waiting, words, "conflict that waits for a decision")
    paths = {change.path for change in waiting.changes if chosen(change)}
    if side is Side.ATTEMPT:
        _refuse_stale(workspace, [change for change in waiting.changes if change.path in paths])
        _refuse_markers({path: attempts[path] for path in paths})
    action = {Side.OURS: Action.ADOPT, Side.THEIRS: Action.SET_ASIDE, Side.ATTEMPT: Action.MERGE}[side]
    settled = Plan(tuple(one._replace(action=action) if one.path in paths else one for one in plan.changes))
    extra = ExtraWrites(
        contents={path: attempts[path] for path in paths} if side is Side.ATTEMPT else {},
        settled=dict.fromkeys(paths, side is Side.ATTEMPT),
    )
    done = carried_out(workspace, settled, Decision(lock, lock), extra, dry_run=dry_run)
    stopped = None if dry_run else stopped_error(done.plan)
    if not dry_run:
        paths -= {change.path for change in done.plan.stopped}
    left = len(waiting.changes) - len(paths)
    lines = [done_line("resolve", f"{path} ({side})", dry_run=dry_run) for path in sorted(paths)]
    return change_outcome(
        ChangeReport(done.plan, lock, lock, dry_run, aside=done.aside),
        lines=[*lines, *([f"{count(left, 'conflict')} left"] if left else [])],
        notes=[f"your own files are also in {done.backup}"] if done.backup else [],
        errors=done.errors(stopped),
    )


def _refuse_stale(workspace: Workspace, changes: Sequence[Change]) -> None:
    """Refuse an attempt that was made with other bytes than the lock's: it would undo what upstream did since."""
    for change in changes:
        upstream = workspace.state.conflicts.upstream(change.path)
        if upstream is None or change.wanted is None or digest_of(upstream).sha256 != change.wanted.sha256:
            raise RefusedError(
                f"the attempt for {change.path} was made with another release",
                why="the lock has moved on since",
                hint="run `agentsync update` for a new attempt (the old one is set aside), or choose a side",
            )


def _refuse_markers(attempts: dict[SlotPath, bytes]) -> None:
    # A line of seven equals signs alone may be the underline of a heading.
    for path, data in attempts.items():
        if re.search(rb"^(<{7} yours|[|]{7} base|>{7} upstream)\r?$", data, re.MULTILINE):
            raise RefusedError(
                f"{path} still holds conflict markers",
                why=f"in .agentsync/conflicts/{path}",
                hint="edit that file until it reads as you want it, or choose a side with --ours or --theirs",
            )
