"""The facts of packs, locked or offered, as lines and as data: their items, their grants, and who requires whom."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.finding import Finding, Told
from agentsync.model.item import HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack, shown_version
from agentsync.model.names import MANIFEST_NAME
from agentsync.model.outcome import Outcome
from agentsync.model.pack_info import Holdings, PackInfo, pack_data
from agentsync.reporting.words import shown_grants

_NOTHING: Final = "no packs are locked"


class Reason(NamedTuple):
    """The reason for a locked pack: the chains to it from packs of the manifest; `item` is "" for the pack itself."""

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
        items = [
            {
                "item": item.key,
                "path": item.path,
                "grants": list(item.grants),
                **({"waits": list(item.waits)} if item.waits else {}),
            }
            for item in pack.items
        ]
        rows.append({"pack": pack.name, "items": items})
        if pack.items:
            lines.append(pack.name)
        for item in pack.items:
            lines.append(f"  {item.key:<{width}}  {', '.join(shown_grants(item.grants)) or '-'}")
            lines += [f"  {'':<{width}}  waits for a yes: {', '.join(shown_grants(item.waits))}"] * bool(item.waits)
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


_MOST_ITEMS: Final = 40


def info_report(packs: Sequence[PackInfo], findings: Sequence[Finding], told: Sequence[Told] | None) -> Outcome:
    """Return packs as an outcome; a part that a pack does not have is absent from its data."""
    data, lines = {"packs": [pack_data(pack) for pack in packs]}, _pack_lines(packs, findings)
    return Outcome(data, lines or ["it offers nothing"], findings=findings, told=told)


def _pack_lines(packs: Sequence[PackInfo], findings: Sequence[Finding]) -> list[str]:
    """Return what a person reads of packs, their items marked with what was found of them.

    Of several that were not looked into, it is a line each, with the newest version.
    """
    marks: dict[tuple[str, str], dict[str, None]] = {}
    for one in findings:
        marks.setdefault((one.pack, one.path), {})[one.rule] = None
    lines: list[str] = []
    for pack in packs:
        if pack.holds is None and len(packs) > 1:
            newest = next(iter(pack.versions), "-")
            lines.append(f"{pack.pack}  {newest}  {pack.description}".rstrip())
            continue
        lines.append(f"{pack.pack}  {pack.description}".rstrip())
        if pack.versions:
            lines.append(f"  versions  {', '.join(pack.versions)}")
        if pack.chosen is not None:
            lines.append(f"  commit    {pack.chosen.commit}  {pack.chosen.ref or ''}".rstrip())
        if pack.holds is not None:
            lines += _held_lines(pack.pack, pack.holds, marks)
    return lines


def _held_lines(pack: str, held: Holdings, marks: Mapping[tuple[str, str], Mapping[str, None]]) -> Iterator[str]:
    for name, text in held.requires.items():
        yield f"  requires  {name} {text}"
    if held.grants:
        yield f"  grants    {', '.join(shown_grants(held.grants))}"
    if held.context["used"]:
        always, used = held.context["always"], held.context["used"]
        yield f"  context   about {always:,} tokens always, {used:,} if all of it is used"
    for item in held.items[:_MOST_ITEMS]:
        found = ", ".join(marks.get((pack, item.path), ()))
        yield f"  {item.item}  {item.path}{f'  ({found})' if found else ''}"
    if len(held.items) > _MOST_ITEMS:
        yield f"  and {len(held.items) - _MOST_ITEMS} more items (--json lists all)"
