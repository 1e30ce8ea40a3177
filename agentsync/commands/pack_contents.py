"""Description of a pack that was only looked at: what it holds, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentsync.errors import ClashError, ResolutionError, UnsafeError
from agentsync.model.finding import Finding, Told, finding_of
from agentsync.packs.discovery import FoundItem
from agentsync.packs.pack import Cost, Pack
from agentsync.planning.choice_findings import left_out_finding
from agentsync.planning.locking import choose, unlocked
from agentsync.planning.new_names import NamesInUse
from agentsync.reporting.info_report import Holdings, ItemInfo
from agentsync.targets.tool import Tool


class PackContents(NamedTuple):
    """Contents of a pack.

    Args:
        held: its items, with what they ask for and cost.
        findings: what is wrong with it.
        told: what AI tools do not get of it.
    """

    held: Holdings
    findings: tuple[Finding, ...] = ()
    told: tuple[Told, ...] = ()


def describe(pack: Pack, tools: Sequence[Tool]) -> PackContents:
    """Return all that is known of a pack that was only looked at.

    Args:
        pack: what it holds.
        tools: the AI tools that it would be installed for.

    Raises:
        ResolutionError: where its own `pack.yaml` or `plugin.json` is not valid.
    """
    grants, costs = pack.grants(), pack.costs()
    held = Holdings(
        items=[_item(item, grants.get(item, ()), costs.get(item)) for item in pack.items],
        requires={need.pack: need.range for need in pack.needs()},
        grants=sorted({grant for found in grants.values() for grant in found}),
        context={key: sum(getattr(cost, key) for cost in costs.values()) for key in Cost._fields},
    )
    remarks = pack.remarks()
    try:
        chosen = choose(unlocked(pack), pack, tools)
    except (ResolutionError, UnsafeError, ClashError) as error:
        return PackContents(held, (*pack.findings, *remarks, finding_of(error.of(pack=pack.root.name))))
    names = NamesInUse([chosen.pack], tools)
    left_out = (left_out_finding(one, names, pack.root.name) for one in chosen.left_out)
    return PackContents(held, tuple(dict.fromkeys((*chosen.findings, *left_out, *remarks))), chosen.told)


def _item(item: FoundItem, grants: Sequence[str], cost: Cost | None) -> ItemInfo:
    return ItemInfo(
        item=item.key,
        path=item.path,
        rule=item.rule,
        header=str(item.header),
        claude_code=str(item.claude_code),
        grants=list(grants),
        context=cost._asdict() if cost is not None else None,
    )
