"""What a source offers: packs, versions, items, requirements; installed or not."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from agentsync.commands.add import decide_pin
from agentsync.commands.outcome import Outcome
from agentsync.commands.outside_findings import outside_findings
from agentsync.commands.version_findings import branch_finding, tag_findings
from agentsync.errors import AgentsyncError, FetchError, ManifestError, ResolutionError
from agentsync.model.finding import Finding
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import Manifest, Registry, Wish
from agentsync.model.nearest import nearest
from agentsync.model.pack import Contents, Offer
from agentsync.model.requirement import PackRequest, Pin, SourceRequest, parse_request
from agentsync.opening import is_on_disk, plain_folder
from agentsync.planning.locking import items_of
from agentsync.reading.discovery import FoundItem
from agentsync.reading.granting import grants_of
from agentsync.resolving.catalog import Candidate, newest_release
from agentsync.store.browsing import settled
from agentsync.store.default_branch import OtherBranch, other_branch
from agentsync.store.foresight import ANY
from agentsync.store.git_catalog import GitCatalog, PackAt
from agentsync.store.needs import need_texts, needs_in
from agentsync.workspace import Workspace

_MOST_ITEMS = 40


def info(workspace: Workspace, request: str, *, everything: bool = False) -> Outcome:
    """Look into anything that `add` takes.

    Args:
        workspace: the scope; it needs no manifest for a URL or a path.
        request: a pack, a git URL or a path.
        everything: look into every pack of a repository with several, and list every version.

    Raises:
        ManifestError: where the request names an alias that the manifest does not have.
        FetchError, ResolutionError: where it cannot be reached or is not there.
    """
    parsed = parse_request(request, base=Path.cwd().as_posix(), exists=is_on_disk)
    if isinstance(parsed, SourceRequest) and (folder := plain_folder(parsed.url)) is not None:
        contents = workspace.locked.folder_contents(str(folder))
        return _outcome([_folder_data(folder.name, contents)])
    if isinstance(parsed, SourceRequest):
        parsed, _ = settled(parsed, workspace.cache.repository(parsed.url))
    catalog, registry, names, pin = _where(workspace, parsed, everything)
    findings: list[Finding] = []
    look = _Look(catalog, registry, pin, parsed.ref if isinstance(parsed, SourceRequest) else None, findings)
    if registry is not None and len(names) == 1:
        findings += outside_findings(registry.alias, catalog.offers(registry))
    if len(names) == 1:
        return _outcome([_full(look, names[0], everything)])._replace(findings=findings)
    packs, notes = [], []
    for name in names:
        try:
            packs.append(_full(look, name, True) if everything else _brief(look, name, False))
        except (FetchError, ResolutionError) as error:
            notes.append(f"{name} cannot be looked into: {error.what}")
    return _outcome(packs, notes)._replace(findings=findings)


class _Look(NamedTuple):
    """What is looked into.

    Args:
        catalog: what exists.
        registry: the registry, None for a folder of a repository.
        pin: the version that was asked for.
        ref: the tag or branch that was asked for.
        findings: what is found on the way.
    """

    catalog: GitCatalog
    registry: Registry | None
    pin: Pin | None
    ref: str | None
    findings: list[Finding]


def _where(
    workspace: Workspace, request: PackRequest | SourceRequest, everything: bool
) -> tuple[GitCatalog, Registry | None, list[str], Pin | None]:
    """The catalog to ask, the registry, and the names of the packs that are meant."""
    if isinstance(request, PackRequest):
        registry = workspace.manifest.registries.get(request.alias)
        if registry is None:
            known = workspace.manifest.registries
            raise ManifestError(f"unknown registry {request.alias!r}", hint=nearest(request.alias, known))
        catalog = workspace.catalog()
        chosen = [request.pack] if request.pack is not None else _names(catalog, registry, everything)
        return catalog, registry, [f"{registry.alias}/{name}" for name in chosen], request.pin
    if request.path is not None:
        name = request.path.rpartition("/")[2]
        wish = Wish(name, git=request.url, path=request.path)
        return GitCatalog(workspace.cache, {}, {name: wish}), None, [name], request.pin
    alias = request.url.repository_name
    manifest = Manifest({alias: Registry(alias, request.url)})
    catalog = GitCatalog(workspace.cache, manifest.registries, {})
    registry = manifest.registries[alias]
    return catalog, registry, [f"{alias}/{name}" for name in _names(catalog, registry, everything)], request.pin


def _names(catalog: GitCatalog, registry: Registry, everything: bool) -> list[str]:
    """The packs of a registry; what lies in none of them is one more, shown where everything is, or with others."""
    offers = catalog.offers(registry)
    return [offer.name for offer in (offers.every if everything or len(offers.packs) > 1 else offers.packs)]


def _brief(look: _Look, name: str, everything: bool) -> dict[str, Any]:
    offer = look.catalog.offer(name)
    if not offer.pinned:
        told = {one.what for one in look.findings}  # of many packs without releases, once
        found = tag_findings(name, offer, look.catalog.unread(name, offer), look.registry)
        look.findings.extend(one for one in found if one.what not in told)
    return {
        "pack": name,
        "path": offer.path,
        "description": offer.description,
        "versions": _versions(look.catalog, name, offer, everything),
        "items": [],
        "requires": {},
        "grants": [],
    }


def _full(look: _Look, name: str, everything: bool) -> dict[str, Any]:
    catalog = look.catalog
    offer = catalog.offer(name)
    pin = look.pin or decide_pin(catalog, name, offer, look.ref)
    usable = [one for one in catalog.candidates(name, pin) if not one.yanked]
    serving = [one for one in usable if pin.range is None or one.stands_in or _fits(pin, one)]
    candidate = next(iter(serving), None) or catalog.candidates(name, pin)[0]
    found = catalog.pack_at(candidate)
    pack = unlocked(name, found)
    other = _other_branch(catalog, name, candidate, found)
    look.findings.extend(() if other is None else (branch_finding(other),))
    return {
        **_brief(look, name, everything),
        "path": found.path,
        "version": str(candidate.version) if candidate.version is not None else None,
        "ref": candidate.ref or None,
        "commit": candidate.commit,
        **_contents_data(pack, found.contents),
        "registry": look.registry.git.text if look.registry is not None else None,
        **({"default_branch": other.data()} if other is not None else {}),
    }


def _other_branch(catalog: GitCatalog, name: str, looked_at: Candidate, found: PackAt) -> OtherBranch | None:
    """Compare the default branch with the newest release, which need not be the one that is looked at."""
    with suppress(AgentsyncError):
        newest = newest_release(catalog.candidates(name, ANY))
        if newest is not None:
            there = found if newest.commit == looked_at.commit else catalog.pack_at(newest)
            return other_branch(catalog, newest, there.contents.tree)
    return None


def unlocked(name: str, found: PackAt) -> LockedPack:
    """A pack that was only looked at, in the form that examining takes."""
    offer = found.offer
    tree = found.contents.tree
    return LockedPack(
        name, None, offer.git.text, "", "", tree, found.path, "", declared=offer.declared, inner=offer.inner
    )


def _fits(pin: Pin, candidate: Any) -> bool:
    return pin.range is not None and candidate.version is not None and pin.range.allows(candidate.version)


def _folder_data(name: str, contents: Contents) -> dict[str, Any]:
    pack = LockedPack(name, None, None, "", "", contents.tree, "", "", folder=name)
    return {"pack": name, "path": "", "description": "", "versions": [], **_contents_data(pack, contents)}


def _contents_data(pack: LockedPack, contents: Contents) -> dict[str, Any]:
    items = items_of(pack, contents)
    grants = _grants(items, contents)
    return {
        "items": [
            {
                "item": f"{item.kind}:{item.name}",
                "path": item.path,
                "rule": item.rule,
                "header": str(item.header),
                "claude_code": str(item.claude_code),
                "grants": list(grants.get(item, ())),
            }
            for item in items
        ],
        "requires": {need.pack: need.range for need in needs_in(need_texts(contents), pack.name)},
        "grants": sorted({grant for found in grants.values() for grant in found}),
    }


def _grants(items: Sequence[FoundItem], contents: Contents) -> dict[FoundItem, tuple[str, ...]]:
    """What every item asks for, hooks and MCP servers too."""
    data = contents.read(item.path for item in items if contents.entries[item.path].is_plain)
    modes = {item: {path: contents.entries[path].executable for path in item.files} for item in items}
    return {item: grants_of(item.kind, data[item.path], modes[item]) for item in items if item.path in data}


def _versions(catalog: GitCatalog, name: str, offer: Offer, everything: bool) -> list[str]:
    if offer.pinned:
        return []
    found = catalog.releases(name, offer)
    return [str(release.version) for release in (found if everything else found[:20])]


def _outcome(packs: Sequence[dict[str, Any]], notes: Sequence[str] = ()) -> Outcome:
    lines: list[str] = []
    for pack in packs:
        lines.append(f"{pack['pack']}  {pack['description']}".rstrip())
        if pack["versions"]:
            lines.append(f"  versions  {', '.join(pack['versions'])}")
        if pack.get("commit"):
            lines.append(f"  commit    {pack['commit']}  {pack['ref'] or ''}".rstrip())
        lines += [f"  requires  {name} {text}" for name, text in pack["requires"].items()]
        if pack["grants"]:
            lines.append(f"  grants    {', '.join(pack['grants'])}")
        lines += [f"  {item['item']}  {item['path']}" for item in pack["items"][:_MOST_ITEMS]]
        if len(pack["items"]) > _MOST_ITEMS:
            lines.append(f"  and {len(pack['items']) - _MOST_ITEMS} more items (--json lists all)")
    return Outcome({"packs": list(packs)}, lines or ["it offers nothing"], notes)
