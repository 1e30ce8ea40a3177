"""Findings that need no network: about lists of packs, contents of locked packs, and items of both scopes."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agentsync.errors import AgentsyncError
from agentsync.model.finding import Finding, Rule, Told
from agentsync.model.item import Kind, same_name
from agentsync.model.lock import Lock
from agentsync.model.names import ScopeName
from agentsync.planning.placing import Place, places, tools_for
from agentsync.project.opening import open_workspace
from agentsync.project.workspace import Workspace


def list_findings(workspace: Workspace, aliases: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Return what of the registries' lists of packs could not be taken when they were last asked.

    Args:
        aliases: the registries that are meant, None for all of the manifest.
    """
    with suppress(AgentsyncError), _offline(workspace):
        catalog = workspace.project.catalog()
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
    with _offline(workspace):
        for name, pack in sorted(lock.packs.items()):
            own = tools_for(pack, targets)
            with suppress(AgentsyncError):
                contents = workspace.project.locked.contents([pack])[name]
                examined = examine(pack._replace(kept={}), contents, own, workspace.project.policy.limits, pack)
                found |= dict.fromkeys(one for one in examined.findings if not one.is_refusal)
                told += examined.told
    return tuple(found), tuple(told)


@contextmanager
def _offline(workspace: Workspace) -> Iterator[None]:
    """Let the cache alone answer."""
    before = workspace.project.cache.remotes.offline
    workspace.project.cache.remotes.offline = True
    try:
        yield
    finally:
        workspace.project.cache.remotes.offline = before


def both_scopes(workspace: Workspace, lock: Lock, packs: Collection[str]) -> Iterator[Finding]:
    """Find the items that are in the other scope as well, be they installed or the user's own.

    Args:
        workspace: the scope, whose other one is looked at.
        lock: what is installed in it.
        packs: the packs of the lock to look at.
    """
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
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else path.as_posix()
