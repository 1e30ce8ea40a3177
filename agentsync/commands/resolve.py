"""Settle a conflict that an update left: with the attempt as you edited it, or with one side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from agentsync.commands.outcomes import carried_out, change_outcome
from agentsync.commands.selection import selector
from agentsync.errors import RefusedError, UsageError
from agentsync.model.digest import digest_of
from agentsync.model.drift import Drift
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING, Action, Change, Plan
from agentsync.model.rel_path import RelPath
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, stopped_error
from agentsync.reporting.words import count, done_line


class Side(StrEnum):
    """Side that settles a conflict."""

    ATTEMPT = "attempt"
    OURS = "ours"
    THEIRS = "theirs"


def resolve(
    workspace: Workspace, words: Sequence[str], *, ours: bool = False, theirs: bool = False, dry_run: bool = False
) -> Outcome:
    """Settle conflicts, without words every one; an attempt that holds markers or is out of date is refused."""
    side = Side.OURS if ours else Side.THEIRS if theirs else Side.ATTEMPT
    lock = workspace.project.require_lock()
    attempts = workspace.state.conflicts.all()
    plan = workspace.plan(lock, READING)
    diverged = (one for one in plan.changes if one.drift is Drift.DIVERGED and one.wanted is not None)
    waiting = Plan(tuple(change for change in diverged if change.path in attempts))
    if not waiting.changes:
        raise UsageError("no conflict waits for a decision", hint="`agentsync status` shows how every file stands")
    chosen = selector(workspace, waiting, words)
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


def _refuse_markers(attempts: dict[RelPath, bytes]) -> None:
    # A line of seven equals signs alone may be the underline of a heading.
    for path, data in attempts.items():
        if re.search(rb"^(<{7} yours|[|]{7} base|>{7} upstream)\r?$", data, re.MULTILINE):
            raise RefusedError(
                f"{path} still holds conflict markers",
                why=f"in .agentsync/conflicts/{path}",
                hint="edit that file until it reads as you want it, or choose a side with --ours or --theirs",
            )
