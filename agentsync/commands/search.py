"""Find packs and items by words, in what the cache knows of the manifest's registries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentsync.commands.info import unlocked
from agentsync.commands.outcome import Outcome
from agentsync.errors import AgentsyncError
from agentsync.model.pack import Offer
from agentsync.model.requirement import Pin, PinKind
from agentsync.planning.locking import items_of
from agentsync.store.git_catalog import GitCatalog
from agentsync.workspace import Workspace


def search(workspace: Workspace, words: Sequence[str], *, refresh: bool = False) -> Outcome:
    """Every pack and item that all the words occur in: in its name, description or keywords.

    Args:
        workspace: the scope.
        words: what to look for, without regard to case.
        refresh: ask the registries first.
    """
    workspace.cache.offline = workspace.cache.offline or not refresh
    catalog = workspace.catalog()
    hits: list[Hit] = []
    notes: list[str] = []
    for registry in workspace.manifest.registries.values():
        try:
            for offer in catalog.offers(registry).packs:
                entries = _entries(catalog, f"{registry.alias}/{offer.name}", offer)
                hits += [hit for hit in entries if _matches(hit, words)]
        except AgentsyncError as error:
            notes.append(f"registry {registry.alias} was not searched: {error.what}; --refresh asks it")
    rows = [{"pack": hit.pack, "item": hit.item or None, "description": hit.description} for hit in hits]
    width = max((len(hit.name) for hit in hits), default=0)
    lines = [f"{hit.name:<{width}}  {_short(hit.description)}".rstrip() for hit in hits]
    return Outcome({"hits": rows}, lines or ["nothing found"], notes)


@dataclass(frozen=True, slots=True)
class Hit:
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
        found = catalog.pack_at(catalog.candidates(name, Pin(PinKind.VERSION, "*"))[0])
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
