"""Notes of the packs that commits offer. They never change: the id of a commit stands for every byte of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from agentsync.errors import AgentsyncError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.notes import note_name
from agentsync.model.finding import finding_from_json
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import Offer
from agentsync.registries.offers import Offers


def noted_offers(repository: CachedRepository, commit: str) -> Offers | None:
    """Return the offers of a commit, None where they were not read under the same limits."""
    try:
        return _offers(repository.notes.read(_name(repository, commit)), repository.url)
    except (ValueError, TypeError, KeyError, AttributeError, AgentsyncError):
        return None


def note_offers(repository: CachedRepository, commit: str, offers: Offers) -> None:
    """Note the offers of a commit, unless a URL with a secret in it would have to be written."""
    own = repository.url
    data = {
        "packs": [_data(offer, own) for offer in offers.packs],
        "whole": _data(offers.whole, own),
        "findings": [finding._asdict() for finding in offers.findings],
        "rest": None if offers.rest is None else _data(offers.rest, own),
    }
    with suppress(AgentsyncError):
        if _offers(data, own) == offers:
            repository.notes.write(_name(repository, commit), data)


def _name(repository: CachedRepository, commit: str) -> str:
    url = repository.url
    return note_name("offers 4", url.text, url.key, url.kind.value, repr(repository.limits), commit)


def _data(offer: Offer, own: GitUrl) -> dict[str, Any]:
    git = None if offer.git == own else offer.git.text
    return {**offer._asdict(), "git": git, "yanked": {**offer.yanked}, "declared": {**offer.declared}}


def _offers(data: Mapping[str, Any], own: GitUrl) -> Offers:
    findings = tuple(finding_from_json(finding) for finding in data["findings"])
    rest = None if data["rest"] is None else _offer(data["rest"], own)
    packs = tuple(_offer(one, own) for one in data["packs"])
    return Offers(packs, _offer(data["whole"], own), findings, rest)


def _offer(data: Mapping[str, Any], own: GitUrl) -> Offer:
    fields: dict[str, Any] = {**data}
    fields |= {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    fields["git"] = own if data["git"] is None else parse_git_url(data["git"])
    fields["declared"] = {kind: tuple(paths) for kind, paths in data["declared"].items()}
    return Offer(**fields)
