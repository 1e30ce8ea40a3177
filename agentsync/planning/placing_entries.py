"""Items that are entries of documents: MCP servers, hooks with the files that they need, and rules as sections."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from agentsync.model.item import Kind
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.pack import Contents
from agentsync.model.redaction import redact
from agentsync.model.rel_path import rel_path
from agentsync.model.slot import EntryPath
from agentsync.packs.pack_tree import PackTree
from agentsync.packs.plugin_parts import HookGroup, group_source, hooks_in, server_source, servers_in
from agentsync.planning.placing import Place, Placed, entry_of, placed_main
from agentsync.rendering.hook_form import folder_of
from agentsync.rendering.rendered import Loss, Rendered, Source
from agentsync.targets.tool import CommandPlace, EntryPlace, Tool

_NOWHERE: Final = "-"  # the document of what no file is edited for


def placed_entries(pack: LockedPack, tools: Iterable[Tool], contents: Contents) -> Iterator[Placed]:
    """Yield every entry of a locked pack, and every file that its hooks need, with its place."""
    parts = _Parts(pack, contents)
    for tool in tools:
        for item in pack.items:
            if tool.name in item.not_for or item.path not in contents.entries:
                continue
            for at in tool.places.get(item.kind, ()):
                if isinstance(at, CommandPlace):
                    yield _by_command(parts, item, tool.name, at)
                elif isinstance(at, EntryPlace):
                    for one in (at, *at.others):
                        yield from _placed(parts, item, tool.name, one)


def words_of(placed: Placed) -> str:
    """Return what an entry runs or reaches, for a person; "" for what is no hook and no server."""
    if placed.part is None:
        return ""
    value = json.loads(placed.part)
    if not isinstance(value, dict):
        return ""
    if placed.item.kind == Kind.MCP:
        return redact(_server_words(value))
    listed = value.get("hooks")
    hooks = [hook for hook in listed if isinstance(hook, dict)] if isinstance(listed, list) else []
    event = placed.path.names[-1] if isinstance(placed.path, EntryPath) else ""
    when = f"{event} {value['matcher']}" if isinstance(value.get("matcher"), str) and value["matcher"] else event
    runs = (hook.get("command") or hook.get("prompt") or hook.get("url") or "" for hook in hooks)
    return redact(f"{when}: {'; '.join(map(str, runs))}")


def _server_words(value: Mapping[str, Any]) -> str:
    args = value.get("args")
    if isinstance(command := value.get("command"), str):
        return " ".join([command, *(shlex.quote(str(arg)) for arg in (args if isinstance(args, list) else []))])
    return str(value.get("url", ""))


class _Parts:
    """The parts of a pack's files that are items."""

    def __init__(self, pack: LockedPack, contents: Contents) -> None:
        self.pack = pack
        self._contents = contents
        self._tree: PackTree | None = None
        self._servers: dict[str, Mapping[str, Any]] = {}
        self._groups: dict[str, Sequence[HookGroup]] = {}

    def server(self, item: LockedItem) -> bytes:
        """Return the JSON of the value of a server."""
        path = item.path
        if path not in self._servers:
            self._servers[path] = servers_in(self._paths(), path, self._bytes(path))
        return server_source(self._servers[path], item.own_key.name)

    def groups(self, item: LockedItem) -> Sequence[HookGroup]:
        """Return the groups of hooks."""
        path = item.path
        if path not in self._groups:
            self._groups[path] = hooks_in(self._paths(), path, self._bytes(path))
        return self._groups[path]

    def _paths(self) -> PackTree:
        if self._tree is None:
            paths = [path for path, entry in self._contents.entries.items() if entry.is_plain]
            self._tree = PackTree(paths, self.pack.inner, self.pack.path)
        return self._tree

    def _bytes(self, path: str) -> bytes:
        return self._contents.read([path])[path] if self._contents.entries[path].is_plain else b""


def _placed(parts: _Parts, item: LockedItem, tool: str, at: EntryPlace) -> Iterator[Placed]:
    if item.kind is Kind.HOOK:
        yield from _hooks(parts, item, tool, at)
        return
    slot = entry_of(parts.pack, item, at)
    place = Place(slot, item, parts.pack.name, tool, slot, False, at.render)
    placed = placed_main(parts.pack, place, item.path, slot)
    if slot.member:
        taken = Loss("refused", item.name, "such a name is one of a member of a list")
        placed = placed._replace(render=partial(_as, Rendered(None, (taken,))))
    if item.kind is Kind.MCP:
        placed = placed._replace(part=parts.server(item), needs=at.needs)
    yield placed


def _by_command(parts: _Parts, item: LockedItem, tool: str, at: CommandPlace) -> Placed:
    """Return what is told of a server that a tool takes by its own command alone."""
    part = parts.server(item)
    slot = EntryPath.of(rel_path(_NOWHERE), "", item.name)
    rendered = at.render(Source(item.key, item.path, part, parts.pack.name))
    if rendered.data is not None:
        line = shlex.join([*at.command, item.name, rendered.data.decode()])
        why = f"{at.document} is the tool's own, which it writes while it runs: `{line}`"
        rendered = Rendered(None, (Loss("refused", at.document, why),))
    name = parts.pack.name
    return Placed(item.path, slot, item.key, item.path, tool, name, {}, render=partial(_as, rendered), part=part)


def _hooks(parts: _Parts, item: LockedItem, tool: str, at: EntryPlace) -> Iterator[Placed]:
    """Yield the groups that a tool can have, with what it cannot told beside the first, and their files."""
    document, name = rel_path(at.document), parts.pack.name
    made: list[tuple[HookGroup, Rendered]] = []
    lost: list[Loss] = []
    for group in parts.groups(item):
        source = Source(item.key, item.path, group_source(group), name, beside=group.files, root=group.root)
        rendered = Rendered(None, (Loss("refused", group.event, group.fault),)) if group.fault else at.render(source)
        if rendered.data is None:
            lost += rendered.lost
        else:
            made.append((group, rendered))
    if not made:
        none = Rendered(None, tuple(lost) or (Loss("refused", "", "it holds no hooks"),))
        yield Placed(
            item.path,
            EntryPath(f"{document}#{at.pointer}"),
            item.key,
            item.path,
            tool,
            name,
            {},
            render=partial(_as, none),
        )
    for place, (group, rendered) in enumerate(made):
        every = rendered._replace(lost=(*rendered.lost, *lost)) if not place else rendered
        yield Placed(
            item.path,
            EntryPath.of(document, at.pointer, group.event),
            item.key,
            item.path,
            tool,
            name,
            {},
            render=partial(_as, every),
            part=json.dumps(group.value, ensure_ascii=False).encode(),
            in_list=True,
        )
    for file in sorted({file for group, _ in made for file in group.files}):
        yield Placed(file, rel_path(f"{at.files}/{folder_of(name)}/{file}"), item.key, item.path, tool, name, {})


def _as(rendered: Rendered, source: Source) -> Rendered:
    return rendered
