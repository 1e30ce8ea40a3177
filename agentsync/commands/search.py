"""Find packs and items by words, in what the cache knows of the manifest's registries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from agentsync.commands.info import unlocked
from agentsync.commands.outcome import Outcome
from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.model.manifest import Registry
from agentsync.model.pack import Offer
from agentsync.planning.locking import items_of
from agentsync.resolving.catalog import Candidate
from agentsync.store.foresight import ANY, gather
from agentsync.store.git_catalog import GitCatalog
from agentsync.store.offered import likely
from agentsync.workspace import Workspace


def search(workspace: Workspace, words: Sequence[str], *, refresh: bool = False) -> Outcome:
    """Every pack and item that all the words occur in: in its name, description or keywords.

    Args:
        workspace: the scope.
        words: what to look for, without regard to case.
        refresh: ask the registries first.
    """
    hits: list[Hit] = []
    notes: list[str] = []
    catalog = workspace.catalog()
    registries = list(workspace.manifest.registries.values())
    if refresh and not workspace.cache.offline:
        remember(catalog, registries)
    workspace.cache.offline = True
    for registry in registries:
        try:
            for offer in catalog.offers(registry).every:
                entries = _entries(catalog, f"{registry.alias}/{offer.name}", offer)
                hits += [hit for hit in entries if _matches(hit, words)]
        except AgentsyncError as error:
            notes.append(f"registry {registry.alias} was not searched: {error.what}; --refresh asks it")
    rows = [{"pack": hit.pack, "item": hit.item or None, "description": hit.description} for hit in hits]
    width = max((len(hit.name) for hit in hits), default=0)
    lines = [f"{hit.name:<{width}}  {_short(hit.description)}".rstrip() for hit in hits]
    return Outcome({"hits": rows}, lines or ["nothing found"], notes)


def remember(catalog: GitCatalog, registries: Sequence[Registry]) -> dict[str, AgentsyncError]:
    """Fetch what a search looks into: the lists of packs, and the headers of the packs in the registries themselves.

    Returns:
        Why a registry could not be asked, by alias; all others were.
    """
    failures: dict[str, AgentsyncError] = {}
    found: list[Candidate] = []
    with suppress(AgentsyncError):
        catalog.ask(registries)
    for registry in registries:
        try:
            own = [offer for offer in catalog.offers(registry).every if not offer.elsewhere]
            for offer in own:
                with suppress(ResolutionError):
                    found.append(_newest(catalog, f"{registry.alias}/{offer.name}"))
        except AgentsyncError as error:
            failures[registry.alias] = error
    with suppress(AgentsyncError):
        gather(catalog, found, [one.name for one in found])
    return failures


def _newest(catalog: GitCatalog, name: str) -> Candidate:
    """The release that a search shows: the newest that is no pre-release, where there is one."""
    found = catalog.candidates(name, ANY)
    return likely(found, ANY) or found[0]


class Hit(NamedTuple):
    """A pack, or an item of one, with the text that is searched."""

    pack: str
    item: str
    description: str
    text: str

    @property
    def name(self) -> str:
        """How a person reads it."""
        return f"{self.pack} {self.item}".rstrip()


def _entries(catalog: GitCatalog, name: str, offer: Offer) -> Iterator[Hit]:
    """A pack and its items."""
    yield Hit(name, "", offer.description, " ".join((name, offer.description, *offer.keywords)))
    try:
        found = catalog.pack_at(_newest(catalog, name))
        items = items_of(unlocked(name, found), found.contents)
    except AgentsyncError:
        return  # its files are not in the cache: the pack itself can still be found
    for item in items:
        yield Hit(name, f"{item.kind}:{item.name}", item.description, f"{item.name} {item.description}")


def _matches(entry: Hit, words: Sequence[str]) -> bool:
    text = entry.text.casefold()
    return all(word.casefold() in text for word in words)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:97]}..."
