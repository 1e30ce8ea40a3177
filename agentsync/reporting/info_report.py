"""The facts that `info` tells of packs, and these as lines and as data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.model.finding import Finding, Told
from agentsync.model.names import ItemKey
from agentsync.model.outcome import Outcome

_MOST_ITEMS: Final = 40


class ItemInfo(NamedTuple):
    """One item of a pack, with the names that its parts have in JSON; `context` is None for what no tool lists."""

    item: ItemKey
    path: str
    rule: str
    header: str
    claude_code: str
    grants: Sequence[str]
    context: Mapping[str, int] | None


class Holdings(NamedTuple):
    """Contents of a pack, with the names that its parts have in JSON."""

    items: Sequence[ItemInfo]
    requires: Mapping[str, str]
    grants: Sequence[str]
    context: Mapping[str, int]


class ChosenVersion(NamedTuple):
    """The version of a pack that was looked into; `default_branch` is None where it holds the same."""

    version: str | None
    ref: str | None
    commit: str
    registry: str | None
    default_branch: Mapping[str, str] | None


class PackInfo(NamedTuple):
    """A pack as its registry offers it, and as far as it was looked into.

    Args:
        versions: its releases, the newest first.
        deprecated: why it should no longer be used, "" where it may.
        yanked: the releases that are withdrawn, with the reasons.
        chosen: the version that was looked into, None for a folder on disk and where none was.
    """

    pack: str
    path: str
    description: str
    versions: Sequence[str] = ()
    deprecated: str = ""
    yanked: Mapping[str, str] = {}
    chosen: ChosenVersion | None = None
    holds: Holdings | None = None


def info_report(packs: Sequence[PackInfo], findings: Sequence[Finding], told: Sequence[Told] | None) -> Outcome:
    """Return packs as an outcome; a part that a pack does not have is absent from its data."""
    data, lines = {"packs": [_pack_data(pack) for pack in packs]}, _pack_lines(packs, findings)
    return Outcome(data, lines or ["it offers nothing"], findings=findings, told=told)


def _pack_data(pack: PackInfo) -> dict[str, Any]:
    data: dict[str, Any] = {"pack": pack.pack, "path": pack.path, "description": pack.description}
    data["versions"] = list(pack.versions)
    data |= {key: value for key, value in (("deprecated", pack.deprecated), ("yanked", dict(pack.yanked))) if value}
    version, held = pack.chosen, pack.holds
    if version is not None:
        data |= {"version": version.version, "ref": version.ref, "commit": version.commit}
    if held is not None:
        data |= held._asdict() | {"items": [_given(item._asdict(), "context") for item in held.items]}
    if version is not None:
        data |= _given({"registry": version.registry, "default_branch": version.default_branch}, "default_branch")
    return data


def _given(data: dict[str, Any], key: str) -> dict[str, Any]:
    return data if data[key] is not None else {name: value for name, value in data.items() if name != key}


def _pack_lines(packs: Sequence[PackInfo], findings: Sequence[Finding]) -> list[str]:
    """Return what a person reads of packs, their items marked with what was found of them."""
    marks: dict[tuple[str, str], dict[str, None]] = {}
    for one in findings:
        marks.setdefault((one.pack, one.path), {})[one.rule] = None
    lines: list[str] = []
    for pack in packs:
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
        yield f"  grants    {', '.join(held.grants)}"
    if held.context["used"]:
        always, used = held.context["always"], held.context["used"]
        yield f"  context   about {always:,} tokens always, {used:,} if all of it is used"
    for item in held.items[:_MOST_ITEMS]:
        found = ", ".join(marks.get((pack, item.path), ()))
        yield f"  {item.item}  {item.path}{f'  ({found})' if found else ''}"
    if len(held.items) > _MOST_ITEMS:
        yield f"  and {len(held.items) - _MOST_ITEMS} more items (--json lists all)"
