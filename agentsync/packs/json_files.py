"""The JSON files of a pack that a tool reads: which of them cannot be read, and where they break."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from agentsync.formats.json_text import JsonError, read_json
from agentsync.model.finding import Finding, Rule
from agentsync.model.limits import DEFAULT_LIMITS, Limits
from agentsync.model.pack import Contents
from agentsync.packs.pack_tree import PackTree

_NAMES: Final = (".mcp.json", ".lsp.json")
_PLACES: Final = ("hooks/hooks.json", ".claude-plugin/plugin.json", ".github/plugin/plugin.json")


def broken_json(pack: str, contents: Contents, limits: Limits = DEFAULT_LIMITS) -> Iterator[Finding]:
    """Yield a finding for each file of hooks, servers or plugin facts that is not JSON, with line and column."""
    tree = PackTree(contents.entries.keys())
    told = [path for path in sorted(contents.entries) if _is_read(path) and tree.folder(path).shipped]
    paths = [path for path in told if contents.entries[path].is_plain]
    sizes = contents.sizes(paths)
    for path, data in contents.read(path for path in paths if sizes[path] <= limits.read).items():
        try:
            _check(path, read_json(data))
        except JsonError as error:
            what = f"it cannot be read, and counts for nothing: {error.problem}"
            yield Finding(pack, path, what, error.line, error.column, rule=Rule.JSON_INVALID)


def _is_read(path: str) -> bool:
    return posixpath.basename(path) in _NAMES or any(path == place or path.endswith(f"/{place}") for place in _PLACES)


def _check(path: str, document: object) -> None:
    """Raise a JsonError for a document of another shape than tools read."""
    if not isinstance(document, dict):
        raise JsonError("it is no object")
    key = {"hooks.json": "hooks", ".mcp.json": "mcpServers", ".lsp.json": "lspServers"}.get(posixpath.basename(path))
    if key in document and not isinstance(document[key], dict):
        raise JsonError(f"`{key}` is no object")
