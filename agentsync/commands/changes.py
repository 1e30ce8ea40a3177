"""Tell what a pull request changes in the lock: versions, items, and what items may newly do."""

from __future__ import annotations

from collections.abc import Iterator

from agentsync.commands.costs import growth
from agentsync.errors import UsageError
from agentsync.model.lock import Lock, LockedPack, shown_version
from agentsync.model.outcome import Outcome
from agentsync.planning.gains import grant_changes
from agentsync.planning.owners import PlaceIndex
from agentsync.planning.placing import places, tools_for
from agentsync.project.past_revision import lock_at
from agentsync.project.workspace import Workspace
from agentsync.reporting.lock_changes import (
    FORMS,
    ItemChange,
    PackChange,
    TargetChange,
    changes_data,
    changes_lines,
    changes_markdown,
    targets_data,
)


def changes(workspace: Workspace, revision: str = "", form: str = "text") -> Outcome:
    """Compare the lock with that of a revision; by default with that where this branch left the one it goes into."""
    if form not in FORMS:
        raise UsageError(f"there is no format {form!r}", hint=f"it is {', '.join(FORMS[:-1])} or {FORMS[-1]}")
    then = lock_at(workspace, revision)
    now = workspace.project.lock or Lock()
    found = list(_changes(workspace, then.lock, now))
    tools = TargetChange(then.lock.targets, now.targets)
    lines = changes_markdown(found, tools) if form == "markdown" else changes_lines(found, tools)
    return Outcome({"since": then.commit, "targets": targets_data(tools), "packs": changes_data(found)}, lines)


def _changes(workspace: Workspace, before: Lock, after: Lock) -> Iterator[PackChange]:
    gained = grant_changes(before, after, workspace.project.tools)
    costs = {one.pack: one for one in growth(workspace, before, after)}
    for name in sorted(before.packs.keys() | after.packs.keys()):
        was, now = before.packs.get(name), after.packs.get(name)
        if was == now:
            continue
        yield PackChange(
            pack=name,
            old=shown_version(was),
            new=shown_version(now),
            items=tuple(_items(workspace, was, now, (before, after))),
            grants=tuple(one for one in gained if one.pack == name),
            kept=len(now.kept) - len(was.kept) if was is not None and now is not None else 0,
            context=costs.get(name),
        )


def _items(
    workspace: Workspace, was: LockedPack | None, now: LockedPack | None, locks: tuple[Lock, Lock]
) -> Iterator[ItemChange]:
    """Yield the items that one side has alone, or that have other bytes."""
    old, new = (_contents(workspace, pack, lock) for pack, lock in zip((was, now), locks, strict=True))
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield ItemChange(key, "added")
        elif key not in new:
            yield ItemChange(key, "removed")
        elif old[key] != new[key]:
            yield ItemChange(key, "changed")


def _contents(workspace: Workspace, pack: LockedPack | None, lock: Lock) -> dict[str, set[tuple[str, str]]]:
    """Return what is installed of each item: its slots with their digests."""
    if pack is None:
        return {}
    found: dict[str, set[tuple[str, str]]] = {item.key: set() for item in pack.items}
    index = PlaceIndex(places(pack, tools_for(pack, workspace.project.tools(lock))))
    for slot, digest in pack.slots.items():
        for place in index.holding(slot):
            found[place.item.key].add((slot, str(digest)))
    return found
