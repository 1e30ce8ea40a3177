"""The contents of packs whose commits are decided: only what the lock names, nothing newer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from agentsync.model.lock import LockedPack
from agentsync.model.pack import Contents
from agentsync.store.at_once import at_once
from agentsync.store.cache import Cache
from agentsync.store.contents import GitContents
from agentsync.store.fetching import Want

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl


def locked_contents(
    cache: Cache,
    packs: Sequence[LockedPack],
    url: Callable[[str], GitUrl],
    meanwhile: Callable[[], object] | None = None,
) -> dict[str, Contents]:
    """The contents of locked git packs by name: one fetch per repository, repositories in parallel.

    Args:
        cache: the cached repositories.
        packs: the packs; each is read at exactly its locked tree.
        url: where a repository is, as the lock writes it.
        meanwhile: what is done while they are fetched.

    Raises:
        FetchError: where one is not in the cache and cannot be fetched.
    """
    groups: dict[str, list[LockedPack]] = {}
    for pack in packs:
        assert pack.git is not None, "a folder on disk is not fetched"
        groups.setdefault(pack.git, []).append(pack)

    def fetch(git: str) -> dict[str, Contents]:
        repository = cache.repository(url(git))
        wants = [Want(pack.commit, pack.ref, pack.tree) for pack in groups[git]]

        def read() -> dict[str, Contents]:
            repository.need(wants)
            found = zip(groups[git], wants, strict=True)
            return {pack.name: GitContents(repository, want, pack.path) for pack, want in found}

        return repository.healing(read)

    if not groups:
        return {}
    found: dict[str, Contents] = {}
    for part in at_once([partial(fetch, git) for git in sorted(groups)], meanwhile=meanwhile):
        found |= part
    return found
