"""From the contents of a chosen commit to its entry in the lock: items, choice, digests, clashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from agentsync.errors import ClashError, ResolutionError
from agentsync.model.choice import Choice
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.finding import Finding
from agentsync.model.item import Kind, same_name
from agentsync.model.limits import DEFAULT_LIMITS, Limits
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.nearest import nearest
from agentsync.model.pack import Contents
from agentsync.model.rel_path import RelPath
from agentsync.planning.placing import installed_name, placed_files, places, render, root_name, targets_of
from agentsync.reading.discovery import FoundItem, candidates, discover
from agentsync.reading.granting import grants_of
from agentsync.reading.inspection import inspect, readable, unreadable
from agentsync.reading.pack_file import PACK_FILE, PackFile, parse_pack_file
from agentsync.targets.target import Target

_MOST_TOLD: Final = 5


class Examined(NamedTuple):
    """A pack as it goes into the lock.

    Args:
        pack: its entry, with items and files.
        findings: what was not taken as it stands.
        unplaced: kinds that no target has a place for, with how many items of each there are.
    """

    pack: LockedPack
    findings: tuple[Finding, ...] = ()
    unplaced: Mapping[Kind, int] | None = None


def examine(
    pack: LockedPack, contents: Contents, targets: Sequence[Target], limits: Limits = DEFAULT_LIMITS
) -> Examined:
    """Fill in the items and files of a pack whose commit is decided.

    Args:
        pack: the decision: source, commit, choice; its items and files are not looked at.
        contents: the pack's files at that commit.
        targets: the AI tools to install for.
        limits: what is refused for its size or for hidden text.

    Raises:
        ResolutionError: where the manifest chooses an item that is not there, or that is refused.
        UnsafeError: where the pack as a whole is too large.
    """
    found, unread = _discovered(pack, contents, limits)
    chosen = _choose(pack, found)
    placeable = [item for item in chosen if any(item.kind in target.homes for target in targets)]
    unplaced: dict[Kind, int] = defaultdict(int)
    for item in chosen:
        if item not in placeable:
            unplaced[item.kind] += 1
    wanted = sorted({path for item in placeable for path in item.files})
    refused = inspect(pack.name, wanted, contents, limits)
    findings = (*refused.values(), *(finding for finding in unread if finding.path not in refused))
    _insist(pack, placeable, refused)
    items = tuple(_locked_item(pack.choice, item) for item in placeable if item.path not in refused)
    filled = pack._replace(items=tuple(sorted(items, key=lambda item: item.key)))
    check_clashes([filled], targets)
    files = [path for path in wanted if path not in refused]
    return Examined(_filled(filled, contents, targets, files), findings, dict(unplaced))


def items_of(pack: LockedPack, contents: Contents) -> tuple[FoundItem, ...]:
    """Every item that a pack holds, as far as its registry and its own `pack.yaml` let it be one."""
    return _discovered(pack, contents, DEFAULT_LIMITS)[0]


def _discovered(
    pack: LockedPack, contents: Contents, limits: Limits
) -> tuple[tuple[FoundItem, ...], tuple[Finding, ...]]:
    """The items of a pack, and what is too large to be looked at."""
    paths: Collection[str] = contents.entries.keys()
    if PACK_FILE in contents.entries and contents.entries[PACK_FILE].is_plain:
        text = contents.read([PACK_FILE])[PACK_FILE].decode("utf-8", "replace")
        own = parse_pack_file(text, name=f"{PACK_FILE} of {pack.name}")
        paths = [path for path in paths if _is_included(path, own)]
    plain = [path for path in candidates(paths) if contents.entries[path].is_plain]
    taken, unread = readable(pack.name, plain, contents, limits)
    texts = contents.read(taken)
    found = discover(paths, lambda path: texts.get(path, b""), root_name=root_name(pack.name, pack.path))
    items = {item.path for item in found}
    others = {path: text for path, text in texts.items() if path not in items}
    unread += unreadable(pack.name, others, limits)
    return tuple(item for item in found if _is_declared(item, pack.declared)), unread


def _is_included(path: str, own: PackFile) -> bool:
    if own.include and not any(_is_below(path, pattern) for pattern in own.include):
        return False
    return not any(_is_below(path, pattern) for pattern in own.exclude)


def _is_below(path: str, pattern: str) -> bool:
    """Whether a glob names a path or a folder above it."""
    tidy = pattern.strip("/").removeprefix("./")
    return fnmatchcase(path, tidy) or fnmatchcase(path, f"{tidy}/*")


def _is_declared(item: FoundItem, declared: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether an item is on the registry's lists; where there are lists, what is on none is no item."""
    if not declared:
        return True
    listed = declared.get(f"{item.kind}s", ())
    return any(not entry or item.path == entry or item.path.startswith(f"{entry}/") for entry in listed)


