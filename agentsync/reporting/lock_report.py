"""The facts of a lock, as lines and as data: packs with their items, their grants, and who requires whom."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.item import HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import MANIFEST_NAME
from agentsync.model.outcome import Outcome
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


def list_report(lock: Lock, files: Mapping[tuple[str, str], Sequence[str]]) -> Outcome:
    """Return packs and items; `files` are the installed files by pack and item."""
    rows: list[dict[str, object]] = []
    lines: list[str] = []
    for pack in sorted_packs(lock):
        items = [
            {
                "item": item.key,
                "path": item.path,
                "header": str(item.header),
                "claude_code": str(item.claude_code),
                "grants": list(item.grants),
                "files": sorted(files.get((pack.name, item.key), ())),
            }
            for item in pack.items
        ]
        version = {"version": pack.version, "ref": pack.ref or None, "commit": pack.commit or None}
        rows.append({"pack": pack.name, **version, "items": items})
        lines += [_named(pack), *(f"  {item.key}{_remark(item)}" for item in pack.items)]
    return Outcome({"packs": rows}, lines or [_NOTHING])


def _named(pack: LockedPack) -> str:
    return f"{pack.name} {shown_version(pack)}"


def _remark(item: LockedItem) -> str:
    """Return what a person should know of a header that is not plain YAML."""
    told = [item.claude_code.remark] if item.claude_code.remark else []
    if item.header not in (HeaderStatus.STRICT, HeaderStatus.NONE):
        told.insert(0, f"header {item.header}")
    return f"  ({'; '.join(told)})" if told else ""


def grants_report(lock: Lock) -> Outcome:
    """Return the grants of every item, for a person in columns below its pack."""
    width = max((len(item.key) for pack in lock.packs.values() for item in pack.items), default=0)
    rows: list[dict[str, object]] = []
    lines: list[str] = []
    for pack in sorted_packs(lock):
        items = [{"item": item.key, "path": item.path, "grants": list(item.grants)} for item in pack.items]
        rows.append({"pack": pack.name, "items": items})
        if pack.items:
            lines.append(pack.name)
        lines += [f"  {item.key:<{width}}  {', '.join(item.grants) or '-'}" for item in pack.items]
    return Outcome({"packs": rows}, lines or [_NOTHING])


def tree_report(lock: Lock) -> Outcome:
    """Return the packs with what they require; for a person, those of the manifest with the others below them."""
    packs = sorted_packs(lock)
    rows = [
        {"pack": pack.name, "version": pack.version, "direct": pack.is_direct, "requires": dict(pack.requires)}
        for pack in packs
    ]
    lines = [line for pack in packs if pack.is_direct for line in _branch(lock, pack, ())]
    return Outcome({"packs": rows}, lines or [_NOTHING])


def _branch(lock: Lock, pack: LockedPack, above: tuple[str, ...]) -> Iterator[str]:
    again = pack.name in above
    yield f"{'  ' * len(above)}{_named(pack)}{' (again)' if again else ''}"
    for name in sorted(pack.requires) if not again else ():
        if (other := lock.packs.get(name)) is not None:
            yield from _branch(lock, other, (*above, pack.name))


def why_report(reasons: Iterable[Reason]) -> Outcome:
    """Return why packs are locked; for a person a line for each, and below it one for each way to it."""
    rows: list[dict[str, object]] = []
    lines: list[str] = []
    for one in reasons:
        chains = sorted([_named(pack) for pack in chain] for chain in one.chains)
        rows.append({"pack": one.pack.name, "item": one.item or None, "chains": chains})
        lines.append(f"{one.item} is in {_named(one.pack)}" if one.item else _named(one.pack))
        lines += [f"  {MANIFEST_NAME} -> {' -> '.join(chain)}" for chain in chains]
    return Outcome({"found": rows}, lines)
