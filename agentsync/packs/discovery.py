"""Discovery of items in the files of a tree. Pure: the caller brings the paths, and bytes when asked.

Agents, the first rule that has a file counting:

* `A1-declared`: a manifest lists it. A file counts as it is, one in a listed folder needs a header.
* `A2-folder`: below `agents` or `subagents`, with a `name` or `description`. Of several containers
  on a path the outermost decides, so that `commands/agents/x.md` is a command.
* `A3-suffix`: `*.agent.md` with a header.
* `A4-flat`: only where A1 to A3 find nothing and there is no skill: `name` and `description`.

Rules (`R`): below `rules` in the root, `.claude` and `.cursor`; `*.instructions.md` and `*.mdc` below
`instructions` in the root and in `.github` too. What one AI tool alone can read (`N`), such as an agent
in TOML, is no item but native to that tool.

Skills (`S1`): a folder with `SKILL.md`, all of it, other skills in it included. Commands:
`C1-declared` and `C2-folder`, which need no header. Hooks (`H`): `hooks/hooks.json`. MCP servers
(`M`): those in `.mcp.json`.

Never an item: what lies in a skill, a project's README and its like, what lies in folders of tests,
examples, documentation or built files, and a repository's own settings.
"""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from agentsync.model.item import ClaudeCode, Component, HeaderStatus, Kind
from agentsync.model.names import ItemKey
from agentsync.model.rel_path import below_folder
from agentsync.packs.declared_items import Declared, components, is_manifest, is_servers, manifests
from agentsync.packs.frontmatter import Document, read_document
from agentsync.packs.pack_tree import (
    COMMAND_FOLDERS,
    RULE_FOLDERS,
    PackTree,
    is_hooks,
    is_mcp,
    is_of_git,
    may_be_agent,
    may_be_command,
    may_be_flat,
    may_be_flat_agent,
    may_be_item,
    may_be_rule,
    native_kind,
    tool_of,
)
from agentsync.packs.plugin_parts import HOOKS, SERVERS, hooks_in, servers_in

Read = Callable[[str], bytes]


class FoundItem(NamedTuple):
    """One item of a pack.

    Args:
        name: what it is called: by its header where that has a name, else after its file or folder.
        path: its file; of a skill its `SKILL.md`. Relative to the pack's root, as all paths.
        rule: the rule that found it.
        description: what its header says it is for, "" where it says nothing.
        target: the AI tool that alone it is for: its file is in that tool's own format; "" for all.
    """

    kind: Kind
    name: str
    path: str
    rule: str
    header: HeaderStatus
    claude_code: ClaudeCode
    files: tuple[str, ...]
    description: str = ""
    target: str = ""

    @property
    def key(self) -> ItemKey:
        """`KIND:NAME`."""
        return ItemKey.of(self.kind, self.name)


class Survey(NamedTuple):
    """Findings of one discovery, sorted.

    Args:
        headless: the files in a place for agents that are none, because no header says so.
        components: how many there are of what is neither installed nor an item, by kind.
        natives: what one AI tool alone can read; the components count them too.
    """

    items: tuple[FoundItem, ...]
    headless: tuple[str, ...]
    components: Mapping[Kind | Component, int]
    natives: tuple[FoundItem, ...] = ()


def candidates(paths: Collection[str], inner: Collection[str] = (), root: str = "") -> frozenset[str]:
    """Return every path whose bytes `survey` may ask for, so that they can be fetched in one go."""
    return _candidates(PackTree(paths, inner, root))


def _candidates(tree: PackTree) -> frozenset[str]:
    declaring = manifests(tree)
    found = set(_own_skills(tree))
    flat = may_be_flat(tree)
    found.update(declaring)
    listing = (path for path in tree.paths if is_mcp(tree, path) or is_hooks(tree, path) or is_servers(path))
    found.update(path for path in listing if tree.is_own(path))
    found.update(path for path in tree.paths if may_be_rule(tree, path) or native_kind(tree, path) is not None)
    found.update(
        path
        for path in tree.paths
        if may_be_item(tree, path)
        and (
            declaring
            or may_be_command(tree, path)
            or may_be_agent(tree, path)
            or (flat and may_be_flat_agent(tree, path))
        )
    )
    return frozenset(found)


def _own_skills(tree: PackTree) -> list[str]:
    return [path for path in tree.skills.values() if tree.folder(path).shipped and tree.is_own(path)]


def installable(paths: Collection[str], inner: Collection[str] = (), root: str = "") -> frozenset[str]:
    """Return every path that may belong to an item: those of `candidates`, and all files of skills."""
    tree = PackTree(paths, inner, root)
    return _candidates(tree) | {path for folder in tree.skills for path in tree.below(folder) if tree.is_own(path)}


