"""Selection: the files or packs that the words of a command line name."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agentsync.errors import UsageError
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName, nearest
from agentsync.model.plan import Change, Plan
from agentsync.model.slot import EntryPath, SlotPath, file_of
from agentsync.project.workspace import Workspace

_CLOSE: Final = 0.5
_MOST_TOLD: Final = 30


def selector(
    workspace: Workspace, plan: Plan, words: Sequence[str], named: str = "installed file, pack or item"
) -> Callable[[Change], bool]:
    """Return a test for the changes of a plan that words name; without words, all of them.

    Args:
        words: paths (from the current folder or from the scope's root), packs, or `KIND:NAME`.
        named: what the plan has, for the failure.
    """
    chosen: set[str] = set()
    for word in words:
        of_path = path_chooser(workspace, word)
        found = [one.path for one in plan.changes if _names_change(word, one) or of_path(one.path)]
        if not found:
            known = {name for change in plan.changes for name in (change.path, *change.packs, *change.items) if name}
            close = difflib.get_close_matches(word, known, n=1, cutoff=_CLOSE)
            raise UsageError(
                f"{word!r} names no {named}",
                hint=nearest(word, known) if close or 0 < len(known) < _MOST_TOLD else "see `agentsync list`",
            )
        chosen.update(found)
    return lambda change: not words or change.path in chosen


def chosen_packs(workspace: Workspace, lock: Lock, words: Sequence[str]) -> Lock:
    """Return the lock with the packs alone that words name; without words, all of it.

    Args:
        words: packs, aliases, items, or paths of installed files or folders, or of entries.
    """
    if not words:
        return lock
    chosen: dict[str, LockedPack] = {}
    for word in words:
        found = {name: pack for name, pack in lock.packs.items() if _names_pack(workspace, word, pack)}
        if not found:
            known = {name for pack in lock.packs.values() for name in (pack.name, *(item.key for item in pack.items))}
            raise UsageError(f"{word!r} names no locked pack, item or file", hint=nearest(word, known))
        chosen |= found
    return lock._replace(packs=chosen)


def _names_change(word: str, change: Change) -> bool:
    return word in change.items or any(PackName(name).is_named_by(word) for name in change.packs)


def _names_pack(workspace: Workspace, word: str, pack: LockedPack) -> bool:
    if pack.name.is_named_by(word) or any(word == item.key for item in pack.items):
        return True
    is_meant = path_chooser(workspace, word)
    return any(is_meant(path) for path in pack.slots)


def path_chooser(workspace: Workspace, word: str) -> Callable[[SlotPath], bool]:
    """Return a test for a slot or a folder above it, from the scope's root or the current folder."""
    from_root = word.strip("/")
    file, mark, pointer = from_root.partition("#")
    here = Path(os.path.normpath(Path.cwd() / word))
    document = Path(os.path.normpath(Path.cwd() / file))
    is_inside = any(here.is_relative_to(root) for root in (workspace.scope.root, *workspace.scope.moved.values()))

    def is_meant(path: SlotPath) -> bool:
        # A document stands for its entries, and so does what leads to them in it.
        if path == from_root or path.startswith((f"{from_root}/", f"{from_root}#")):
            return True
        if mark and isinstance(path, EntryPath) and workspace.folder.locate(path.document) == document:
            return path.pointer == pointer or path.pointer.startswith(f"{pointer}/")
        return is_inside and workspace.folder.locate(file_of(path)).is_relative_to(here)

    return is_meant
