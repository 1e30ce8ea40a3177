"""Which files a command is about: paths, folders, packs or items that a person names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from agentsync.errors import UsageError
from agentsync.model.plan import Change, Plan
from agentsync.model.section import nearest
from agentsync.workspace import Workspace


def selector(workspace: Workspace, plan: Plan, words: Sequence[str]) -> Callable[[Change], bool]:
    """A test for the changes that words name; without words, all of them.

    Args:
        workspace: the scope.
        plan: every file there is to choose from.
        words: paths (from the current folder or from the scope's root), packs, or `KIND:NAME`.

    Raises:
        UsageError: for a word that names nothing.
    """
    chosen: set[str] = set()
    for word in words:
        found = [change.path for change in plan.changes if _is_meant(change, word, _paths(workspace, word))]
        if not found:
            known = {name for change in plan.changes for name in (change.path, change.pack, change.item) if name}
            raise UsageError(
                f"{word!r} names no installed file, pack or item",
                hint=nearest(word, known) if len(known) < 50 else "see `agentsync list`",
            )
        chosen.update(found)
    return lambda change: not words or change.path in chosen


def _paths(workspace: Workspace, word: str) -> tuple[str, ...]:
    here = os.path.normpath(Path.cwd() / word)
    from_root = os.path.relpath(here, workspace.scope.root)
    return Path(from_root).as_posix(), word.strip("/")


def _is_meant(change: Change, word: str, paths: tuple[str, ...]) -> bool:
    if word in (change.pack, change.item) or (change.pack and word == change.pack.partition("/")[0]):
        return True
    return any(change.path == path or change.path.startswith(f"{path}/") for path in paths if path not in ("", "."))
