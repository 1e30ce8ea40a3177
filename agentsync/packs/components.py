"""Components of a pack beside items: rules, output styles, LSP servers and more. Counted by kind, and not installed.

Source: https://code.claude.com/docs/en/plugins-reference.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agentsync.model.item import Component, Kind
from agentsync.packs.declared_items import Declared
from agentsync.packs.pack_tree import Folder, PackTree, is_markdown

Part = Kind | Component

_SERVERS: Final = ".lsp.json"
_RULE_FOLDERS: Final = frozenset(("rules", ".clinerules"))
_BY_SUFFIX: Final[Mapping[str, Part]] = {
    ".instructions.md": Kind.RULE,
    ".mdc": Kind.RULE,
    ".prompt.md": Component.PROMPT,
    ".chatmode.md": Component.CHAT_MODE,
}
_TOML: Final[Mapping[Kind, Part]] = {Kind.AGENT: Component.TOML_AGENT, Kind.COMMAND: Component.TOML_COMMAND}
# Everyday words: they count only beside the manifest of a plug-in.
_OF_PLUGINS: Final[Sequence[tuple[re.Pattern[str], Part]]] = (
    (re.compile(r"themes/[^/]+\.json"), Component.THEME),
    (re.compile(r"monitors/[^/]+\.json"), Component.MONITOR),
    (re.compile(r"bin/[^/]+"), Component.PROGRAM),
    (re.compile(r"settings\.json"), Component.SETTINGS),
)
_DECLARED: Final[Mapping[str, Part]] = {
    "outputStyles": Component.OUTPUT_STYLE,
    "lspServers": Component.LSP,
    "themes": Component.THEME,
    "monitors": Component.MONITOR,
}


def is_servers(path: str) -> bool:
    """Return whether a file lists LSP servers."""
    return posixpath.basename(path) == _SERVERS


def components(tree: PackTree, declared: Declared) -> Mapping[Part, int]:
    """Count what a pack holds beside items, by kind."""
    found: Counter[Part] = Counter()
    for path in tree.paths:
        if (kind := _kind(tree, path, declared)) is not None and tree.is_own(path) and not tree.in_skill(path):
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
        return Kind.RULE
    return Component.OUTPUT_STYLE if "output-styles" in folder.parts else None


def _by_plugin(declared: Declared, path: str) -> Part | None:
    folder, name = posixpath.split(path)
    above, own = posixpath.split(folder)
    for root, inside in ((folder, name), (above, f"{own}/{name}")):
        if root in declared.roots:
            found = next((kind for pattern, kind in _OF_PLUGINS if pattern.fullmatch(inside)), None)
            if found is not None:
                return found
    return None


def _declared(tree: PackTree, declared: Declared) -> Iterator[tuple[Part, int]]:
    for key, kind in {**_DECLARED, "hooks": Kind.HOOK, "mcpServers": Kind.MCP}.items():
        for path in declared.files(key) if key in _DECLARED else ():
            if tree.is_own(path) and _kind(tree, path, declared) is None:
                yield kind, 1
        for path, value in declared.inline(key):
            if tree.is_own(path):
                yield kind, 1 if kind is Kind.HOOK else len(value)
