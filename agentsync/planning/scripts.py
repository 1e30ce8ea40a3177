"""Scripts of hooks: a file that a hook still runs does not go before that hook."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from agentsync.model.digest import FileDigest
from agentsync.model.drift import Unclear
from agentsync.model.plan import CLEAN, WRITING, Action, Change, Plan
from agentsync.model.rel_path import RelPath, parents
from agentsync.model.slot import EntryPath, SlotPath
from agentsync.rendering.hook_form import folder_of


def with_scripts(plan: Plan, merged: Mapping[SlotPath, bytes], read: Callable[[Change], bytes]) -> Plan:
    """Return the plan, in which the scripts stay that a hook runs which the lock does not have as it will stand.

    Args:
        merged: what entries hold that edits of the user's went into.
        read: returns the content of an entry as it stands.
    """
    going = [one for one in plan.changes if _goes(one)]
    hooks = [one for one in plan.changes if _may_run_others(one)] if going else []
    if not hooks:
        return plan
    commands = [(one, _commands(one, merged, read)) for one in hooks]
    stays: dict[SlotPath, Change] = {}
    for file in going:
        running = [one for one, texts in commands if one.pack in file.packs and _names(texts, one.pack, file)]
        if running:
            # It is the user's own as soon as every hook is that runs it.
            released = all(one.action is Action.RELEASE for one in running)
            stays[file.path] = file._replace(action=Action.RELEASE if released else Action.LEAVE)
    return Plan(tuple(stays.get(one.path, one) for one in plan.changes))


def _goes(change: Change) -> bool:
    return change.wanted is None and change.action in WRITING and not isinstance(change.path, EntryPath)


def _may_run_others(change: Change) -> bool:
    """Return whether a change leaves a hook that is none of the lock's, or cannot be read."""
    if not isinstance(change.path, EntryPath) or not change.path.member or change.drift in CLEAN:
        return False
    if change.action in (Action.MERGE, Action.CARRY):
        return True
    is_there = isinstance(change.local, FileDigest | Unclear)
    return is_there and change.base is not None and change.action not in WRITING


def _commands(change: Change, merged: Mapping[SlotPath, bytes], read: Callable[[Change], bytes]) -> list[str] | None:
    """Return every text in a hook, without quotes; None where it cannot be told."""
    if change.path in merged:
        content = merged[change.path]
    elif isinstance(change.local, FileDigest):
        content = read(change)
    else:
        return None
    return [text.translate({ord(quote): None for quote in "\"'\\"}) for text in _texts(json.loads(content))]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        inner: Iterable[object] = value.values() if isinstance(value, dict) else value
        for one in inner:
            yield from _texts(one)


def _names(texts: list[str] | None, pack: str, file: Change) -> bool:
    """Return whether a hook runs a file of its pack, or one in the same folder, which came with it."""
    _, is_script, inner = file.file.partition(f"/{folder_of(pack)}/")
    if not is_script:
        return False
    named = [inner, *(f"{folder}/" for folder in parents(RelPath(inner)))]
    return texts is None or any(is_script + name in text for text in texts for name in named)
