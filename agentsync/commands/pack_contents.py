"""What a pack holds at a commit: its items with what each costs, and all that is wrong with it; without a lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from agentsync.errors import ClashError, ResolutionError, UnsafeError
from agentsync.model.finding import Finding, Rule, Told, finding_of
from agentsync.model.item import ClaudeCode, HeaderStatus, Kind
from agentsync.model.limits import Limits
from agentsync.model.lock import LockedPack
from agentsync.model.names import ItemKey
from agentsync.model.pack import Contents
from agentsync.packs.discovery import FoundItem
from agentsync.packs.granting import grants_of
from agentsync.packs.json_files import broken_json
from agentsync.planning.choice_findings import left_out_finding
from agentsync.planning.locking import Examined, examine, items_of
from agentsync.planning.new_names import NamesInUse
from agentsync.registries.needs import need_texts, needs_in
from agentsync.reporting.findings import told_of
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import Tool

_BYTES_PER_TOKEN = 4
_ALWAYS_LISTED = (Kind.AGENT, Kind.SKILL, Kind.COMMAND)


class PackContents(NamedTuple):
    """What a pack holds.

    Args:
        data: the `items`, `requires`, `grants` and `context` of a JSON document.
        findings: what is wrong with it.
        told: what AI tools do not get of it.
    """

    data: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    told: tuple[Told, ...] = ()


def describe(pack: LockedPack, contents: Contents, tools: Sequence[Tool], limits: Limits) -> PackContents:
    """Return all that is known of a pack that was only looked at.

    Args:
        pack: the pack, with its source alone.
        contents: its files.
        tools: the AI tools that it would be installed for.
        limits: what is refused for its size or for hidden text.

    Raises:
        ResolutionError: where its own `pack.yaml` or `plugin.json` is not valid.
    """
    items = items_of(pack, contents)
    grants = _grants(items, contents)
    sizes = contents.sizes(item.path for item in items if contents.entries[item.path].is_plain)
    context = {item: _context(item, sizes.get(item.path, 0)) for item in items if item.kind in _ALWAYS_LISTED}
    data = {
        "items": [_item_data(item, grants.get(item, ()), context.get(item)) for item in items],
        "requires": {need.pack: need.range for need in needs_in(need_texts(contents), pack.name)},
        "grants": sorted({grant for found in grants.values() for grant in found}),
        "context": {key: sum(cost[key] for cost in context.values()) for key in ("always", "used")},
    }
    findings = [*_header_findings(pack, items), *broken_json(pack.name, contents, limits)]
    try:
        examined = examine(pack, contents, tools, limits)
    except (ResolutionError, UnsafeError, ClashError) as error:
        return PackContents(data, (*findings, finding_of(error.of(pack=pack.name))))
    every = dict.fromkeys((*_examined_findings(pack, examined), *findings))
    told = told_of({pack.name: examined.unplaced or {}}, [tool.name for tool in tools])
    return PackContents(data, tuple(every), told)


def _item_data(item: FoundItem, grants: Sequence[str], context: dict[str, int] | None) -> dict[str, Any]:
    return {
        "item": ItemKey.of(item.kind, item.name),
        "path": item.path,
        "rule": item.rule,
        "header": str(item.header),
        "claude_code": str(item.claude_code),
        "grants": list(grants),
        **({"context": context} if context is not None else {}),
    }


def _context(item: FoundItem, size: int) -> dict[str, int]:
    """Return about how many tokens an item takes: its name and description always, its file when it is used."""
    listed = len(item.name.encode()) + len(item.description.encode())
    return {"always": -(-listed // _BYTES_PER_TOKEN), "used": -(-size // _BYTES_PER_TOKEN)}


def _grants(items: Sequence[FoundItem], contents: Contents) -> dict[FoundItem, tuple[str, ...]]:
    """Return what every item asks for, hooks and MCP servers too."""
    data = contents.read(item.path for item in items if contents.entries[item.path].is_plain)
    modes = {item: {path: contents.entries[path].executable for path in item.files} for item in items}
    return {item: grants_of(item.kind, data[item.path], modes[item]) for item in items if item.path in data}


def _examined_findings(pack: LockedPack, examined: Examined) -> Iterator[Finding]:
    yield from examined.findings
    names = NamesInUse([examined.pack], TOOLS.values())
    yield from (left_out_finding(one, names, pack.name) for one in examined.left_out)


def _header_findings(pack: LockedPack, items: Sequence[FoundItem]) -> Iterator[Finding]:
    """Yield what a tool makes of headers that are not plain YAML."""
    for item in items:
        key = ItemKey.of(item.kind, item.name)
        if item.claude_code is ClaudeCode.DROPPED:
            what = f"its header is {item.header}, and is dropped as the file is loaded: name and description are lost"
            yield Finding(pack.name, item.path, what, rule=Rule.HEADER_DROPPED, item=key, fix="quote its values")
        elif item.header in (HeaderStatus.REPAIRED, HeaderStatus.PARTIAL, HeaderStatus.UNREADABLE):
            what = f"its header is {item.header}: it is not valid YAML"
            yield Finding(pack.name, item.path, what, rule=Rule.HEADER_REPAIRED, item=key, fix="quote its values")
        elif item.header is HeaderStatus.NONE and item.kind in (Kind.AGENT, Kind.SKILL):
            what = "it has no header, so that no tool knows what it is for"
            fix = "give it a name and a description"
            yield Finding(pack.name, item.path, what, rule=Rule.HEADER_MISSING, item=key, fix=fix)
