"""What a pack asks for, as requirements the resolver understands: names of the lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentsync.errors import ResolutionError
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import Registry
from agentsync.model.pack import Contents
from agentsync.model.requirement import Pin, PinKind
from agentsync.reading.pack_file import PACK_FILE, PLUGIN_FILES, Need, needs_of_plugin, parse_pack_file
from agentsync.resolving.catalog import Requirement


@dataclass(frozen=True, slots=True)
class Needy:
    """A pack whose needs are looked up.

    Args:
        shown: how messages call it.
        alias: the registry it comes from, "" where it comes from none.
        git: its repository, None for a folder on disk.
    """

    shown: str
    alias: str
    git: GitUrl | None = None


def requirements_of(needy: Needy, contents: Contents, registries: Mapping[str, Registry]) -> tuple[Requirement, ...]:
    """What a pack asks for.

    Args:
        needy: the pack.
        contents: its files.
        registries: the manifest's registries by alias.

    Raises:
        ResolutionError: where that cannot be read, or names a registry the manifest does not list.
    """
    return tuple(
        Requirement(f"{_alias(needy, need, registries)}/{need.pack}", Pin(PinKind.VERSION, need.range))
        for need in needs_in(contents, needy.shown)
    )


def needs_in(contents: Contents, whose: str) -> Iterator[Need]:
    """The needs that a pack's own files state; `pack.yaml` counts where both name one pack."""
    entries = contents.entries
    paths = [path for path in (PACK_FILE, *PLUGIN_FILES) if path in entries and entries[path].is_plain]
    texts = contents.read(paths)
    seen: set[str] = set()
    for path in paths:
        if path == PACK_FILE:
            needs = parse_pack_file(texts[path].decode("utf-8", "replace"), name=f"{path} of {whose}").needs
        else:
            needs = needs_of_plugin(texts[path], name=f"{path} of {whose}")
        yield from (need for need in needs if need.pack not in seen)
        seen.update(need.pack for need in needs)


def _alias(needy: Needy, need: Need, registries: Mapping[str, Registry]) -> str:
    """The registry a need is met from: the pack's own, or another one that the manifest lists."""
    if need.market:
        if need.market in registries:
            return need.market
        raise _not_listed(needy, need, f"the marketplace {need.market}", f"{need.market} URL")
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
    raise _not_listed(needy, need, where.text, f"{where.repository_name} {where.text}")


def _not_listed(needy: Needy, need: Need, where: str, addition: str) -> ResolutionError:
    return ResolutionError(
        f"{needy.shown} requires {need.pack} of a registry that agentsync.yaml does not list",
        why=f"it is in {where}; packs come only from registries that you name",
        hint=f"agentsync registry add {addition}",
    )
