"""Verification of a lock: its bytes made again, and the refs of its repositories asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from agentsync.errors import AgentsyncError, FetchError, IntegrityError, PolicyError
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.lock import Lock, LockedPack
from agentsync.project.workspace import Workspace
from agentsync.versions.refs import Refs


def damaged(workspace: Workspace, lock: Lock) -> list[AgentsyncError]:
    """Make every locked file again from its blob, pack by pack; return a failure for each pack that differs."""

    def check(pack: LockedPack) -> AgentsyncError | None:
        try:
            workspace.project.locked.provenance.check_tree(pack, fetch=not workspace.options.offline)
            workspace.project.locked.bytes_of(Lock({pack.name: pack}, lock.targets), list(pack.slots))
        except (IntegrityError, FetchError) as error:
            return error.of(pack=pack.name)
        return None

    # Two packs are in memory, so that git unpacks one while the other is hashed.
    found = run_parallel([partial(check, pack) for _, pack in sorted(lock.packs.items())], most=2)
    return [error for error in found if error is not None]


def ask_tags(workspace: Workspace, packs: Iterable[LockedPack]) -> dict[str, Refs | AgentsyncError]:
    """Ask the repositories of locked packs for their tags, all at the same time.

    Returns:
        The refs by repository, as the lock writes it; a failure for each that cannot be asked.
    """
    tags: dict[str, list[str]] = {}
    for pack in packs:
        if pack.git:
            tags.setdefault(pack.git, []).append(f"refs/tags/{pack.tag}")

    def ask(git: str) -> Refs | AgentsyncError:
        try:
            repository = workspace.project.cache.repository(workspace.project.url(git))
            repository.want_refs(tags[git])
            return repository.refs()
        except (FetchError, PolicyError) as error:
            return error

    return dict(zip(tags, run_parallel([partial(ask, git) for git in tags], SMALL_BATCH), strict=True))
