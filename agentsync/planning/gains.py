"""Gains of power between two locks, and those that need a yes.

A first installation was asked for: only hooks and MCP servers need a yes then. Later everything does that was not
there before: also an item that may do what nothing in its pack could, or a pack that another one brought in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.grant import EXECUTABLE, GrantChange, always_asked, gained, lost
from agentsync.model.item import ClaudeCode, Kind
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.pack import Contents
from agentsync.model.plan import Change
from agentsync.model.slot import EntryPath, SlotPath
from agentsync.packs.frontmatter import read_document
from agentsync.packs.granting import file_grants, is_program
from agentsync.planning.owners import PlaceIndex
from agentsync.planning.placing import Place, places, tools_for
from agentsync.rendering.renderers import added_power
from agentsync.targets.tool import Tool

_UNREAD = "header no longer read"
ToolsOf = Callable[[Lock], Sequence[Tool]]
"""Returns the AI tools that a lock is for."""


def grant_changes(before: Lock | None, after: Lock, tools: ToolsOf) -> tuple[GrantChange, ...]:
    """Return every item whose grants differ from those that were accepted, sorted by pack and item.

    One item is one, whichever tools take it: its files are compared by where they are in it.
    """
    old = _renamed(before, after) if before is not None else Lock()
    changes = (
        change for name in sorted(old.packs.keys() | after.packs.keys()) for change in _of_pack(name, old, after, tools)
    )
    return tuple(change for change in changes if change.gained or change.lost)


def _renamed(before: Lock, after: Lock) -> Lock:
    """Return the lock before, with its packs under their present names: the pack was agreed to, not its name."""
    now = {_source(pack): name for name, pack in after.packs.items() if name not in before.packs}
    names = {name: name if name in after.packs else now.get(_source(pack), name) for name, pack in before.packs.items()}
    return before._replace(packs={names[name]: pack for name, pack in before.packs.items()})


def _source(pack: LockedPack) -> tuple[str | None, str, str]:
    return pack.git, pack.folder, pack.path


def _of_pack(name: str, before: Lock, after: Lock, tools: ToolsOf) -> Iterator[GrantChange]:
    was, now = before.packs.get(name), after.packs.get(name)
    if now is None:
        assert was is not None, "the name is in one of the locks"
        yield from (GrantChange(name, item.key, (), item.grants) for item in was.items)
        return
    if was is None:
        brought = any(name in pack.requires for pack in after.packs.values() if pack.name in before.packs)
        for item in now.items:
            asks = item.grants if brought else always_asked(item.grants)
            yield GrantChange(name, item.key, item.grants, (), asks, is_new=True)
        return
    if was.signer and now.signer != was.signer:
        signer = (f"signer:{now.signer or 'none'}",)
        yield GrantChange(name, "its signature", signer, (f"signer:{was.signer}",), signer)
    old = {item.key: item for item in was.items}
    could = {grant for item in was.items for grant in item.grants}
    programs, new = _programs(was, tools(before)), _programs(now, tools(after))
    for item in now.items:
        if item.key not in old:
            # From the same tree, the manifest has chosen it: what upstream holds did not change.
            asks = always_asked(item.grants) if was.tree == now.tree else gained(could, item.grants)
            yield GrantChange(name, item.key, item.grants, (), asks)
            continue
        more = list(gained(old[item.key].grants, item.grants))
        if _unread(item) and not _unread(old[item.key]):
            more.append(_UNREAD)
        more += _new_programs(programs.get(item.key, {}), new.get(item.key, {}))
        yield GrantChange(name, item.key, tuple(more), lost(old[item.key].grants, item.grants), tuple(more))
    gone = old.keys() - {item.key for item in now.items}
    yield from (GrantChange(name, key, (), old[key].grants) for key in sorted(gone))


def _unread(item: LockedItem) -> bool:
    """Return whether the tool that loads it does not see its header."""
    return not item.header.is_read or item.claude_code is ClaudeCode.DROPPED


class _Program(NamedTuple):
    """A program among the files of an item: where it is, of several copies the first, and whether one has the mode."""

    path: SlotPath
    is_executable: bool


def _programs(pack: LockedPack, tools: Sequence[Tool]) -> dict[str, dict[str, _Program]]:
    """Return the programs among the files of each item, by their path in the item's folder."""
    files = [path for path, digest in pack.files.items() if digest.executable or is_program(path)]
    found: dict[str, dict[str, _Program]] = {}
    for place in places(pack, tools_for(pack, tools)) if files else ():
        mine = found.setdefault(place.item.key, {})
        for path in filter(place.holds, files) if place.whole_folder else ():
            inner = path.removeprefix(f"{place.path}/")
            known = mine.get(inner, _Program(path, False))
            mine[inner] = _Program(known.path, known.is_executable or pack.files[path].executable)
    return found


