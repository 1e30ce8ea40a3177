"""From the contents of a chosen commit to its entry in the lock: items, choice, digests."""

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from agentsync.errors import ResolutionError
from agentsync.model.clash import Unmatched
from agentsync.model.finding import Finding, Rule, Told
from agentsync.model.item import Choice, Component, Kind
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.names import ItemKey, nearest
from agentsync.model.pack import Contents
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.model.rel_path import why_unsafe
from agentsync.packs.discovery import FoundItem
from agentsync.packs.inspection import inspect
from agentsync.packs.pack import Pack, read_pack
from agentsync.planning.choosing import installed_name, is_chosen
from agentsync.planning.consent import NOT_ASKED, Consent
from agentsync.planning.duplicates import one_of_each
from agentsync.planning.filling import Examined, Was, fill
from agentsync.planning.natives import Natives, with_natives
from agentsync.planning.placing import Placed, locked_item, placed_files, tools_for
from agentsync.planning.placing_entries import placed_entries
from agentsync.targets.sharing import read_twice
from agentsync.targets.tool import Tool

# A path that leads out of its folder, and whether it is the goal of a Markdown link.
_LEADING_OUT: Final = re.compile(r"(\]\(<?)?(?<![\w./-])((?:\./)*\.\./[\w./@+-]*\w)")


def examine(
    pack: LockedPack,
    contents: Contents,
    tools: Sequence[Tool],
    limits: Limits = DEFAULT_LIMITS,
    before: LockedPack | None = None,
    consent: Consent = NOT_ASKED,
) -> Examined:
    """Read a pack whose commit is decided, and fill in its items and files; arguments and errors as for `choose`."""
    return choose(pack, read_pack(pack.root, contents, limits), tools, before, consent)


def choose(
    pack: LockedPack,
    held: Pack,
    tools: Sequence[Tool],
    before: LockedPack | None = None,
    consent: Consent = NOT_ASKED,
) -> Examined:
    """Fill in the items and files of a pack whose commit is decided.

    Args:
        before: its entry in the old lock: of two items of one name, the installed one stays.
        consent: says yes to what an item would be allowed in a tool beyond its source.

    Raises:
        ResolutionError: where the manifest chooses an item that is not there, or that is refused.
    """
    unmatched = tuple(_unmatched(pack, held.items, before))
    tools = tools_for(pack, tools)
    every = [item for item in (*held.items, *held.natives) if is_chosen(pack.choice, item.key, item.path)]
    natives = with_natives(every, tools)
    chosen = natives.items
    installed = pack._replace(items=before.items if before is not None else ())
    contending, nowhere = _placeable(chosen, tools)
    taken, left_out, beaten = one_of_each(installed, contending, held.contents.entries, tools, natives.of)
    own_files = [item for one in taken for item in natives.files.get(one.key, ()) if item != one]
    inspected = inspect(pack.name, (*taken, *nowhere, *own_files), held.contents, held.limits)
    refused = inspected.refused
    doubts = (*_of_choice(held.findings, pack.choice, taken), *inspected.told)
    findings = (*refused.values(), *(finding for finding in doubts if finding.path not in refused))
    _insist(pack, (*taken, *nowhere), refused)
    items = [_locked(pack, item, natives, beaten, refused) for item in taken if item.path not in refused]
    left_away = tuple(_writable(path) for path in refused)
    sorted_items = tuple(sorted(items, key=lambda item: item.key))
    filled = pack._replace(items=sorted_items, refused=left_away, license=held.license())
    owned = {item.path: frozenset(item.files) for item in (*taken, *own_files)}
    placed = _placed(filled, held, tools, inspected.files, owned)
    texts = held.contents.read({file.source for file in placed})
    findings += tuple(_dangling(pack.name, placed, texts, held.contents.entries.keys()))
    done = fill(filled, held, placed, Was(before, tools), consent)
    left = (*_without_place(pack, held, chosen, tools), *_beaten(pack, taken, beaten), *natives.told(pack.name))
    told = (*left, *done.told, *_twice(done.pack, tools))
    return done._replace(findings=findings, told=told, left_out=left_out, unmatched=unmatched)


def _placeable(chosen: Sequence[FoundItem], tools: Sequence[Tool]) -> tuple[list[FoundItem], list[FoundItem]]:
    """Return the items that some tool has a place for, and apart from them those whose name cannot be a path.

    The latter have no place to contend for; they are refused by their names.
    """
    placeable = [item for item in chosen if any(item.kind in tool.places for tool in tools)]
    nowhere = [item for item in placeable if why_unsafe(item.path) is not None]
    return [item for item in placeable if item not in nowhere] if nowhere else placeable, nowhere


