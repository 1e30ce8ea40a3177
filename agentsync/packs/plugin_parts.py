"""MCP servers and hooks in the files of a pack: in files of their own, and in the manifests of plug-ins.

Source of the formats: https://code.claude.com/docs/en/mcp, https://code.claude.com/docs/en/hooks,
https://code.claude.com/docs/en/plugins-reference.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from agentsync.model.plugin_command import Named, parts_of
from agentsync.packs.declared_items import is_manifest, load_json, plugins_of
from agentsync.packs.pack_tree import PackTree

SERVERS: Final = "mcpServers"
HOOKS: Final = "hooks"
_PLUGIN: Final = ".claude-plugin/plugin.json"


class HookGroup(NamedTuple):
    """One group of the hooks of an event.

    Args:
        value: what the file has for it, whatever that is.
        root: the folder in the pack of the plug-in that it is a part of.
        files: the files of the pack that its commands need.
        fault: why it cannot be installed anywhere, "" where it can.
    """

    event: str
    value: Any
    root: str = ""
    files: tuple[str, ...] = ()
    fault: str = ""


def servers_in(tree: PackTree, path: str, data: bytes) -> dict[str, Any]:
    """Return the servers in a file by name; one called `mcp` without a value where it cannot be read."""
    document = load_json(data)
    if is_manifest(path):
        inline = (entry.get(SERVERS) for _, entry in plugins_of(tree, path, document))
        tables = [table for value in inline for table in _tables(value)]
    elif not isinstance(document, dict):
        return {"mcp": None}
    else:
        tables = [document[SERVERS] if SERVERS in document else _older_form(document)]
    found: dict[str, Any] = {}
    for table in tables:
        if not isinstance(table, dict):
            return {"mcp": None}
        for name, server in table.items():
            found.setdefault(name.strip() or "mcp", server)
    return found


def _older_form(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the servers of a file that has no key around them, and may have others beside them."""
    return {name: server for name, server in document.items() if isinstance(server, dict)}


def _tables(value: object) -> Iterator[dict[str, Any]]:
    """Yield what a manifest holds itself under a key, which may be a list of files and of such tables."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one.get(SERVERS, one) if isinstance(one.get(SERVERS, one), dict) else one


def hooks_in(tree: PackTree, path: str, data: bytes) -> tuple[HookGroup, ...]:
    """Return the groups of hooks in a file, with the files that they need."""
    document = load_json(data)
    if is_manifest(path):
        inline = ((root, entry.get(HOOKS)) for root, entry in plugins_of(tree, path, document))
        tables = [(root, table) for root, value in inline for table in _hook_tables(value)]
    else:
        tables = [(plugin_root(tree, path), table) for table in _hook_tables(document)]
    groups = [
        (root, event, group)
        for root, table in tables
        for event, listed in table.items()
        for group in (listed if isinstance(listed, list) else [listed])
    ]
    if path.startswith(".") and not is_manifest(path):
        why = "it is of the settings of one tool, and no part of a plug-in"
        return tuple(HookGroup(event, group, root, fault=why) for root, event, group in groups)
    return tuple(_examined(tree, path, root, event, group) for root, event, group in groups)


def _hook_tables(value: object) -> Iterator[dict[str, Any]]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            inner = one.get(HOOKS, one)
            yield inner if isinstance(inner, dict) else {}


def plugin_root(tree: PackTree, path: str) -> str:
    """Return the folder of the plug-in that a file is of: the nearest with a manifest, else the one above `hooks`."""
    parts = path.split("/")[:-1]
    above = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    if found := next((folder for folder in above if f"{folder}/{_PLUGIN}" in tree), ""):
        return found
    return "/".join(parts[: parts.index(HOOKS)]) if HOOKS in parts and _PLUGIN not in tree else ""


def _examined(tree: PackTree, path: str, root: str, event: str, group: Any) -> HookGroup:
    try:
        named = [
            part.path
            for command in _commands(group)
            for part in parts_of(command, root, lambda path: path in tree or bool(tree.below(path)))
            if isinstance(part, Named)
        ]
    except ValueError as error:
        return HookGroup(event, group, root, fault=str(error))
    files = {file for one in named for file in _with_folder(tree, one, root) if file != path and not is_manifest(file)}
    return HookGroup(event, group, root, tuple(sorted(files)))


def _commands(group: Any) -> Iterator[str]:
    listed = group.get(HOOKS) if isinstance(group, dict) else None
    for hook in listed if isinstance(listed, list) else ():
        if isinstance(hook, dict) and isinstance(command := hook.get("command"), str):
            yield command


def _with_folder(tree: PackTree, path: str, root: str) -> list[str]:
    """Return a file with what lies in its folder, unless that is the root of the plug-in; a folder with all in it."""
    folder = posixpath.dirname(path) if path in tree else path
    found = [path] if folder in ("", root) and path in tree else tree.below(folder)
    return [file for file in found if tree.is_own(file)]


def server_source(servers: Mapping[str, Any], name: str) -> bytes:
    """Return the JSON of the value of a server, `null` where there is none of this name."""
    return json.dumps(servers.get(name), ensure_ascii=False, separators=(",", ":")).encode()


def group_source(group: HookGroup) -> bytes:
    """Return the JSON of a group with its event."""
    return json.dumps({group.event: group.value}, ensure_ascii=False, separators=(",", ":")).encode()
