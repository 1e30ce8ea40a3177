"""The needs that packs state in their files, as requirements of the resolver."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import count, dropwhile, islice
from typing import Final, NamedTuple

from agentsync.errors import ResolutionError
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.fetching import Want
from agentsync.git.parallel import run_parallel
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import Registry
from agentsync.model.pack import Contents, Offer
from agentsync.packs.pack_file import NEED_FILES, Need, Texts, need_texts, needs_in
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.requirement import Pin, PinKind, is_alias

# So many releases are read together where a search goes back and forth.
_BATCH: Final = 63


class Requirer(NamedTuple):
    """A pack whose needs are looked up."""

    shown: str  # its name in messages
    alias: str  # the registry that it comes from, "" for none
    git: GitUrl | None = None  # None for a folder on disk


def need_texts_at(repository: CachedRepository, places: Sequence[tuple[Want, str]]) -> list[Texts | None]:
    """Return the files of packs that state needs, at commits with the pack's root in each, with one fetch for all.

    One is None where there is no such folder, or too much in it.
    """
    repository.need([want for want, _ in places])
    roots = repository.objects.tree_ids([(want.commit, path) for want, path in places])
    found = repository.objects.files_in(list(dict.fromkeys(root for root in roots if root is not None)), NEED_FILES)
    sizes = repository.need_blobs(oid for files in found.values() for oid in files.values())
    readable = {
        root: files
        for root, files in found.items()
        if not repository.limits.why_unread({path: sizes[oid] for path, oid in files.items()})
    }
    blobs = repository.objects.blobs(dict.fromkeys(oid for files in readable.values() for oid in files.values()))
    texts = {root: {path: blobs[oid] for path, oid in files.items()} for root, files in readable.items()}
    return [None if root is None else texts.get(root) for root in roots]


class NeedReader:
    """Reads the files in which packs state their needs, a batch for each repository."""

    def __init__(self, cache: Cache, offer: Callable[[str], Offer]) -> None:
        self._cache = cache
        self._offer = offer
        self._texts: dict[tuple[str, str], Texts | None] = {}
        self._asked: set[str] = set()

    def has_read(self, candidate: Candidate) -> bool:
        return (candidate.name, candidate.commit) in self._texts

    def texts(self, candidate: Candidate, releases: Iterable[Candidate]) -> Texts | None:
        """Return the files of a candidate, None for no such folder, or too much in it.

        A second question about a pack means that the search goes back and forth: then its next releases are read too.
        """
        is_second = candidate.name in self._asked
        self._asked.add(candidate.name)
        if not self.has_read(candidate):
            older = islice(dropwhile(lambda one: one != candidate, releases), 1, 1 + _BATCH) if is_second else ()
            self.read([candidate, *(one for one in older if not self.has_read(one))])
        return self._texts[candidate.name, candidate.commit]

    def read(self, candidates: Sequence[Candidate]) -> None:
        """Read the files of candidates, of all repositories at the same time; raise the first failure at the end."""
        groups: dict[str, list[tuple[Candidate, Offer]]] = {}
        for candidate in dict.fromkeys(candidates):
            offer = self._offer(candidate.name)
            groups.setdefault(offer.git.key, []).append((candidate, offer))

        def read(group: Sequence[tuple[Candidate, Offer]]) -> None:
            repository = self._cache.repository(group[0][1].git)
            places = [(Want(candidate.commit, candidate.ref), offer.path) for candidate, offer in group]
            texts = repository.healing(lambda: need_texts_at(repository, places))
            found = zip(group, texts, strict=True)
            self._texts.update({(candidate.name, candidate.commit): text for (candidate, _), text in found})

        run_parallel([partial(read, group) for group in groups.values()])


def requirements_of(requirer: Requirer, texts: Texts, registries: Mapping[str, Registry]) -> tuple[Requirement, ...]:
    """Return the requirements of a pack from what `need_texts` returns for it.

    Raises:
        ResolutionError: where that cannot be read, or names a registry the manifest does not list.
    """
    return tuple(
        Requirement(f"{_alias(requirer, need, registries)}/{need.pack}", Pin(PinKind.VERSION, need.range))
        for need in needs_in(texts, requirer.shown)
    )


def requirements_in(
    requirer: Requirer, contents: Contents, registries: Mapping[str, Registry]
) -> tuple[Requirement, ...]:
    """Return what a pack with these files asks for; errors as for `requirements_of`."""
    return requirements_of(requirer, need_texts(contents), registries)


def _alias(requirer: Requirer, need: Need, registries: Mapping[str, Registry]) -> str:
    """Return the registry that a need is taken from: the pack's own, or another one of the manifest."""
    if need.market:
        if need.market in registries:
            return need.market
        raise _not_listed(requirer, need, f"the marketplace {need.market}", need.market)
    if need.git is None and requirer.alias:
        return requirer.alias
    where = need.git or requirer.git
    if where is None:
        raise ResolutionError(
            f"{requirer.shown} requires {need.pack}, and a folder has no registry to take it from",
            hint=f"write {{ git: URL, pack: {need.pack}, version: RANGE }} in its pack.yaml",
        )
    for registry in registries.values():
        if registry.git.key == where.key:
            return registry.alias
    raise _not_listed(requirer, need, where.text, _free_alias(where, registries), where.text)


def _free_alias(where: GitUrl, registries: Mapping[str, Registry]) -> str:
    name = where.repository_name if is_alias(where.repository_name) else "registry"
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in registries else next(one for one in numbered if one not in registries)


def _not_listed(requirer: Requirer, need: Need, where: str, alias: str, url: str = "URL") -> ResolutionError:
    return ResolutionError(
        f"{requirer.shown} requires {need.pack} of a registry that agentsync.yaml does not list",
        why=f"it is in {where}; packs come only from registries that you name",
        hint=f"agentsync registry add {alias} {url}",
    )