def _placed(
    filled: LockedPack,
    held: Pack,
    tools: Sequence[Tool],
    files: Collection[str],
    owned: Mapping[str, Collection[str]],
) -> list[Placed]:
    """Return the files and entries of the items, of those files that may be installed and that the items own."""
    found = (*placed_files(filled, tools, frozenset(files)), *placed_entries(filled, tools, held.contents))
    return [file for file in found if file.source in owned[file.main]]


def _locked(
    pack: LockedPack,
    item: FoundItem,
    natives: Natives,
    beaten: Mapping[tuple[str, str], FoundItem],
    refused: Mapping[str, Finding],
) -> LockedItem:
    """Return an item as the lock has it, without its grants: the tools that do not get it are known."""
    native = natives.of(item.key)
    without = {tool for path, tool in beaten if path == item.path} | {*natives.without.get(item.path, ())}
    without |= {tool for tool, path in native if path in refused}
    return locked_item(pack.choice, item, native)._replace(not_for=tuple(sorted(without)))


def _beaten(
    pack: LockedPack, taken: Sequence[FoundItem], beaten: Mapping[tuple[str, str], FoundItem]
) -> Iterator[Told]:
    """Yield the items that one tool does not get, as another one has their name or place there."""
    items = {item.path: item for item in taken}
    for (path, tool), other in beaten.items():
        why = f"{other.path} has its name or its place there"
        yield Told(tool, pack.name, items[path].key, "refused", path, why)


def unlocked(held: Pack) -> LockedPack:
    """Return an entry for a pack that is only looked at: all of it is chosen."""
    root = held.root
    return LockedPack(
        name=root.name,
        version=None,
        git=None,
        ref="",
        commit="",
        tree=held.contents.tree,
        path=root.path,
        requested="",
        declared=root.declared,
        inner=root.inner,
    )


def _without_place(pack: LockedPack, held: Pack, chosen: Sequence[FoundItem], tools: Sequence[Tool]) -> Iterator[Told]:
    """Yield the kinds that a tool has no place for: of items, and without a choice, of what is no item.

    A native file of another tool is no loss beside the item that is rendered, and alone it is told as an item.
    """
    shared = {item.key for item in chosen if not item.target}
    alone = {item.key for item in chosen} - shared
    for tool in tools:
        found: Counter[Kind | Component] = Counter({} if pack.choice.only else held.components)
        for one in held.natives if found else ():
            if one.target == tool.name or one.key in shared or (one.key in alone and one.kind in tool.places):
                found[_component(one)] -= 1
        found.update(item.kind for item in chosen if item.kind not in tool.places and item.target in ("", tool.name))
        for kind, number in sorted((+found).items()):
            noun = "MCP server" if kind is Kind.MCP else str(kind)
            readers = sorted({item.target for item in held.natives if item.target and _component(item) == kind})
            there = f"they are for {' and '.join(readers)} alone"
            why = there if readers else f"there is no place for them in {tool.name} yet"
            yield Told(tool.name, pack.name, "", "refused", noun, why, number)


def _twice(pack: LockedPack, tools: Sequence[Tool]) -> Iterator[Told]:
    """Yield the tools that see two equal copies of skills, as two folders that they read are needed."""
    if any(item.key.kind == Kind.SKILL for item in pack.items):
        for tool, folders in read_twice(tools).items():
            why = f"it reads {' and '.join(folders)}, which hold the same, and keeps one of each"
            yield Told(tool, pack.name, "", "twice", "skills", why)


def _component(native: FoundItem) -> Component:
    """Return as what a native file is counted."""
    if native.path.endswith(".prompt.md"):
        return Component.PROMPT
    return Component.TOML_AGENT if native.kind is Kind.AGENT else Component.TOML_COMMAND


