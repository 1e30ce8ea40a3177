"""The edits on disk as a patch: from what the lock wants to what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from agentsync.commands.selection import selector
from agentsync.errors import Exit
from agentsync.merging.patches import diff_sides, nearest_line_ends
from agentsync.merging.slot_merge import shown_side
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Replaced
from agentsync.model.git_file import Side
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING, Change
from agentsync.model.slot import SlotPath
from agentsync.project.decision import Upgrade
from agentsync.project.workspace import Workspace

Sides = Mapping[SlotPath, Side]


class DiffOptions(NamedTuple):
    """The form of a difference, a patch where neither is asked for, and whether one exits 1."""

    stat: bool = False
    name_only: bool = False
    exit_code: bool = False


def diff(workspace: Workspace, words: Sequence[str], options: DiffOptions) -> Outcome:
    """Return a unified diff that `git apply -R` takes, of all that drifted where nothing is named."""
    lock = workspace.project.require_lock()
    plan = workspace.plan(lock, READING)
    chosen = selector(workspace, plan, words)
    changes = [change for change in plan.drifted if chosen(change)]
    locked = workspace.project.locked.bytes_of(lock, [change.path for change in changes if change.wanted is not None])
    wanted = {change.path: Side(locked[change.path], change.wanted.executable) for change in changes if change.wanted}
    local = {change.path: side for change in changes if (side := _local(workspace, change)) is not None}
    for change in changes:
        if _is_text_of_both(change):
            # What git did to line ends is no difference: the patch has those of the file that it is applied to.
            side = wanted[change.path]
            data = nearest_line_ends(side.data, local[change.path].data)
            wanted[change.path] = side._replace(data=data)
    return _outcome(wanted, local, [change.path for change in changes], options)


def diff_upstream(workspace: Workspace, words: Sequence[str], options: DiffOptions) -> Outcome:
    """Return what an update would bring: from the locked files to those of the newest versions allowed."""
    lock = workspace.project.require_lock()
    newest = workspace.decide(upgrade=Upgrade(lock.packs)).lock
    chosen = selector(workspace, workspace.plan(newest, READING), words) if words else None
    plan = {change.path: change for change in workspace.plan(newest, READING).changes}
    old, new = lock.slots(), newest.slots()
    paths = [
        path
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path) and (chosen is None or (path in plan and chosen(plan[path])))
    ]
    before = workspace.project.locked.bytes_of(lock, [path for path in paths if path in old])
    after = workspace.project.locked.bytes_of(newest, [path for path in paths if path in new])
    return _outcome(
        {path: Side(data, old[path].executable) for path, data in before.items()},
        {path: Side(data, new[path].executable) for path, data in after.items()},
        paths,
        options,
    )


def _outcome(before: Sides, after: Sides, paths: Sequence[SlotPath], options: DiffOptions) -> Outcome:
    code = Exit.DIFFERS if options.exit_code and paths else Exit.OK
    before, after = ({path: shown_side(path, side) for path, side in sides.items()} for sides in (before, after))
    patch = diff_sides(before, after)
    data: dict[str, object] = {"patch": patch, "files": list(paths)}
    if options.name_only:
        return Outcome(data, list(paths), exit=code)
    if not options.stat:
        return Outcome(data, patch.removesuffix("\n").split("\n") if patch else [], exit=code, is_patch=True)
    counts = {path: _counted(before.get(path), after.get(path)) for path in paths}
    width = max(map(len, paths), default=0)
    data["stat"] = [{"path": path, "added": added, "removed": removed} for path, (added, removed) in counts.items()]
    lines = [f"{path:<{width}}  +{added} -{removed}" for path, (added, removed) in counts.items()]
    return Outcome(data, lines, exit=code)


def _counted(before: Side | None, after: Side | None) -> tuple[int, int]:
    old, new = (side.data.splitlines() if side is not None else [] for side in (before, after))
    ways = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [(end - start, till - begin) for kind, start, end, begin, till in ways if kind != "equal"]
    return sum(new for _, new in changed), sum(old for old, _ in changed)


def _is_text_of_both(change: Change) -> bool:
    """Return whether neither the locked file nor the one on disk is a program, so that line ends do not count."""
    local, wanted = change.local, change.wanted
    return isinstance(local, FileDigest) and wanted is not None and not (local.runs or wanted.runs)


def _local(workspace: Workspace, change: Change) -> Side | None:
    if isinstance(change.local, FileDigest):
        return Side(workspace.read(change), change.local.executable)
    if change.local is Replaced.SYMLINK:
        target = workspace.folder.link_target(change.file)
        return None if target is None else Side(target, is_link=True)
    return None
