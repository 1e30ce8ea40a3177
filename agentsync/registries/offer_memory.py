"""What commits were found to offer before, so that nobody has to look into them again.

What a commit offers never changes: its id stands for every byte of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from agentsync import __version__
from agentsync.errors import AgentsyncError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cached_repository import CachedRepository
from agentsync.model.finding import finding_from_json
from agentsync.model.pack import Offer
from agentsync.registries.memory import Memory, named
from agentsync.registries.offers import Offers


class OfferMemory:
    """What was read of one cached repository.

    Args:
        repository: the repository.
    """

    def __init__(self, repository: CachedRepository) -> None:
        self._url = repository.url
        self._limits = repository.limits
        self._memory = Memory(repository.folder)

    def recall(self, commit: str) -> Offers | None:
        """What a commit offers; None where this version of agentsync did not read it under the same limits."""
        try:
            return self._offers(self._memory.recall(self._name(commit)))
        except (ValueError, TypeError, KeyError, AttributeError, AgentsyncError):
            return None

    def remember(self, commit: str, offers: Offers) -> None:
        """Remember what a commit offers, unless a URL with a secret in it would have to be written."""
        told = {
            "packs": [self._told(offer) for offer in offers.packs],
            "whole": self._told(offers.whole),
            "findings": [finding._asdict() for finding in offers.findings],
            "rest": None if offers.rest is None else self._told(offers.rest),
        }
        with suppress(AgentsyncError):
            if self._offers(told) == offers:
                self._memory.remember(self._name(commit), told)

    def _name(self, commit: str) -> str:
        url = self._url
        return named("offers 4", __version__, url.text, url.key, url.kind.value, repr(self._limits), commit)

    def _told(self, offer: Offer) -> dict[str, Any]:
        git = None if offer.git == self._url else offer.git.text
        return {**offer._asdict(), "git": git, "yanked": {**offer.yanked}, "declared": {**offer.declared}}

    def _offers(self, told: Mapping[str, Any]) -> Offers:
        findings = tuple(finding_from_json(finding) for finding in told["findings"])
        rest = None if told["rest"] is None else self._offer(told["rest"])
        return Offers(tuple(map(self._offer, told["packs"])), self._offer(told["whole"]), findings, rest)

    def _offer(self, told: Mapping[str, Any]) -> Offer:
        fields: dict[str, Any] = {**told}
        fields |= {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        fields["git"] = self._url if told["git"] is None else parse_git_url(told["git"])
        fields["declared"] = {kind: tuple(paths) for kind, paths in told["declared"].items()}
        return Offer(**fields)
