"""List: the locked packs with their items, what they require, and the chains from the manifest to one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agentsync.errors import UsageError
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.planning.placing import places, tools_for
from agentsync.project.workspace import Workspace
from agentsync.reporting.pack_report import Reason, list_report, sorted_packs, tree_report, why_report


def list_packs(workspace: Workspace, words: Sequence[str] = ()) -> Outcome:
    """List every locked pack with its items, or those that words name."""
    from agentsync.commands.findings import list_findings  # `tree` and `why` look at no registry

    lock = workspace.project.lock or Lock()
    if words:
        from agentsync.commands.selection import chosen_packs

        lock = chosen_packs(workspace, lock, words)
    files: dict[tuple[str, str], list[str]] = {}
    tools = workspace.project.tools(lock)
    for pack in lock.packs.values():
        for place in places(pack, tools_for(pack, tools)):
            held = [slot for slot in pack.slots if place.holds(slot)]
            known = files.setdefault((pack.name, place.item.key), [])
            known.extend(slot for slot in held if slot not in known)
    findings = list_findings(workspace, {pack.name.alias for pack in lock.packs.values()} if words else None)
    return list_report(lock, files)._replace(findings=findings)


def told(workspace: Workspace, words: Sequence[str] = ()) -> Outcome:
    """List what AI tools do not get of the locked packs, or not as it is, as far as the cache has their files."""
    from agentsync.commands.findings import content_findings
    from agentsync.commands.selection import chosen_packs

    lock = workspace.project.lock or Lock()
    found = content_findings(workspace, chosen_packs(workspace, lock, words) if words else lock)[1]
    from agentsync.reporting.findings import told_data, told_lines

    lines = told_lines(found, everything=True) or ["every AI tool gets all of it as it is"]
    return Outcome({"told": [told_data(one) for one in found]}, lines)


def tree(workspace: Workspace) -> Outcome:
    """Show every pack of the manifest with what it requires, from the lock alone."""
    return tree_report(workspace.project.lock or Lock())


def why(workspace: Workspace, word: str) -> Outcome:
    """Show the chains that lead from the manifest to an item, an installed path or a pack."""
    lock = workspace.project.lock or Lock()
    # An item may be in one document for several tools.
    found = list({(pack.name, item): (pack, item) for pack, item in _meant(workspace, lock, word)}.values())
    if not found:
        known = [*lock.packs, *(item.key for pack in lock.packs.values() for item in pack.items)]
        raise UsageError(
            f"nothing that is locked is called {word!r}", hint=nearest(word, known) if len(known) < 60 else ""
        )
    return why_report(Reason(pack, item, list(_chains(lock, pack, ()))) for pack, item in found)


def _meant(workspace: Workspace, lock: Lock, word: str) -> Iterator[tuple[LockedPack, str]]:
    where, root = Path.cwd() / word, workspace.scope.root
    paths = {word.strip("/"), where.relative_to(root).as_posix() if where.is_relative_to(root) else word}
    for pack in sorted_packs(lock):
        if word in (pack.name, pack.name.pack):
            yield pack, ""
            continue
        for place in places(pack, tools_for(pack, workspace.project.tools(lock))):
            item = place.item
            is_there = any(path in (place.path, place.slot) or place.holds(path) for path in paths)
            if is_there or word in (item.key, item.name):
                yield pack, item.key


def _chains(lock: Lock, pack: LockedPack, below: tuple[LockedPack, ...]) -> Iterator[tuple[LockedPack, ...]]:
    """Yield every way from a pack of the manifest down to this one."""
    here = (pack, *below)
    if pack.is_direct:
        yield here
    for other in lock.packs.values():
        if pack.name in other.requires and other not in here:
            yield from _chains(lock, other, here)
