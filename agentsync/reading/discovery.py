"""Which files of a tree are which items. Pure: the caller brings the paths, and bytes when asked.

Agents, the first rule that has a file counting:

* `A1-declared`: a manifest lists it. A file counts as it is, one in a listed folder needs a header.
* `A2-folder`: below `agents` or `subagents`, with a `name` or `description`. Of several containers
  on a path the outermost decides, so that `commands/agents/x.md` is a command.
* `A3-suffix`: `*.agent.md` with a header.
* `A4-flat`: only where A1 to A3 find nothing and there is no skill: `name` and `description`.

Skills (`S1`): a folder with `SKILL.md`, all of it, other skills in it included. Commands:
`C1-declared` and `C2-folder`, which need no header. Hooks (`H`): `hooks/hooks.json`. MCP servers
(`M`): those in `.mcp.json`.

Never an item: what lies in a skill, a project's README and its like, what lies in folders of tests,
examples, documentation or built files, and a repository's own settings.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from agentsync.model.item import ClaudeCode, HeaderStatus, Kind
from agentsync.reading.declared_items import Declared, load_json, manifests
from agentsync.reading.frontmatter import Document, read_document
from agentsync.reading.pack_tree import PackTree, below_commands, is_markdown

Read = Callable[[str], bytes]

# Folders whose Markdown has a name and a description, and is something else than an agent.
_NOT_FLAT_AGENTS: Final = frozenset(
    """commands command skills prompts instructions rules hooks workflows output-styles references chatmodes modes
    loops styles steering ISSUE_TEMPLATE memories strategy integrations tools scripts""".split()
)


class FoundItem(NamedTuple):
    """One item of a pack.

    Args:
        kind: what it is.
        name: what it is called: by its header where that has a name, else after its file or folder.
        path: its file; of a skill its `SKILL.md`. Relative to the pack's root, as all paths.
        rule: the rule that found it.
        header: how its header could be read.
        claude_code: what Claude Code makes of that header.
        files: every path that belongs to it, sorted.
        description: what its header says it is for, "" where it says nothing.
    """

    kind: Kind
    name: str
    path: str
    rule: str
    header: HeaderStatus
    claude_code: ClaudeCode
    files: tuple[str, ...]
    description: str = ""


def candidates(paths: Collection[str]) -> frozenset[str]:
    """Every path whose bytes `discover` may ask for, so that they can be fetched in one go.

    Args:
        paths: every file of the pack, relative to its root.
    """
    tree = PackTree(paths)
    declaring = manifests(tree)
    found = {path for path in tree.skills.values() if tree.folder(path).shipped}
    flat = not found
    found.update(declaring)
    found.update(path for path in tree.paths if _is_mcp(tree, path))
    found.update(
        path
        for path in tree.paths
        if _may_be_item(tree, path)
        and (
            declaring
            or _may_be_command(tree, path)
            or _may_be_agent(tree, path)
            or (flat and _may_be_flat_agent(tree, path))
        )
    )
    return frozenset(found)


def installable(paths: Collection[str]) -> frozenset[str]:
    """Every path that may belong to an item: those of `candidates`, and all files of skills."""
    tree = PackTree(paths)
    return candidates(paths) | {path for folder in tree.skills for path in tree.below(folder)}


def discover(paths: Collection[str], read: Read, root_name: str = "") -> tuple[FoundItem, ...]:
    """Find the items of a pack.

    Args:
        paths: every file of the pack, relative to its root, in any order.
        read: the bytes of one of `candidates(paths)`; a LookupError or OSError means that it is gone.
        root_name: what a skill in the root is called where its header does not say.

    Returns:
        The items, sorted by kind, path and name. Whatever the bytes, nothing is raised but by `read`.
    """
    search = _Search(PackTree(paths), read, root_name)
    return tuple(sorted(search.items(), key=lambda item: (item.kind, item.path, item.name)))


class _Search:
    """One run over one tree."""

    def __init__(self, tree: PackTree, read: Read, root_name: str) -> None:
        self._tree = tree
        self._read = read
        self._root_name = root_name
        self._documents: dict[str, Document] = {}
        self._declared = Declared(tree, self._bytes)
        self._markdown = [path for path in tree.paths if _may_be_item(tree, path)]

    def items(self) -> Iterator[FoundItem]:
        skills = {path for path in self._tree.skills.values() if self._tree.folder(path).shipped}
        agents = self._agents(flat=not skills)
        for path in skills:
            yield self._skill(path)
        for path, rule in agents.items():
            yield self._single(Kind.AGENT, path, rule, _agent_stem(path))
        for path, rule in self._commands(agents).items():
            yield self._single(Kind.COMMAND, path, rule, below_commands(path)[:-3].replace("/", ":"))
        for path in self._tree.paths:
            if _is_hooks(self._tree, path):
                yield _headless(Kind.HOOK, self._hook_name(path), path, "H")
            elif _is_mcp(self._tree, path):
                yield from (_headless(Kind.MCP, name, path, "M") for name in _server_names(self._bytes(path)))

    def _agents(self, *, flat: bool) -> dict[str, str]:
        found: dict[str, str] = {}
        for path, itself in self._declared.named("agents"):
            if _may_be_item(self._tree, path) and (itself or self._is_declared_agent(path)):
                found.setdefault(path, "A1-declared")
        for path in self._markdown:
            if path not in found and _may_be_agent(self._tree, path):
                fields = self._document(path).fields
                if path.endswith(".agent.md") and fields:
                    found[path] = "A3-suffix"
                elif self._tree.folder(path).container is Kind.AGENT and ("name" in fields or "description" in fields):
                    found[path] = "A2-folder"
        if flat and not found:
            return {path: "A4-flat" for path in self._markdown if self._is_flat_agent(path)}
        return found

    def _is_declared_agent(self, path: str) -> bool:
        return self._tree.folder(path).container is not Kind.COMMAND and bool(self._document(path).fields)

    def _is_flat_agent(self, path: str) -> bool:
        return _may_be_flat_agent(self._tree, path) and {"name", "description"} <= self._document(path).fields.keys()

    def _commands(self, agents: Collection[str]) -> dict[str, str]:
        found = {path: "C2-folder" for path in self._markdown if _may_be_command(self._tree, path)}
        for path, _ in self._declared.named("commands"):
            if _may_be_item(self._tree, path):
                found[path] = "C1-declared"
        return {path: rule for path, rule in found.items() if path not in agents}

    def _skill(self, path: str) -> FoundItem:
        folder = path.rpartition("/")[0]
        document = self._document(path)
        name = _header_name(document) or posixpath.basename(folder) or self._root_name
        files = tuple(self._tree.below(folder))
        return FoundItem(
            Kind.SKILL, name, path, "S1", document.status, document.claude_code, files, _description(document)
        )

    def _single(self, kind: Kind, path: str, rule: str, fallback: str) -> FoundItem:
        document = self._document(path)
        name = (_header_name(document) if kind is Kind.AGENT else "") or fallback.strip() or posixpath.basename(path)
        described = _description(document)
        return FoundItem(kind, name, path, rule, document.status, document.claude_code, (path,), described)

    def _hook_name(self, path: str) -> str:
        parts = self._tree.folder(path).parts
        return (parts[-2] if len(parts) > 1 else "") or "hooks"

    def _document(self, path: str) -> Document:
        if path not in self._documents:
            self._documents[path] = read_document(self._bytes(path))
        return self._documents[path]

    def _bytes(self, path: str) -> bytes:
        try:
            return self._read(path)
        except (LookupError, OSError):
            return b""


def _may_be_item(tree: PackTree, path: str) -> bool:
    """Whether a manifest may make a file an agent or a command."""
    return is_markdown(path) and not tree.in_skill(path) and path != tree.skills.get("")


def _may_be_agent(tree: PackTree, path: str) -> bool:
    folder = tree.folder(path)
    is_placed = path.endswith(".agent.md") or folder.container is Kind.AGENT
    return is_placed and folder.shipped and not _is_called_skill(path)


def _may_be_flat_agent(tree: PackTree, path: str) -> bool:
    folder = tree.folder(path)
    is_hidden = any(part.startswith(".") for part in folder.parts)
    is_placed = not is_hidden and _NOT_FLAT_AGENTS.isdisjoint(folder.parts)
    return is_placed and folder.shipped and not _is_called_skill(path)


def _is_called_skill(path: str) -> bool:
    return posixpath.basename(path).lower() == "skill.md"


def _may_be_command(tree: PackTree, path: str) -> bool:
    folder = tree.folder(path)
    return folder.shipped and folder.container is Kind.COMMAND


def _is_hooks(tree: PackTree, path: str) -> bool:
    in_place = path == "hooks/hooks.json" or path.endswith("/hooks/hooks.json")
    return in_place and tree.folder(path).shipped and not tree.in_skill(path)


def _is_mcp(tree: PackTree, path: str) -> bool:
    in_place = posixpath.basename(path) == ".mcp.json"
    return in_place and tree.folder(path).shipped and not tree.in_skill(path)


def _server_names(data: bytes) -> list[str]:
    """The servers of an `.mcp.json`; one called `mcp` where the file cannot be read."""
    document = load_json(data)
    if not isinstance(document, dict):
        return ["mcp"]
    if "mcpServers" not in document:
        # The older form has no key around the servers, and may have others beside them.
        document = {"mcpServers": {name: server for name, server in document.items() if isinstance(server, dict)}}
    servers = document["mcpServers"]
    return sorted({name.strip() or "mcp" for name in servers}) if isinstance(servers, dict) else ["mcp"]


def _description(document: Document) -> str:
    text = document.fields.get("description")
    return text.strip() if isinstance(text, str) else ""


def _headless(kind: Kind, name: str, path: str, rule: str) -> FoundItem:
    return FoundItem(kind, name, path, rule, HeaderStatus.NONE, ClaudeCode.NONE, (path,))


def _header_name(document: Document) -> str:
    name = document.fields.get("name")
    return name.strip() if isinstance(name, str) else ""


def _agent_stem(path: str) -> str:
    stem = posixpath.basename(path)[:-3]
    return stem.removesuffix(".agent") or stem