def check_clashes(packs: Iterable[LockedPack], targets: Sequence[Target]) -> None:
    """Refuse two items of one kind and name, and two files on one path.

    Raises:
        ClashError: naming both packs, and the ways out.
    """
    names: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    paths: dict[str, list[str]] = defaultdict(list)
    for pack in packs:
        for place in places(pack, targets_of(pack, targets)):
            whose = f"{pack.name} ({place.item.path})"
            if place.item.kind != Kind.COMMAND:  # a command is called after its file: its path says it all
                names[place.target, place.item.kind, same_name(place.item.name)].append(whose)
            paths[same_name(place.path)].append(whose)
    clashes = [
        *(
            f"two {kind}s are named `{name}`: {' and '.join(who)}"
            for (_, kind, name), who in names.items()
            if len(who) > 1
        ),
        *(f"two files on {path}: {' and '.join(who)}" for path, who in paths.items() if len(who) > 1),
    ]
    if clashes:
        raise clash_error(clashes)


def clash_error(clashes: Sequence[str]) -> ClashError:
    """The error for clashes, the first few of them told."""
    rest = len(clashes) - _MOST_TOLD
    why = ["an AI tool would load one of them and hide the other", *clashes[1:_MOST_TOLD]]
    why += [f"and {rest} more"] if rest > 0 else []
    prefix = ", a path of its own with `prefix: true`" if clashes[0].startswith("two files") else ""
    return ClashError(
        clashes[0],
        why="; ".join(why),
        hint=f"take one with `only:`, give one another name with `rename:`{prefix}, or put one into the other scope",
    )


def _choose(pack: LockedPack, found: Sequence[FoundItem]) -> list[FoundItem]:
    """The items that `only` selects, all of them where it is empty, without those that `except` names."""
    choice = pack.choice
    for word, patterns in (("only", choice.only), ("except", choice.excluded)):
        for pattern in patterns:
            if not any(_matches(pattern, item) for item in found):
                keys = sorted({_key(item) for item in found})
                raise ResolutionError(
                    f"{pack.name} has nothing that `{word}: {pattern}` names",
                    why=f"it has {len(found)} items",
                    hint=nearest(pattern, keys[:40]),
                )
    for key, names in (("rename", choice.rename), ("overrides", choice.edits)):
        for name in names:
            here = {_key(item) for item in found} | {item.path for item in found} | set(_new_names(choice, found))
            if name not in here:
                raise ResolutionError(
                    f"{pack.name} has no {name}, which `{key}` names",
                    why=f"it has {len(found)} items",
                    hint=nearest(name, sorted(_key(item) for item in found)[:40]),
                )
    return [item for item in found if is_chosen(choice, _key(item), item.path)]


def is_chosen(choice: Choice, key: str, path: str) -> bool:
    """Whether `only` and `except` let an item in.

    Args:
        choice: what the manifest chooses of the pack.
        key: the item as its pack calls it, `KIND:NAME`.
        path: its path in the pack.
    """

    def is_named(patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(key, pattern) or fnmatchcase(path, pattern) for pattern in patterns)

    return (not choice.only or is_named(choice.only)) and not is_named(choice.excluded)


def _new_names(choice: Choice, found: Sequence[FoundItem]) -> list[str]:
    """What the items are called here, which overrides may name them by as well."""
    return [f"{item.kind}:{installed_name(choice, _key(item), item.path)}" for item in found]


def _matches(pattern: str, item: FoundItem) -> bool:
    return fnmatchcase(_key(item), pattern) or fnmatchcase(item.path, pattern)


def _key(item: FoundItem) -> str:
    return f"{item.kind}:{item.name}"


def _locked_item(choice: Choice, item: FoundItem) -> LockedItem:
    name = installed_name(choice, _key(item), item.path)
    own = item.name if name != item.name else ""
    return LockedItem(f"{item.kind}:{name}", item.path, item.header, item.claude_code, own=own)


def _insist(pack: LockedPack, items: Sequence[FoundItem], refused: Mapping[str, Finding]) -> None:
    """An item that was asked for by its name must not be refused in silence."""
    for item in items:
        if item.path in refused and (_key(item) in pack.choice.only or item.path in pack.choice.only):
            finding = refused[item.path]
            raise ResolutionError(f"{pack.name}: {_key(item)} is refused", why=f"{finding.place}: {finding.what}")


def _filled(pack: LockedPack, contents: Contents, targets: Sequence[Target], paths: Sequence[str]) -> LockedPack:
    """A pack with the digests of its installed files, and with the grants that its items ask for as installed."""
    placed = list(placed_files(pack, targets, frozenset(paths)))
    data = contents.read({file.source for file in placed})
    files: dict[RelPath, FileDigest] = {}
    main: dict[str, bytes] = {}
    modes: dict[str, dict[str, bool]] = defaultdict(dict)
    for file in placed:
        rendered, executable = render(file, data[file.source]), contents.entries[file.source].executable
        files[file.path] = digest_of(rendered, executable=executable)
        modes[file.item][file.path] = executable
        main.setdefault(file.source, rendered)
    items = tuple(
        item._replace(grants=grants_of(item.kind, main[item.path], modes[item.key])) if item.path in main else item
        for item in pack.items
    )
    return pack._replace(files=files, items=items)