def survey(
    paths: Collection[str],
    read: Read,
    root_name: str = "",
    *,
    inner: Collection[str] = (),
    root: str = "",
    origins: Mapping[str, str] = {},
) -> Survey:
    """Find what a pack holds. Whatever the bytes, nothing is raised but by `read`.

    Args:
        read: the bytes of one of `candidates(paths, inner, root)`; a LookupError or OSError means that it is gone.
        root_name: what a skill in the root is called where its header does not say.
        inner, root: as for `PackTree`.
        origins: where files behind links really are, as paths in the repository. One file is one item.
    """
    tree = PackTree(paths, inner, root)
    search = _Search(tree, read, root_name)
    items = search.without_others(_once(tree, search.items(), root, origins))
    found = sorted(items, key=lambda item: (item.kind, item.path, item.name))
    known = {item.path for item in found} | origins.keys()
    headless = (path for path in search.headless() if path not in known)
    natives = tuple(search.natives(known))
    return Survey(tuple(found), tuple(headless), components(tree, search.declared, known), natives)


def _once(tree: PackTree, found: Iterable[FoundItem], root: str, origins: Mapping[str, str]) -> Iterator[FoundItem]:
    """Leave out an item that is reached over a link, where its file is an item already, here or in an inner pack."""
    items = sorted(found, key=lambda item: (item.path in origins, item.path.count("/"), item.path))
    seen: set[tuple[Kind, str, str]] = set()
    for item in items:
        real = origins.get(item.path) or posixpath.join(root, item.path)
        named = item.name if item.kind is Kind.MCP else ""
        inside = real.removeprefix(f"{root}/") if root else real
        if (item.kind, real, named) not in seen and tree.is_own(inside):
            seen.add((item.kind, real, named))
            yield item


