"""Findings that need no network: about lists of packs, and about the contents of locked packs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from agentsync.errors import AgentsyncError
from agentsync.model.finding import Finding, Told
from agentsync.model.lock import Lock
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
