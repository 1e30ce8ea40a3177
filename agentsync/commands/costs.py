"""The cost of items in a model's context: those that are installed, and what a new lock would change about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from agentsync.errors import AgentsyncError
from agentsync.model.digest import FileDigest
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import ItemKey
from agentsync.model.outcome import Outcome
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import EntryPath
from agentsync.packs.cost import LISTED, Cost, cost_in
from agentsync.planning.placing import places, tools_for
from agentsync.project.workspace import Workspace
from agentsync.reporting.cost_report import CostRow, Growth, cost_report

Read = Callable[[Collection[RelPath]], Mapping[RelPath, bytes]]


def pack_costs(workspace: Workspace, lock: Lock, pack: LockedPack, read: Read) -> dict[str, Cost]:
    """Return what each item of a pack costs, as the first tool that has a file of it gets it."""
    mains: dict[ItemKey, RelPath] = {}
    for place in places(pack, tools_for(pack, workspace.project.tools(lock))):
        if place.item.kind in LISTED and not isinstance(place.slot, EntryPath) and place.main in pack.files:
            mains.setdefault(place.item.key, RelPath(place.main))
    texts = read(set(mains.values()))
    names = {item.key: item.name for item in pack.items}
    return {str(key): cost_in(names[key], texts[path]) for key, path in mains.items() if path in texts}


def installed_costs(workspace: Workspace, lock: Lock) -> dict[tuple[str, str], Cost]:
    """Return what each item costs, by pack and item, by the files on disk; what is not there is left out."""

    def read(paths: Collection[RelPath]) -> dict[RelPath, bytes]:
        local = workspace.folder.local_files(sorted(paths))
        return {path: workspace.folder.read(path) for path, found in local.items() if isinstance(found, FileDigest)}

    return {
        (name, key): cost
        for name, pack in lock.packs.items()
        for key, cost in pack_costs(workspace, lock, pack, read).items()
    }


def list_costs(workspace: Workspace, words: Sequence[str] = ()) -> Outcome:
    """List what the locked items cost, as they are on disk, or those that words name."""
    from agentsync.commands.selection import chosen_packs

    lock = workspace.project.lock or Lock()
    chosen = chosen_packs(workspace, lock, words) if words else lock
    found = installed_costs(workspace, chosen)
    return cost_report([CostRow(pack, item, cost.always, cost.used) for (pack, item), cost in found.items()])


def growth(workspace: Workspace, before: Lock, after: Lock) -> list[Growth]:
    """Return what each pack that differs costs in both locks; packs whose files cannot be had are left out."""
    found: dict[str, tuple[Cost, Cost]] = {}
    for name in sorted(before.packs.keys() | after.packs.keys()):
        if before.packs.get(name) == after.packs.get(name):
            continue
        try:
            found[name] = (_total(workspace, before, name), _total(workspace, after, name))
        except AgentsyncError:
            continue
    return [
        Growth(name, (was.always, now.always), (was.used, now.used)) for name, (was, now) in found.items() if was != now
    ]


def _total(workspace: Workspace, lock: Lock, name: str) -> Cost:
    pack, total = lock.packs.get(name), Cost(0, 0)
    if pack is not None:
        one = lock._replace(packs={name: pack})

        def read(paths: Collection[RelPath]) -> dict[RelPath, bytes]:
            texts = workspace.project.locked.bytes_of(one, sorted(paths), past=True)
            return {path: texts[path] for path in paths}

        for cost in pack_costs(workspace, lock, pack, read).values():
            total = total.plus(cost)
    return total
