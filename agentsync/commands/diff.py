"""The edits on disk as a patch: from what the lock wants to what is there."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.commands.outcome import Outcome
from agentsync.commands.selection import selector
from agentsync.errors import Exit
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Replaced
from agentsync.model.plan import READING, Change
from agentsync.model.rel_path import RelPath
from agentsync.store.file_diff import Side, diff_sides
from agentsync.workspace import Workspace


def diff(workspace: Workspace, words: Sequence[str], *, exit_code: bool = False) -> Outcome:
    """A unified diff that `git apply -R` takes.

    Args:
        workspace: the scope.
        words: paths, packs or items; without any, everything that drifted.
        exit_code: exit 1 where there is a difference.

    Raises:
        FetchError: where the locked bytes are not in the cache and cannot be fetched.
    """
    lock = workspace.require_lock()
    plan = workspace.plan(lock, READING)
    chosen = selector(workspace, plan, words)
    changes = [change for change in plan.drifted if chosen(change)]
    locked = workspace.bytes_of(lock, [change.path for change in changes if change.wanted is not None])
    wanted = {change.path: Side(locked[change.path], change.wanted.executable) for change in changes if change.wanted}
    local = {change.path: side for change in changes if (side := _local(workspace, change)) is not None}
    patch = diff_sides(wanted, local)
    return Outcome(
        {"patch": patch, "files": [change.path for change in changes]},
        patch.removesuffix("\n").split("\n") if patch else [],
        exit=Exit.DIFFERS if exit_code and changes else Exit.OK,
    )


def _local(workspace: Workspace, change: Change) -> Side | None:
    path: RelPath = change.path
    if isinstance(change.local, FileDigest):
        return Side(workspace.folder.read(path), change.local.executable)
    if change.local is Replaced.SYMLINK:
        target = workspace.folder.link_target(path)
        return None if target is None else Side(target, is_link=True)
    return None
