"""Merge the user's edits with what a lock has, where both changed, or where it has them on another path."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial

from agentsync.commands.outcomes import Planned
from agentsync.errors import FetchError, IntegrityError
from agentsync.merging.kept_edits import read_upstream
from agentsync.merging.merge import merge_file
from agentsync.model.digest import FileDigest
from agentsync.model.git_file import Merged
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.rel_path import RelPath
from agentsync.planning.moves import Move, leaving, moves
from agentsync.planning.succession import successors
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace


def merged(workspace: Workspace, decision: Decision, planned: Planned) -> Planned:
    """Try every merge of a plan, and let edits go along with files that have another path now.

    Args:
        decision: the lock that the plan is for.
    """
    plan = planned.plan
    became = _successors(workspace, decision, leaving(plan))
    moved = moves(plan, became)
    sources = {change.path: change for change in plan.changes if change.action is Action.MERGE}
    sources |= {move.new.path: move.old for move in moved}
    bases = _bases(workspace, decision, {one.base for one in sources.values() if one.base is not None})
    # Patches that were just rebased are not on disk yet.
    rebased = decision.rebased.contents if decision.rebased is not None else {}
    upstream = workspace.project.locked.bytes_of(decision.lock, list(sources.keys() - rebased.keys())) | dict(rebased)
    outcomes = {path: _merge(workspace, change, bases, upstream[path]) for path, change in sources.items()}
    conflicts = {path: (one.data, upstream[path]) for path, one in outcomes.items() if one.conflicted}
    contents = {path: one.data for path, one in outcomes.items() if not one.conflicted}
    for move in moved:
        if move.new.path in conflicts:
            contents[move.new.path] = workspace.folder.read(move.old.path)
    return planned._replace(
        plan=Plan(tuple(sorted(_settled(plan, moved, conflicts), key=lambda change: change.path))),
        contents=contents,
        conflicts=conflicts,
        moved=moved,
        became=became,
        notes=[
            f"{path}: what it was made of cannot be had any more, so that nothing was merged"
            for path, change in sources.items()
            if change.base not in bases
        ],
    )


def _successors(workspace: Workspace, decision: Decision, paths: Sequence[RelPath]) -> dict[RelPath, RelPath]:
    """Return what files became that the lock no longer has, as the last lock tells that had each."""
    found: dict[RelPath, RelPath] = {}
    left = set(paths)
    for lock in (decision.before or decision.lock, *workspace.state.history.locks()) if paths else ():
        if mine := left & lock.files().keys():
            read = partial(read_upstream, workspace.project.locked, lock, decision.lock)
            found |= successors(lock, decision.lock, mine, read, workspace.project.tools)
            left -= mine
    return {path: goal for path, goal in found.items() if path != goal}


def _bases(workspace: Workspace, decision: Decision, digests: set[FileDigest]) -> dict[FileDigest, bytes]:
    """Return the bytes that files were made of, without those whose old release is gone."""
    before = decision.before or decision.lock
    try:
        return workspace.project.locked.base_bytes(before, digests)
    except (FetchError, IntegrityError):
        found: dict[FileDigest, bytes] = {}
        for digest in digests:
            with suppress(FetchError, IntegrityError):
                found |= workspace.project.locked.base_bytes(before, [digest])
        return found


def _merge(workspace: Workspace, change: Change, bases: dict[FileDigest, bytes], upstream: bytes) -> Merged:
    """Merge one file; without its base, or where no plain file stands there, nothing can be merged."""
    base = bases.get(change.base) if change.base is not None else None
    if base is None or not isinstance(change.local, FileDigest):
        return Merged(upstream, conflicted=True)
    return merge_file(base, workspace.folder.read(change.path), upstream)


def _settled(plan: Plan, moved: Sequence[Move], conflicts: Collection[RelPath]) -> Iterator[Change]:
    """Yield the changes with conflicts stopped, and with moved files written on the new path and gone from the old."""
    gone = {move.old.path: move for move in moved}
    arrived = {move.new.path: move for move in moved}
    for change in plan.changes:
        move = gone.get(change.path) or arrived.get(change.path)
        is_conflict = (move.new.path if move is not None else change.path) in conflicts
        if change.action is Action.MERGE and is_conflict:
            yield change._replace(action=Action.STOP)
        elif change.path in gone:
            yield change._replace(action=Action.SET_ASIDE)
        elif move is not None and is_conflict:
            # The user's file waits on its new path, as it would have waited on the old one.
            yield change._replace(action=Action.CARRY, base=move.old.base, hint=move.old.hint)
        elif change.path in arrived:
            yield change._replace(action=Action.MERGE)
        else:
            yield change
