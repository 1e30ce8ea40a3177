"""From the contents of a chosen commit to its entry in the lock: items, choice, digests."""

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from agentsync.errors import ResolutionError
from agentsync.model.clash import LeftOut, Unmatched
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.finding import Finding, Rule, Told
from agentsync.model.item import Choice, Component, Kind
from agentsync.model.lock import LockedPack
from agentsync.model.names import ItemKey, nearest
from agentsync.model.pack import Contents
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.model.rel_path import RelPath, why_unsafe
from agentsync.packs.discovery import FoundItem
from agentsync.packs.granting import file_grants
from agentsync.packs.inspection import inspect
from agentsync.packs.pack import Pack, read_pack
from agentsync.planning.duplicates import one_of_each
from agentsync.planning.gate import refuse_content
from agentsync.planning.placing import Placed, declared, installed_name, is_chosen, locked_item, placed_files, render
from agentsync.targets.tool import Tool

# A path that leads out of its folder, and whether it is the goal of a Markdown link.
_LEADING_OUT: Final = re.compile(r"(\]\(<?)?(?<![\w./-])((?:\./)*\.\./[\w./@+-]*\w)")


class Examined(NamedTuple):
    """A pack as it goes into the lock.

    Args:
        told: what no tool gets.
        left_out: items beside which another one of their name or path was taken.
        unmatched: words of the manifest that fitted an item when it was locked, and fit none now.
    """

    pack: LockedPack
    findings: tuple[Finding, ...] = ()
    told: tuple[Told, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()


def examine(
    pack: LockedPack,
    contents: Contents,
    tools: Sequence[Tool],
    limits: Limits = DEFAULT_LIMITS,
    before: LockedPack | None = None,
) -> Examined:
    """Read a pack whose commit is decided, and fill in its items and files; arguments and errors as for `choose`."""
    return choose(pack, read_pack(pack.root, contents, limits), tools, before)


def choose(pack: LockedPack, held: Pack, tools: Sequence[Tool], before: LockedPack | None = None) -> Examined:
    """Fill in the items and files of a pack whose commit is decided.

    Args:
        before: its entry in the old lock: of two items of one name, the installed one stays.

    Raises:
        ResolutionError: where the manifest chooses an item that is not there, or that is refused.
    """
    unmatched = tuple(_unmatched(pack, held.items, before))
    chosen = [item for item in held.items if is_chosen(pack.choice, item.key, item.path)]
    placeable = [item for item in chosen if any(item.kind in tool.places for tool in tools)]
    installed = pack._replace(items=before.items if before is not None else ())
    # What cannot be a path anywhere has no place to contend for; it is refused by its name.
    nowhere = [item for item in placeable if why_unsafe(item.path) is not None]
    contending = [item for item in placeable if item not in nowhere] if nowhere else placeable
    taken, left_out = one_of_each(installed, contending, held.contents.entries, tools)
    inspected = inspect(pack.name, (*taken, *nowhere), held.contents, held.limits)
    refused = inspected.refused
    doubts = (*_of_choice(held.findings, pack.choice, taken), *inspected.told)
    findings = (*refused.values(), *(finding for finding in doubts if finding.path not in refused))
    _insist(pack, (*taken, *nowhere), refused)
    items = [locked_item(pack.choice, item) for item in taken if item.path not in refused]
    left_away = tuple(_writable(path) for path in refused)
    filled = pack._replace(items=tuple(sorted(items, key=lambda item: item.key)), refused=left_away)
    owned = {item.path: frozenset(item.files) for item in taken}
    files = frozenset(inspected.files)
    placed = [file for file in placed_files(filled, tools, files) if file.source in owned[file.main]]
    texts = held.contents.read({file.source for file in placed})
    findings += tuple(_dangling(pack.name, placed, texts, held.contents.entries.keys()))
    done = _filled(filled, held, placed)
    told = (*_without_place(pack, held, chosen, tools), *done.told)
    return done._replace(findings=findings, told=told, left_out=left_out, unmatched=unmatched)


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
    """Yield the kinds that no tool has a place for: of items, and without a choice, of what is no item."""
    placed = {kind for tool in tools for kind in tool.places}
    found: Counter[Kind | Component] = Counter({} if pack.choice.only else held.components)
    found.update(item.kind for item in chosen if item.kind not in placed)
    names = ", ".join(tool.name for tool in tools)
    for kind, number in sorted(found.items()):
        noun = "MCP server" if kind is Kind.MCP else str(kind)
        yield Told(names, pack.name, "", "refused", noun, f"there is no place for them in {names} yet", number)


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
    names = (("rename", choice.rename, old.rename), ("overrides", choice.edits, old.edits))
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


def _filled(pack: LockedPack, held: Pack, placed: Sequence[Placed]) -> Examined:
    """Fill in the digests of the installed files, and what the items ask for: in the source and as installed.

    Refuse a file that only a declared change, or a tool's form, makes one that is not installed.
    """
    entries, data = held.contents.entries, held.contents.read({file.source for file in placed})
    files: dict[RelPath, FileDigest] = {}
    grants: dict[str, set[str]] = defaultdict(set)
    told: list[Told] = []
    installed: set[str] = set()
    for file in placed:
        source, executable = declared(file, data[file.source]), entries[file.source].executable
        rendered, lost, _ = render(file, data[file.source])
        told += [Told(file.tool, pack.name, file.item, *loss) for loss in lost]
        if rendered is None:
            continue
        if rendered != data[file.source]:
            refuse_content(pack.name, file.path, rendered, held.limits, edited=True)
        digest = digest_of(rendered, executable=executable)
        if files.setdefault(file.path, digest) != digest:
            why = f"another tool has other bytes on {file.path}"
            told.append(Told(file.tool, pack.name, file.item, "refused", file.path, why))
            continue
        installed.add(file.item)
        is_main = file.source == file.main
        for form in dict.fromkeys((source, rendered)):
            grants[file.item] |= file_grants(file.item.kind, file.path, form, is_main=is_main, executable=executable)
    # An item that no tool gets is none.
    kept = (item for item in pack.items if item.key in installed or item.kind == Kind.SKILL)
    items = tuple(item._replace(grants=tuple(sorted(grants[item.key]))) for item in kept)
    return Examined(pack._replace(files=files, items=items), told=tuple(told))


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
