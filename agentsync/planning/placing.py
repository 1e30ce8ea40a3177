"""Places and names of the items of a pack in a scope.

Upstream's file names stay. `rename` and `prefix` of the manifest are the only things that change
them, and `rename` is the only thing that changes the `name:` in a header.
"""

import posixpath
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.errors import ResolutionError
from agentsync.model.item import Choice, FieldEdits, Kind
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.names import ItemKey
from agentsync.model.rel_path import RelPath, below_folder, rel_path, safe_paths, why_unsafe
from agentsync.model.slot import EntryPath, SlotPath, content_digest, file_of
from agentsync.planning.choosing import edits_of, installed_name, new_name, own_edits_of
from agentsync.rendering.hook_form import folder_of
from agentsync.rendering.rendered import Rendered, Renderer, Source, verbatim
from agentsync.targets.sharing import sharing
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Tool, ToolPlace

if TYPE_CHECKING:
    from agentsync.packs.discovery import FoundItem

_ENDINGS: Final = frozenset(("md", "mdc", "toml", "json", "yaml", "yml"))
_ROLES: Final = frozenset(("agent", "instructions", "prompt"))
CONTAINERS: Final[Mapping[str, frozenset[str]]] = {
    str(Kind.AGENT): frozenset(("agents", "subagents")),
    str(Kind.COMMAND): frozenset(("commands", "command")),
    str(Kind.RULE): frozenset(("rules", "instructions")),
}


class Placed(NamedTuple):
    """One file of a pack and where it goes.

    Args:
        source: its path in the pack.
        path: its path in the scope.
        main: the item's own file in the pack; of a skill its `SKILL.md`.
        own_edits: the header changes for this tool alone.
        part: the JSON of the part of its source that is an entry; None where the source is the whole file.
        in_list: whether the path is a list, in which the entry is named by its digest.
        needs: the grants without which it is not installed, beside those of its item.
    """

    source: str
    path: SlotPath
    item: ItemKey
    main: str
    tool: str
    pack: str
    edits: FieldEdits
    own_edits: Mapping[str, str | tuple[str, ...]] = {}
    render: Renderer = verbatim
    part: bytes | None = None
    in_list: bool = False
    needs: tuple[str, ...] = ()

    @property
    def is_beside(self) -> bool:
        """True for a file that goes with the item's own."""
        return self.source != self.main

    @property
    def is_rendered(self) -> bool:
        """True where it is installed in another tool's words."""
        return self.render is not verbatim

    @property
    def is_as_it_is(self) -> bool:
        """True where its source is installed without any change."""
        return self.render is verbatim and self.part is None and not (self.edits or self.own_edits or self.in_list)


class Place(NamedTuple):
    """Place of one item in a scope, for one AI tool.

    Args:
        main: the installed file that holds its header; of an entry, the entry itself.
        whole_folder: whether every file below the slot is the item's.
        called: the name that it has for that tool, "" for its own.
    """

    slot: SlotPath
    item: LockedItem
    pack: str
    tool: str
    main: SlotPath
    whole_folder: bool = False
    render: Renderer = verbatim
    called: str = ""

    @property
    def is_rendered(self) -> bool:
        """True where its header is in another tool's words."""
        return self.render is not verbatim

    @property
    def path(self) -> RelPath:
        """The file or folder of the item; of an entry, the document that it is in."""
        return file_of(self.slot)

    def holds(self, slot: str) -> bool:
        """Return whether a slot of the scope belongs to this item."""
        return slot.startswith(f"{self.slot}/") if self.whole_folder else slot == self.slot


def places(pack: LockedPack, tools: Sequence[Tool], *, folders_only: bool = False) -> Iterable[Place]:
    """Return where each item of a locked pack is, for each AI tool that has a place for it.

    They are worked out once: the check of a lock, the plan, and the files of a pack ask for the same.
    """
    if folders_only:
        return _found(pack, tools, folders_only=True)
    known = _known.get(id(pack))
    if known is None or known[0] is not pack or known[1] != tools:
        while len(_known) >= _MOST_KNOWN:
            _known.pop(next(iter(_known)), None)
        known = _known[id(pack)] = pack, [*tools], tuple(_found(pack, tools))
    return known[2]


# By the identity of a pack, which stays here so that no other gets it.
_known: Final[dict[int, tuple[LockedPack, list[Tool], tuple[Place, ...]]]] = {}
_MOST_KNOWN: Final = 64


def _found(pack: LockedPack, tools: Sequence[Tool], *, folders_only: bool = False) -> Iterator[Place]:
    for tool in tools:
        # By text: to hash a member of an enumeration takes longer than all the rest.
        by_kind = {
            str(kind): [at for at in found if not folders_only or has_folder(at)] for kind, found in tool.places.items()
        }
        for item in pack.items if any(by_kind.values()) else ():
            if item.not_for and tool.name in item.not_for:
                continue
            for at in by_kind.get(item.key.kind, ()):
                own = _for_tool(item, tool.name) if item.native else item
                if isinstance(at, FilePlace):
                    yield _single(pack, own, tool.name, at)
                else:
                    yield from _places(pack, own, tool.name, at, folders_only=folders_only)


