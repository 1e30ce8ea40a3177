"""Consent: what an item may do in a tool only once a person said yes, and whether they did."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.grant import FOR_TOOL, RESIDUE
from agentsync.model.lock import LockedPack
from agentsync.model.names import ItemKey

Agrees = Callable[[LockedPack, ItemKey, str], bool]
"""Says whether a grant of an item was agreed to, beside what the lock has already."""


class Waiting(NamedTuple):
    """Items of a pack that are not installed for one AI tool before a person says yes to what they ask for there.

    Args:
        runs: what they would run or reach, one line each.
    """

    pack: str
    target: str
    items: tuple[ItemKey, ...]
    grants: tuple[str, ...]
    runs: tuple[str, ...] = ()


class Consent(NamedTuple):
    """Answers about the grants that need a yes.

    Args:
        denied: which of some grants the policy forbids.
        ask: puts the question to a person, once for each pack and tool.
    """

    agrees: Agrees = lambda pack, item, grant: False
    denied: Callable[[Sequence[str]], Collection[str]] = lambda grants: ()
    ask: Callable[[Waiting], bool] = lambda waiting: False


NOT_ASKED: Final = Consent()


def residue_grants(target: str, classes: Iterable[str]) -> tuple[str, ...]:
    """Return the grants for classes of power that a tool gives beyond the source of an item."""
    return tuple(sorted(f"{RESIDUE}{target}:{name}" for name in classes))


def in_manifest(residue: Mapping[str, Collection[str]]) -> Agrees:
    """Return what a manifest agrees to: classes of power by AI tool."""
    agreed = {grant for target, classes in residue.items() for grant in residue_grants(target, classes)}
    return lambda pack, item, grant: grant in agreed


def has_its_yes(pack: LockedPack, agrees: Agrees) -> bool:
    """Return whether all that some item of a locked pack waits for in one tool was agreed to by now."""
    for item in pack.items:
        by_target: dict[str, list[str]] = {}
        for grant in item.waits:
            by_target.setdefault(target_of(grant), []).append(grant)
        if any(all(agrees(pack, item.key, grant) for grant in grants) for grants in by_target.values()):
            return True
    return False


def has_denied_residue(pack: LockedPack, consent: Consent) -> bool:
    """Return whether an item of a locked pack has power in a tool that a policy forbids by now."""
    grants = [grant for item in pack.items for grant in item.grants if grant.startswith(RESIDUE)]
    return bool(grants and consent.denied(grants))


def target_of(grant: str) -> str:
    """Return the AI tool that a grant is about, "" for one that is the same in all.

    >>> target_of("residue:cursor:mcp"), target_of("hook:Stop:0f")
    ('cursor', '')
    """
    return grant.split(":")[1] if grant.startswith((RESIDUE, FOR_TOOL)) else ""
