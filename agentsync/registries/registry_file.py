"""`registry.yaml`: the list of the packs of a repository.

The format is documented in `docs/reference/registry.md`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.plain_yaml import read_plain
from agentsync.formats.section import Section, read_section
from agentsync.formats.yaml_tree import Items, Node, Table, Text
from agentsync.model.git_url import GitUrl
from agentsync.model.names import nearest
from agentsync.model.pack import Contents, Offer
from agentsync.model.rel_path import rel_path
from agentsync.packs.pack_file import check_levels
from agentsync.registries.included import INCLUDE, included_paths, may_include, refuse_nested
from agentsync.versions.requirement import is_pack_name
from agentsync.versions.tag_template import check_template

REGISTRY_NAME: Final = "registry.yaml"
REGISTRY_VERSION: Final = "1"

_TOP_KEYS: Final = ("registry", "name", "description", "packs", "renames", "checks", "checks-except")
_PACK_KEYS: Final = ("path", "git", "description", "tags", "keywords", "deprecated", "yanked")


class InvalidRegistryError(ResolutionError):
    """A `registry.yaml` is not valid."""

    rule = "registry-invalid"
    path = REGISTRY_NAME  # the file that it is about
    others: tuple["InvalidRegistryError", ...] = ()  # what else is wrong, as far as that can be said


Tell = Callable[[AgentsyncError], None]
_MOST_TOLD: Final = 100


class RegistryFile(NamedTuple):
    """The contents of a `registry.yaml`."""

    name: str
    description: str
    offers: tuple[Offer, ...]


# A catalogue asks for the packs and then for the name: to read ten thousand packs takes half a second.
@lru_cache(maxsize=1)
def parse_registry_file(text: str, *, name: str, git: GitUrl, files: tuple[tuple[str, str], ...] = ()) -> RegistryFile:
    """Read a `registry.yaml`, called `name` in messages; raise InvalidRegistryError where it is not valid.

    Args:
        files: the files with packs that it includes: path and text of each.
    """
    quickly = read_plain(text)
    if quickly is not None:
        # A fault is read again as YAML, which has its place.
        with suppress(AgentsyncError):
            return _read(Section(quickly, name, InvalidRegistryError), git, files)
    top = _section(text, name)
    try:
        return _read(top, git, files)
    except InvalidRegistryError as error:
        error.others = tuple(one for one in _problems(top, git, files) if one.what != error.what)
        raise


def _read(top: Section, git: GitUrl, files: tuple[tuple[str, str], ...]) -> RegistryFile:
    _read_head(top)
    return RegistryFile(top.text("name") or "", top.text("description") or "", tuple(_offers(top, git, files)))


def _read_head(top: Section) -> None:
    """Insist that all is right but for the packs and their former names."""
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
    for key in ("name", "description"):
        top.text(key)
    for key in ("packs", "renames"):
        top.section(key)


def _problems(top: Section, git: GitUrl, files: tuple[tuple[str, str], ...]) -> list[InvalidRegistryError]:
    """Return all that is wrong in a list of a format that is known; a part is read on without what is wrong in it."""
    found: dict[str, InvalidRegistryError] = {}
    path = REGISTRY_NAME

    def tell(error: AgentsyncError) -> None:
        if isinstance(error, InvalidRegistryError):
            error.path = path if error.path == REGISTRY_NAME else error.path
            found.setdefault(error.what, error)

    def read_offers(packs: Section) -> None:
        for key, node in packs.entries():
            _offer(_Entry(packs, key, node, path), git, {})

    head = _mended(top, _read_head, tell)
    if head.node("registry") is None:
        return []
    entries = _entries(head, files, tell)
    _mended(head, lambda top: _renames(top, list(entries)), tell)
    for entry in entries.values():
        path = entry.path
        _mended(entry.packs.only(entry.key), read_offers, tell)
        if len(found) >= _MOST_TOLD:
            break
    return sorted(found.values(), key=lambda one: (one.path, one.line, one.column))[:_MOST_TOLD]


def _mended(part: Section, read: Callable[[Section], object], tell: Tell) -> Section:
    """Return a part without what is wrong in it, each of which is told."""
    while True:
        try:
            read(part)
        except InvalidRegistryError as error:
            tell(error)
            smaller = part.without(error.line, error.column)
            if smaller is None:
                return part
            part = smaller
        else:
            return part


def registry_in(contents: Contents, git: GitUrl, name: str = "") -> RegistryFile | None:
    """Return the `registry.yaml` of a repository with all that it includes, None where there is none.

    Args:
        name: what it is called in messages.

    Raises:
        InvalidRegistryError: where it is not valid.
    """
    entry = contents.entries.get(REGISTRY_NAME)
    if entry is None or not entry.is_plain:
        return None
    text = contents.read([REGISTRY_NAME])[REGISTRY_NAME].decode("utf-8", "replace")
    name = name or f"{REGISTRY_NAME} of {git.text}"
    return parse_registry_file(text, name=name, git=git, files=included_files(text, contents, name))


def included_files(text: str, contents: Contents, name: str = REGISTRY_NAME) -> tuple[tuple[str, str], ...]:
    """Return path and text of the files that a `registry.yaml` takes packs from; raise what `registry_in` does."""
    if not may_include(text):
        return ()
    paths = included_paths(_section(text, name).section("packs"), contents, REGISTRY_NAME)
    data = contents.read(paths)
    return tuple((path, data[path].decode("utf-8", "replace")) for path in paths)


def packs_by_file(files: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return the packs that included files list, each with the path of its file; the files are valid."""
    return {key.value: path for path, text in files for key, _ in _section(text, path).entries()}


