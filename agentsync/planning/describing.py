"""Describe a pack that nothing is installed of: its items, its power, what is wrong, what AI tools do not get."""

from collections.abc import Sequence

from agentsync.errors import ClashError, ResolutionError, UnsafeError
from agentsync.model.finding import Finding, Told, finding_of
from agentsync.model.pack_info import Holdings, ItemInfo
from agentsync.packs.cost import Cost
from agentsync.packs.pack import Pack
from agentsync.planning.locking import choose, unlocked
from agentsync.planning.naming import NamesInUse, left_out_finding
from agentsync.targets.tool import Tool


def describe(pack: Pack, tools: Sequence[Tool]) -> tuple[Holdings, Sequence[Finding], Sequence[Told]]:
    """Return what a pack holds that was only looked at, what is wrong with it, and what tools do not get of it."""
    grants, costs = pack.grants(), pack.costs()
    held = Holdings(
        items=[
            ItemInfo(
                item=item.key,
                path=item.path,
                rule=item.rule,
                header=str(item.header),
                claude_code=str(item.claude_code),
                grants=list(grants.get(item, ())),
                context=costs[item]._asdict() if item in costs else None,
            )
            for item in pack.items
        ],
        requires={need.pack: need.range for need in pack.needs()},
        grants=sorted({grant for found in grants.values() for grant in found}),
        context={key: sum(getattr(cost, key) for cost in costs.values()) for key in Cost._fields},
    )
    remarks = pack.remarks()
    try:
        chosen = choose(unlocked(pack), pack, tools)
    except (ResolutionError, UnsafeError, ClashError) as error:
        return held, (*pack.findings, *remarks, finding_of(error.of(pack=pack.root.name))), ()
    names = NamesInUse([chosen.pack], tools)
    left_out = (left_out_finding(one, names, pack.root.name) for one in chosen.left_out)
    return held, tuple(dict.fromkeys((*chosen.findings, *left_out, *remarks))), chosen.told
