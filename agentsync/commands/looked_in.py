"""The registries that a command looks in: those of the manifest, or others that are named on the command line."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from agentsync.errors import PolicyError, UsageError
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import Manifest, PackRequest, Registry
from agentsync.project.arguments import meant, plain_folder, typed_request
from agentsync.project.workspace import Workspace
from agentsync.registries.known import KNOWN
from agentsync.versions.requirement import is_alias


class Named(NamedTuple):
    """A registry, and the one pack of it that counts, "" for every one."""

    registry: Registry
    pack: str = ""


def named_registries(
    workspace: Workspace, manifest: Manifest, words: Sequence[str], *, known: bool = False
) -> list[Named]:
    """Return the registries that words name, those of the manifest where none does; the known ones come last.

    Raises:
        UsageError: where there is none at all.
    """
    found = [Named(registry) for registry in manifest.registries.values()] if not words else []
    for word in words:
        found.append(_named(workspace, manifest, found, word))
    for one in KNOWN if known else ():
        url = workspace.project.url(one.git)
        if all(url.key != other.registry.git.key for other in found) and _is_allowed(workspace, url):
            found.append(Named(Registry(_free(one.alias, _aliases(manifest, found)), url)))
    if not found:
        raise UsageError(
            "there is no registry to look in",
            why="the manifest names none",
            hint="name where the files may come from: `agentsync adopt --from github:OWNER/REPO`; "
            "with --known public registries are asked that many people copy from",
        )
    return found


def _named(workspace: Workspace, manifest: Manifest, found: Sequence[Named], word: str) -> Named:
    request = meant(typed_request(word), manifest.registries)
    if isinstance(request, PackRequest):
        registry = manifest.registries.get(request.alias)
        if registry is not None:
            return Named(registry, request.pack or "")
        raise UsageError(f"unknown registry {request.alias!r}", hint="name it by its URL, or as github:OWNER/REPO")
    if plain_folder(request.url) is not None:
        raise UsageError(f"{request.url.text} is a plain folder and has no history", hint="name a git repository")
    known = (*manifest.registries.values(), *(one.registry for one in found))
    same = next((one for one in known if one.git.key == request.url.key), None)
    if same is not None:
        return Named(same)
    written = workspace.project.written(request.url)
    workspace.project.cache.repository(request.url._replace(text=written))
    alias = _free(_as_alias(request.url.repository_name), _aliases(manifest, found))
    return Named(Registry(alias, workspace.project.url(written)))


def _is_allowed(workspace: Workspace, url: GitUrl) -> bool:
    """Return whether the policy lets a known registry be asked."""
    try:
        workspace.project.cache.repository(url)
    except PolicyError:
        return False
    return True


def _aliases(manifest: Manifest, found: Sequence[Named]) -> set[str]:
    return {*manifest.registries, *(one.registry.alias for one in found)}


def _free(alias: str, taken: Collection[str]) -> str:
    number = 2
    name = alias
    while name in taken:
        name, number = f"{alias}-{number}", number + 1
    return name


def _as_alias(name: str) -> str:
    alias = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
    return alias if is_alias(alias) else "registry"
