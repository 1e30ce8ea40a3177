"""The contents of locked packs: what the lock names, and nothing newer."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from agentsync.errors import AgentsyncError, FetchError, GoneError
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.parallel import run_parallel
from agentsync.model.lock import LockedPack
from agentsync.model.pack import Contents
from agentsync.versions.requirement import PinKind

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl


def locked_contents(
    cache: Cache,
    packs: Sequence[LockedPack],
    url: Callable[[str], GitUrl],
    meanwhile: Callable[[], object] | None = None,
) -> dict[str, Contents]:
    """Return the contents of locked git packs by name, with one fetch per repository, all at the same time.

    Args:
        url: returns the repository that the lock writes so.
        meanwhile: called here while they are fetched.
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

        try:
            return repository.healing(read)
        except GoneError as error:
            gone = next((pack for pack in groups[git] if pack.commit == error.commit), None)
            if gone is None:
                raise
            raise _with_hint(error, gone, repository) from error

    parts = run_parallel([partial(fetch, git) for git in sorted(groups)], meanwhile=meanwhile)
    return {name: contents for part in parts for name, contents in part.items()}


def _with_hint(error: GoneError, pack: LockedPack, repository: CachedRepository) -> AgentsyncError:
    """Return the failure of a lost commit, with what is there instead, and the command that takes it."""
    now = repository.refs().tags.get(pack.tag)
    if now is not None:
        why = f"the tag {pack.tag} that led to it names {now} now"
        hint = f"ask the registry maintainer why; `agentsync add {shlex.quote(f'{pack.name}@commit:{now}')}` takes that"
    elif pack.requested.startswith(f"{PinKind.COMMIT}:"):
        why = f"{error.why}, and the manifest asks for it"
        hint = f"`agentsync add {shlex.quote(pack.name)}` asks for the newest that is there instead"
    else:
        why = f"{error.why}, nor is it where {pack.ref or 'the manifest'} leads"
        hint = f"`agentsync update {shlex.quote(pack.name)}` takes the newest that is there"
    return FetchError(error.what, why=why, hint=hint).of(pack=pack.name)
