"""Findings about what registries offer and what is locked, and about items that both scopes have."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Final

from packaging.version import Version

from agentsync.errors import AgentsyncError
from agentsync.model.finding import Finding, Rule, Told
from agentsync.model.item import Kind, same_name
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Registry
from agentsync.model.names import ScopeName
from agentsync.model.pack import Offer
from agentsync.planning.placing import Place, places, tools_for
from agentsync.platform.places import known_home
from agentsync.project.manifest_draft import registry_value
from agentsync.project.opening import open_workspace
from agentsync.project.workspace import Workspace
from agentsync.registries.default_branch import OtherBranch, locked_release, other_branch
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.offers import Offers
from agentsync.registries.prefetch import ANY
from agentsync.registries.standing import is_lower
from agentsync.versions.catalog import newest_release
from agentsync.versions.release_index import Unread, suggested_template
from agentsync.versions.version import is_among, version_of

_MOST: Final = 5
_YEARS: Final = range(1990, 2100)


def branch_finding(other: OtherBranch) -> Finding:
    """Return the finding that a default branch differs from the newest release, with the line that follows it."""
    return Finding(
        other.pack,
        "",
        f"the default branch {other.branch} differs from the newest release {other.release}",
        rule=Rule.BRANCH_DIFFERS,
        fix=f"to follow it, write `{other.line}`",
    )


def added_branches(catalog: GitCatalog, lock: Lock, names: Set[str]) -> Iterator[Finding]:
    """Yield the default branches that differ from the releases that were added, where these are the newest.

    Args:
        names: the packs that were added; an alias stands for the one pack of its registry.
    """
    for name, pack in lock.packs.items():
        locked = locked_release(pack)
        if locked is None or names.isdisjoint((name, pack.name.alias)):
            continue
        with suppress(AgentsyncError):
            newest = newest_release(catalog.candidates(name, ANY))
            is_newest = newest is not None and newest.commit == locked.commit
            if is_newest and (other := other_branch(catalog, locked, pack.tree)) is not None:
                yield branch_finding(other)


def tag_findings(name: str, offer: Offer, unread: Unread, registry: Registry | None) -> Iterator[Finding]:
    """Yield which tags may be releases of a pack and do not count, with the template that reads them.

    Args:
        registry: its registry in the manifest, None for a pack without one.
    """
    if unread.unknown:
        fix = ""
        template = suggested_template(offer.name, unread.unknown[-1])
        if registry is not None and template is not None and not offer.elsewhere:
            entry = registry_value(registry.git.text, tags=template)
            fix = f"if these are its releases, write `{registry.alias}: {entry}` under `registries`"
        what = f"tags that no template reads: {_listed(unread.unknown)}"
        yield Finding(name, "", what, rule=Rule.TAG_NOT_UNDERSTOOD, fix=fix)
    if unread.ambiguous:
        what = f"tags that could be releases of two packs, and count for neither: {_listed(unread.ambiguous)}"
        yield Finding(name, "", what, rule=Rule.TAG_NOT_UNDERSTOOD)


def date_notes(name: str, releases: Sequence[Version]) -> list[str]:
    """Return what to know where the newest release, of the newest first, may be a date among versions."""
    if not releases or releases[0].major not in _YEARS:
        return []
    other = next((version for version in releases if version.major < _YEARS.start), None)
    if other is None:
        return []
    request = shlex.quote(f"{name}@^{other}")
    return [
        f"{name}: its newest release {releases[0]} looks like a date; `agentsync add {request}` takes {other} instead"
    ]


def withdrawn(catalog: GitCatalog, pack: LockedPack, left: str | None) -> Iterator[Finding]:
    """Yield why a locked release should be left, and what leaves it: its tag is gone, or it was yanked.

    Args:
        left: the newest version that is left, and allowed.
    """
    offer = catalog.offer(pack.name)
    is_gone = bool(pack.tag) and pack.tag not in catalog.refs(offer).tags
    if not is_gone and not is_among(Version(pack.version or "0"), offer.yanked):
        return
    why = f"although its tag {pack.tag} is gone" if is_gone else "and was yanked"
    goes_down = left is not None and version_of(left) is not None and is_lower(left, pack)
    yield Finding(
        pack.name,
        "",
        f"{pack.version} stays, {why}",
        rule=Rule.TAG_GONE if is_gone else Rule.YANKED,
        fix=f"`agentsync update --allow-downgrade {pack.name}` goes down to {left}" if goes_down else "",
    )


def locked_releases(lock: Lock, alias: str) -> dict[str, LockedPack]:
    """Return the packs of a registry that are locked at a release, by name."""
    return {
        name: pack
        for name, pack in lock.packs.items()
        if pack.name.has_registry and pack.name.alias == alias and pack.version is not None and pack.tag
    }


def _listed(tags: Sequence[str]) -> str:
    shown = ", ".join(tags[-_MOST:])
    return f"{shown} and {len(tags) - _MOST} more" if len(tags) > _MOST else shown


def outside_findings(alias: str, offers: Offers) -> Iterator[Finding]:
    """Return a finding where a registry has items in no pack, with the command that takes them."""
    if offers.rest is not None:
        what = f"items of it lie in no pack that it lists; together they are {alias}/{offers.rest.name}"
        fix = f"agentsync add {alias}/{offers.rest.name}"
        yield Finding("", "", what, rule=Rule.ITEMS_OUTSIDE, fix=fix, registry=alias)


def list_findings(workspace: Workspace, aliases: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Return what of the registries' lists of packs could not be taken when they were last asked.

    Args:
        aliases: the registries that are meant, None for all of the manifest.
    """
    with suppress(AgentsyncError):
        catalog = workspace.project.catalog(offline=True)
        for alias, registry in workspace.project.manifest.registries.items():
            if aliases is None or alias in aliases:
                with suppress(AgentsyncError):
                    catalog.offers(registry)
        return catalog.findings()
    return ()


