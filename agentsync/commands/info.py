"""Info: the packs, versions, items and requirements that a source offers, installed or not."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.commands.choosing import decide_pin
from agentsync.commands.findings import branch_finding, outside_findings, tag_findings
from agentsync.errors import AgentsyncError, FetchError, ManifestError, ResolutionError, UnsafeError
from agentsync.model.finding import Finding, Rule, Told, finding_of
from agentsync.model.item import DEFAULT_TARGETS
from agentsync.model.manifest import Manifest, ManifestEntry, PackRequest, Registry, SourceRequest
from agentsync.model.names import PackName, nearest
from agentsync.model.outcome import Outcome
from agentsync.model.pack import PackRoot
from agentsync.model.pack_info import ChosenVersion, PackInfo
from agentsync.packs.pack import read_pack
from agentsync.planning.describing import describe
from agentsync.project.arguments import meant, plain_folder, typed_request
from agentsync.project.workspace import Workspace
from agentsync.registries.browsing import settled
from agentsync.registries.default_branch import OtherBranch, other_branch
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.index_reading import index_of
from agentsync.registries.pack_reading import PackAt
from agentsync.registries.prefetch import ANY, gather
from agentsync.registries.registry_index import SHOWN
from agentsync.registries.wanted import want_of_offer
from agentsync.reporting.pack_report import info_report
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import Tool
from agentsync.versions.catalog import Candidate, newest_release
from agentsync.versions.requirement import Pin
from agentsync.versions.resolver import versions_told

_ONE_AND_THE_REST: Final = 2


def info(workspace: Workspace, source: str, *, everything: bool = False) -> Outcome:
    """Look into anything that `add` takes; a URL or a path needs no manifest.

    Args:
        everything: look into every pack of a repository with several, and list every version.
    """
    known = workspace.project.manifest.registries if workspace.scope.manifest.is_file() else ()
    parsed = meant(typed_request(source), known)
    if isinstance(parsed, PackRequest) and not everything and (packs := _indexed(workspace, parsed)):
        return info_report(packs, (), None)
    if isinstance(parsed, SourceRequest) and (folder := plain_folder(parsed.url)) is not None:
        return _folder(workspace, folder)
    if isinstance(parsed, SourceRequest):
        parsed, _ = settled(parsed, workspace.project.cache.repository(parsed.url))
    catalog, registry, names, pin = _where(workspace, parsed, everything)
    ref = parsed.ref if isinstance(parsed, SourceRequest) else None
    look = _Look(workspace, catalog, registry, pin, ref, findings=[], told=[], seen=set())
    if registry is not None and len(names) == 1:
        look.findings.extend(outside_findings(registry.alias, catalog.offers(registry)))
    if len(names) == 1:
        return _outcome([_full(look, names[0], everything)], look)
    _ask(catalog, names)
    if everything:
        _fetch_together(look, names)
    packs = []
    for name in names:
        try:
            packs.append(_full(look, name, True) if everything else _brief(look, name, False))
        except (FetchError, ResolutionError, UnsafeError) as error:
            look.findings.append(finding_of(error.of(pack=name)))
    return _outcome(packs, look)


def _indexed(workspace: Workspace, request: PackRequest) -> list[PackInfo]:
    """Return the packs of a registry as its index shows them, where that says all; none where each is to be read."""
    registry = workspace.project.manifest.registries.get(request.alias)
    if registry is None or request.pack is not None or request.pin is not None:
        return []
    index = index_of(workspace.project.cache.repository(registry.git), registry)
    # Of a single pack, perhaps beside what lies in none, all is shown.
    if index is None or not index.is_complete or len(index.packs) <= _ONE_AND_THE_REST:
        return []
    return [
        PackInfo(f"{registry.alias}/{one.name}", one.path, one.description, one.versions, one.deprecated, one.yanked)
        for one in index.packs.values()
    ]


def _folder(workspace: Workspace, folder: Path) -> Outcome:
    contents = workspace.project.locked.folder_contents(str(folder))
    pack = read_pack(PackRoot(PackName(folder.name)), contents, workspace.project.policy.limits)
    held, findings, told = describe(pack, _tools(workspace))
    return info_report([PackInfo(folder.name, "", "", holds=held)], findings, told)


class _Look(NamedTuple):
    """A source that is looked into: what was asked for, and what is found on the way.

    Args:
        registry: None for a folder of a repository.
        told: what AI tools do not get of the packs.
        seen: what was found of tags: of many packs without releases, it is told once.
    """

    workspace: Workspace
    catalog: GitCatalog
    registry: Registry | None
    pin: Pin | None
    ref: str | None
    findings: list[Finding]
    told: list[Told]
    seen: set[str]


def _ask(catalog: GitCatalog, names: Sequence[str]) -> None:
    """Ask the repositories of packs, all at the same time; one that fails does so again where its pack is looked at."""
    offers = [offer for offer in map(catalog.offer, names) if not offer.pinned]
    for offer in offers:
        want_of_offer(catalog.repository(offer), offer)
    urls = {offer.git.key: offer.git for offer in offers}
    with suppress(AgentsyncError):
        catalog.ask((), urls.values())


def _where(
    workspace: Workspace, request: PackRequest | SourceRequest, everything: bool
) -> tuple[GitCatalog, Registry | None, list[str], Pin | None]:
    """Return the catalog to ask, the registry, the names of the packs that are meant, and the version."""
    if isinstance(request, PackRequest):
        registry = workspace.project.manifest.registries.get(request.alias)
        if registry is None:
            known = workspace.project.manifest.registries
            raise ManifestError(f"unknown registry {request.alias!r}", hint=nearest(request.alias, known))
        catalog = workspace.project.catalog()
        if request.pack is not None:
            catalog.want([f"{registry.alias}/{request.pack}"])
        chosen = [request.pack] if request.pack is not None else _names(catalog, registry, everything)
        return catalog, registry, [f"{registry.alias}/{name}" for name in chosen], request.pin
    if request.path is not None:
        name = PackName(request.path.rpartition("/")[2])
        entry = ManifestEntry(name, git=request.url, path=request.path)
        return GitCatalog(workspace.project.cache, {}, {str(name): entry}), None, [name], request.pin
    alias = request.url.repository_name
    manifest = Manifest({alias: Registry(alias, request.url)})
    catalog = GitCatalog(workspace.project.cache, manifest.registries, {})
    registry = manifest.registries[alias]
    return catalog, registry, [f"{alias}/{name}" for name in _names(catalog, registry, everything)], request.pin


def _names(catalog: GitCatalog, registry: Registry, everything: bool) -> list[str]:
    """Return the packs of a registry, and with others or all the one of the items that lie in none."""
    catalog.want_all(registry)
    offers = catalog.offers(registry)
    return [offer.name for offer in (offers.every if everything or len(offers.packs) > 1 else offers.packs)]


def _brief(look: _Look, name: str, everything: bool) -> PackInfo:
    offer = look.catalog.offer(name)
    if not offer.pinned:
        tags = tag_findings(name, offer, look.catalog.unread(name, offer), look.registry)
        new = [one for one in tags if one.what not in look.seen]
        look.findings.extend(new)
        look.seen.update(one.what for one in new)
    found = () if offer.pinned else look.catalog.releases(name, offer)
    versions = [str(release.version) for release in islice(found, None if everything else SHOWN)]
    return PackInfo(name, offer.path, offer.description, versions, offer.deprecated, offer.yanked)


def _full(look: _Look, name: str, everything: bool) -> PackInfo:
    catalog = look.catalog
    candidate = _chosen(look, name)
    found = catalog.pack_at(candidate)
    other = _other_branch(catalog, name, candidate, found)
    look.findings.extend([branch_finding(other)] if other is not None else ())
    limits = look.workspace.project.policy.limits
    held, findings, told = describe(read_pack(found.root(name), found.contents, limits), _tools(look.workspace))
    look.findings.extend(findings)
    look.told.extend(told)
    version = ChosenVersion(
        version=str(candidate.version) if candidate.version is not None else None,
        ref=candidate.ref or None,
        commit=candidate.commit,
        registry=look.registry.git.text if look.registry is not None else None,
        default_branch=other.data() if other is not None else None,
    )
    return _brief(look, name, everything)._replace(path=found.path, chosen=version, holds=held)


def _chosen(look: _Look, name: str) -> Candidate:
    """Return the version of a pack that is looked into: the newest of those that were asked for."""
    offer = look.catalog.offer(name)
    pin = look.pin or decide_pin(look.catalog, name, offer, look.ref)
    found = look.catalog.candidates(name, pin)
    if pin.range is None:
        return next(iter(found))
    serving = [one for one in found if _serves(one, pin)]
    chosen = next((one for one in serving if not one.yanked), next(iter(serving), None))
    if chosen is None:
        versions = [str(one.version) for one in found if one.version is not None]
        why = f"versions that exist: {versions_told(versions)}" if versions else f"{name} has no release tags"
        raise ResolutionError(f"no version of {name} satisfies `{pin}`", why=why, hint=f"agentsync info {name}")
    if chosen.yanked:
        look.findings.append(Finding(name, "", f"{chosen.version} was yanked", rule=Rule.YANKED))
    return chosen


def _serves(candidate: Candidate, pin: Pin) -> bool:
    """Return whether a version range may mean a candidate; a default branch stands in for any release alone."""
    if candidate.version is None:
        return not candidate.stands_in or pin.text.strip() in ("", "*")
    return pin.range is not None and pin.range.allows(candidate.version)


def _fetch_together(look: _Look, names: Sequence[str]) -> None:
    """Fetch the files of all packs in one batch for each repository; what fails is told where it is read."""
    chosen: list[Candidate] = []
    for name in names:
        with suppress(AgentsyncError):
            chosen.append(_chosen(look._replace(findings=[], seen=set()), name))
    with suppress(AgentsyncError):
        gather(look.catalog, chosen, ())


def _tools(workspace: Workspace) -> tuple[Tool, ...]:
    """Return the AI tools that a pack would be installed for: the manifest's, where there is one."""
    has_manifest = workspace.scope.manifest.is_file()
    return tuple(
        TOOLS[name].within(workspace.scope.name)
        for name in (workspace.project.manifest.targets if has_manifest else DEFAULT_TARGETS)
    )


def _other_branch(catalog: GitCatalog, name: str, looked_at: Candidate, found: PackAt) -> OtherBranch | None:
    """Compare the default branch with the newest release, which need not be the one that is looked at."""
    with suppress(AgentsyncError):
        newest = newest_release(catalog.candidates(name, ANY))
        if newest is not None:
            there = found if newest.commit == looked_at.commit else catalog.pack_at(newest)
            return other_branch(catalog, newest, there.contents.tree)
    return None


def _outcome(packs: Sequence[PackInfo], look: _Look) -> Outcome:
    findings = tuple(dict.fromkeys((*look.findings, *look.catalog.findings())))
    told = look.told if any(pack.holds is not None for pack in packs) else None
    return info_report(packs, findings, told)
