"""Find packs and items by words, in what the cache knows of the manifest's registries."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.model.finding import Finding, Rule, finding_of
from agentsync.model.manifest import Registry
from agentsync.model.outcome import Outcome
from agentsync.packs.pack import read_pack
from agentsync.project.workspace import Workspace
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.offered import likely
from agentsync.registries.prefetch import ANY, gather
from agentsync.versions.catalog import Candidate


def search(workspace: Workspace, words: Sequence[str], *, refresh: bool = False) -> Outcome:
    """Find every pack and item that has all the words in its name, description or keywords, without regard to case."""
    hits: list[Hit] = []
    findings: list[Finding] = []
    catalog = workspace.project.catalog(offline=True)
    registries = list(workspace.project.manifest.registries.values())
    failures: dict[str, AgentsyncError] = {}
    if refresh and not workspace.options.offline:
        failures = remember(workspace.project.catalog(), registries)
    for registry in registries:
        try:
            offers = catalog.offers(registry).every
        except AgentsyncError as error:
            found = finding_of(failures.get(registry.alias, error).of(registry=registry.alias))
            fix = found.fix if failures else f"agentsync search --refresh {shlex.join(words)}"
            findings.append(found._replace(what=f"not searched: {found.what}", fix=fix))
            continue
        for offer in offers:
            name = f"{registry.alias}/{offer.name}"
            entries = [Hit(name, "", offer.description, " ".join((name, offer.description, *offer.keywords)))]
            try:
                entries += _items(catalog, name)
            except AgentsyncError:
                what = "not looked into: its files are not in the cache"
                findings.append(Finding(name, "", what, rule=Rule.PACK_NOT_READ, fix=f"agentsync info {name}"))
            hits += [hit for hit in entries if all(word.casefold() in hit.text.casefold() for word in words)]
    findings += catalog.findings()
    rows = [{"pack": hit.pack, "item": hit.item or None, "description": hit.description} for hit in hits]
    width = max((len(hit.name) for hit in hits), default=0)
    lines = [f"{hit.name:<{width}}  {_short(hit.description)}".rstrip() for hit in hits]
    return Outcome({"hits": rows}, lines or ["nothing found"], findings=tuple(dict.fromkeys(findings)))


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
    """Return the release that a search shows: the newest that is no pre-release, where there is one."""
    found = catalog.candidates(name, ANY)
    return likely(found, ANY) or next(iter(found))


class Hit(NamedTuple):
    """A pack, or an item of one, with the text that is searched."""

    pack: str
    item: str
    description: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.pack} {self.item}".rstrip()


def _items(catalog: GitCatalog, name: str) -> Iterator[Hit]:
    """Yield the items of a pack; fail where its files are not in the cache, or cannot be read."""
    found = catalog.pack_at(_newest(catalog, name))
    for item in read_pack(found.root(name), found.contents).items:
        yield Hit(name, item.key, item.description, f"{item.name} {item.description}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:97]}..."