def _writable(path: str) -> str:
    """Return a path as the lock can write it: bytes that are not UTF-8 as escapes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _of_choice(findings: Iterable[Finding], choice: Choice, chosen: Sequence[FoundItem]) -> Iterator[Finding]:
    """Yield the findings that concern what is installed; without a choice, also those about no item."""
    paths = {item.path for item in chosen}
    return (one for one in findings if (one.path in paths if one.item else not choice.only))


def _unmatched(pack: LockedPack, found: Sequence[FoundItem], before: LockedPack | None) -> Iterator[Unmatched]:
    """Yield the words of the choice that name no item; refuse one that is new, which is most likely a mistake.

    One that was right when it was locked is told: the item went away upstream, and that must not stand in the way of an
    update.
    """
    choice, old = pack.choice, before.choice if before is not None else Choice()
    keys = {item.key for item in found}
    # Overrides may name items by what they are called here as well.
    here: set[str] = {ItemKey.of(item.kind, installed_name(choice, item.key, item.path)) for item in found}
    here |= keys | {item.path for item in found}
    patterns = (("only", choice.only, ()), ("except", choice.excluded, old.excluded))
    names = (
        ("rename", choice.rename, old.rename),
        ("overrides", {**choice.edits, **choice.own_edits}, {**old.edits, **old.own_edits}),
    )
    missing = [
        *((word, one, one in known) for word, ones, known in patterns for one in ones if not _fits_any(one, found)),
        *((word, one, one in known) for word, ones, known in names for one in ones if one not in here),
    ]
    for word, one, was_right in missing:
        if not was_right:
            is_glob = word in ("only", "except")
            what = f"nothing that `{word}: {one}` names" if is_glob else f"no {one}, which `{word}` names"
            hint = nearest(one, sorted(keys)[:40])
            raise ResolutionError(f"{pack.name} has {what}", why=f"it has {len(found)} items", hint=hint)
        yield Unmatched(pack.name, word, one)


def _fits_any(pattern: str, items: Sequence[FoundItem]) -> bool:
    return any(fnmatchcase(item.key, pattern) or fnmatchcase(item.path, pattern) for item in items)


def _insist(pack: LockedPack, items: Sequence[FoundItem], refused: Mapping[str, Finding]) -> None:
    """Refuse a pack of which nothing is left, or an item that was asked for by its name."""
    asked = [item for item in items if item.path in refused and {item.key, item.path} & set(pack.choice.only)]
    if asked:
        what, hint = f"{asked[0].key} is refused", "leave it out of `only:`, or contact the registry maintainer"
    elif items and all(item.path in refused for item in items):
        what, hint = "every item is refused", "ask for another version, or contact the registry maintainer"
    else:
        return
    paths = {item.path for item in asked[:1] or items}
    first = next(finding for path, finding in refused.items() if path in paths)
    raise ResolutionError(f"{pack.name}: {what}", why=f"{first.place}: {first.what}", hint=hint)


def fill_known(
    pack: LockedPack, contents: Contents, tools: Sequence[Tool], limits: Limits = DEFAULT_LIMITS
) -> LockedPack:
    """Fill in the files of an entry whose items are known, and what these ask for; hooks and servers are left out."""
    plain = frozenset(path for path, entry in contents.entries.items() if entry.is_plain)
    placed = list(placed_files(pack, tools, plain))
    held = Pack(pack.root, contents, limits, (), (), {})
    return fill(pack, held, placed, Was(None, tools), NOT_ASKED).pack


def _dangling(pack: str, placed: Sequence[Placed], texts: Mapping[str, bytes], known: Collection[str]) -> list[Finding]:
    """Return a finding for each reference out of an item's folder that leads to what is not there once it is installed.

    What exists nowhere (`known` is every path of the pack) is most often an example, and counts only where it is the
    goal of a link.
    """
    there = _with_folders(file.path for file in placed)
    beside = _with_folders(known)
    found: dict[tuple[str, str], Finding] = {}
    for file in placed:
        if not file.source.lower().endswith(".md"):
            continue
        for line, is_link, written in _references(texts[file.source]):
            goal = _joined(file.source, written)
            home = posixpath.dirname(file.main) if file.main.lower().endswith("/skill.md") else file.main
            if goal.startswith(f"{home}/") or not (is_link or goal in beside):
                continue
            if _joined(file.path, written) in there:
                continue
            what = f"it refers to {written}, which is not installed with it"
            about = Finding(pack, file.source, what, line, rule=Rule.REFERENCE_DANGLING, item=file.item)
            found.setdefault((file.source, goal), about)
    return list(found.values())


def _references(data: bytes) -> Iterator[tuple[int, bool, str]]:
    if b"../" not in data:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        for match in _LEADING_OUT.finditer(line) if "../" in line else ():
            yield number, match[1] is not None, match[2]


def _joined(path: str, written: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), written))


def _with_folders(paths: Collection[str] | Iterator[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while path and path not in found:
            found.add(path)
            path = posixpath.dirname(path)
    return found
