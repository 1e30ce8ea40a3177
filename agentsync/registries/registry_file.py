"""`registry.yaml`: the list of the packs of a repository.

The format is documented in `docs/reference/registry.md`.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.section import Section, read_section
from agentsync.formats.yaml_tree import Node, Table
from agentsync.model.git_url import GitUrl
from agentsync.model.names import nearest
from agentsync.model.pack import Offer
from agentsync.model.rel_path import rel_path
from agentsync.packs.pack_file import check_levels
from agentsync.versions.requirement import is_pack_name
from agentsync.versions.tag_template import check_template

REGISTRY_NAME: Final = "registry.yaml"
REGISTRY_VERSION: Final = "1"

_TOP_KEYS: Final = ("registry", "name", "description", "packs", "renames", "checks", "checks-except")
_PACK_KEYS: Final = ("path", "git", "description", "tags", "keywords", "deprecated", "yanked")


class InvalidRegistryError(ResolutionError):
    """A `registry.yaml` is not valid."""

    rule = "registry-invalid"


class RegistryFile(NamedTuple):
    """The contents of a `registry.yaml`."""

    name: str
    description: str
    offers: tuple[Offer, ...]


# A catalogue asks for the packs and then for the name: to read ten thousand packs takes seconds.
@lru_cache(maxsize=1)
def parse_registry_file(text: str, *, name: str, git: GitUrl) -> RegistryFile:
    """Read a `registry.yaml`, called `name` in messages; raise InvalidRegistryError where it is not valid."""
    top = read_section(
        text,
        name,
        InvalidRegistryError,
        hint="contact the registry maintainer, who sees all with `agentsync registry check`",
    )
    version = top.text("registry")
    if version != REGISTRY_VERSION:
        raise top.problem(
            top.node("registry"),
            f"`registry: {REGISTRY_VERSION}` is expected"
            if version is None
            else f"unknown format `registry: {version}`",
            hint="a newer agentsync may know this format" if version else "is this a registry?",
        )
    top.only_keys(_TOP_KEYS)
    check_levels(top)
    return RegistryFile(top.text("name") or "", top.text("description") or "", tuple(_offers(top, git)))


def latest_name(name: str, newer: Mapping[str, str], names: Collection[str] = ()) -> str:
    """Return the name that a pack has after all its renames; one of `names` is the last, and circles end."""
    seen: set[str] = set()
    while name in newer and name not in seen and not (seen and name in names):
        seen.add(name)
        name = newer[name]
    return name


def _renames(top: Section, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the old names of each pack; a name may have changed more than once."""
    renames = top.section("renames")
    newer = {key.value: renames.as_text(node, key.value) for key, node in renames.entries()}
    found: dict[str, tuple[str, ...]] = {}
    for key, node in renames.entries():
        name = latest_name(key.value, newer, names)
        if name not in names:
            raise renames.problem(node, f"renames.{key.value}: there is no pack {name!r}", hint=nearest(name, names))
        found[name] = (*found.get(name, ()), key.value)
    return found


def _offers(top: Section, git: GitUrl) -> Iterator[Offer]:
    packs = top.section("packs")
    old_names = _renames(top, [key.value for key, _ in packs.entries()])
    for key, node in packs.entries():
        if not is_pack_name(key.value):
            raise packs.problem(key, f"{key.value!r} cannot be the name of a pack")
        entry = packs.as_section(node, key.value)
        entry.only_keys(_PACK_KEYS)
        where = entry.node("git")
        url = git if where is None else _url(entry, where, git)
        template = entry.text("tags")
        try:
            check_template("{version}" if template is None else template)
        except ValueError as error:
            raise entry.problem(entry.node("tags"), str(error)) from error
        yield Offer(
            name=key.value,
            git=url,
            path=_path(entry),
            description=entry.text("description") or "",
            tag_template=template,
            deprecated=_deprecated(entry),
            yanked=_yanked(entry),
            keywords=entry.texts("keywords"),
            elsewhere=where is not None,
            renamed_from=old_names.get(key.value, ()),
        )


def _path(entry: Section) -> str:
    text = (entry.text("path") or ".").removeprefix("./")
    text = text.rstrip("/") or text
    if text in (".", ""):
        return ""
    try:
        return rel_path(text)
    except AgentsyncError as error:
        raise entry.problem(entry.node("path"), error.what) from error


def _url(entry: Section, node: Node, registry: GitUrl) -> GitUrl:
    try:
        url = parse_git_url(entry.as_text(node, "git"), base=registry.location if registry.kind == "path" else "")
    except AgentsyncError as error:
        raise entry.problem(node, error.what, hint=error.hint) from error
    if url.is_local and not registry.is_local:
        raise entry.problem(node, f"{url.text} is a path on this machine, named by a registry that is not")
    return url


def _yanked(entry: Section) -> dict[str, str]:
    """Return the withdrawn versions, each with the reason, "" for none: a list, or a mapping to reasons."""
    node = entry.node("yanked")
    if not isinstance(node, Table):
        return dict.fromkeys(entry.texts("yanked"), "")
    reasons = entry.as_section(node, "yanked")
    return {key.value: reasons.text(key.value) or "" for key, _ in reasons.entries()}


def _deprecated(entry: Section) -> str:
    text = entry.text("deprecated")
    if text in (None, "false"):
        return ""
    return "it is deprecated" if text == "true" else str(text)
