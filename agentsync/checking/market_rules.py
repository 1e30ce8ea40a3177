"""Rules about the marketplace that the default tool reads, and about how its plug-ins describe themselves."""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Final

from agentsync.checking.found import Found
from agentsync.checking.json_document import Fault, Json, child, items, members, read_document, text_at, type_of
from agentsync.checking.registry import Registry
from agentsync.checking.subject import Subject
from agentsync.documents.json_tree import Node
from agentsync.model.finding import Rule
from agentsync.registries.marketplace import MARKETPLACES, PLUGIN_MANIFESTS
from agentsync.targets.authoring import MARKET, MARKET_ENTRY, OWNER, PLUGIN, SOURCES, TABLE

_MARKET: Final = MARKETPLACES[0]
_PLUGIN: Final = PLUGIN_MANIFESTS[0]
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_PATHS: Final = ("agents", "commands", "skills", "hooks", "mcpServers", "outputStyles")
_IGNORED: Final = "it is only ignored"


def markets(registry: Registry) -> Iterator[Found]:
    """Yield what is wrong with the marketplaces: the first one as its tool judges it, all as `install` reads them."""
    told: set[str] = set()
    if _MARKET in registry.texts:
        for fault in _market(read_document(registry.texts[_MARKET])):
            told.add("" if fault.is_ignored else _MARKET)
            yield _found("marketplace-invalid", _MARKET, fault)
    for finding in registry.offers.findings if registry.offers is not None else ():
        if finding.rule in (Rule.MARKETPLACE_INVALID, Rule.PLUGIN_INVALID, Rule.PACK_TWICE):
            if finding.path in told or (finding.rule is Rule.PLUGIN_INVALID and finding.path not in registry.texts):
                continue  # the file of a plug-in is told with its pack
            _, place = registry.spot(finding.pack)
            line, column = (finding.line, finding.column) if finding.line else place
            is_other = finding.path == _MARKET
            case = "only another tool takes it" if is_other else ""
            path = finding.path if finding.path in registry.texts else registry.spot(finding.pack)[0]
            yield Found("marketplace-invalid", path, finding.what, line, column or 1, case=case, pack=finding.pack)


def _found(rule: str, path: str, fault: Fault) -> Found:
    case = _IGNORED if fault.is_ignored else ""
    return Found(rule, path, fault.what, fault.line, fault.column, case=case)


def _market(document: Json | Fault) -> Iterator[Fault]:
    if isinstance(document, Fault):
        yield document
        return
    root = document.root
    yield from document.faults(root, MARKET, "the marketplace")
    if type_of(root) != TABLE:
        return
    if (name := child(root, "name")) is not None and isinstance(name.value, str) and not _NAME.fullmatch(name.value):
        yield document.fault(
            name, f"{name.value!r} cannot be the name of a marketplace: letters, digits, `.`, `_`, `-`"
        )
    if (owner := child(root, "owner")) is not None and type_of(owner) == TABLE:
        yield from document.faults(owner, OWNER, "`owner`")
    about = child(root, "metadata")
    if child(root, "description") is None and (about is None or child(about, "description") is None):
        yield document.fault(root, "the marketplace has no `description`", is_ignored=True)
    listed = child(root, "plugins")
    plugins = items(listed) if listed is not None else []
    if listed is not None and isinstance(listed.value, list) and not plugins:
        yield document.fault(listed, "the marketplace has no plug-ins", is_ignored=True)
    seen: set[str] = set()
    metadata = child(root, "metadata")
    has_root = metadata is not None and bool(text_at(metadata, "pluginRoot"))
    for plugin in plugins:
        yield from _entry(document, plugin, seen, has_root=has_root)
    renames = child(root, "renames")
    for old, new in members(renames) if renames is not None else ():
        known = {*seen, *(name for name, _ in members(renames))} if renames is not None else seen
        if new.value is not None and new.value not in known:
            yield document.fault(new, f"`renames` leads from {old!r} to no plug-in")


def _entry(document: Json, plugin: Node, seen: set[str], *, has_root: bool) -> Iterator[Fault]:
    name = child(plugin, "name")
    called = name.value if name is not None and isinstance(name.value, str) else ""
    shown = f"the plug-in {called!r}" if called else "a plug-in"
    yield from document.faults(plugin, MARKET_ENTRY, shown)
    if name is not None and isinstance(name.value, str):
        if not _NAME.fullmatch(called):
            yield document.fault(name, f"{called!r} cannot be the name of a plug-in: letters, digits, `.`, `_`, `-`")
        elif called in seen:
            yield document.fault(name, f"{shown} is listed twice")
        seen.add(called)
    source = child(plugin, "source")
    if source is not None:
        yield from _source(document, source, shown, has_root=has_root)
    yield from _paths(document, plugin, shown)


