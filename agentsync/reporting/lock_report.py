"""The facts of a lock, as lines and as data: packs with their items, their grants, and who requires whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.model.item import HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import MANIFEST_NAME
from agentsync.reporting.words import shown_version

_NOTHING: Final = "no packs are locked"


class Reason(NamedTuple):
    """Why a pack is locked: the chains to it from packs of the manifest; `item` is "" for the pack itself."""

    pack: LockedPack
    item: str
    chains: Sequence[Sequence[LockedPack]]


def sorted_packs(lock: Lock) -> list[LockedPack]:
    """Return the packs of a lock by name."""
    return [pack for _, pack in sorted(lock.packs.items())]


def list_data(lock: Lock, files: Mapping[tuple[str, str], Sequence[str]]) -> dict[str, Any]:
    """Return packs and items as data; `files` are the installed files by pack and item."""
    return {
        "packs": [
            {
                "pack": pack.name,
                "version": pack.version,
                "ref": pack.ref or None,
                "commit": pack.commit or None,
                "items": [
                    {
                        "item": item.key,
                        "path": item.path,
                        "header": str(item.header),
                        "claude_code": str(item.claude_code),
                        "grants": list(item.grants),
                        "files": sorted(files.get((pack.name, item.key), ())),
                    }
                    for item in pack.items
                ],
            }
            for pack in sorted_packs(lock)
        ]
    }


def list_lines(lock: Lock) -> list[str]:
    """Return a line for each pack and each item."""
    lines: list[str] = []
    for pack in sorted_packs(lock):
        lines.append(_named(pack))
        lines += [f"  {item.key}{_remark(item)}" for item in pack.items]
    return lines or [_NOTHING]


def _named(pack: LockedPack) -> str:
    return f"{pack.name} {shown_version(pack)}"


def _remark(item: LockedItem) -> str:
    """Return what a person should know of a header that is not plain YAML."""
    told = [item.claude_code.remark] if item.claude_code.remark else []
    if item.header not in (HeaderStatus.STRICT, HeaderStatus.NONE):
        told.insert(0, f"header {item.header}")
    return f"  ({'; '.join(told)})" if told else ""


def grants_data(lock: Lock) -> dict[str, Any]:
    """Return the grants of every item as data."""
    return {
        "packs": [
            {
                "pack": pack.name,
                "items": [{"item": item.key, "path": item.path, "grants": list(item.grants)} for item in pack.items],
            }
            for pack in sorted_packs(lock)
        ]
    }


def grants_lines(lock: Lock) -> list[str]:
    """Return the grants of every item, in columns below its pack."""
    packs = [pack for pack in sorted_packs(lock) if pack.items]
    width = max((len(item.key) for pack in packs for item in pack.items), default=0)
    lines: list[str] = []
    for pack in packs:
        lines.append(pack.name)
        lines += [f"  {item.key:<{width}}  {', '.join(item.grants) or '-'}" for item in pack.items]
    return lines or [_NOTHING]


def tree_data(lock: Lock) -> dict[str, Any]:
    """Return every pack with what it requires as data."""
    return {
        "packs": [
            {"pack": pack.name, "version": pack.version, "direct": pack.is_direct, "requires": dict(pack.requires)}
            for pack in sorted_packs(lock)
        ]
    }


def tree_lines(lock: Lock) -> list[str]:
    """Return the packs of the manifest, each with what it requires below it."""
    roots = [pack for pack in sorted_packs(lock) if pack.is_direct]
    return [line for pack in roots for line in _branch(lock, pack, ())] or [_NOTHING]


def _branch(lock: Lock, pack: LockedPack, above: tuple[str, ...]) -> Iterator[str]:
    again = pack.name in above
    yield f"{'  ' * len(above)}{_named(pack)}{' (again)' if again else ''}"
    for name in sorted(pack.requires) if not again else ():
        if (other := lock.packs.get(name)) is not None:
            yield from _branch(lock, other, (*above, pack.name))


def why_data(reasons: Iterable[Reason]) -> dict[str, Any]:
    """Return as data why packs are locked."""
    return {"found": [{"pack": one.pack.name, "item": one.item or None, "chains": _chains(one)} for one in reasons]}


def why_lines(reasons: Iterable[Reason]) -> list[str]:
    """Return a line for each pack, and below it one for each way to it."""
    lines: list[str] = []
    for one in reasons:
        lines.append(f"{one.item} is in {_named(one.pack)}" if one.item else _named(one.pack))
        lines += [f"  {MANIFEST_NAME} -> {' -> '.join(chain)}" for chain in _chains(one)]
    return lines


def _chains(reason: Reason) -> list[list[str]]:
    return sorted([_named(pack) for pack in chain] for chain in reason.chains)
