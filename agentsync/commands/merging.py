"""Bring a scope to another lock, merging the user's edits: what `update` and `rollback` share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from agentsync.commands.committing import hidden_notes
from agentsync.commands.outcome import Outcome
from agentsync.decision import Decision
from agentsync.errors import AgentsyncError, Exit, FetchError, IntegrityError
from agentsync.model.digest import FileDigest
from agentsync.model.merged import Merged
from agentsync.model.plan import UPDATING, Action, Change, Plan
from agentsync.model.rel_path import RelPath
from agentsync.planning.merge import merge_file
from agentsync.planning.moves import Move, moves, renamed_items
from agentsync.reporting.findings import told_of
from agentsync.reporting.plan_report import install_data, install_lines, stopped_error
from agentsync.store.line_merge import merge_lines
from agentsync.workspace import Along, Workspace


@dataclass(slots=True)
class _Merging:
    """A plan in which every merge has been tried.

    Args:
        plan: what to do; conflicts are stopped in it.
        contents: the merged bytes by path.
        conflicts: the attempt and upstream's file of each path that conflicts.
        moved: the files that were followed to another path.
        notes: what a person should know.
    """

    plan: Plan
    contents: dict[RelPath, bytes] = field(default_factory=dict)
    conflicts: dict[RelPath, tuple[bytes, bytes]] = field(default_factory=dict)
    moved: tuple[Move, ...] = ()
    notes: list[str] = field(default_factory=list)


def move_to(workspace: Workspace, decision: Decision, *, dry_run: bool = False, notes: Sequence[str] = ()) -> Outcome:
    """Install a lock over another one; edits survive by three-way merge.

    Args:
        workspace: the scope.
        decision: the lock to move to.
        dry_run: tell what would be done.
        notes: remarks of the caller.
    """
    merging = _merged(workspace, decision)
    plan, failures = merging.plan, list[AgentsyncError]()
    told = [*notes, *decision.notes]
    told += merging.notes
    renamed = renamed_items(decision.before or decision.lock, decision.lock)
    told += [f"{old} of {pack} is called {new} now" for pack, old, new in renamed]
    if not dry_run:
        ended = workspace.state.conflicts().keys() - {*merging.conflicts, *(one.path for one in plan.stopped)}
        along = Along(contents=merging.contents, conflicts=merging.conflicts, settled=dict.fromkeys(ended, False))
        applied = workspace.carry_out(plan, decision, along)
        plan, failures = applied.plan, list(applied.failures)
        if applied.backup is not None:
            told.append(f"your own files are also in {applied.backup.relative_to(workspace.scope.home)}")
        told += hidden_notes(workspace, decision.lock)
    becomes = "would be" if dry_run else "is"
    told += [f"{one.path} was edited here and {becomes} yours now: upstream has it no more" for one in plan.released]
    stopped = stopped_error(Plan(tuple(one for one in plan.stopped if one.path not in merging.conflicts)))
    errors = [*failures, *([stopped] if stopped else [])]
    lines = install_lines(plan, decision.before, decision.lock, dry_run=dry_run)
    lines[-1:-1] = [
        f"conflict  {path}: see .agentsync/conflicts/{path}, then agentsync resolve {path}"
        for path in merging.conflicts
    ]
    data = install_data(plan, decision.before, decision.lock, decision.findings)
    data["conflicts"] = [{"path": path, "attempt": f".agentsync/conflicts/{path}"} for path in merging.conflicts]
    data["renamed"] = [{"pack": pack, "from": old, "to": new} for pack, old, new in renamed]
    data["moved"] = [{"from": move.old.path, "to": move.new.path} for move in merging.moved]
    code = Exit.FAILED if errors else Exit.DIFFERS if merging.conflicts else Exit.OK
    left_out = told_of(decision.unplaced, decision.lock.targets)
    return Outcome(data, lines, told, code, errors, findings=decision.findings, told=left_out)


def _merged(workspace: Workspace, decision: Decision) -> _Merging:
    """Plan the move, and try every merge in it."""
    plan = workspace.plan(decision.lock, UPDATING, decision.rebased)
    before = workspace.known(decision.before or decision.lock)
    merging = _Merging(plan, moved=moves(plan, before, workspace.known(decision.lock)))
    sources = {change.path: change for change in plan.changes if change.action is Action.MERGE}
    for move in merging.moved:
        sources[move.new.path] = move.old
        merging.notes.append(f"{move.old.path} is {move.new.path} upstream now; your edit went with it")
    bases = _bases(workspace, decision, {one.base for one in sources.values() if one.base is not None})
    # Patches that were just rebased are not on disk yet.
    rebased = decision.rebased.contents if decision.rebased is not None else {}
    upstream = workspace.locked.bytes_of(decision.lock, list(sources.keys() - rebased.keys())) | rebased
    merging.notes += [
        f"{path}: what it was made of cannot be had any more, so that nothing was merged"
        for path, change in sources.items()
        if change.base not in bases
    ]
    outcomes = {path: _merge(workspace, change, bases, upstream[path]) for path, change in sources.items()}
    merging.plan = Plan(tuple(sorted(_settled(plan, merging, outcomes), key=lambda change: change.path)))
    for path, merged in outcomes.items():
        if merged.conflicted:
            merging.conflicts[path] = (merged.data, upstream[path])
        else:
            merging.contents[path] = merged.data
    for move in merging.moved:
        if move.new.path in merging.conflicts:
            merging.contents[move.new.path] = workspace.folder.read(move.old.path)
    return merging


def _bases(workspace: Workspace, decision: Decision, digests: set[FileDigest]) -> dict[FileDigest, bytes]:
    """The bytes that files were made of; without those whose old release is gone."""
    before = decision.before or decision.lock
    try:
        return workspace.locked.base_bytes(before, digests)
    except (FetchError, IntegrityError):
        found: dict[FileDigest, bytes] = {}
        for digest in digests:
            with suppress(FetchError, IntegrityError):
                found |= workspace.locked.base_bytes(before, [digest])
        return found


def _merge(workspace: Workspace, change: Change, bases: dict[FileDigest, bytes], upstream: bytes) -> Merged:
    """Merge one file; without its base, or where no plain file stands there, nothing can be merged."""
    base = bases.get(change.base) if change.base is not None else None
    if base is None or not isinstance(change.local, FileDigest):
        return Merged(upstream, conflicted=True)
    return merge_file(base, workspace.folder.read(change.path), upstream, merge_lines)


def _settled(plan: Plan, merging: _Merging, outcomes: dict[RelPath, Merged]) -> list[Change]:
    """The plan with conflicts stopped, and with moved files written on the new path and gone from the old."""
    gone = {move.old.path: move for move in merging.moved}
    arrived = {move.new.path: move for move in merging.moved}
    settled = []
    for change in plan.changes:
        move = gone.get(change.path) or arrived.get(change.path)
        path = move.new.path if move is not None else change.path
        conflicted = path in outcomes and outcomes[path].conflicted
        if change.action is Action.MERGE and conflicted:
            settled.append(change._replace(action=Action.STOP))
        elif change.path in gone:
            settled.append(change._replace(action=Action.SET_ASIDE))
        elif move is not None and conflicted:
            # The user's file waits on its new path, as it would have waited on the old one.
            settled.append(change._replace(action=Action.CARRY, base=move.old.base))
        elif change.path in arrived:
            settled.append(change._replace(action=Action.MERGE))
        else:
            settled.append(change)
    return settled