def content_findings(workspace: Workspace, lock: Lock) -> tuple[tuple[Finding, ...], tuple[Told, ...]]:
    """Return what is doubtful in locked packs, and what no tool gets of them, as far as the cache has their files."""
    from agentsync.planning.locking import examine
    from agentsync.planning.placing import tools_for

    found, told = dict[Finding, None](), list[Told]()
    targets = workspace.project.tools(lock)
    for name, pack in sorted(lock.packs.items()):
        own = tools_for(pack, targets)
        with suppress(AgentsyncError):
            contents = workspace.project.locked.contents([pack], offline=True)[name]
            examined = examine(pack._replace(kept={}), contents, own, workspace.project.policy.limits, pack)
            found |= dict.fromkeys(one for one in examined.findings if not one.is_refusal)
            told += examined.told
    return tuple(found), tuple(told)


def both_scopes(workspace: Workspace, lock: Lock, packs: Collection[str]) -> Iterator[Finding]:
    """Find the items of packs that are in the other scope as well, be they installed or the user's own."""
    other = _other_scope(workspace)
    if other is None:
        return
    there = {_name_of(place): place for place in _places(other, other.project.lock or Lock())}
    whose = "user scope" if other.scope.name is ScopeName.USER else f"project {other.scope.root.name}"
    removing = shlex.join(["agentsync", "remove", *workspace.project.adding[2:]])
    for place in _places(workspace, lock):
        if place.pack not in packs:
            continue
        twin = there.get(_name_of(place))
        where = other.folder.locate(twin.path if twin is not None else place.path)
        if where == workspace.folder.locate(place.path) or (twin is None and not where.exists()):
            continue
        of = f" of {twin.pack}" if twin is not None else ""
        yield Finding(
            place.pack,
            place.path,
            f"the {whose} has it too ({_shown(where)}{of}), and {place.tool} loads one of them and hides the other",
            rule=Rule.BOTH_SCOPES,
            item=place.item.key,
            fix=f"`{removing} {shlex.quote(place.pack)}` takes this one away",
        )


def _other_scope(workspace: Workspace) -> Workspace | None:
    """Return the user's scope for a project, else the project of the current folder; None where there is none."""
    try:
        options = workspace.options._replace(user=workspace.scope.name is ScopeName.PROJECT, target="")
        other = open_workspace(options, session=workspace.project.session)
        return other if other.project.lock is None or other.project.tools(other.project.lock) else None
    except AgentsyncError:
        return None  # there is none, or it cannot be read: the commands that are about it say so


def _places(workspace: Workspace, lock: Lock) -> Iterator[Place]:
    targets = workspace.project.tools(lock)
    for _, pack in sorted(lock.packs.items()):
        yield from places(pack, tools_for(pack, targets))


def _name_of(place: Place) -> tuple[str, str, str]:
    """Return what a tool tells items apart by: kind and name, of a command its file."""
    kind = place.item.kind
    return place.tool, kind, same_name(place.path if kind is Kind.COMMAND else place.item.name)


def _shown(path: Path) -> str:
    home = known_home()
    return f"~/{path.relative_to(home).as_posix()}" if home and path.is_relative_to(home) else path.as_posix()