def _new_programs(old: Mapping[str, _Program], new: Mapping[str, _Program]) -> Iterator[str]:
    for inner, program in sorted(new.items()):
        if inner not in old:
            yield f"{EXECUTABLE}:{program.path}"
        elif program.is_executable and not old[inner].is_executable:
            yield f"+x:{program.path}"


def edit_grants(place: Place, path: SlotPath, data: bytes, *, executable: bool) -> set[str]:
    """Return what one edited slot of an item asks for; of another tool's words what is more than the item has."""
    is_main = path == place.main
    grants = file_grants(place.item.kind, path, data, is_main=is_main and not place.is_rendered, executable=executable)
    if is_main and place.is_rendered and not isinstance(path, EntryPath):
        grants |= added_power(place.render, place.tool, place.item.grants, data)
    return grants


def with_edit(pack: LockedPack, path: SlotPath, data: bytes, executable: bool, tools: Sequence[Tool]) -> LockedPack:
    """Return an entry whose items name what an edit of the project's own asks for, beside what upstream's files do."""
    more: dict[str, set[str]] = {}
    for place in PlaceIndex(places(pack, tools)).holding(path):
        more.setdefault(place.item.key, set()).update(edit_grants(place, path, data, executable=executable))
    items = [
        item._replace(grants=tuple(sorted({*item.grants, *more[item.key]}))) if item.key in more else item
        for item in pack.items
    ]
    return pack._replace(items=tuple(items))


def local_gains(
    lock: Lock, tools: Sequence[Tool], changes: Iterable[Change], read: Callable[[Change], bytes]
) -> dict[SlotPath, tuple[str, ...]]:
    """Return the power that edits on disk add to what the lock names, by path."""
    found = {}
    for change in changes:
        pack = lock.packs.get(change.pack)
        if pack is None or not isinstance(change.local, FileDigest):
            continue
        for place in PlaceIndex(places(pack, tools_for(pack, tools))).holding(change.path):
            found[change.path] = _local_gain(place, change, read)
    return {path: more for path, more in found.items() if more}


def _local_gain(place: Place, change: Change, read: Callable[[Change], bytes]) -> tuple[str, ...]:
    assert isinstance(change.local, FileDigest), "the caller has looked"
    more: list[str] = []
    if change.path == place.main or place.item.kind == Kind.HOOK:
        more += gained(place.item.grants, edit_grants(place, change.path, read(change), executable=False))
    was_executable = change.wanted is not None and change.wanted.executable
    if (change.wanted is None and is_program(change.path)) or (change.local.executable and not was_executable):
        more.append(EXECUTABLE)
    return tuple(more)


def worsened(old: LockedPack, contents: Contents) -> Iterator[str]:
    """Yield what a pack loses with the contents of a new release, one sentence each."""
    readable = {item.path: item for item in old.items if item.header.is_read}
    still = [path for path in readable if path in contents.entries and contents.entries[path].is_plain]
    for path, data in contents.read(still).items():
        item = readable[path]
        if not data.strip():
            yield f"{item.key} became empty ({path})"
        elif not (document := read_document(data)).status.is_read:
            why = document.error or "it has no header"
            yield f"{item.key} lost its header ({path}: {why})"