def _section(text: str, name: str) -> Section:
    hint = "contact the registry maintainer, who sees all with `agentsync registry check`"
    return read_section(text, name, InvalidRegistryError, hint=hint)


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


class _Entry(NamedTuple):
    """A pack as it is listed, and the file that lists it."""

    packs: Section
    key: Text
    node: Node
    path: str


def _entries(top: Section, files: tuple[tuple[str, str], ...], tell: Tell | None = None) -> dict[str, _Entry]:
    """Return all packs by name: those of the list itself, then those of the files that it includes.

    Args:
        tell: is given what is wrong, which is left out then; None to raise it.
    """
    packs = top.section("packs")
    if isinstance(packs.node(INCLUDE), Items):
        packs.texts(INCLUDE)  # each is one
    found = {
        key.value: _Entry(packs, key, node, REGISTRY_NAME)
        for key, node in packs.entries()
        if key.value != INCLUDE or not isinstance(node, Items)
    }
    for path, text in files:
        with _about(path, tell):
            section = _section(text, f"{path}{top.name.removeprefix(REGISTRY_NAME)}")
            refuse_nested(section)
            for key, node in section.entries():
                if (other := found.get(key.value)) is not None:
                    with _about(path, tell):
                        raise section.problem(key, f"the pack {key.value!r} is in {other.path} already")
                else:
                    found[key.value] = _Entry(section, key, node, path)
    return found


@contextmanager
def _about(path: str, tell: Tell | None = None) -> Iterator[None]:
    """Let an error of an included file name that file as a fact."""
    try:
        yield
    except InvalidRegistryError as error:
        error.path = path
        if tell is None:
            raise
        tell(error)


def _offers(top: Section, git: GitUrl, files: tuple[tuple[str, str], ...]) -> Iterator[Offer]:
    entries = _entries(top, files)
    old_names = _renames(top, list(entries))
    for entry in entries.values():
        with _about(entry.path):
            yield _offer(entry, git, old_names)


def _offer(listed: _Entry, git: GitUrl, old_names: Mapping[str, tuple[str, ...]]) -> Offer:
    packs, key, node, _ = listed
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
    return Offer(
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
