"""Findings about a manifest's choice of items, with the command that changes it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from agentsync.model.clash import LeftOut, Unmatched
from agentsync.model.finding import Finding, Rule
from agentsync.model.lock import LockedPack
from agentsync.versions.version import caret

if TYPE_CHECKING:
    from agentsync.planning.new_names import NamesInUse

ADDING: Final = ("agentsync", "add")


def request_of(pack: LockedPack) -> str:
    """Return the argument of `agentsync add` for a pack; for one that only others ask for, with its decision."""
    if pack.requested or pack.folder or "/" not in pack.name:
        return pack.name
    return f"{pack.name}{caret(Version(pack.version))}" if pack.version else f"{pack.name}@commit:{pack.commit}"


def left_out_finding(one: LeftOut, names: NamesInUse, request: str, adding: Sequence[str] = ADDING) -> Finding:
    """Return what is told of an item that was left out for another one of its pack.

    Args:
        names: the names that are in use, of which it gets none.
        request: what `agentsync add` takes for its pack.
    """
    new = names.new(one.difference, one.item.kind, one.item.name, (one.pack, one.path))
    command = shlex.join([*adding, request, "--rename", f"{one.path}={new}"])
    return Finding(
        one.pack,
        one.path,
        f"not installed beside {one.taken}, which has its name or path and other bytes",
        rule=Rule.ITEM_TWICE,
        item=one.item,
        fix=f"`{command}` installs both",
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
