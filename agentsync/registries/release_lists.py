"""The releases of every pack of a repository: its tags are divided once among all packs of its registry.

Of a large registry only the tags of the packs are known that a command is about; each further pack asks for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from agentsync.git.notes import note_name
from agentsync.model.manifest import Registry
from agentsync.model.names import PackName
from agentsync.model.pack import Offer
from agentsync.registries.offers import Offers
from agentsync.versions.refs import Refs
from agentsync.versions.release_index import ReleaseIndex, Unread
from agentsync.versions.tag_template import WHOLE_BEGINNINGS, beginnings


class _Packs(NamedTuple):
    """What the releases in a repository depend on beside its tags.

    Args:
        is_single: whether all tags are those of one pack.
    """

    names: frozenset[str]
    template: str
    former: Mapping[str, Sequence[str]]
    is_single: bool
    digest: str


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
        self._packs: dict[tuple[str, str], _Packs] = {}
        self._known: dict[tuple[str, str], tuple[Mapping[str, str], ReleaseIndex]] = {}

    def index(self, name: str, offer: Offer) -> ReleaseIndex:
        """Return the releases in the repository of a pack, with all of that pack.

        Raises:
            FetchError: where it cannot be reached.
        """
        refs = self._refs(offer)
        if refs.all_tags_are_known():
            return self._index(name, offer, refs.tags_under(()))
        found = self._index(name, offer, refs.tags_under(self.beginnings(name, offer)))
        if refs.holds_tags(WHOLE_BEGINNINGS) or found.has_own(offer.name, offer.tag_template):
            return found
        return self._index(name, offer, refs.tags_under(WHOLE_BEGINNINGS))

    def unread(self, name: str, offer: Offer) -> Unread:
        """Return the tags that look like releases of a pack and do not count.

        Where it has no release, and where it is alone in its repository, all tags are asked for: one of them may tell
        why. Else those that fit no template count as a pack's where they begin with its name.
        """
        refs = self._refs(offer)
        found = self.index(name, offer)
        of_all = refs.all_tags_are_known()
        if not of_all and (self._about(name, offer).is_single or not found.releases(offer.name, offer.tag_template)):
            refs.tags_under(("",))
            found = self.index(name, offer)
            of_all = refs.all_tags_are_known()
        return found.unread(offer.name, offer.tag_template, ("",) if of_all else self.beginnings(name, offer))

    def beginnings(self, name: str, offer: Offer) -> tuple[str, ...]:
        """Return how the tags of a pack begin."""
        about = self._about(name, offer)
        templates = [one for one in (about.template, offer.tag_template) if one]
        return beginnings((offer.name, *about.former.get(offer.name, ())), templates)

    def digest(self, name: str, offer: Offer) -> str:
        """Return a digest of what the index depends on beside the refs: the names of packs, and the template."""
        return self._about(name, offer).digest

    def refs_digest(self, name: str, offer: Offer, others: Sequence[str]) -> str:
        """Return a digest of the refs that tell the releases of a pack and its branches, and of these other refs."""
        refs = self._refs(offer)
        self.index(name, offer)
        registry = self._registry(name)
        branches = [one for one in (offer.ref, registry.branch if registry is not None else None) if one]
        tags = [*self.beginnings(name, offer), *([offer.ref] if offer.ref else [])]
        tags += WHOLE_BEGINNINGS if refs.holds_tags(WHOLE_BEGINNINGS) else ()
        wanted = ["HEAD", *(f"refs/heads/{one}" for one in branches), *(f"refs/tags/{one}" for one in tags), *others]
        return f"{refs.default_branch} {refs.digest(wanted)}"

    def default_branch(self, name: str, offer: Offer) -> str | None:
        """Return the branch that counts for a pack: that of the offer, else of the manifest, else HEAD."""
        refs, registry = self._refs(offer), self._registry(name)
        if offer.ref and offer.ref in refs.branches:
            return offer.ref
        asked = registry.branch if registry is not None and not offer.elsewhere else None
        return asked or refs.default_branch

    def _index(self, name: str, offer: Offer, tags: Mapping[str, str]) -> ReleaseIndex:
        key, about = self._key(name, offer), self._about(name, offer)
        known = self._known.get(key)
        if known is None or known[0] is not tags:
            known = tags, ReleaseIndex(tags, about.names, about.template, about.former)
            self._known[key] = known
        return known[1]

    def _about(self, name: str, offer: Offer) -> _Packs:
        key = self._key(name, offer)
        if key not in self._packs:
            registry = self._registry(name)
            packs, template = {offer.name}, ""
            former = {offer.name: offer.renamed_from}
            here = [offer]
            if registry is not None:
                offers = self._offers(registry)
                here = [one for one in (*offers.every, offers.whole) if one.git.key == offer.git.key]
                packs |= {one.name for one in here}
                former |= {one.name: one.renamed_from for one in here if one.renamed_from}
                template = "" if offer.elsewhere else registry.tags
            digest = note_name(sorted(packs), template, repr(sorted(former.items())))
            self._packs[key] = _Packs(frozenset(packs), template, former, len(packs) == 1, digest)
        return self._packs[key]

    def _key(self, name: str, offer: Offer) -> tuple[str, str]:
        registry = self._registry(name)
        return (registry.alias if registry is not None else name, offer.git.key)

    def _registry(self, name: str) -> Registry | None:
        pack = PackName(name)
        return self._registries.get(pack.alias) if pack.has_registry else None