def _source(document: Json, source: Node, shown: str, *, has_root: bool) -> Iterator[Fault]:
    if isinstance(source.value, str):
        if ".." in source.value.split("/"):
            yield document.fault(source, f"the `source` of {shown} leads out by `..`")
        elif not source.value.startswith("./") and not (has_root and not source.value.startswith("/")):
            yield document.fault(source, f"the `source` of {shown} does not begin with `./`")
        return
    if type_of(source) != TABLE:
        return
    kind = text_at(source, "source")
    if kind not in SOURCES:
        yield document.fault(
            source, f"the `source` of {shown} is of no known kind ({kind!r}); known: {', '.join(SOURCES)}"
        )
        return
    form = SOURCES[kind]
    for fault in document.faults(source, form, f"the `source` of {shown}"):
        if not fault.is_ignored:
            yield fault
    if (sha := child(source, "sha")) is not None and isinstance(sha.value, str) and not _COMMIT.fullmatch(sha.value):
        yield document.fault(sha, f"the `sha` of {shown} is no commit id of 40 hexadecimal digits")
    if ".." in text_at(source, "path").split("/"):
        yield document.fault(source, f"the `path` of {shown} leads out by `..`")


def _paths(document: Json, plugin: Node, shown: str) -> Iterator[Fault]:
    """Yield the paths of items that are written otherwise than the tool takes them."""
    for key in _PATHS:
        value = child(plugin, key)
        if value is None:
            continue
        for one in [value] if isinstance(value.value, str) else items(value) if isinstance(value.value, list) else ():
            if type_of(one) == TABLE and key in ("hooks", "mcpServers"):
                continue
            if not isinstance(one.value, str):
                yield document.fault(one, f"`{key}` of {shown} holds a {type_of(one)}")
            elif ".." in one.value.split("/"):
                yield document.fault(one, f"`{key}` of {shown} leads out by `..`")
            elif not one.value.startswith("./"):
                yield document.fault(one, f"`{key}` of {shown} holds {one.value!r}, which does not begin with `./`")
            elif key == "agents" and not one.value.endswith(".md"):
                yield document.fault(one, f"`agents` of {shown} holds {one.value!r}, and lists files that end in .md")


def plugins(subject: Subject) -> Iterator[Found]:
    """Yield what is wrong with how a plug-in describes itself."""
    entry = subject.contents.entries.get(_PLUGIN)
    if entry is None or not entry.is_plain:
        return
    document = read_document(subject.contents.read([_PLUGIN])[_PLUGIN])
    if isinstance(document, Fault):
        yield _found("plugin-invalid", _PLUGIN, document)
        return
    for fault in document.faults(document.root, PLUGIN, "the plug-in"):
        yield _found("plugin-invalid", _PLUGIN, fault)
    name = child(document.root, "name")
    if name is not None and isinstance(name.value, str) and not _NAME.fullmatch(name.value):
        what = f"{name.value!r} cannot be the name of a plug-in: letters, digits, `.`, `_`, `-`"
        yield _found("plugin-invalid", _PLUGIN, document.fault(name, what))
    for key in ("author", "version"):
        if child(document.root, key) is None:
            fault = document.fault(document.root, f"the plug-in has no `{key}`", is_ignored=True)
            yield _found("plugin-invalid", _PLUGIN, fault)
    for fault in _paths(document, document.root, "the plug-in"):
        yield _found("plugin-invalid", _PLUGIN, fault)
    yield from _missing(subject, document)


def _missing(subject: Subject, document: Json) -> Iterator[Found]:
    """Yield the paths that a plug-in lists and that are not there."""
    known = {*subject.contents.entries}
    for key in _PATHS:
        value = child(document.root, key)
        for one in [] if value is None else [value] if isinstance(value.value, str) else items(value):
            if not isinstance(one.value, str) or ".." in one.value.split("/"):
                continue
            goal = posixpath.normpath(one.value)
            if goal != "." and goal not in known and not any(path.startswith(f"{goal}/") for path in known):
                what = f"`{key}` lists {one.value!r}, which is not there"
                yield _found("plugin-invalid", _PLUGIN, document.fault(one, what))


def versions(registry: Registry) -> Iterator[Found]:
    """Yield the entries of the marketplace that state another version than their plug-in."""
    if _MARKET not in registry.texts:
        return
    document = read_document(registry.texts[_MARKET])
    listed = child(document.root, "plugins") if isinstance(document, Json) else None
    for entry in items(listed) if listed is not None else ():
        name, stated = text_at(entry, "name"), child(entry, "version")
        offer = next((one for one in registry.packs if one.name == name), None)
        if offer is None or stated is None or not isinstance(stated.value, str) or not isinstance(document, Json):
            continue
        path = f"{offer.path}/{_PLUGIN}" if offer.path else _PLUGIN
        if path not in registry.contents.entries or not registry.contents.entries[path].is_plain:
            continue
        plugin = read_document(registry.contents.read([path])[path])
        own = text_at(plugin.root, "version") if isinstance(plugin, Json) else ""
        if own and own != stated.value:
            what = f"the entry states version {stated.value}, and {path} states {own}, which counts"
            fault = document.fault(stated, what)
            fix = f'"version": "{own}"'
            yield Found("version-differs", _MARKET, what, fault.line, fault.column, fix, pack=name)


REGISTRY_RULES: Final[tuple[Callable[[Registry], Iterator[Found]], ...]] = (markets, versions)
PACK_RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (plugins,)
