"""The word about items that lie in no pack of a registry."""

from __future__ import annotations

from collections.abc import Iterator

from agentsync.model.finding import Finding, Rule
from agentsync.registries.offers import Offers


def outside_findings(alias: str, offers: Offers) -> Iterator[Finding]:
    """Return a finding where a registry has items in no pack, with the command that takes them."""
    if offers.rest is not None:
        what = f"items of it lie in no pack that it lists; together they are {alias}/{offers.rest.name}"
        fix = f"agentsync add {alias}/{offers.rest.name}"
        yield Finding("", "", what, rule=Rule.ITEMS_OUTSIDE, fix=fix, registry=alias)
