"""`pack.yaml`: what a pack says of itself, and which other packs it needs.

The format is documented in `docs/reference/registry.md`. A plugin's `plugin.json` says the same in
its own words; both count.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.json_text import read_json
from agentsync.formats.section import Section, read_section
from agentsync.formats.yaml_tree import Items, Node, Table, Text
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import Contents
from agentsync.versions.requirement import is_pack_name
from agentsync.versions.version import parse_range

PACK_FILE: Final = "pack.yaml"
PLUGIN_FILES: Final = (".claude-plugin/plugin.json", ".github/plugin/plugin.json", "plugin.json")
NEED_FILES: Final = (PACK_FILE, *PLUGIN_FILES)

_KEYS: Final = ("name", "description", "requires", "include", "exclude", "license", "checks", "checks-except")
_NEED_KEYS: Final = ("git", "pack", "version")
_CHECK_LEVELS: Final = ("error", "warning", "note", "off")

Texts = Mapping[str, bytes]
"""The files in which a pack says what it needs, by path."""


class Need(NamedTuple):
    """Another pack that a pack needs.

    Args:
        range: which versions, as text.
        git: its registry, None for the registry of the pack that needs it.
        market: the marketplace it is said to be in, by name, "" where none is named.
    """

    pack: str
    range: str
    git: GitUrl | None = None
    market: str = ""


class PackFile(NamedTuple):
    """Content of a `pack.yaml`."""

    name: str = ""
    description: str = ""
    needs: tuple[Need, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    license: str = ""


def parse_pack_file(text: str, *, name: str) -> PackFile:
    """Read a `pack.yaml`; refuse one that is not valid, with line and column."""
    top = read_section(text, name, ResolutionError, hint="contact the registry maintainer")
    top.only_keys(_KEYS)
    check_levels(top)
    return PackFile(
        top.text("name") or "",
        top.text("description") or "",
        tuple(_needs(top)),
        top.texts("include"),
        top.texts("exclude"),
        top.text("license") or "",
    )


def needs_of_plugin(data: bytes, *, name: str) -> tuple[Need, ...]:
    """Return the `dependencies` of a `plugin.json`; refuse what they may not be."""
    try:
        document = read_json(data)
        listed = document.get("dependencies", []) if isinstance(document, dict) else []
        if not isinstance(listed, list):
            raise ValueError("`dependencies` is no list")
        needs = [_dependency(entry) for entry in listed]
    except ValueError as error:
        raise ResolutionError(f"{name}: {error}", hint="contact the registry maintainer") from error
    return tuple({(need.pack, need.market): need for need in needs}.values())


def _needs(top: Section) -> Iterator[Need]:
    node = top.node("requires")
    if isinstance(node, Items):
        for item in node.value:
            yield _need(top, None, item)
    elif node is not None:
        for key, value in top.section("requires").entries():
            yield _need(top, key.value, value)


def _need(top: Section, key: str | None, node: Node) -> Need:
    if isinstance(node, Text):
        return Need(key, _range(top, node)) if key else Need(top.as_text(node, "requires"), "*")
    if not isinstance(node, Table):
        raise top.problem(node, "a requirement is a version range, or { git: URL, pack: NAME, version: RANGE }")
    entry = top.as_section(node, f"requires.{key}" if key else "requires")
    entry.only_keys(_NEED_KEYS)
    pack, where = entry.text("pack") or key, entry.node("git")
    if not pack:
        raise entry.problem(node, f"{entry.where} names no pack")
    version = entry.node("version")
    return Need(pack, "*" if version is None else _range(entry, version), _url(entry, where))


def _range(section: Section, node: Node) -> str:
    if not isinstance(node, Text):
        raise section.problem(node, "a version range is a text")
    try:
        parse_range(node.value)
    except ValueError as error:
        raise section.problem(node, str(error)) from error
    return node.value


def _url(entry: Section, node: Node | None) -> GitUrl | None:
    if node is None:
        return None
    try:
        return parse_git_url(entry.as_text(node, "git"))
    except AgentsyncError as error:
        raise entry.problem(node, error.what, hint=error.hint) from error


def _dependency(entry: Any) -> Need:
    if isinstance(entry, str):
        pack, _, marketplace = entry.partition("@")
        entry = {"name": pack, "marketplace": marketplace}
    if isinstance(entry, dict) and isinstance(name := entry.get("name"), str) and is_pack_name(name):
        version, market = entry.get("version", "*"), entry.get("marketplace")
        if isinstance(version, str) and (market is None or isinstance(market, str)):
            parse_range(version or "*")
            return Need(name, version or "*", market=market or "")
    raise ValueError("a dependency is a name, or a mapping with `name` and `version`")


def check_levels(top: Section) -> None:
    """Insist that `checks` gives each check a level, and `checks-except` a list of globs.

    Only what checks a registry uses them; which checks there are, it says itself.
    """
    levels = top.section("checks")
    for key, node in levels.entries():
        if levels.as_text(node, key.value) not in _CHECK_LEVELS:
            raise levels.problem(node, f"checks.{key.value} must be one of {', '.join(_CHECK_LEVELS)}")
    silenced = top.section("checks-except")
    for key, _ in silenced.entries():
        silenced.texts(key.value)


def need_texts(contents: Contents) -> Texts:
    """Return the files in which a pack says what it needs."""
    return contents.read(path for path in NEED_FILES if path in contents.entries and contents.entries[path].is_plain)


def needs_in(texts: Texts, whose: str) -> Iterator[Need]:
    """Yield the needs that a pack's own files state; `pack.yaml` counts where both name one pack."""
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


def license_in(texts: Texts) -> str:
    """Return the licence that a pack states as an SPDX expression, in SPDX's own spelling; "" where it states none.

    `pack.yaml` comes before the files of plug-ins. Any other text is no fact that a program could use.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    for path in NEED_FILES:
        stated = _stated_license(path, texts[path]) if path in texts else ""
        if stated:
            try:
                return canonicalize_license_expression(stated)
            except InvalidLicenseExpression:
                continue
    return ""


def _stated_license(path: str, data: bytes) -> str:
    try:
        if path == PACK_FILE:
            return parse_pack_file(data.decode(), name=path).license
        document = read_json(data)
    except (ValueError, AgentsyncError):
        return ""  # what reads the needs says so
    stated = document.get("license") if isinstance(document, dict) else None
    return stated if isinstance(stated, str) else ""
