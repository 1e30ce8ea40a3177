"""The refs that a command is about: so a registry is asked for HEAD, some branches and tags, and not for all it has.

Nothing is asked here. What is missing from these refs is asked for when it is come to.
"""

from collections.abc import Iterable, Iterator, Mapping

from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.model.names import PackName
from agentsync.model.pack import Offer
from agentsync.versions.requirement import PinKind
from agentsync.versions.tag_template import WHOLE_BEGINNINGS, beginnings


def want_of_entries(cache: Cache, registries: Mapping[str, Registry], entries: Iterable[ManifestEntry]) -> None:
    """Want the refs of the packs that a manifest asks for."""
    for entry in entries:
        registry = registries.get(entry.registry) if entry.registry is not None else None
        git = registry.git if registry is not None else entry.git
        if git is None:
            continue
        repository = cache.repository(git)
        if registry is not None and entry.pack is None:
            repository.want_all_refs()  # it has one pack: each of its tags may be a release of it
            continue
        _want_pack(repository, (entry.pack or entry.key,), registry)
        if entry.pin is not None and entry.pin.kind in (PinKind.BRANCH, PinKind.TAG):
            kind = "heads" if entry.pin.kind is PinKind.BRANCH else "tags"
            repository.want_refs([f"refs/{kind}/{entry.pin.text}"])


def want_of_packs(
    cache: Cache, registries: Mapping[str, Registry], direct: Mapping[str, ManifestEntry], names: Iterable[str]
) -> None:
    """Want the refs of packs by their names in the lock."""
    for name in names:
        if name in direct:
            want_of_entries(cache, registries, [direct[name]])
        elif (pack := PackName(name)).has_registry and (registry := registries.get(pack.alias)) is not None:
            _want_pack(cache.repository(registry.git), (pack.pack,), registry)


def want_of_offer(repository: CachedRepository, offer: Offer) -> None:
    """Want the refs of a pack as its registry describes it; what goes through thousands of packs has all of them."""
    if repository.needs_no_wants:
        return
    _want_pack(repository, (offer.name, *offer.renamed_from), None, offer.tag_template or "")
    if offer.ref:
        repository.want_refs([f"refs/heads/{offer.ref}", f"refs/tags/{offer.ref}"])


def _want_pack(
    repository: CachedRepository, names: tuple[str, ...], registry: Registry | None, template: str = ""
) -> None:
    if registry is not None and registry.branch:
        repository.want_refs([f"refs/heads/{registry.branch}"])
    templates = [one for one in (registry.tags if registry is not None else "", template) if one]
    repository.want_refs(f"refs/tags/{one}" for one in _tags_of(repository, names, templates))


def _tags_of(repository: CachedRepository, names: tuple[str, ...], templates: list[str]) -> Iterator[str]:
    """Yield how the tags of packs begin, those of the whole repository too where no tag of them was ever seen."""
    own = beginnings(names, templates)
    yield from own
    if not repository.has_seen_tags(one for one in own if one != "@"):
        yield from WHOLE_BEGINNINGS
