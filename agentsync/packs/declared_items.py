"""Items that the plugin manifests in a tree declare.

A `plugin.json` speaks for the folder that holds its own, an entry of a `marketplace.json` for the
plugin's folder that it names. Each may list files and folders. What leaves the tree, does not exist
or is not text is passed over: a manifest that went stale must not cost the items that are there.

Source of the formats: https://code.claude.com/docs/en/plugins-reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from agentsync.formats.json_text import read_json
from agentsync.packs.pack_tree import PackTree

LARGEST_JSON: Final = 1024 * 1024
_MARKETPLACE: Final = re.compile(
    r"(?:(.*)/)?(?:\.claude-plugin|\.agents/plugins|\.github/plugin|\.cursor-plugin)/marketplace\.json", re.DOTALL
)
_PLUGIN: Final = re.compile(r"(?:(.*)/)?\.claude-plugin/plugin\.json", re.DOTALL)


def manifests(tree: PackTree) -> list[str]:
    """Return the manifests of a tree that count."""
    named = [path for path in tree.paths if path.endswith(".json") and tree.folder(path).shipped]
    return [path for path in named if _PLUGIN.fullmatch(path) or _MARKETPLACE.fullmatch(path)]


def load_json(data: bytes) -> Any:
    """Return the value of a JSON file, None where it cannot be read: too large, too deep, or not JSON."""
    if len(data) > LARGEST_JSON:
        return None
    try:
        return read_json(data)
    except ValueError:
        return None


class Declared:
    """The lists of every manifest in a tree."""

    def __init__(self, tree: PackTree, read: Callable[[str], bytes]) -> None:
        self._tree = tree
        self._read = read
        self._plugins = [
            (path, *plugin) for path in manifests(tree) for plugin in self._plugins_of(path, load_json(read(path)))
        ]
        self.roots = frozenset(root for path, root, _ in self._plugins if _PLUGIN.fullmatch(path))

    def named(self, key: str) -> Iterator[tuple[str, bool]]:
        """Yield every path that the manifests list under a key; False for one in a listed folder."""
        folders: set[str] = set()
        for _, root, manifest in self._plugins:
            listed = manifest.get(key)
            for written in listed if isinstance(listed, list) else [listed]:
                path = _resolve(root, written)
                if path is None:
                    continue
                if path in self._tree:
                    yield path, True
                elif path not in folders:
                    folders.add(path)
                    yield from ((file, False) for file in self._tree.below(path))

    def files(self, key: str) -> list[str]:
        """Return the files that the manifests name under a key, in a list, or below a folder; sorted."""
        return sorted({path for path, _ in self.named(key)})

    def inline(self, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return what the manifests hold themselves under a key, with the manifest."""
        for path, _, manifest in self._plugins:
            if isinstance(value := manifest.get(key), dict) and value:
                yield path, value

    def servers_in(self, path: str) -> int:
        """Return how many servers a file lists, 1 where it cannot be read."""
        document = load_json(self._read(path))
        servers = document.get("lspServers", document) if isinstance(document, dict) else None
        return len(servers) if isinstance(servers, dict) else 1

    def _plugins_of(self, path: str, manifest: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the folders that a manifest describes, with its entry for each."""
        if not isinstance(manifest, dict):
            return
        if plugin := _PLUGIN.fullmatch(path):
            yield plugin[1] or "", manifest
            return
        market = _MARKETPLACE.fullmatch(path)
        root = (market[1] or "") if market else ""
        metadata, entries = manifest.get("metadata"), manifest.get("plugins")
        common = metadata.get("pluginRoot") if isinstance(metadata, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and (folder := self._folder(root, common, entry.get("source"))) is not None:
                yield folder, entry

    def _folder(self, root: str, common: object, source: object) -> str | None:
        """Return the folder of a plugin: as it is written, or below the folder that all plugins share."""
        for base in (root, _resolve(root, common)):
            folder = None if base is None else _resolve(base, source)
            if folder is not None and (not folder or self._tree.below(folder)):
                return folder
        return None


def _resolve(root: str, written: object) -> str | None:
    """Return a path that a manifest gives, from the root of the tree; None where it leaves it or is none."""
    if not isinstance(written, str) or not written or written.startswith("/") or "://" in written:
        return None
    parts = root.split("/") if root else []
    for part in written.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
