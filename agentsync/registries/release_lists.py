"""The releases of every pack of a repository: its tags are divided once among all packs of its registry."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

import packaging

from agentsync.git.cached_repository import CachedRepository
from agentsync.git.notes import note_name
from agentsync.model.manifest import Registry
from agentsync.model.names import PackName
from agentsync.model.pack import Offer
from agentsync.registries.offers import Offers
from agentsync.versions.refs import Refs
from agentsync.versions.release import ReleaseIndex


class ReleaseLists:
    """The tags of repositories, read as releases."""

    def __init__(
        self,
        registries: Mapping[str, Registry],
        offers: Callable[[Registry], Offers],
        refs: Callable[[Offer], Refs],
    ) -> None:
        self._registries = registries
        self._offers = offers
        self._refs = refs
        self._known: dict[tuple[str, str], tuple[ReleaseIndex, str]] = {}

    def index(self, name: str, offer: Offer) -> ReleaseIndex:
        """Return the releases in the repository of a pack; raise FetchError where it cannot be reached."""
        return self._index(name, offer)[0]

    def digest(self, name: str, offer: Offer) -> str:
        """Return a digest of what the index depends on beside the refs: the names of packs, and the template."""
        return self._index(name, offer)[1]

    def default_branch(self, name: str, offer: Offer) -> str | None:
        """Return the branch that counts for a pack: that of the offer, else of the manifest, else HEAD."""
        refs, registry = self._refs(offer), self._registry(name)
        if offer.ref in refs.branches:
            return offer.ref
        asked = registry.branch if registry is not None and not offer.elsewhere else None
        return asked or refs.default_branch

    def _index(self, name: str, offer: Offer) -> tuple[ReleaseIndex, str]:
        registry = self._registry(name)
        key = (registry.alias if registry is not None else name, offer.git.key)
        if key not in self._known:
            packs, template = {offer.name}, ""
            former = {offer.name: offer.renamed_from}
            if registry is not None:
                offers = self._offers(registry)
                here = [one for one in (*offers.every, offers.whole) if one.git.key == offer.git.key]
                packs |= {one.name for one in here}
                former |= {one.name: one.renamed_from for one in here if one.renamed_from}
                template = "" if offer.elsewhere else registry.tags
            index = ReleaseIndex(self._refs(offer).tags, packs, template, former)
            self._known[key] = index, note_name(sorted(packs), template, repr(sorted(former.items())))
        return self._known[key]

    def _registry(self, name: str) -> Registry | None:
        pack = PackName(name)
        return self._registries.get(pack.alias) if pack.has_registry else None


_NAME: Final = "answers"


class Answers:
    """The answers that follow from the present refs of one repository; those for earlier refs are overwritten.

    Most repositories have not changed since the last question, and then every answer is the same.
    """

    def __init__(self, repository: CachedRepository) -> None:
        self._notes = repository.notes
        # Another version of `packaging` may read versions otherwise.
        self._refs = note_name(packaging.__version__, repository.listing_id())
        self._guard = threading.Lock()
        noted = self._notes.read(_NAME)
        known = noted.get(self._refs) if isinstance(noted, dict) else None
        self._known = known if isinstance(known, dict) else {}

    def to(self, question: str, answer: Callable[[], list[str | None]]) -> list[str | None]:
        """Return the answer to a question, which is all that the answer depends on beside the refs."""
        known = self._known.get(question)
        if not isinstance(known, list):
            known = answer()
            with self._guard:
                self._known[question] = known
                self._notes.write(_NAME, {self._refs: self._known})
        return known
