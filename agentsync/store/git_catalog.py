"""The catalog over git: what registries offer, answered from the cache and fetched where it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from agentsync.errors import ResolutionError
from agentsync.model.git_url import GitUrl, parse_git_url
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import Registry, Wish
from agentsync.model.pack import Contents, Offer
from agentsync.model.refs import Refs
from agentsync.model.section import nearest
from agentsync.reading.registry_file import REGISTRY_NAME, parse_registry_file
from agentsync.resolving.catalog import Candidate
from agentsync.store.cache import Cache, CachedRepository, Want
from agentsync.store.contents import GitContents

_AT_ONCE: Final = 8


class GitCatalog:
    """Packs in git registries.

    Args:
        cache: the cached repositories.
        registries: the manifest's registries by alias.
    """

    def __init__(self, cache: Cache, registries: Mapping[str, Registry]) -> None:
        self._cache = cache
        self._registries = registries
        self._offers: dict[tuple[str, str], tuple[Offer, ...]] = {}

    def prepare(self, wishes: Sequence[Wish]) -> None:
        """Ask every registry that these wishes need, all at the same time.

        Raises:
            FetchError: the first failure, once all have answered.
        """
        aliases = sorted({wish.registry for wish in wishes if wish.registry is not None})
        repositories = [self._cache.repository(wish.git) for wish in wishes if wish.git is not None]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = [pool.submit(self.offers, self._registries[alias]) for alias in aliases]
            listed = [pool.submit(repository.refs) for repository in repositories]
            for offers in asked:
                offers.result()
            for refs in listed:
                refs.result()

    def offers(self, registry: Registry) -> tuple[Offer, ...]:
        """Every pack that a registry offers on the branch that counts.

        Raises:
            FetchError: where it cannot be reached.
            ResolutionError: where it is empty, or its `registry.yaml` is not valid.
        """
        repository = self._cache.repository(registry.git)
        refs = repository.refs()
        branch = registry.branch or refs.default_branch
        if branch is None or branch not in refs.branches:
            raise ResolutionError(
                f"registry {registry.alias} has no branch {branch!r}"
                if branch
                else f"registry {registry.alias} is empty",
                why=f"{registry.git.text} has {len(refs.branches)} branches",
                hint=nearest(branch, list(refs.branches)) if branch else "",
            )
        commit = refs.branches[branch]
        want = Want(commit, f"refs/heads/{branch}")
        return repository.healing(lambda: self._offers_at(repository, registry.git, want))

    def _offers_at(self, repository: CachedRepository, git: GitUrl, want: Want) -> tuple[Offer, ...]:
        known = (git.key, want.commit)
        if known not in self._offers:
            repository.need([want])
            tree = repository.tree_id(want.commit, "")
            assert tree is not None, "a commit has a tree"
            contents = GitContents(repository, replace(want, tree=tree))
            self._offers[known] = _offers_in(contents, git)
        return self._offers[known]

    def offer(self, wish: Wish) -> Offer:
        """The pack that a wish names."""
        if wish.git is not None:
            return Offer(wish.key, wish.git, wish.path)
        assert wish.registry is not None, "a wish is for a registry, a repository or a folder"
        registry = self._registries[wish.registry]
        offers = self.offers(registry)
        if wish.pack is None:
            if len(offers) == 1:
                return offers[0]
            raise ResolutionError(
                f"registry {registry.alias} has {len(offers)} packs: say which",
                why=_told(offers),
                hint=f"write {registry.alias}/PACK",
            )
        for offer in offers:
            if offer.name == wish.pack:
                return offer
        raise ResolutionError(
            f"registry {registry.alias} has no pack {wish.pack!r}",
            why=f"packs: {_told(offers)}",
            hint=nearest(wish.pack, [offer.name for offer in offers]),
        )

    def refs(self, offer: Offer) -> Refs:
        """Branches and tags of the repository that holds a pack."""
        return self._cache.repository(offer.git).refs()

    def contents(self, wish: Wish, offer: Offer, candidate: Candidate) -> tuple[str, Contents]:
        """The root of a pack at a commit, and its files there."""
        repository = self._cache.repository(offer.git)
        return repository.healing(lambda: self._contents(wish, offer, candidate, repository))

    def _contents(
        self, wish: Wish, offer: Offer, candidate: Candidate, repository: CachedRepository
    ) -> tuple[str, Contents]:
        want = Want(candidate.commit, candidate.ref)
        repository.need([want])
        path = offer.path
        if wish.registry is not None and not offer.elsewhere:
            # A pack may have moved since, so the commit itself says where its root is.
            there = {other.name: other.path for other in self._offers_at(repository, offer.git, want)}
            path = there.get(offer.name, offer.path)
        tree = repository.tree_id(candidate.commit, path)
        if tree is None:
            raise ResolutionError(
                f"{wish.key}: there is no folder {path!r} at commit {candidate.commit[:12]}",
                why=f"looked in {offer.git.text}",
                hint="ask for another version",
            )
        return path, GitContents(repository, replace(want, tree=tree))


def locked_contents(cache: Cache, packs: Sequence[LockedPack], base: str) -> dict[str, Contents]:
    """The contents of locked git packs by name: one fetch per repository, repositories in parallel.

    Args:
        cache: the cached repositories.
        packs: the packs; each is read at exactly its locked tree.
        base: the folder that relative paths in the lock start from.

    Raises:
        FetchError: where one is not in the cache and cannot be fetched.
    """
    groups: dict[str, list[LockedPack]] = {}
    for pack in packs:
        assert pack.git is not None, "a folder on disk is not fetched"
        groups.setdefault(pack.git, []).append(pack)

    def fetch(git: str) -> dict[str, Contents]:
        repository = cache.repository(parse_git_url(git, base=base))
        wants = [Want(pack.commit, pack.ref, pack.tree) for pack in groups[git]]

        def read() -> dict[str, Contents]:
            repository.need(wants)
            return {pack.name: GitContents(repository, want) for pack, want in zip(groups[git], wants, strict=True)}

        return repository.healing(read)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found: dict[str, Contents] = {}
        for part in pool.map(fetch, sorted(groups)):
            found |= part
    return found


def _offers_in(contents: GitContents, git: GitUrl) -> tuple[Offer, ...]:
    """The packs of one tree: what `registry.yaml` lists, else the whole repository as one."""
    if REGISTRY_NAME in contents.entries and contents.entries[REGISTRY_NAME].is_plain:
        text = contents.read([REGISTRY_NAME])[REGISTRY_NAME].decode("utf-8", "replace")
        return parse_registry_file(text, name=f"{REGISTRY_NAME} of {git.text}", git=git).offers
    return (Offer(git.repository_name, git),)


def _told(offers: Sequence[Offer]) -> str:
    names = [offer.name for offer in offers]
    return ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
