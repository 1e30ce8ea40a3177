"""What became of a manifest's choice of items, as findings with the command that changes it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from agentsync.model.clash import LeftOut, Unmatched
from agentsync.model.finding import Finding, Rule

ADDING: Final = ("agentsync", "add")


def left_out_finding(one: LeftOut, request: str, adding: Sequence[str] = ADDING) -> Finding:
    """Return what is told of an item that was left out for another one of its pack.

    Args:
        one: the item.
        request: what `agentsync add` takes for its pack.
        adding: the command that adds a pack to the scope.
    """
    command = shlex.join([*adding, request, "--rename", f"{one.path}={one.new_name}"])
    return Finding(
        one.pack,
        one.path,
        f"not installed beside {one.taken}, which has its name or path and other bytes",
        rule=Rule.ITEM_TWICE,
        item=one.item,
        fix=f"to have both: `{command}`",
    )


def unmatched_finding(one: Unmatched) -> Finding:
    """Return what is told of a choice that names nothing any more."""
    return Finding(
        one.pack,
        "",
        f"it has no {one.word} any more, which `{one.key}` names",
        rule=Rule.CHOICE_UNUSED,
        fix=f"take it out of `{one.key}` in agentsync.yaml",
    )
