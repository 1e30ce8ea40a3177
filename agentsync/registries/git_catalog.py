"""The catalog over git: the packs of registries, answered from the cache and fetched where they are missing."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from agentsync.errors import AgentsyncError, ResolutionError, concerning
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.fetching import Want
from agentsync.git.notes import note_name
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.finding import Finding
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.model.names import PackName
from agentsync.model.pack import Offer
from agentsync.packs.pack_file import need_texts
from agentsync.registries.answers import Answers
from agentsync.registries.needs import NeedReader, Requirer, requirements_of
from agentsync.registries.offer_lists import OfferLists
from agentsync.registries.offered import ANY_VERSION, not_offered, offered, pinned, shown
from agentsync.registries.offers import Offers
from agentsync.registries.pack_reading import PackAt, read_pack, read_packs
from agentsync.registries.release_lists import ReleaseLists
from agentsync.registries.wanted import want_of_entries, want_of_offer, want_of_packs
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.refs import Refs
from agentsync.versions.release import Releases
from agentsync.versions.release_index import Unread
from agentsync.versions.requirement import Pin, PinKind

_BRANCH: Final = f"{PinKind.BRANCH}:"  # how a pin of a branch begins as text


class GitCatalog:
    """Packs in git.

    Args:
        registries: the manifest's registries by alias.
        direct: the manifest's packs that are taken from a repository without a registry, by key.
        min_age: the age that a commit must have before it is chosen, in seconds.
        locked: the commits that were chosen before, by pack, whose age no longer counts.
    """

    def __init__(
        self,
        cache: Cache,
        registries: Mapping[str, Registry],
        direct: Mapping[str, ManifestEntry],
        *,
        min_age: int = 0,
        locked: Mapping[str, str] | None = None,
    ) -> None:
        self._locked = locked or {}
        self._min_age = min_age
        self._cache = cache
        self._registries = registries
        self._direct = direct
        self._lists = OfferLists(cache)
        self._expected: dict[str, list[ManifestEntry]] = {}
        self._releases: dict[str, Iterable[Candidate]] = {}
        self._release_lists = ReleaseLists(registries, self.offers, self.refs)
        self.needs = NeedReader(cache, self.offer)
        self._answers: dict[str, Answers] = {}
        self._reported: set[str] = set()
        self._whole: frozenset[str] = frozenset()

    def prepare(
        self,
        entries: Sequence[ManifestEntry],
        expected: Sequence[ManifestEntry] = (),
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Ask every repository that these entries need, all at the same time.

        Args:
            entries: the packs that are asked for.
            expected: those whose likely commits are fetched together with the list of packs.
            meanwhile: called here where the answers take long.
        """
        self.expect(expected)
        want_of_entries(self._cache, self._registries, (*entries, *expected))
        aliases = sorted({entry.registry for entry in entries if entry.registry is not None})
        direct = [entry.git for entry in entries if entry.git is not None]
        self.ask([self._registries[alias] for alias in aliases], direct, meanwhile)

    def expect(self, entries: Iterable[ManifestEntry]) -> None:
        """Let the likely commits of entries be fetched together with the lists of packs, where these are fetched."""
        for entry in entries:
            self._expected.setdefault(entry.registry or "", []).append(entry)

    def ask_for(self, names: Iterable[str]) -> None:
        """Ask the registries of these packs, all at the same time; no failure is raised before it matters."""
        known = list(names)
        self.want(known)
        aliases = sorted({PackName(name).alias for name in known if name not in self._direct})
        direct = [git for name in known if name in self._direct and (git := self._direct[name].git) is not None]
        with suppress(AgentsyncError):
            self.ask([self._registries[alias] for alias in aliases if alias in self._registries], direct)

    def want(self, names: Iterable[str]) -> None:
        """Let the next question to each repository be about these packs too; nothing is asked yet."""
        want_of_packs(self._cache, self._registries, self._direct, names)

    def want_all(self, registry: Registry) -> None:
        """Let the next question to a registry be about all of its packs, as something goes through them."""
        self._cache.repository(registry.git).want_all_refs()

    def ask(
        self,
        registries: Iterable[Registry],
        repositories: Iterable[GitUrl] = (),
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Ask registries for their packs, and repositories for their refs, all at the same time.

        The first failure is raised once all have answered.
        """
        known = [self._cache.repository(url) for url in repositories]
        acts: list[Callable[[], object]] = [partial(self.offers, registry) for registry in registries]
        run_parallel([*acts, *(repository.refs for repository in known)], SMALL_BATCH, meanwhile=meanwhile)

    def offers(self, registry: Registry) -> Offers:
        """Return every pack that a registry offers; raises what `OfferLists.of` does."""
        with concerning(registry=registry.alias):
            return self._lists.of(registry, self._expected.pop(registry.alias, ()))

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings about the lists of packs, of every registry that was asked."""
        return self._lists.findings()

    def name_of(self, entry: ManifestEntry) -> str:
        """Return the name in the lock of the pack of an entry.

        Raises:
            ResolutionError: where the registry has several packs and the entry does not say which.
        """
        if entry.registry is None or entry.pack is not None:
            return entry.key
        packs = self.offers(self._registries[entry.registry]).packs
        if len(packs) == 1:
            return PackName.of(entry.registry, packs[0].name)
        names = [offer.name for offer in packs]
        raise ResolutionError(
            f"registry {entry.registry} has {len(names)} packs: say which",
            why=", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else ""),
            hint=f"write {entry.registry}/PACK",
        )

    def knows(self, name: str) -> bool:
        """Return whether a pack comes from a registry or repository of the manifest."""
        return name in self._direct or PackName(name).alias in self._registries

    def offer(self, name: str) -> Offer:
        """Return the pack of this name, as its registry describes it now; raise ResolutionError where there is none."""
        direct = self._direct.get(name)
        if direct is not None and direct.git is not None:
            return Offer(name, direct.git, direct.path)
        known = PackName(name)
        offers = self.offers(self._registries[known.alias])
        found = offers.named(known.pack)
        if found is None:
            raise not_offered(known.alias, known.pack, offers).of(pack=name)
        return self._as_locked(name, found)

    def _as_locked(self, name: str, offer: Offer) -> Offer:
        return offer._replace(inner=()) if name in self._whole and not offer.path else offer

    def treat_as_whole(self, names: Iterable[str]) -> None:
        """Let packs that were locked as whole repositories stay whole, although other packs lie in them now."""
        self._whole = frozenset(names)

    def has_inner_packs(self, name: str) -> bool:
        """Return whether other packs lie in a pack that stays whole."""
        if name not in self._whole or name in self._direct:
            return False
        known = PackName(name)
        found = self.offers(self._registries[known.alias]).named(known.pack)
        return found is not None and bool(found.inner)

    def offering_commit(self, name: str) -> str:
        """Return the commit of its registry that offers a pack."""
        alias = PackName(name).alias
        self.offers(self._registries[alias])
        return self._lists.commits[alias]

    def registry_repository(self, registry: Registry) -> CachedRepository:
        """Return the repository that a registry is."""
        return self._cache.repository(registry.git)

    def repository(self, offer: Offer) -> CachedRepository:
        """Return the repository that holds a pack."""
        return self._cache.repository(offer.git)

    def refs(self, offer: Offer) -> Refs:
        """Return branches and tags of the repository that holds a pack."""
        repository = self.repository(offer)
        want_of_offer(repository, offer)
        return repository.refs()

    def candidates(self, name: str, pin: Pin) -> Iterable[Candidate]:
        """Return every commit that may serve a pin."""
        offer = self.offer(name)
        if (found := pinned(name, offer, pin)) is not None:
            return (found,)
        with concerning(pack=name):
            refs = self.refs(offer)
            if pin.kind is not PinKind.VERSION:
                return offered(name, offer, refs, pin, self.releases(name, offer))
            if name not in self._releases:
                self._releases[name] = offered(name, offer, refs, pin, self.releases(name, offer))
                self._report_left_out(name, offer)
            return self._releases[name]

    def releases(self, name: str, offer: Offer) -> Releases:
        """Return the releases of a pack, called `name` in the lock; see `ReleaseLists.index`."""
        return self._release_lists.index(name, offer).releases(offer.name, offer.tag_template)

    def unread(self, name: str, offer: Offer) -> Unread:
        """Return the tags that look like releases of a pack and do not count."""
        return self._release_lists.unread(name, offer)

    def default_branch(self, name: str, offer: Offer) -> str | None:
        """Return the branch that counts where a pack has no release; None for an empty repository."""
        return self._release_lists.default_branch(name, offer)

    def noted(self, name: str, question: Sequence[str], answer: Callable[[], list[str | None]]) -> list[str | None]:
        """Return an answer that depends on nothing but the offer, the refs of a pack and the question.

        It is noted until they change.
        """
        offer = self.offer(name)
        if pinned(name, offer, ANY_VERSION) is not None:
            return answer()
        self._report_left_out(name, offer)
        note = note_name("newest", name, repr(offer), self._release_lists.digest(name, offer), *question)
        branches = [f"refs/heads/{text.removeprefix(_BRANCH)}" for text in question if text.startswith(_BRANCH)]
        refs = self._release_lists.refs_digest(name, offer, branches)
        return self._answers_of(offer).to(note, refs, answer)

    def _report_left_out(self, name: str, offer: Offer) -> None:
        """Report once how many tags of a pack look like versions and do not count."""
        if self._cache.remotes.progress is None or name in self._reported:
            return
        self._reported.add(name)
        note = note_name("left out", self._release_lists.digest(name, offer), offer.name, offer.tag_template or "")
        refs, index = self._release_lists.refs_digest(name, offer, ()), self._release_lists.index(name, offer)
        (count,) = self._answers_of(offer).to(
            note, refs, lambda: [str(index.unread(offer.name, offer.tag_template).left_out or "")]
        )
        if count:
            self._cache.remotes.say(f"{name}: tags that look like versions and are left out: {count}")

    def _answers_of(self, offer: Offer) -> Answers:
        if offer.git.key not in self._answers:
            self._answers[offer.git.key] = Answers(self.repository(offer))
        return self._answers[offer.git.key]

    def unfit(self, candidate: Candidate) -> str:
        """Return why a candidate must not be chosen yet, "" where it may."""
        if not self._min_age or self._locked.get(candidate.name) == candidate.commit:
            return ""
        age = time.time() - self.committed(candidate)
        if age >= self._min_age:
            return ""
        return f"{max(0, age) / 86_400:.1f} days old, and the policy asks for {self._min_age / 86_400:.1f}"

    def committed(self, candidate: Candidate) -> int:
        """Return when the commit of a candidate was made, in seconds since 1970."""
        repository = self.repository(self.offer(candidate.name))
        want = Want(candidate.commit, candidate.ref)

        def read() -> int:
            repository.need([want])
            return repository.objects.committed(candidate.commit)

        return repository.healing(read)

    def requires(self, candidate: Candidate) -> Sequence[Requirement]:
        """Return the requirements of a pack at one commit."""
        name = candidate.name
        with concerning(pack=name):
            texts = self.needs.texts(candidate, self._releases.get(name, ()))
            if texts is None:
                texts = need_texts(self.pack_at(candidate).contents)
            alias = "" if name in self._direct else PackName(name).alias
            return requirements_of(Requirer(str(candidate), alias, self.offer(name).git), texts, self._registries)

    def pack_at(self, candidate: Candidate) -> PackAt:
        """Return a pack at a commit; raise ResolutionError where that commit does not hold the pack."""
        offer = self.offer(candidate.name)
        repository = self.repository(offer)
        with concerning(pack=candidate.name):
            return read_pack(repository, candidate, lambda: self._offer_at(candidate, offer, repository))

    def packs_at(self, group: Sequence[Candidate], *, as_listed: bool = False) -> dict[str, PackAt]:
        """Return packs of one repository at commits; as `read_packs`."""
        offers = {one: self.offer(one.name) for one in group}
        repository = self.repository(offers[group[0]])
        return read_packs(
            repository, offers, lambda one: self._offer_at(one, offers[one], repository), as_listed=as_listed
        )

    def newest(self, name: str) -> Candidate:
        """Return the release that a search shows: the newest that is no pre-release, where there is one.

        Unlike `candidates`, it keeps nothing in memory: there may be thousands of packs.
        """
        offer = self.offer(name)
        if (one := pinned(name, offer, ANY_VERSION)) is not None:
            return one
        with concerning(pack=name):
            return shown(name, offer, self.refs(offer), self.releases(name, offer))

    def _offer_at(self, candidate: Candidate, offer: Offer, repository: CachedRepository) -> Offer:
        """Return the description of a pack at a commit, where it may have had another root."""
        if candidate.name in self._direct or offer.elsewhere:
            return offer
        there = self._lists.at(repository, Want(candidate.commit, candidate.ref)).named(offer.name)
        if there is None:
            return offer
        there = self._as_locked(candidate.name, there)
        return offer._replace(path=there.path, declared=there.declared, inner=there.inner)
