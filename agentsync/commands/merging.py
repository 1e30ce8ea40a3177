"""Merge the user's edits with what a lock has; files of the user's that are upstream's own are no edits.

A file that was copied by hand from a registry has upstream's bytes. Its registry's history tells it from an edit.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial

from agentsync.commands.outcomes import Planned
from agentsync.errors import AgentsyncError, FetchError, IntegrityError
from agentsync.merging.kept_edits import read_upstream
from agentsync.merging.slot_merge import merge_content
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift
from agentsync.model.finding import Finding, Rule
from agentsync.model.git_file import Merged, Origin, Searched
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.plan import Action, Change, DriftRules, Plan, cautious
from agentsync.model.slot import EntryPath, SlotPath
from agentsync.planning.succession import Move, leaving, moves, successors
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace
from agentsync.registries.history import blob_ids, search


def merged(workspace: Workspace, decision: Decision, planned: Planned) -> Planned:
    """Try every merge of a plan for a decision, and let edits go along with files that have another path now."""
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
    conflicted = {path for path, one in outcomes.items() if one.conflicted}
    # An entry is stopped: it stands among the user's own, and no file is left for a person to settle.
    files: list[SlotPath] = [path for path in conflicted if not isinstance(path, EntryPath)]
    conflicts = {path: (outcomes[path].data, upstream[path]) for path in files}
    contents = {path: one.data for path, one in outcomes.items() if not one.conflicted}
    for move in moved:
        if move.new.path in conflicted:
            contents[move.new.path] = workspace.read(move.old)
    return planned._replace(
        plan=Plan(tuple(sorted(_settled(plan, moved, conflicted), key=lambda change: change.path))),
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


def _successors(workspace: Workspace, decision: Decision, paths: Sequence[SlotPath]) -> dict[SlotPath, SlotPath]:
    """Return what files became that the lock no longer has, as the last lock tells that had each."""
    found: dict[SlotPath, SlotPath] = {}
    left = set(paths)
    for lock in (decision.before or decision.lock, *workspace.state.history.locks()) if paths else ():
        if mine := left & lock.slots().keys():
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
    return merge_content(change.path, base, workspace.read(change), upstream)


def _settled(plan: Plan, moved: Sequence[Move], conflicts: Collection[SlotPath]) -> Iterator[Change]:
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


def adopted(change: Change) -> bool:
    """Return whether a change makes a file ours that holds other bytes than the lock's."""
    local, wanted = change.local, change.wanted
    is_adopted = change.action is Action.ADOPT and change.drift is Drift.FOREIGN
    return is_adopted and isinstance(local, FileDigest) and wanted is not None and not local.same_text(wanted)


def told_apart(workspace: Workspace, lock: Lock, planned: Planned, rules: DriftRules) -> Planned:
    """Look up in the history of their registries which adopted files are upstream's own; these give way to the lock's.

    What cannot be looked up stays an edit, and is a finding.
    """
    groups: dict[str, dict[SlotPath, tuple[Change, LockedPack]]] = {}
    for change in filter(adopted, planned.plan.changes):
        for pack in (lock.packs[name] for name in change.packs if name in lock.packs):
            if pack.git is not None:
                groups.setdefault(pack.git, {}).setdefault(change.path, (change, pack))
    origins: dict[SlotPath, Origin] = {}
    unread: list[tuple[dict[SlotPath, LockedPack], str]] = []
    for git, files in sorted(groups.items()):
        blobs: dict[str, tuple[str, ...]] = {
            path: ids for path, (change, pack) in files.items() if (ids := _ids(workspace, change, pack))
        }
        repository = workspace.project.cache.repository(workspace.project.url(git))
        found = search(repository, blobs) if blobs else Searched({})
        origins |= {path: found.found[path] for path in files if path in found.found}
        if found.why:
            unread.append(({path: pack for path, (_, pack) in files.items() if path in blobs}, found.why))
    flags = ("--user",) if workspace.options.user else ()
    findings = [
        _unread(pack, paths, why, flags)
        for packs, why in unread
        for pack in sorted({pack.name for pack in packs.values()})
        if (paths := [path for path, owner in packs.items() if owner.name == pack and path not in origins])
    ]
    changes = (_behind(change, rules) if change.path in origins else change for change in planned.plan.changes)
    return planned._replace(plan=Plan(tuple(changes)), origins=dict(sorted(origins.items())), findings=tuple(findings))


def _ids(workspace: Workspace, change: Change, pack: LockedPack) -> tuple[str, ...]:
    """Return the ids that a file has in git, as it is and with LF; none for a file that tells nothing of its origin."""
    try:
        data = workspace.read(change)
    except AgentsyncError:
        return ()
    if not data or not isinstance(change.local, FileDigest) or digest_of(data).sha256 != change.local.sha256:
        return ()
    return blob_ids(data, pack.commit)


def _unread(pack: str, paths: list[SlotPath], why: str, flags: tuple[str, ...]) -> Finding:
    is_one = len(paths) == 1
    return Finding(
        pack,
        "",
        f"whether {', '.join(paths)} {'is' if is_one else 'are'} upstream's at an older commit "
        f"could not be looked up ({why}); {'it counts' if is_one else 'they count'} as edited",
        rule=Rule.HISTORY_UNREAD,
        fix=f"`agentsync restore {shlex.join((*flags, *paths))}` takes the lock's where there is no edit of yours",
    )


def _behind(change: Change, rules: DriftRules) -> Change:
    """Return the change of a file that upstream wrote; it is set aside, as no run wrote it here."""
    assert isinstance(change.local, FileDigest)
    behind = change._replace(base=change.local, drift=Drift.BEHIND, action=rules[Drift.BEHIND], hint=True)
    return cautious(behind)
