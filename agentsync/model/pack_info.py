"""A pack as its registry offers it, with what was found in it: the facts that `info` and the catalogue show."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agentsync.model.names import ItemKey


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


def pack_data(pack: PackInfo) -> dict[str, Any]:
    """Return a pack as data for machines; a part that it does not have is absent."""
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
