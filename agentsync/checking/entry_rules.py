"""Rules about hooks and MCP servers: what the default tool's loader refuses of them."""

from collections.abc import Callable, Iterator
from typing import Final

from agentsync.checking.found import Found
from agentsync.checking.json_document import Fault, Json, child, items, members, read_document, text_at, type_of
from agentsync.checking.subject import Subject
from agentsync.documents.json_tree import Node
from agentsync.model.item import Kind
from agentsync.model.names import close_to
from agentsync.packs.declared_items import is_manifest
from agentsync.targets.authoring import HOOK_EVENTS, HOOK_MEMBERS, LIST, NUMBER, TABLE, TEXT

_TEXTS_OF_SERVERS: Final = ("command", "url", "type")


def _documents(subject: Subject, kind: Kind) -> Iterator[tuple[str, Json | Fault]]:
    """Yield the files of a kind that a plug-in has, each once; those in the folders of one tool are that one's own."""
    for path in dict.fromkeys(item.path for item in subject.items if item.kind is kind):
        if path in subject.texts and not is_manifest(path) and (kind is Kind.MCP or not path.startswith(".")):
            yield path, read_document(subject.texts[path])


def hooks(subject: Subject) -> Iterator[Found]:
    """Yield what is wrong with the hooks of a pack."""
    for path, document in _documents(subject, Kind.HOOK):
        if isinstance(document, Fault):
            yield Found("json-invalid", path, document.what, document.line, document.column)
            continue
        for rule, fault, fix in _hooks(document):
            yield Found(rule, path, fault.what, fault.line, fault.column, fix)


def _hooks(document: Json) -> Iterator[tuple[str, Fault, str]]:
    root = document.root
    table = child(root, "hooks")
    if type_of(root) != TABLE or (table is None and child(root, "modules") is None):
        yield "hook-invalid", document.fault(root, "it has no mapping `hooks`"), '{"hooks": {"EVENT": [...]}}'
        return
    if table is None:
        return
    if type_of(table) != TABLE:
        yield "hook-invalid", document.fault(table, f"`hooks` is a {type_of(table)}, and not a mapping"), ""
        return
    for event, groups in members(table):
        if event not in HOOK_EVENTS:
            near = close_to(event, HOOK_EVENTS)
            fix = f"did you mean `{near}`?" if near else f"known: {', '.join(sorted(HOOK_EVENTS))}"
            yield "hook-event", document.fault(groups, f"{event!r} is no event, and what hangs on it never runs"), fix
        yield from (("hook-invalid", fault, "") for fault in _groups(document, event, groups))


def _groups(document: Json, event: str, groups: Node) -> Iterator[Fault]:
    if type_of(groups) != LIST:
        yield document.fault(groups, f"`{event}` is a {type_of(groups)}, and not a list")
        return
    for group in items(groups):
        if type_of(group) != TABLE:
            yield document.fault(group, f"`{event}` holds a {type_of(group)}, and not a mapping with `hooks`")
            continue
        matcher, inner = child(group, "matcher"), child(group, "hooks")
        if matcher is not None and type_of(matcher) != TEXT:
            yield document.fault(matcher, f"the `matcher` of `{event}` is a {type_of(matcher)}")
        if inner is None or type_of(inner) != LIST:
            yield document.fault(inner or group, f"a group of `{event}` has no list `hooks`")
            continue
        for hook in items(inner):
            yield from _hook(document, event, hook)


def _hook(document: Json, event: str, hook: Node) -> Iterator[Fault]:
    kind = text_at(hook, "type")
    if kind not in HOOK_MEMBERS:
        yield document.fault(hook, f"a hook of `{event}` has the type {kind!r}; known: {', '.join(HOOK_MEMBERS)}")
        return
    if not text_at(hook, HOOK_MEMBERS[kind]):
        yield document.fault(hook, f"a hook of `{event}` has no `{HOOK_MEMBERS[kind]}`")
    timeout = child(hook, "timeout")
    if timeout is not None and type_of(timeout) != NUMBER:
        yield document.fault(timeout, f"the `timeout` of a hook of `{event}` is a {type_of(timeout)}")


def servers(subject: Subject) -> Iterator[Found]:
    """Yield what is wrong with the MCP servers of a pack."""
    for path, document in _documents(subject, Kind.MCP):
        if isinstance(document, Fault):
            yield Found("json-invalid", path, document.what, document.line, document.column)
            continue
        table = child(document.root, "mcpServers") or document.root
        if type_of(table) != TABLE:
            fault = document.fault(table, "`mcpServers` is no mapping")
            yield Found("server-invalid", path, fault.what, fault.line, fault.column)
            continue
        for name, server in members(table):
            if table is document.root and type_of(server) != TABLE:
                continue  # an older form, with other keys beside the servers
            for fault in _server(document, name, server):
                yield Found("server-invalid", path, fault.what, fault.line, fault.column, item=f"{Kind.MCP}:{name}")


def _server(document: Json, name: str, server: Node) -> Iterator[Fault]:
    if type_of(server) != TABLE:
        yield document.fault(server, f"the server {name!r} is a {type_of(server)}, and not a mapping")
        return
    for key in _TEXTS_OF_SERVERS:
        value = child(server, key)
        if value is not None and type_of(value) != TEXT:
            yield document.fault(value, f"`{key}` of the server {name!r} is a {type_of(value)}, and not a text")
    if child(server, "command") is None and child(server, "url") is None:
        yield document.fault(server, f"the server {name!r} has neither a `command` nor a `url`")
    elif child(server, "command") is None and child(server, "type") is None:
        yield document.fault(server, f'the server {name!r} has a `url` and no `type`: write "type": "http"')


def other_json(subject: Subject) -> Iterator[Found]:
    """Yield the other JSON files that tools read and that cannot be read."""
    own = {item.path for item in subject.items}
    for finding in subject.held.remarks():
        if finding.rule.value == "json-invalid" and finding.path not in own and not is_manifest(finding.path):
            yield Found("json-invalid", finding.path, finding.what, finding.line or 1, finding.column or 1)


RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (hooks, servers, other_json)
