"""The catalog over git: what registries offer, answered from the cache and fetched where it must be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import dropwhile, islice
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, ResolutionError, concerning
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.notes import note_name
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.finding import Finding
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.model.names import PackName
from agentsync.model.pack import Contents, Offer
from agentsync.registries.answers import Answers
from agentsync.registries.needs import Requirer, Texts, need_texts, need_texts_at, requirements_of
from agentsync.registries.offer_lists import OfferLists
from agentsync.registries.offered import not_offered, offered, pinned
from agentsync.registries.offers import Offers
from agentsync.registries.release_lists import ReleaseLists
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.refs import Refs
from agentsync.versions.release import Releases, Unread
from agentsync.versions.requirement import Pin, PinKind

_BATCH: Final = 63


class PackAt(NamedTuple):
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
        locked: the commits that were chosen before, by pack, whose age no longer counts.
    """

    def __init__(
        self,
        cache: Cache,
        registries: Mapping[str, Registry],
        loose: Mapping[str, ManifestEntry],
        *,
        min_age: int = 0,
        locked: Mapping[str, str] | None = None,
    ) -> None:
        self._locked = locked or {}
        self._min_age = min_age
        self._cache = cache
        self._registries = registries
        self._loose = loose
        self._lists = OfferLists(cache)
        self._hopes: dict[str, list[ManifestEntry]] = {}
        self._releases: dict[str, Iterable[Candidate]] = {}
        self._release_lists = ReleaseLists(registries, self.offers, self.refs)
        self._texts: dict[tuple[str, str], Texts | None] = {}
        self._asked_needs: set[str] = set()
        self._answers: dict[str, Answers] = {}
        self._told: set[str] = set()
        self._whole: frozenset[str] = frozenset()

    def prepare(
        self,
        wishes: Sequence[ManifestEntry],
        ahead: Sequence[ManifestEntry] = (),
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Ask every repository that these wishes need, all at the same time.

        Args:
            wishes: what is asked for.
            ahead: those whose likely commits are fetched together with the list of packs.
            meanwhile: what is done here where they take long to answer.

        Raises:
            FetchError: the first failure, once all have answered.
        """
        for wish in ahead:
            self._hopes.setdefault(wish.registry or "", []).append(wish)
        aliases = sorted({wish.registry for wish in wishes if wish.registry is not None})
        loose = [wish.git for wish in wishes if wish.git is not None]
        self.ask([self._registries[alias] for alias in aliases], loose, meanwhile)

    def ask_for(self, names: Iterable[str]) -> None:
        """Ask the registries of these packs, all at the same time; one that fails fails again when it matters."""
        known = list(names)
        aliases = sorted({PackName(name).alias for name in known if name not in self._loose})
        loose = [git for name in known if name in self._loose and (git := self._loose[name].git) is not None]
        with suppress(AgentsyncError):
            self.ask([self._registries[alias] for alias in aliases if alias in self._registries], loose)

    def ask(
        self,
        registries: Iterable[Registry],
        repositories: Iterable[GitUrl] = (),
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Ask registries for their packs, and repositories for their refs, all at the same time.

        Raises:
            FetchError: the first failure, once all have answered.
        """
        known = [self._cache.repository(url) for url in repositories]
        acts: list[Callable[[], object]] = [partial(self.offers, registry) for registry in registries]
        run_parallel([*acts, *(repository.refs for repository in known)], SMALL_BATCH, meanwhile=meanwhile)

    def offers(self, registry: Registry) -> Offers:
        """Every pack that a registry offers on the branch that counts.

        Raises:
            FetchError: where it cannot be reached.
            ResolutionError: where it is empty, or its `registry.yaml` is not valid.
        """
        with concerning(registry=registry.alias):
            return self._lists.of(registry, self._hopes.pop(registry.alias, ()))

    def findings(self) -> tuple[Finding, ...]:
        """Return what of the lists of packs could not be taken, of every registry that was asked."""
        return self._lists.findings()

    def name_of(self, wish: ManifestEntry) -> str:
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
        return name in self._loose or PackName(name).alias in self._registries

    def offer(self, name: str) -> Offer:
        """The pack of this name, as its registry describes it now.

        Raises:
            ResolutionError: where there is none.
        """
        loose = self._loose.get(name)
        if loose is not None and loose.git is not None:
            return Offer(name, loose.git, loose.path)
        known = PackName(name)
        offers = self.offers(self._registries[known.alias])
        found = offers.named(known.pack)
        if found is None:
            raise not_offered(known.alias, known.pack, offers).of(pack=name)
        return self._as_locked(name, found)

    def _as_locked(self, name: str, offer: Offer) -> Offer:
        return offer._replace(inner=()) if name in self._whole and not offer.path else offer

    def keep_whole(self, names: Iterable[str]) -> None:
        """Let packs that were locked as whole repositories stay that, whatever packs lie in them now."""
        self._whole = frozenset(names)

    def parted(self, name: str) -> bool:
        """Return whether a pack that stays a whole repository has other packs in it."""
        if name not in self._whole or name in self._loose:
            return False
        known = PackName(name)
        found = self.offers(self._registries[known.alias]).named(known.pack)
        return found is not None and bool(found.inner)

    def offering_commit(self, name: str) -> str:
        """Return the commit of its registry that offers a pack."""
        alias = PackName(name).alias
        self.offers(self._registries[alias])
        return self._lists.commits[alias]

    def repository(self, offer: Offer) -> CachedRepository:
        """The repository that holds a pack."""
        return self._cache.repository(offer.git)

    def refs(self, offer: Offer) -> Refs:
        """Branches and tags of the repository that holds a pack."""
        return self.repository(offer).refs()

    def candidates(self, name: str, pin: Pin) -> Iterable[Candidate]:
        """Every commit that may serve a pin."""
        offer = self.offer(name)
        if (found := pinned(name, offer, pin)) is not None:
            return (found,)
        with concerning(pack=name):
            refs = self.refs(offer)
            if pin.kind is not PinKind.VERSION:
                return offered(name, offer, refs, pin, self.releases(name, offer))
            if name not in self._releases:
                self._releases[name] = offered(name, offer, refs, pin, self.releases(name, offer))
                self._say_left_out(name, offer)
            return self._releases[name]

    def releases(self, name: str, offer: Offer) -> Releases:
        """Return the releases of a pack, called `name` in the lock; see `ReleaseLists.index`."""
        return self._release_lists.index(name, offer).releases(offer.name, offer.tag_template)

    def unread(self, name: str, offer: Offer) -> Unread:
        """Return the tags that look like releases of a pack and do not count."""
        return self._release_lists.index(name, offer).unread(offer.name, offer.tag_template)

    def default_branch(self, name: str, offer: Offer) -> str | None:
        """Return the branch that counts where a pack has no release; None for an empty repository."""
        return self._release_lists.default_branch(name, offer)

    def _say_left_out(self, name: str, offer: Offer) -> None:
        """Tell once, whoever watches, how many tags of a pack are passed over."""
        if self._cache.remotes.progress is None or name in self._told:
            return
        self._told.add(name)
        question = note_name("left out", self._release_lists.digest(name, offer), offer.name, offer.tag_template or "")
        (count,) = self._answers_of(offer).to(question, lambda: [str(self.unread(name, offer).left_out or "")])
        if count:
            self._cache.remotes.progress(f"{name}: tags that look like versions and are left out: {count}")

    def remembered(
        self, name: str, question: Sequence[str], answer: Callable[[], list[str | None]]
    ) -> list[str | None]:
        """An answer that depends on nothing but what is offered of a pack, remembered until that changes.

        Args:
            name: the pack.
            question: what else the answer depends on.
            answer: works it out from `candidates`.
        """
        offer = self.offer(name)
        if pinned(name, offer, Pin(PinKind.VERSION, "*")) is not None:
            return answer()
        self._say_left_out(name, offer)
        return self._answers_of(offer).to(
            note_name("newest", name, repr(offer), self._release_lists.digest(name, offer), *question), answer
        )

    def _answers_of(self, offer: Offer) -> Answers:
        if offer.git.key not in self._answers:
            self._answers[offer.git.key] = Answers(self.repository(offer))
        return self._answers[offer.git.key]

    def unfit(self, candidate: Candidate) -> str:
        """Why a candidate must not be chosen yet, "" where it may."""
        if not self._min_age or self._locked.get(candidate.name) == candidate.commit:
            return ""
        age = time.time() - self.committed(candidate)
        if age >= self._min_age:
            return ""
        return f"{max(0, age) / 86_400:.1f} days old, and the policy asks for {self._min_age / 86_400:.1f}"

    def committed(self, candidate: Candidate) -> int:
        """Return when the commit of a candidate was made, in seconds since 1970."""
        repository = self._cache.repository(self.offer(candidate.name).git)
        want = Want(candidate.commit, candidate.ref)

        def read() -> int:
            repository.need([want])
            return repository.objects.committed(candidate.commit)

        return repository.healing(read)

    def requires(self, candidate: Candidate) -> Sequence[Requirement]:
        """What a pack asks for at one commit.

        A second question about a pack means that the search goes back and forth: then its next
        releases are read with it, in one batch.
        """
        with concerning(pack=candidate.name):
            return self._requires(candidate)

    def _requires(self, candidate: Candidate) -> Sequence[Requirement]:
        asked_before = candidate.name in self._asked_needs
        self._asked_needs.add(candidate.name)
        if (candidate.name, candidate.commit) not in self._texts:
            self.read_needs([candidate, *(self._following(candidate) if asked_before else ())])
        texts = self._texts[candidate.name, candidate.commit]
        offer = self.offer(candidate.name)
        if texts is None:
            texts = need_texts(self.pack_at(candidate).contents)
        alias = "" if candidate.name in self._loose else PackName(candidate.name).alias
        return requirements_of(Requirer(str(candidate), alias, offer.git), texts, self._registries)

    def _following(self, candidate: Candidate) -> Sequence[Candidate]:
        """The releases that a search would try next."""
        older = dropwhile(lambda one: one != candidate, self._releases.get(candidate.name, ()))
        return [one for one in islice(older, 1, 1 + _BATCH) if (one.name, one.commit) not in self._texts]

    def read_needs(self, candidates: Sequence[Candidate]) -> None:
        """Read what these say of their needs: a batch for each repository, all at the same time.

        Raises:
            FetchError: the first failure, once all have answered.
        """
        groups: dict[str, list[tuple[Candidate, Offer]]] = {}
        for candidate in dict.fromkeys(candidates):
            offer = self.offer(candidate.name)
            groups.setdefault(offer.git.key, []).append((candidate, offer))

        def read(group: Sequence[tuple[Candidate, Offer]]) -> None:
            repository = self._cache.repository(group[0][1].git)
            places = [(Want(candidate.commit, candidate.ref), offer.path) for candidate, offer in group]
            texts = repository.healing(lambda: need_texts_at(repository, places))
            found = zip(group, texts, strict=True)
            self._texts.update({(candidate.name, candidate.commit): text for (candidate, _), text in found})

        run_parallel([partial(read, group) for group in groups.values()])

    def pack_at(self, candidate: Candidate) -> PackAt:
        """A pack at a commit.

        Raises:
            ResolutionError: where that commit does not hold the pack.
        """
        offer = self.offer(candidate.name)
        repository = self.repository(offer)

        def read() -> PackAt:
            repository.need([Want(candidate.commit, candidate.ref)])
            there = self._offer_at(candidate, offer, repository)
            want = self._tree_at(candidate, there, repository)
            return PackAt(there, there.path, GitContents(repository, want, there.path))

        with concerning(pack=candidate.name):
            return repository.healing(read)

    def has_needs(self, candidate: Candidate) -> bool:
        """Whether what a candidate asks for was read already."""
        return (candidate.name, candidate.commit) in self._texts

    def _offer_at(self, candidate: Candidate, offer: Offer, repository: CachedRepository) -> Offer:
        """How a pack is described at a commit: it may have had another root there."""
        if candidate.name in self._loose or offer.elsewhere:
            return offer
        there = self._lists.at(repository, Want(candidate.commit, candidate.ref)).named(offer.name)
        if there is None:
            return offer
        there = self._as_locked(candidate.name, there)
        return offer._replace(path=there.path, declared=there.declared, inner=there.inner)

    @staticmethod
    def _tree_at(candidate: Candidate, offer: Offer, repository: CachedRepository) -> Want:
        tree = repository.objects.tree_id(candidate.commit, offer.path)
        if tree is None:
            raise ResolutionError(
                f"{candidate}: there is no folder {offer.path!r} at commit {candidate.commit[:12]}",
                why=f"looked in {offer.git.text}",
                hint="ask for another version",
                rule="pack-path-missing",
            )
        return Want(candidate.commit, candidate.ref, tree)
