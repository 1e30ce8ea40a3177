"""What a pack asks for, as requirements the resolver understands: names of the lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

from agentsync.errors import ResolutionError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.fetching import Want
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import Registry
from agentsync.model.pack import Contents
from agentsync.packs.pack_file import PACK_FILE, PLUGIN_FILES, Need, needs_of_plugin, parse_pack_file
from agentsync.versions.catalog import Requirement
from agentsync.versions.requirement import Pin, PinKind, is_alias

NEED_FILES: Final = (PACK_FILE, *PLUGIN_FILES)

Texts = Mapping[str, bytes]


class Requirer(NamedTuple):
    """A pack whose needs are looked up.

    Args:
        shown: how messages call it.
        alias: the registry it comes from, "" where it comes from none.
        git: its repository, None for a folder on disk.
    """

    shown: str
    alias: str
    git: GitUrl | None = None


def need_texts(contents: Contents) -> Texts:
    """The files in which a pack says what it needs, by path."""
    return contents.read(path for path in NEED_FILES if path in contents.entries and contents.entries[path].is_plain)


def need_texts_at(repository: CachedRepository, places: Sequence[tuple[Want, str]]) -> list[Texts | None]:
    """The same for many commits, with as few fetches as one takes; None for no such folder, or too much in it.

    Args:
        repository: where they are.
        places: a commit and the pack's root in it.
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


def requirements_of(needy: Requirer, texts: Texts, registries: Mapping[str, Registry]) -> tuple[Requirement, ...]:
    """What a pack asks for.

    Args:
        needy: the pack.
        texts: what `need_texts` gives of it.
        registries: the manifest's registries by alias.

    Raises:
        ResolutionError: where that cannot be read, or names a registry the manifest does not list.
    """
    return tuple(
        Requirement(f"{_alias(needy, need, registries)}/{need.pack}", Pin(PinKind.VERSION, need.range))
        for need in needs_in(texts, needy.shown)
    )


def needs_in(texts: Texts, whose: str) -> Iterator[Need]:
    """The needs that a pack's own files state; `pack.yaml` counts where both name one pack."""
    seen: set[str] = set()
    for path in NEED_FILES:
        if path not in texts:
            continue
        if path == PACK_FILE:
            needs = parse_pack_file(texts[path].decode("utf-8", "replace"), name=f"{path} of {whose}").needs
        else:
            needs = needs_of_plugin(texts[path], name=f"{path} of {whose}")
        yield from (need for need in needs if need.pack not in seen)
        seen.update(need.pack for need in needs)


def _alias(needy: Requirer, need: Need, registries: Mapping[str, Registry]) -> str:
    """The registry a need is met from: the pack's own, or another one that the manifest lists."""
    if need.market:
        if need.market in registries:
            return need.market
        raise _not_listed(needy, need, f"the marketplace {need.market}", need.market)
    if need.git is None and needy.alias:
        return needy.alias
    where = need.git or needy.git
    if where is None:
        raise ResolutionError(
            f"{needy.shown} requires {need.pack}, and a folder has no registry to take it from",
            hint=f"write {{ git: URL, pack: {need.pack}, version: RANGE }} in its pack.yaml",
        )
    for registry in registries.values():
        if registry.git.key == where.key:
            return registry.alias
    raise _not_listed(needy, need, where.text, _free_alias(where, registries), where.text)


def _free_alias(where: GitUrl, registries: Mapping[str, Registry]) -> str:
    """What the registry could be called."""
    name = where.repository_name if is_alias(where.repository_name) else "registry"
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in registries else next(one for one in numbered if one not in registries)


def _not_listed(needy: Requirer, need: Need, where: str, alias: str, url: str = "URL") -> ResolutionError:
    return ResolutionError(
        f"{needy.shown} requires {need.pack} of a registry that agentsync.yaml does not list",
        why=f"it is in {where}; packs come only from registries that you name",
        hint=f"agentsync registry add {alias} {url}",
    )
