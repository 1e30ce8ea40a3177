"""Pack: what one folder of one commit holds, read once and without a lock.

`info` and `search` show it; `add`, `install` and `lock` choose from it (`agentsync.planning.locking`).
"""

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from agentsync.model.finding import Finding, Rule
from agentsync.model.item import Component, HeaderStatus, Kind
from agentsync.model.links import SUBMODULE
from agentsync.model.pack import Contents, PackRoot
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.packs.cost import LISTED, Cost, cost_of
from agentsync.packs.discovery import FoundItem, candidates, survey
from agentsync.packs.granting import file_grants, grants_of, group_grants, server_grants
from agentsync.packs.inspection import NOT_FILES, broken_json, readable, unreadable
from agentsync.packs.pack_file import PACK_FILE, Need, PackFile, license_in, need_texts, needs_in, parse_pack_file
from agentsync.packs.pack_tree import PackTree
from agentsync.packs.plugin_parts import hooks_in, servers_in


class Pack(NamedTuple):
    """Content of a pack at one commit.

    Args:
        limits: what is refused for its size or for hidden text.
        findings: what is doubtful about the items, and what is no item although it stands where items do.
        components: how many there are of what is no item, by kind.
        natives: what one AI tool alone can read; the components count them too.
    """

    root: PackRoot
    contents: Contents
    limits: Limits
    items: tuple[FoundItem, ...]
    findings: tuple[Finding, ...]
    components: Mapping[Kind | Component, int]
    natives: tuple[FoundItem, ...] = ()

    def needs(self) -> tuple[Need, ...]:
        """Return the packs that it asks for; refuse a `pack.yaml` or `plugin.json` that is not valid."""
        return tuple(needs_in(need_texts(self.contents), self.root.name))

    def license(self) -> str:
        """Return the SPDX expression of its licence, "" where it states none."""
        return license_in(need_texts(self.contents))

    def grants(self) -> dict[FoundItem, tuple[str, ...]]:
        """Return what every item asks for, hooks and MCP servers too."""
        entries = self.contents.entries
        data = self.contents.read(item.path for item in self.items if entries[item.path].is_plain)
        modes = {item: {path: entries[path].executable for path in item.files} for item in self.items}
        found = {item: grants_of(item.kind, data[item.path], modes[item]) for item in self.items if item.path in data}
        parts = [item for item in found if item.kind in (Kind.HOOK, Kind.MCP)]
        return found | (self._of_parts(parts, data) if parts else {})

    def _of_parts(self, items: Sequence[FoundItem], data: Mapping[str, bytes]) -> dict[FoundItem, tuple[str, ...]]:
        """Return what hooks and servers ask for, which are parts of files, and the files that hooks need."""
        tree = PackTree(self.contents.entries.keys(), self.root.inner, self.root.path)
        found: dict[FoundItem, tuple[str, ...]] = {}
        for item in items:
            if item.kind is Kind.MCP:
                value = servers_in(tree, item.path, data[item.path]).get(item.name)
                grants = set(server_grants(item.name, value))
            else:
                groups = hooks_in(tree, item.path, data[item.path])
                grants = {grant for group in groups for grant in group_grants(group.event, group.value)}
                others = [path for path in item.files if path != item.path and self.contents.entries[path].is_plain]
                for path, text in self.contents.read(others).items():
                    executable = self.contents.entries[path].executable
                    grants |= file_grants(item.kind, path, text, is_main=False, executable=executable)
            found[item] = tuple(sorted(grants))
        return found

    def costs(self) -> dict[FoundItem, Cost]:
        """Return what each item costs that a tool lists: its name and description always, its file when it is used."""
        listed = [item for item in self.items if item.kind in LISTED]
        entries = self.contents.entries
        sizes = self.contents.sizes(item.path for item in listed if entries[item.path].is_plain)
        return {item: cost_of(item.name, item.description, sizes.get(item.path, 0)) for item in listed}

    def remarks(self) -> tuple[Finding, ...]:
        """Return what its author should mend although it is installed: headers and JSON that are not valid."""
        headers = (finding for item in self.items for finding in _header_remarks(self.root.name, item))
        return (*headers, *broken_json(self.root.name, self.contents, self.limits))


