"""The catalog over git: what registries offer, answered from the cache and fetched where it must be."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from agentsync.errors import AgentsyncError, FetchError, ResolutionError
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import Registry, Wish
from agentsync.model.pack import Contents, Offer
from agentsync.model.refs import Refs
from agentsync.model.requirement import Pin, PinKind
from agentsync.model.section import nearest
from agentsync.model.version import is_among, releases
from agentsync.reading.offers import Offers, offers_in
from agentsync.resolving.catalog import Candidate, Requirement
from agentsync.store.cache import Cache, CachedRepository, Want
from agentsync.store.contents import GitContents
from agentsync.store.needs import Needy, requirements_of

_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class PackAt:
    """A pack at one commit: its root there, its files, and how its registry describes it."""

    offer: Offer
    path: str
    contents: Contents


class GitCatalog:
    """Packs in git.

    Args:
        cache: the cached repositories.
        registries: the manifest's registries by alias.
        loose: the manifest's packs that are taken from a repository without a registry, by key.
        min_age: how old a commit must be before it is chosen, in seconds.
    """

    def __init__(
        self, cache: Cache, registries: Mapping[str, Registry], loose: Mapping[str, Wish], min_age: int = 0
    ) -> None:
        self._min_age = min_age
        self._cache = cache
        self._registries = registries
        self._loose = loose
        self._offers: dict[tuple[str, str], Offers] = {}
        self._releases: dict[str, tuple[Candidate, ...]] = {}
        self._asked_needs: set[str] = set()

    def prepare(self, wishes: Sequence[Wish]) -> None:
        """Ask every repository that these wishes need, all at the same time.

        Raises:
            FetchError: the first failure, once all have answered.
        """
        aliases = sorted({wish.registry for wish in wishes if wish.registry is not None})
        loose = [wish.git for wish in wishes if wish.git is not None]
        self.ask([self._registries[alias] for alias in aliases], loose)

    def ask(self, registries: Iterable[Registry], repositories: Iterable[GitUrl] = ()) -> None:
        """Ask registries for their packs, and repositories for their refs, all at the same time.

        Raises:
            FetchError: the first failure, once all have answered.
        """
        known = [self._cache.repository(url) for url in repositories]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = [pool.submit(self.offers, registry) for registry in registries]
            listed = [pool.submit(repository.refs) for repository in known]
            for offers in asked:
                offers.result()
            for refs in listed:
                refs.result()

    def offers(self, registry: Registry) -> Offers:
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
                f"registry {registry.alias} has no branch {branch!r}" if branch else f"{registry.git.text} is empty",
                why=f"it has {len(refs.branches)} branches and {len(refs.tags)} tags",
                hint=nearest(branch, list(refs.branches)) if branch else "commit something to it first",
            )
        want = Want(refs.branches[branch], f"refs/heads/{branch}")
        return repository.healing(lambda: self._offers_at(repository, want))

    def _offers_at(self, repository: CachedRepository, want: Want) -> Offers:
        known = (repository.url.key, want.commit)
        if known not in self._offers:
            repository.need([want])
            tree = repository.tree_id(want.commit, "")
            assert tree is not None, "a commit has a tree"
            self._offers[known] = offers_in(GitContents(repository, replace(want, tree=tree)), repository.url)
        return self._offers[known]

    def remarks(self) -> tuple[str, ...]:
        """What of the lists of packs could not be taken, of every registry that was asked."""
        found = (finding for offers in self._offers.values() for finding in offers.findings)
        return tuple(
            dict.fromkeys(f"not offered: {one.pack or 'an entry'} ({one.path}): {one.reason}" for one in found)
        )

    def name_of(self, wish: Wish) -> str:
        """What the lock calls the pack of a wish.

        Raises:
            ResolutionError: where the registry has several packs and the wish does not say which.
        """
        if wish.registry is None or wish.pack is not None:
            return wish.key
        packs = self.offers(self._registries[wish.registry]).packs
        if len(packs) == 1:
            return f"{wish.registry}/{packs[0].name}"
        names = [offer.name for offer in packs]
        raise ResolutionError(
            f"registry {wish.registry} has {len(names)} packs: say which",
            why=", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else ""),
            hint=f"write {wish.registry}/PACK",
        )

    def knows(self, name: str) -> bool:
        """Whether a pack comes from a registry or repository of the manifest."""
        return name in self._loose or name.partition("/")[0] in self._registries

    def offer(self, name: str) -> Offer:
        """The pack of this name, as its registry describes it now.

        Raises:
            ResolutionError: where there is none.
        """
        loose = self._loose.get(name)
        if loose is not None and loose.git is not None:
            return Offer(name, loose.git, loose.path)
        alias, _, pack = name.partition("/")
        offers = self.offers(self._registries[alias])
        found = offers.named(pack)
        if found is None:
            names = [offer.name for offer in offers.packs]
            raise ResolutionError(
                f"registry {alias} has no pack {pack!r}",
                why=f"packs: {', '.join(names[:30])}{f' and {len(names) - 30} more' if len(names) > 30 else ''}",
                hint=nearest(pack, names),
            )
        return found

    def refs(self, offer: Offer) -> Refs:
        """Branches and tags of the repository that holds a pack."""
        return self._cache.repository(offer.git).refs()

    def candidates(self, name: str, pin: Pin) -> Sequence[Candidate]:
        """Every commit that may serve a pin."""
        offer = self.offer(name)
        if pin.kind is PinKind.COMMIT:
            return (Candidate(name, None, "", pin.text),)
        if pin.kind is PinKind.VERSION and offer.pinned:
            return (Candidate(name, None, "", offer.pinned, stands_in=True),)
        refs = self.refs(offer)
        if pin.kind is PinKind.TAG:
            return (_by_tag(name, offer, refs, pin.text),)
        if pin.kind is PinKind.BRANCH:
            return (_by_branch(name, refs, pin.text),)
        if name not in self._releases:
            self._releases[name] = _released(name, offer, refs)
            self._say_left_out(name, offer, refs)
        return self._releases[name]

    def _say_left_out(self, name: str, offer: Offer, refs: Refs) -> None:
        left_out = releases(offer.name, refs.tags, offer.tag_template).left_out
        if left_out and self._cache.progress is not None:
            self._cache.progress(f"{name}: {left_out} tags look like versions and are none")

    def unfit(self, candidate: Candidate) -> str:
        """Why a candidate must not be chosen yet, "" where it may."""
        if not self._min_age:
            return ""
        repository = self._cache.repository(self.offer(candidate.name).git)
        want = Want(candidate.commit, candidate.ref)

        def read() -> int:
            repository.need([want])
            return repository.committed(candidate.commit)

        age = time.time() - repository.healing(read)
        if age >= self._min_age:
            return ""
        return f"{max(0, age) / 86_400:.1f} days old, and the policy asks for {self._min_age / 86_400:.1f}"

    def requires(self, candidate: Candidate) -> Sequence[Requirement]:
        """What a pack asks for at one commit.

        A second question about a pack means that the search goes back and forth: then all of its
        releases are fetched at once.
        """
        offer = self.offer(candidate.name)
        repository = self._cache.repository(offer.git)
        asked_before = candidate.name in self._asked_needs
        self._asked_needs.add(candidate.name)
        others = self._releases.get(candidate.name, ()) if asked_before else ()
        wants = [Want(one.commit, one.ref) for one in dict.fromkeys((candidate, *others))]

        def read() -> Sequence[Requirement]:
            repository.need(wants)
            at = self._root_at(candidate, offer, repository)
            alias = "" if candidate.name in self._loose else candidate.name.partition("/")[0]
            needy = Needy(str(candidate), alias, offer.git)
            return requirements_of(needy, GitContents(repository, at), self._registries)

        return repository.healing(read)

    def pack_at(self, candidate: Candidate) -> PackAt:
        """A pack at a commit.

        Raises:
            ResolutionError: where that commit does not hold the pack.
        """
        offer = self.offer(candidate.name)
        repository = self._cache.repository(offer.git)

        def read() -> PackAt:
            repository.need([Want(candidate.commit, candidate.ref)])
            there = self._offer_at(candidate, offer, repository)
            want = self._tree_at(candidate, there, repository)
            return PackAt(there, there.path, GitContents(repository, want))

        return repository.healing(read)

    def failures(self, names: Sequence[str]) -> dict[str, AgentsyncError]:
        """Those of the packs that cannot be read at their newest commit, and why; all asked at the same time."""

        def failure(name: str) -> AgentsyncError | None:
            try:
                found = self.candidates(name, Pin(PinKind.VERSION, "*"))
                self.pack_at(next((one for one in found if not one.yanked), found[0]))
            except (FetchError, ResolutionError) as error:
                return error
            return None

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = dict(zip(names, pool.map(failure, names), strict=True))
        return {name: error for name, error in answers.items() if error is not None}

    def _root_at(self, candidate: Candidate, offer: Offer, repository: CachedRepository) -> Want:
        """The root of a pack at a commit, found where it is now, else where that commit says."""
        tree = repository.tree_id(candidate.commit, offer.path)
        if tree is not None:
            return Want(candidate.commit, candidate.ref, tree)
        return self._tree_at(candidate, self._offer_at(candidate, offer, repository), repository)

    def _offer_at(self, candidate: Candidate, offer: Offer, repository: CachedRepository) -> Offer:
        """How a pack is described at a commit: it may have had another root there."""
        if candidate.name in self._loose or offer.elsewhere:
            return offer
        there = self._offers_at(repository, Want(candidate.commit, candidate.ref)).named(offer.name)
        return offer if there is None else replace(offer, path=there.path, declared=there.declared)

    @staticmethod
    def _tree_at(candidate: Candidate, offer: Offer, repository: CachedRepository) -> Want:
        tree = repository.tree_id(candidate.commit, offer.path)
        if tree is None:
            raise ResolutionError(
                f"{candidate}: there is no folder {offer.path!r} at commit {candidate.commit[:12]}",
                why=f"looked in {offer.git.text}",
                hint="ask for another version",
            )
        return Want(candidate.commit, candidate.ref, tree)


def _released(name: str, offer: Offer, refs: Refs) -> tuple[Candidate, ...]:
    """The releases of a pack, newest first; its default branch where it has none."""
    found = releases(offer.name, refs.tags, offer.tag_template).found
    if found:
        return tuple(
            Candidate(
                name, one.version, f"refs/tags/{one.tag}", refs.tags[one.tag], is_among(one.version, offer.yanked)
            )
            for one in found
        )
    if offer.ref in refs.tags:
        return (replace(_by_tag(name, offer, refs, offer.ref), stands_in=True),)
    branch = offer.ref or refs.default_branch
    if branch is None:
        raise ResolutionError(
            f"{offer.git.text} is empty", why="it has no branch and no tag", hint="commit something to it first"
        )
    return (replace(_by_branch(name, refs, branch), stands_in=True),)


def _by_tag(name: str, offer: Offer, refs: Refs, tag: str) -> Candidate:
    commit = refs.tags.get(tag)
    if commit is None:
        told = ", ".join(list(refs.tags)[-12:])
        raise ResolutionError(
            f"{name}: there is no tag {tag!r}",
            why=f"it has {len(refs.tags)} tags{f', such as {told}' if told else ''}",
            hint=nearest(tag, list(refs.tags)[:200]),
        )
    found = releases(offer.name, refs.tags, offer.tag_template).found
    version = next((one.version for one in found if one.tag == tag), None)
    return Candidate(name, version, f"refs/tags/{tag}", commit)


def _by_branch(name: str, refs: Refs, branch: str) -> Candidate:
    commit = refs.branches.get(branch)
    if commit is None:
        raise ResolutionError(
            f"{name}: there is no branch {branch!r}",
            why=f"branches: {', '.join(sorted(refs.branches)[:12]) or 'none'}",
            hint=nearest(branch, list(refs.branches)[:200]),
        )
    return Candidate(name, None, f"refs/heads/{branch}", commit)
