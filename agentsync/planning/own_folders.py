"""Skills whose folder is the user's own: it is not claimed, and what the user has in it is left alone.

A folder is ours once we wrote something into it, or where it holds a file as the lock has it. Where it
holds other files alone, it is the user's: most likely a category with skills of the user's below it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence

from agentsync.model.drift import Blocked, Drift, Replaced
from agentsync.model.lock import Lock
from agentsync.model.plan import CLEAN, Action, Change, DriftRules, Plan
from agentsync.model.slot import Receipt
from agentsync.planning.naming import NamesInUse
from agentsync.planning.placing import Place, rename_key
from agentsync.targets.tool import Tool


def beside_users_files(
    changes: Sequence[Change], folders: Callable[[], Iterable[Place]], receipt: Receipt | None, rules: DriftRules
) -> Sequence[Change]:
    """Return the changes, without any to a folder that is the user's own.

    Args:
        folders: the places of the lock that are whole folders; asked for where there are extra files.
    """
    strange = {change.path for change in changes if change.drift is Drift.EXTRA}
    taken = [place for place in folders() if any(map(place.holds, strange))] if strange else []
    users = [place for place in taken if not _is_ours(place, changes, receipt)]
    return list(_without(changes, users, rules)) if users else changes


def _without(changes: Sequence[Change], users: Sequence[Place], rules: DriftRules) -> Iterator[Change]:
    # Where a file of the skill is there, the user has that skill, and the rules decides as for any file.
    categories = [place for place in users if not any(one.wanted and one.local for one in _below(place, changes))]
    for change in changes:
        place = next((place for place in users if place.holds(change.path)), None)
        if place is None:
            yield change
        elif change.drift is Drift.MISSING and (
            place in categories or rules[Drift.FOREIGN] in (Action.LEAVE, Action.STOP)
        ):
            action = Action.LEAVE if rules[Drift.FOREIGN] is Action.LEAVE else Action.STOP
            yield change._replace(local=Blocked(Replaced.OWN_FOLDER, place.path), drift=Drift.FOREIGN, action=action)
        elif change.drift is not Drift.EXTRA or place not in categories:
            yield change


def _below(place: Place, changes: Sequence[Change]) -> Iterator[Change]:
    return (change for change in changes if place.holds(change.path))


def _is_ours(place: Place, changes: Sequence[Change], receipt: Receipt | None) -> bool:
    if receipt is not None and any(place.holds(path) for path in receipt.files if path not in receipt.hints):
        return True
    # In a fresh clone, what is there and locked was installed once.
    was_there = any(one.hint and one.local is not None for one in _below(place, changes))
    return was_there or any(one.drift in CLEAN for one in _below(place, changes))


def other_folder(plan: Plan, lock: Lock, tools: Sequence[Tool], adding: Sequence[str]) -> str:
    """Return the command that installs skills beside the user's folders of their names, "" where there are none."""
    waiting = (change for change in plan.stopped if change.replaced_by is Replaced.OWN_FOLDER)
    stopped = {(owner.pack, owner.item) for change in waiting for owner in change.owners}
    names = NamesInUse(lock.packs.values(), tools)
    commands = []
    for pack in (lock.packs[name] for name in sorted({pack for pack, _ in stopped if pack in lock.packs})):
        words = []
        for item in (item for item in pack.items if (pack.name, item.key) in stopped):
            new = names.new(pack.name.last, str(item.kind), item.name, (pack.name, item.path))
            words += ["--rename", f"{rename_key(pack.choice, item)}={new}"]
        commands.append(shlex.join([*adding, pack.name, *words]))
    return commands[0] if len(commands) == 1 else ", then ".join(f"`{command}`" for command in commands)