def _for_tool(item: LockedItem, tool: str) -> LockedItem:
    """Return an item as a tool gets it: its native file for it, else its source."""
    native = dict(item.native)
    if tool in native:
        return item._replace(path=native[tool], native=((tool, native[tool]),))
    return item._replace(native=())


def has_folder(at: ToolPlace) -> bool:
    """Return whether folders of the items' own are at a place."""
    return isinstance(at, FolderPlace) or (isinstance(at, EntryPlace) and bool(at.files))


def _places(
    pack: LockedPack, item: LockedItem, tool: str, at: ToolPlace, *, folders_only: bool = False
) -> Iterator[Place]:
    """Yield where an item is that is no file of its own. Every kind of place becomes a slot here or in `_single`."""
    render = verbatim if item.native else at.render
    if isinstance(at, FolderPlace):
        folder = rel_path(_folder_in(at.folder, pack, item))
        own = RelPath(f"{folder}/{posixpath.basename(item.path)}")
        main = own if own in pack.files else RelPath(f"{folder}/SKILL.md")
        yield Place(folder, item, pack.name, tool, main, True, render)
    elif isinstance(at, EntryPlace):
        slots = [slot for one in (at, *at.others) for slot in _entries_of(pack, item, one)]
        for slot in slots if not folders_only else ():
            yield Place(slot, item, pack.name, tool, slot, False, render)
        if at.files and slots:
            folder = rel_path(f"{at.files}/{folder_of(pack.name)}")
            if any(path.startswith(f"{folder}/") for path in pack.files):
                yield Place(folder, item, pack.name, tool, folder, True)


def _single(pack: LockedPack, item: LockedItem, tool: str, at: FilePlace) -> Place:
    """Return where an item is that is a file of its own."""
    text = f"{at.folder}/{_file_name(pack, item, at)}"
    # A path of the lock was checked when that was read.
    path = RelPath(text) if text in pack.files else rel_path(text)
    called = at.called(item.name) if at.called is not None and not item.native else ""
    return Place(path, item, pack.name, tool, path, False, verbatim if item.native else at.render, called)


def _entries_of(pack: LockedPack, item: LockedItem, at: EntryPlace) -> Sequence[EntryPath]:
    """Return the entries of an item in a document; which of a pack's hooks are of which item the lock does not say."""
    if item.key.kind == Kind.HOOK:
        return [slot for slot in pack.entries if slot.startswith(f"{at.document}#{at.pointer}/")]
    slot = entry_of(pack, item, at)
    return [slot] if slot in pack.entries else []


def entry_of(pack: LockedPack, item: LockedItem, at: EntryPlace) -> EntryPath:
    """Return the entry of an item in a document, by its name."""
    document = rel_path(at.document)
    if not at.pointer:
        return EntryPath.of_section(document, f"{pack.name} {item.key}")
    return EntryPath.of(document, at.pointer, item.name)


def tools_for(pack: LockedPack, tools: Sequence[Tool]) -> list[Tool]:
    """Return the AI tools that a pack is installed for, its own choice, else all; one place serves many."""
    chosen = [tool for tool in tools if not pack.choice.targets or tool.name in pack.choice.targets]
    return list(sharing(chosen)) if len(chosen) > 1 else chosen


def placed_files(pack: LockedPack, tools: Sequence[Tool], paths: Collection[str]) -> Iterator[Placed]:
    """Yield every file of a locked pack, of those that may be installed, with its place."""
    ordered, safe = sorted(paths), safe_paths(paths)
    shared: set[tuple[SlotPath, Renderer]] = set()
    for place in places(pack, tools):
        item = place.item
        if isinstance(place.slot, EntryPath) or item.key.kind == Kind.HOOK:
            continue
        if not place.whole_folder:
            if item.path in safe:
                yield placed_main(pack, place, item.path, place.slot)
            continue
        if not pack.choice.own_edits:  # then it is the same for all tools that read the folder
            if (place.slot, place.render) in shared:
                continue
            shared.add((place.slot, place.render))
        folder = posixpath.dirname(item.path)
        for source in _below(folder, ordered):
            if source in safe:
                if source == item.path:
                    yield placed_main(pack, place, source, file_of(place.main))
                else:
                    path = rel_path(f"{place.slot}/{source.removeprefix(f'{folder}/')}")
                    yield Placed(source, path, item.key, item.path, place.tool, place.pack, {})


