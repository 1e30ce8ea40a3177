"""The lock of a project at a revision of its own repository."""

from __future__ import annotations

from typing import NamedTuple

from agentsync.errors import UsageError
from agentsync.formats.lock_reader import parse_lock
from agentsync.git.revisions import commit_of, fork_point
from agentsync.git.working_tree import committed
from agentsync.model.lock import Lock
from agentsync.model.names import LOCK_NAME
from agentsync.project.workspace import Workspace


class LockAt(NamedTuple):
    """A lock at a commit; an empty one where the commit has none."""

    commit: str
    lock: Lock


def lock_at(workspace: Workspace, revision: str) -> LockAt:
    """Return the lock at a revision; "" is where the present branch left the one that it goes into, else HEAD.

    Raises:
        UsageError: where there is no such revision.
        LockError: where the lock there cannot be read.
    """
    folder = workspace.scope.home
    commit = commit_of(folder, revision) if revision else fork_point(folder) or commit_of(folder, "HEAD")
    if not commit:
        raise UsageError(
            f"there is no commit {revision or 'HEAD'}",
            why="git knows none of this name here",
            hint="name one that is there, as a branch, a tag or an id",
        )
    texts = committed(folder, LOCK_NAME, [f"{commit}:"])
    lock = parse_lock(texts[0].decode("utf-8", "replace"), name=f"{LOCK_NAME} at {commit[:12]}") if texts else Lock()
    return LockAt(commit, lock)