class _Search:
    """One run over one tree."""

    def __init__(self, tree: PackTree, read: Read, root_name: str) -> None:
        self._tree = tree
        self._read = read
        self._root_name = root_name
        self._documents: dict[str, Document] = {}
        self.declared = Declared(tree, partial(_bytes, read))  # nothing of this object: there may be thousands
        self._markdown = [path for path in tree.paths if may_be_item(tree, path)]

    def items(self) -> Iterator[FoundItem]:
        agents = self._agents(flat=may_be_flat(self._tree))
        for path in _own_skills(self._tree):
            yield self._skill(path)
        for path, rule in agents.items():
            yield self._single(Kind.AGENT, path, rule, _stem(posixpath.basename(path)))
        for path, rule in self._commands(agents).items():
            yield self._single(Kind.COMMAND, path, rule, below_folder(path, COMMAND_FOLDERS)[:-3].replace("/", ":"))
        yield from self._rules(agents)
        yield from self._plugin_parts()

    def _plugin_parts(self) -> Iterator[FoundItem]:
        """Yield hooks, with the files that they need, and MCP servers."""
        tree, declared = self._tree, self.declared
        hooks = {*declared.files(HOOKS), *(path for path, _ in declared.inline(HOOKS))}
        servers = {*declared.files(SERVERS), *(path for path, _ in declared.inline(SERVERS))}
        for path in filter(tree.is_own, tree.paths):
            if path in hooks or is_hooks(tree, path):
                needed = {file for group in hooks_in(tree, path, self._bytes(path)) for file in group.files}
                yield _bare(Kind.HOOK, self._hook_name(path), path, "H", *sorted(needed))
            if path in servers or is_mcp(tree, path):
                names = sorted(servers_in(tree, path, self._bytes(path)))
                yield from (_bare(Kind.MCP, name, path, "M") for name in names)

    def headless(self) -> list[str]:
        """Return the files in a place for agents whose header has neither a name nor a description."""
        return [
            path
            for path in self._markdown
            if may_be_agent(self._tree, path) and self._document(path).fields.keys().isdisjoint(("name", "description"))
        ]

    def without_others(self, found: Iterable[FoundItem]) -> list[FoundItem]:
        """Return the items, a skill in the root without what belongs to others and to git."""
        items = list(found)
        # The files that hooks need are copied: they stay a part of the skill.
        own = {item: (item.path,) if item.kind is Kind.HOOK else item.files for item in items}
        others = {path for item in items if item.path != self._tree.skills.get("") for path in own[item]}
        return [
            item._replace(files=tuple(path for path in item.files if path not in others and not is_of_git(path)))
            if item.kind is Kind.SKILL and "/" not in item.path
            else item
            for item in items
        ]

    def _agents(self, *, flat: bool) -> dict[str, str]:
        found: dict[str, str] = {}
        for path, itself in self.declared.named("agents"):
            if may_be_item(self._tree, path) and (itself or self._is_declared_agent(path)):
                found.setdefault(path, "A1-declared")
        for path in self._markdown:
            if path not in found and may_be_agent(self._tree, path):
                fields = self._document(path).fields
                if path.endswith(".agent.md") and fields:
                    found[path] = "A3-suffix"
                elif self._tree.folder(path).container is Kind.AGENT and ("name" in fields or "description" in fields):
                    found[path] = "A2-folder"
        if flat and not found:
            placed = (path for path in self._markdown if may_be_flat_agent(self._tree, path))
            return {path: "A4-flat" for path in placed if {"name", "description"} <= self._document(path).fields.keys()}
        return found

    def _is_declared_agent(self, path: str) -> bool:
        return self._tree.folder(path).container is not Kind.COMMAND and bool(self._document(path).fields)

    def _commands(self, agents: Collection[str]) -> dict[str, str]:
        found = {path: "C2-folder" for path in self._markdown if may_be_command(self._tree, path)}
        for path, _ in self.declared.named("commands"):
            if may_be_item(self._tree, path):
                found[path] = "C1-declared"
        return {path: rule for path, rule in found.items() if path not in agents}

    def _rules(self, agents: Collection[str]) -> list[FoundItem]:
        """Return the rules; of several of one name, those in a tool's own format are for that tool alone."""
        others = {*agents, *self._commands(agents)}
        paths = [path for path in self._tree.paths if path not in others and may_be_rule(self._tree, path)]
        found = [self._single(Kind.RULE, path, "R", rule_name(path)) for path in paths]
        sources: dict[str, FoundItem] = {}
        for rule in sorted(found, key=lambda rule: bool(rule.target)):
            sources.setdefault(rule.key, rule)
        return [rule if sources[rule.key] != rule else rule._replace(target="") for rule in found]

    def natives(self, known: Collection[str]) -> Iterator[FoundItem]:
        """Yield what one tool alone can read; `known` are the paths of items."""
        for path in self._tree.paths:
            kind = native_kind(self._tree, path) if path not in known else None
            if kind is not None:
                name = _toml_name(self._bytes(path)) if kind is Kind.AGENT else ""
                below = below_folder(path, COMMAND_FOLDERS if kind is Kind.COMMAND else ()).replace("/", ":")
                yield _bare(kind, name or _stem(below), path, "N")._replace(target=tool_of(path))

    def _skill(self, path: str) -> FoundItem:
        folder = path.rpartition("/")[0]
        document = self._document(path)
        name = _text(document, "name") or posixpath.basename(folder) or self._root_name
        files = tuple(path for path in self._tree.below(folder) if self._tree.is_own(path))
        described = _text(document, "description")
        return FoundItem(Kind.SKILL, name, path, "S1", document.status, document.claude_code, files, described)

    def _single(self, kind: Kind, path: str, rule: str, fallback: str) -> FoundItem:
        document = self._document(path)
        name = (_text(document, "name") if kind is Kind.AGENT else "") or fallback.strip() or posixpath.basename(path)
        described = _text(document, "description")
        found = FoundItem(kind, name, path, rule, document.status, document.claude_code, (path,), described)
        return found._replace(target=tool_of(path))

    def _hook_name(self, path: str) -> str:
        parts = self._tree.folder(path).parts
        if is_manifest(path):
            return (parts[-2:-1] or ("hooks",))[0]
        if posixpath.basename(path) != "hooks.json":
            return posixpath.basename(path).rpartition(".")[0]
        named = parts[-2:-1] if parts[-1:] == ("hooks",) else parts[-1:]
        return (named[0] if named else "") or "hooks"

    def _document(self, path: str) -> Document:
        if path not in self._documents:
            self._documents[path] = read_document(self._bytes(path))
        return self._documents[path]

    def _bytes(self, path: str) -> bytes:
        return _bytes(self._read, path)


def _bytes(read: Read, path: str) -> bytes:
    try:
        return read(path)
    except (LookupError, OSError):
        return b""


def _bare(kind: Kind, name: str, path: str, rule: str, *others: str) -> FoundItem:
    return FoundItem(kind, name, path, rule, HeaderStatus.NONE, ClaudeCode.NONE, (path, *others))


def _text(document: Document, key: str) -> str:
    text = document.fields.get(key)
    return text.strip() if isinstance(text, str) else ""


def rule_name(path: str) -> str:
    """Return what a rule is called: after its file, and the folders between it and the one for rules.

    >>> rule_name(".cursor/rules/python/style.mdc"), rule_name("instructions/sql.instructions.md")
    ('python:style', 'sql')
    """
    return _stem(below_folder(path, RULE_FOLDERS)).replace("/", ":")


def _stem(path: str) -> str:
    """Return a path without the ending that says what it is."""
    endings = (".instructions.md", ".prompt.md", ".agent.md", ".toml", ".mdc", ".md")
    ending = next((one for one in endings if path.lower().endswith(one)), "")
    return path[: len(path) - len(ending)] or path


def _toml_name(data: bytes) -> str:
    """Return the name that a TOML file gives, "" for none."""
    import tomllib

    try:
        name = tomllib.loads(data.decode()).get("name")
    except (ValueError, RecursionError):
        return ""
    return name.strip() if isinstance(name, str) else ""
