"""What every installed item may do, and what a new decision would add to it."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from agentsync.commands.consent import gainer, granting
from agentsync.errors import UsageError
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.nearest import nearest
from agentsync.model.outcome import Outcome
from agentsync.project.workspace import Workspace


def grants(workspace: Workspace, words: Sequence[str] = ()) -> Outcome:
    """The grants of locked items, as a table.

    Args:
        workspace: the scope.
        words: items or packs, as globs; without any, all.

    Raises:
        UsageError: for a word that names nothing.
    """
    lock = _named(workspace.lock or Lock(), words)
    return Outcome(_data(lock), _lines(lock))


def _named(lock: Lock, words: Sequence[str]) -> Lock:
    """The lock, with the items that words name."""
    packs = lock.packs
    known = {name for pack in packs.values() for name in (pack.name, *(item.key for item in pack.items))}
    for word in words:
        if not any(fnmatchcase(name, word) for name in known):
            raise UsageError(f"{word!r} names no locked pack or item", hint=nearest(word, known))
    if not words:
        return lock
    chosen: dict[str, LockedPack] = {}
    for name, pack in packs.items():
        of_pack = any(fnmatchcase(name, word) for word in words)
        items = tuple(item for item in pack.items if of_pack or any(fnmatchcase(item.key, word) for word in words))
        if items or of_pack:
            chosen[name] = pack._replace(items=items)
    return lock._replace(packs=chosen)


def accept(workspace: Workspace, *, dry_run: bool = False) -> Outcome:
    """Say yes to what the next `install` or `update` would add; nothing is installed.

    Args:
        workspace: the scope; its options say for which items.
        dry_run: tell what would be accepted.
    """
    lock = workspace.lock or Lock()
    decision = workspace.decide(afresh={name for name, pack in lock.packs.items() if not pack.folder})
    found = granting(workspace, decision, ask=False)
    chosen = [one for one in found.changes if one.asks and one not in found.open]
    _named(Lock({**lock.packs, **decision.lock.packs}), [word for word in workspace.options.accepted if word != "*"])
    if chosen and not dry_run:
        with workspace.exclusive():
            workspace.consents.accept({gainer(one, decision.lock): one.asks for one in chosen})
    word = "would accept" if dry_run else "accepted"
    lines = [f"{word}  {one.item} of {one.pack}: +{', +'.join(one.asks)}" for one in chosen]
    rows = [{"pack": one.pack, "item": one.item, "gained": list(one.asks)} for one in chosen]
    return Outcome(_data(lock) | {"accepted": rows}, lines or ["nothing waits for a yes"], decision.notes)


def _data(lock: Lock) -> dict[str, Any]:
    return {
        "packs": [
            {
                "pack": pack.name,
                "items": [{"item": item.key, "path": item.path, "grants": list(item.grants)} for item in pack.items],
            }
            for _, pack in sorted(lock.packs.items())
        ]
    }


def _lines(lock: Lock) -> list[str]:
    items = [(pack.name, item) for _, pack in sorted(lock.packs.items()) for item in pack.items]
    width = max((len(item.key) for _, item in items), default=0)
    lines, last = list[str](), ""
    for pack, item in items:
        if pack != last:
            lines.append(pack)
            last = pack
        lines.append(f"  {item.key:<{width}}  {', '.join(item.grants) or '-'}")
    return lines or ["no packs are locked"]