def placed_main(pack: LockedPack, place: Place, source: str, path: SlotPath) -> Placed:
    """Return the file or entry that holds an item's header, with the changes of it; a native file gets none."""
    item, render = place.item, place.render
    if item.native:
        return Placed(source, path, item.key, item.path, place.tool, place.pack, {})
    choice = pack.choice
    if not (choice.edits or choice.own_edits or choice.rename):  # nearly always, and for thousands
        return Placed(source, path, item.key, item.path, place.tool, place.pack, {}, {}, render)
    edits, own = edits_of(choice, item), own_edits_of(choice, item, place.tool)
    if render is verbatim and own:
        edits, own = {**edits, **own}, {}
    return Placed(source, path, item.key, item.path, place.tool, place.pack, edits, own, render)


def _below(folder: str, ordered: Sequence[str]) -> Sequence[str]:
    """Return the paths below a folder, of many that are sorted: `0` comes right behind the slash."""
    return ordered[bisect_left(ordered, f"{folder}/") : bisect_left(ordered, f"{folder}0")] if folder else ordered


def render(placed: Placed, data: bytes) -> Rendered:
    """Return what is installed: the source with its declared changes, as the tool reads it."""
    return placed.render(Source(placed.item, placed.source, declared(placed, data), placed.pack, placed.own_edits))


def slot_of(placed: Placed, content: bytes) -> SlotPath:
    """Return where content goes: a member of a list is named by its digest."""
    path = placed.path
    if not placed.in_list or not isinstance(path, EntryPath):
        return path
    return EntryPath.of_member(path.document, path.pointer, content_digest(path, content))


def declared(placed: Placed, data: bytes) -> bytes:
    """Return the source with the header changes that the manifest declares; of an entry, its part of the source."""
    if placed.part is not None:
        return placed.part
    edits = {**placed.edits, **placed.own_edits}
    if not edits:
        return data
    # Loaded only here: few headers are changed, and what changes them takes long to load.
    from agentsync.packs.header_edits import set_field

    for key, value in edits.items():
        data = set_field(data, key, value)
    return data


def locked_item(choice: Choice, item: "FoundItem", native: tuple[tuple[str, str], ...] = ()) -> LockedItem:
    """Return the item as the lock has it, with its name here; its grants are not known yet."""
    key = ItemKey.of(item.kind, item.name)
    name = installed_name(choice, key, item.path)
    own = item.name if name != item.name else ""
    return LockedItem(ItemKey.of(item.kind, name), item.path, item.header, item.claude_code, own=own, native=native)


def _folder_in(home: str, pack: LockedPack, item: LockedItem) -> str:
    """Return a skill's folder; one in the root of a pack that was locked below the pack's own name stays there."""
    own = posixpath.basename(posixpath.dirname(item.path))
    path = f"{home}/{_called(pack, item, own or _root_folder(pack, item))}"
    if own or not pack.files:
        return path
    earlier = f"{home}/{_called(pack, item, pack.root.folder)}"
    return earlier if any(file.startswith(f"{earlier}/") for file in pack.files) else path


def _file_name(pack: LockedPack, item: LockedItem, at: FilePlace) -> str:
    folder, _, name = below_folder(item.path, CONTAINERS[item.key.kind]).rpartition("/")
    ending = name[-3:]
    if item.native:
        ending = name[len(stem_of(name)) :]
    elif at.suffix:
        name, ending = f"{stem_of(name)}{at.suffix}", at.suffix
    if pack.choice.rename or pack.choice.prefix:
        name = _called(pack, item, name, ending)
    return f"{folder}/{name}" if folder and at.nested else name


def stem_of(name: str) -> str:
    """Return the name of a file without the ending that says what it is.

    >>> stem_of("x.agent.md"), stem_of("x.instructions.md"), stem_of("x.mdc"), stem_of("1.2.md")
    ('x', 'x', 'x', '1.2')
    """
    stem, dot, ending = name.rpartition(".")
    if ending.lower() not in _ENDINGS:
        return name
    inner, dot, role = stem.rpartition(".")
    return inner if dot and inner and role in _ROLES else stem


def _called(pack: LockedPack, item: LockedItem, name: str, ending: str = "") -> str:
    if (new := new_name(pack.choice, item)) is not None:
        if (reason := why_unsafe(new)) is not None or "/" in new:
            raise ResolutionError(
                f"{pack.name}: {item.key} cannot be a file name",
                why=reason or "it holds a slash",
                hint="choose another name in `rename`",
            )
        name = new + ending
    return f"{pack.name.last}--{name}" if pack.choice.prefix else name


def _root_folder(pack: LockedPack, item: LockedItem) -> str:
    """Return the folder name of a skill in the root of a pack: upstream's; of a whole repository the skill's name."""
    is_fine = not pack.path and "/" not in item.name and why_unsafe(item.name) is None
    return item.name if is_fine else pack.root.folder