def read_pack(root: PackRoot, contents: Contents, limits: Limits = DEFAULT_LIMITS) -> Pack:
    """Read what a pack holds, as far as its registry and its own `pack.yaml` let it be an item.

    Raises:
        ResolutionError: where its `pack.yaml` is not valid.
        UnsafeError: where its documents are too large together.
    """
    paths = _included(root, contents)
    entries = contents.entries
    plain = [path for path in candidates(paths, root.inner, root.path) if entries[path].is_plain]
    taken, unread = readable(root.name, plain, contents, limits)
    texts = contents.read(taken)
    found = survey(
        paths,
        _reader(texts, contents, limits),
        root.folder,
        inner=root.inner,
        root=root.path,
        origins=contents.links.origins,
    )
    items = tuple(item for item in found.items if _is_declared(root, item.path, root.declared.get(f"{item.kind}s", ())))
    known = {item.path for item in found.items}
    heavy = unreadable(root.name, {path: text for path, text in texts.items() if path not in known}, limits)
    told = {*contents.links.broken, *(finding.path for finding in (*unread, *heavy))}
    headless = () if root.declared else (path for path in found.headless if path not in told)
    findings = (
        *unread,
        *heavy,
        *(_headless(root.name, path) for path in headless),
        *(finding for item in items for finding in _doubts(root.name, item)),
        *_not_followed(root, contents, paths),
    )
    # Where a registry lists what is in a pack, nothing else is.
    components, natives = ({}, ()) if root.declared else (found.components, found.natives)
    return Pack(root, contents, limits, items, findings, components, natives)


def _reader(texts: Mapping[str, bytes], contents: Contents, limits: Limits) -> Callable[[str], bytes]:
    """Return what reads a file that discovery asks for; few that only a manifest names are read one by one."""

    def read(path: str) -> bytes:
        if path in texts or not contents.entries[path].is_plain or contents.sizes([path])[path] > limits.read:
            return texts.get(path, b"")
        return contents.read([path])[path]

    return read


def _included(root: PackRoot, contents: Contents) -> Collection[str]:
    paths: Collection[str] = contents.entries.keys()
    if PACK_FILE not in contents.entries or not contents.entries[PACK_FILE].is_plain:
        return paths
    text = contents.read([PACK_FILE])[PACK_FILE].decode("utf-8", "replace")
    own = parse_pack_file(text, name=f"{PACK_FILE} of {root.name}")
    return [path for path in paths if _is_included(path, own)]


def _is_included(path: str, own: PackFile) -> bool:
    if own.include and not any(is_below(path, pattern) for pattern in own.include):
        return False
    return not any(is_below(path, pattern) for pattern in own.exclude)


def is_below(path: str, pattern: str) -> bool:
    """Return whether a glob names a path or a folder above it."""
    tidy = pattern.strip("/").removeprefix("./")
    return fnmatchcase(path, tidy) or fnmatchcase(path, f"{tidy}/*")


def _is_declared(root: PackRoot, path: str, listed: Sequence[str]) -> bool:
    """Return whether a path is on a list of the registry's; without lists, every one is."""
    return not root.declared or any(not entry or f"{path}/".startswith(f"{entry}/") for entry in listed)


def _headless(pack: str, path: str) -> Finding:
    what = "it is not installed as an agent: it has no header with a name or a description"
    return Finding(pack, path, what, rule=Rule.HEADER_MISSING)


def _doubts(pack: str, item: FoundItem) -> Iterator[Finding]:
    key = item.key
    if lost := item.claude_code.lost(item.kind):
        yield Finding(pack, item.path, lost, rule=Rule.HEADER_DROPPED, item=key)
    if item.kind is Kind.SKILL and posixpath.basename(item.path) != "SKILL.md":
        what = "it is installed as SKILL.md, the one name that is loaded everywhere"
        yield Finding(pack, item.path, what, rule=Rule.FILE_RENAMED, item=key)


def _not_followed(root: PackRoot, contents: Contents, paths: Collection[str]) -> Iterator[Finding]:
    """Yield the links that lead nowhere, and the submodules, but for those among tests, examples and the like."""
    found = {path: (why, Rule.LINK_NOT_FOLLOWED) for path, why in contents.links.broken.items()}
    entries = contents.entries
    submodules = (path for path in paths if entries[path].mode == SUBMODULE)
    found |= {path: (NOT_FILES[SUBMODULE], Rule.SUBMODULE) for path in submodules}
    tree = PackTree(found, root.inner, root.path)
    listed = [entry for entries in root.declared.values() for entry in entries]
    for path in tree.paths:
        if tree.folder(path).shipped and tree.is_own(path) and _is_declared(root, path, listed):
            what, rule = found[path]
            yield Finding(root.name, path, what, rule=rule)


def _header_remarks(pack: str, item: FoundItem) -> Iterator[Finding]:
    if item.header in (HeaderStatus.REPAIRED, HeaderStatus.PARTIAL, HeaderStatus.UNREADABLE):
        what = f"its header is {item.header}: it is not valid YAML"
        yield Finding(pack, item.path, what, rule=Rule.HEADER_REPAIRED, item=item.key, fix="quote its values")
    elif item.header is HeaderStatus.NONE and item.kind in (Kind.AGENT, Kind.SKILL):
        what = "it has no header, so that no tool knows what it is for"
        fix = "give it a name and a description"
        yield Finding(pack, item.path, what, rule=Rule.HEADER_MISSING, item=item.key, fix=fix)
