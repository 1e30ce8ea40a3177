"""Items that the plugin manifests in a tree declare, and the components beside items, which are only counted.

A `plugin.json` speaks for the folder that holds its own, an entry of a `marketplace.json` for the
plugin's folder that it names. Each may list files and folders. What leaves the tree, does not exist
or is not text is passed over: a manifest that went stale must not cost the items that are there.

Source of the formats: https://code.claude.com/docs/en/plugins-reference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from agentsync.formats.json_text import read_json
from agentsync.late import late
from agentsync.model.item import Component, Kind
from agentsync.packs.pack_tree import Folder, PackTree, is_markdown

Part = Kind | Component
_SERVERS: Final = ".lsp.json"
_RULE_FOLDERS: Final = frozenset(("rules", ".clinerules"))
_BY_SUFFIX: Final[Mapping[str, Part]] = {
    ".instructions.md": Component.OTHER_RULE,
    ".mdc": Component.OTHER_RULE,
    ".prompt.md": Component.PROMPT,
    ".chatmode.md": Component.CHAT_MODE,
}
_TOML: Final[Mapping[Kind, Part]] = {Kind.AGENT: Component.TOML_AGENT, Kind.COMMAND: Component.TOML_COMMAND}
# Everyday words: they count only beside the manifest of a plug-in.
_OF_PLUGINS: Final[Sequence[tuple[re.Pattern[str], Part]]] = (
    (late(r"themes/[^/]+\.json"), Component.THEME),
    (late(r"monitors/[^/]+\.json"), Component.MONITOR),
    (late(r"bin/[^/]+"), Component.PROGRAM),
    (late(r"settings\.json"), Component.SETTINGS),
)
_DECLARED: Final[Mapping[str, Part]] = {
    "outputStyles": Component.OUTPUT_STYLE,
    "lspServers": Component.LSP,
    "themes": Component.THEME,
    "monitors": Component.MONITOR,
}
LARGEST_JSON: Final = 1024 * 1024
_MARKETPLACE: Final = late(
    r"(?:(.*)/)?(?:\.claude-plugin|\.agents/plugins|\.github/plugin|\.cursor-plugin)/marketplace\.json", re.DOTALL
)
_PLUGIN: Final = late(r"(?:(.*)/)?\.claude-plugin/plugin\.json", re.DOTALL)


def manifests(tree: PackTree) -> list[str]:
    """Return the manifests of a tree that count."""
    named = [path for path in tree.paths if path.endswith(".json") and tree.folder(path).shipped]
    return [path for path in named if is_manifest(path)]


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
            (path, *plugin) for path in manifests(tree) for plugin in plugins_of(tree, path, load_json(read(path)))
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
        """Return what the manifests hold themselves under a key, alone or beside files, with the manifest."""
        for path, _, manifest in self._plugins:
            listed = manifest.get(key)
            for value in listed if isinstance(listed, list) else [listed]:
                if isinstance(value, dict) and value:
                    yield path, value

    def servers_in(self, path: str) -> int:
        """Return how many servers a file lists, 1 where it cannot be read."""
        document = load_json(self._read(path))
        servers = document.get("lspServers", document) if isinstance(document, dict) else None
        return len(servers) if isinstance(servers, dict) else 1


def is_manifest(path: str) -> bool:
    """Return whether a file is the manifest of a plug-in or of a marketplace, by its name."""
    return _PLUGIN.fullmatch(path) is not None or _MARKETPLACE.fullmatch(path) is not None


def plugins_of(tree: PackTree, path: str, manifest: Any) -> Iterator[tuple[str, dict[str, Any]]]:
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
        if isinstance(entry, dict) and (folder := _folder(tree, root, common, entry.get("source"))) is not None:
            yield folder, entry


def _folder(tree: PackTree, root: str, common: object, source: object) -> str | None:
    """Return the folder of a plugin: as it is written, or below the folder that all plugins share."""
    for base in (root, _resolve(root, common)):
        folder = None if base is None else _resolve(base, source)
        if folder is not None and (not folder or tree.below(folder)):
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


def is_servers(path: str) -> bool:
    """Return whether a file lists LSP servers."""
    return path.endswith(_SERVERS) and path.rpartition("/")[2] == _SERVERS


def components(tree: PackTree, declared: Declared, items: Collection[str]) -> Mapping[Part, int]:
    """Count what a pack holds beside items, by kind; `items` are the paths of these."""
    found: Counter[Part] = Counter()
    for path in tree.paths:
        if (
            path not in items
            and (kind := _kind(tree, path, declared)) is not None
            and tree.is_own(path)
            and not tree.in_skill(path)
        ):
            found[kind] += declared.servers_in(path) if kind is Component.LSP else 1
    for kind, number in _declared(tree, declared):
        found[kind] += number
    return dict(sorted((kind, number) for kind, number in found.items() if number))


def _kind(tree: PackTree, path: str, declared: Declared) -> Part | None:
    folder = tree.folder(path)
    if not folder.shipped:
        return None
    return _by_name(folder, path) or _by_folder(folder, path) or _by_plugin(declared, path)


def _by_name(folder: Folder, path: str) -> Part | None:
    if is_servers(path):
        return Component.LSP
    if path.endswith(".toml") and folder.container is not None:
        return _TOML[folder.container]
    return next((kind for suffix, kind in _BY_SUFFIX.items() if path.endswith(suffix)), None)


def _by_folder(folder: Folder, path: str) -> Part | None:
    if folder.container is not None or not is_markdown(path):
        return None
    if not _RULE_FOLDERS.isdisjoint(folder.parts) or folder.parts[-2:] == (".kiro", "steering"):
        return Component.OTHER_RULE
    return Component.OUTPUT_STYLE if "output-styles" in folder.parts else None


def _by_plugin(declared: Declared, path: str) -> Part | None:
    folder, _, name = path.rpartition("/")
    above, _, own = folder.rpartition("/")
    for root, inside in ((folder, name), (above, f"{own}/{name}")):
        if root in declared.roots:
            found = next((kind for pattern, kind in _OF_PLUGINS if pattern.fullmatch(inside)), None)
            if found is not None:
                return found
    return None


def _declared(tree: PackTree, declared: Declared) -> Iterator[tuple[Part, int]]:
    for key, kind in _DECLARED.items():
        for path in declared.files(key):
            if tree.is_own(path) and _kind(tree, path, declared) is None:
                yield kind, 1
        for path, value in declared.inline(key):
            if tree.is_own(path):
                yield kind, len(value)
