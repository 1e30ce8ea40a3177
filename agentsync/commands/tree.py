"""Tree: the packs with what they require, and the chains from the manifest to an item, path or pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agentsync.errors import UsageError
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.nearest import nearest
from agentsync.model.outcome import Outcome
from agentsync.planning.placing import places, tools_for
from agentsync.project.workspace import Workspace
from agentsync.reporting.words import shown_version


def tree(workspace: Workspace) -> Outcome:
    """Show every pack of the manifest with what it requires, from the lock alone."""
    lock = workspace.project.lock or Lock()
    roots = [pack for _, pack in sorted(lock.packs.items()) if pack.requested or pack.folder]
    lines = [line for pack in roots for line in _branch(lock, pack, "", ())]
    rows = [
        {"pack": name, "version": pack.version, "direct": pack in roots, "requires": dict(pack.requires)}
        for name, pack in sorted(lock.packs.items())
    ]
    return Outcome({"packs": rows}, lines or ["no packs are locked"])


def _branch(lock: Lock, pack: LockedPack, indent: str, above: tuple[str, ...]) -> Iterator[str]:
    again = pack.name in above
    yield f"{indent}{pack.name} {shown_version(pack)}{' (again)' if again else ''}"
    if again:
        return
    for name in sorted(pack.requires):
        other = lock.packs.get(name)
        if other is not None:
            yield from _branch(lock, other, f"{indent}  ", (*above, pack.name))


def why(workspace: Workspace, word: str) -> Outcome:
    """Show the chains that lead from the manifest to an item, an installed path or a pack.

    Raises:
        UsageError: where nothing of this name is locked.
    """
    lock = workspace.project.lock or Lock()
    found = list(_meant(workspace, lock, word))
    if not found:
        known = [*lock.packs, *(item.key for pack in lock.packs.values() for item in pack.items)]
        raise UsageError(
            f"nothing that is locked is called {word!r}", hint=nearest(word, known) if len(known) < 60 else ""
        )
    rows, lines = [], []
    for pack, what in found:
        chains = sorted(_chains(lock, pack, ()))
        rows.append({"pack": pack.name, "item": what or None, "chains": [list(chain) for chain in chains]})
        lines.append(
            f"{what or pack.name} is in {pack.name} {shown_version(pack)}"
            if what
            else f"{pack.name} {shown_version(pack)}"
        )
        lines += [f"  agentsync.yaml -> {' -> '.join(chain)}" for chain in chains]
    return Outcome({"found": rows}, lines)


def _meant(workspace: Workspace, lock: Lock, word: str) -> Iterator[tuple[LockedPack, str]]:
    paths = {word.strip("/"), _from_root(workspace, word)}
    for _, pack in sorted(lock.packs.items()):
        if word in (pack.name, pack.name.pack):
            yield pack, ""
            continue
        for place in places(pack, tools_for(pack, workspace.project.tools(lock))):
            item = place.item
            if word in (item.key, item.name) or any(path == place.path or place.holds(path) for path in paths):
                yield pack, item.key


def _from_root(workspace: Workspace, word: str) -> str:
    where = Path.cwd() / word
    root = workspace.scope.root
    return where.relative_to(root).as_posix() if where.is_relative_to(root) else word


def _chains(lock: Lock, pack: LockedPack, below: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield every way from a pack of the manifest down to this one, with the range asked for at each step."""
    here = (f"{pack.name} {shown_version(pack)}", *below)
    if pack.requested or pack.folder:
        yield here
    for other in lock.packs.values():
        if pack.name in other.requires and not any(step.startswith(f"{other.name} ") for step in here):
            yield from _chains(lock, other, here)
