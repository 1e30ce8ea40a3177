"""What a pack at one commit holds, before anything is chosen of it: items, findings, and what has no place."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from agentsync.model.finding import Finding, Rule
from agentsync.model.item import Component, Kind
from agentsync.model.limits import DEFAULT_LIMITS, Limits
from agentsync.model.links import SUBMODULE
from agentsync.model.lock import LockedPack
from agentsync.model.names import ItemKey
from agentsync.model.pack import Contents
from agentsync.packs.discovery import FoundItem, candidates, survey
from agentsync.packs.inspection import NOT_FILES, readable, unreadable
from agentsync.packs.pack_file import PACK_FILE, PackFile, parse_pack_file
from agentsync.packs.pack_tree import PackTree
from agentsync.planning.placing import root_name


class Surveyed(NamedTuple):
    """What a pack holds.

    Args:
        items: sorted by kind, path and name.
        findings: what is doubtful about them, and what is no item although it stands where items do.
        components: how many there are of what is no item, by kind.
    """

    items: tuple[FoundItem, ...]
    findings: tuple[Finding, ...]
    components: Mapping[Kind | Component, int]


def survey_pack(pack: LockedPack, contents: Contents, limits: Limits = DEFAULT_LIMITS) -> Surveyed:
    """Look at all that a pack holds, as far as its registry and its own `pack.yaml` let it be an item.

    Args:
        pack: the decision: source, commit, declared items, inner packs.
        contents: the pack's files at that commit.
        limits: what is too large to be looked at.

    Raises:
        ResolutionError: where its `pack.yaml` is not valid.
        UnsafeError: where its documents are too large together.
    """
    paths = _included(pack, contents)
    entries = contents.entries
    plain = [path for path in candidates(paths, pack.inner, pack.path) if entries[path].is_plain]
    taken, unread = readable(pack.name, plain, contents, limits)
    texts = contents.read(taken)
    found = survey(
        paths,
        lambda path: texts.get(path, b""),
        root_name(pack.name, pack.path),
        inner=pack.inner,
        root=pack.path,
        origins=contents.links.origins,
    )
    items = tuple(item for item in found.items if _is_declared(item, pack.declared))
    known = {item.path for item in found.items}
    heavy = unreadable(pack.name, {path: text for path, text in texts.items() if path not in known}, limits)
    told = {*contents.links.broken, *(finding.path for finding in (*unread, *heavy))}
    headless = () if pack.declared else (path for path in found.headless if path not in told)
    findings = (
        *unread,
        *heavy,
        *(_headless(pack.name, path) for path in headless),
        *(finding for item in items for finding in _doubts(pack.name, item)),
        *_not_followed(pack, contents, paths),
    )
    return Surveyed(items, findings, {} if pack.declared else found.components)


def _included(pack: LockedPack, contents: Contents) -> Collection[str]:
    """The paths of a pack that its `pack.yaml` does not leave out."""
    paths: Collection[str] = contents.entries.keys()
    if PACK_FILE not in contents.entries or not contents.entries[PACK_FILE].is_plain:
        return paths
    text = contents.read([PACK_FILE])[PACK_FILE].decode("utf-8", "replace")
    own = parse_pack_file(text, name=f"{PACK_FILE} of {pack.name}")
    return [path for path in paths if _is_included(path, own)]


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


def _headless(pack: str, path: str) -> Finding:
    what = "it is not installed as an agent: it has no header with a name or a description"
    return Finding(pack, path, what, rule=Rule.HEADER_MISSING)


def _doubts(pack: str, item: FoundItem) -> Iterator[Finding]:
    key = ItemKey.of(item.kind, item.name)
    if lost := item.claude_code.lost(item.kind):
        yield Finding(pack, item.path, lost, rule=Rule.HEADER_DROPPED, item=key)
    if item.kind is Kind.SKILL and posixpath.basename(item.path) != "SKILL.md":
        what = "it is installed as SKILL.md, the one name that is loaded everywhere"
        yield Finding(pack, item.path, what, rule=Rule.FILE_RENAMED, item=key)


def _not_followed(pack: LockedPack, contents: Contents, paths: Collection[str]) -> Iterator[Finding]:
    """The links that lead nowhere, and the submodules, but for those among tests, examples and the like."""
    found = {path: (why, Rule.LINK_NOT_FOLLOWED) for path, why in contents.links.broken.items()}
    entries = contents.entries
    submodules = (path for path in paths if entries[path].mode == SUBMODULE)
    found |= {path: (NOT_FILES[SUBMODULE], Rule.SUBMODULE) for path in submodules}
    tree = PackTree(found, pack.inner, pack.path)
    listed = [entry for entries in pack.declared.values() for entry in entries]
    for path in tree.paths:
        is_listed = not pack.declared or any(not entry or f"{path}/".startswith(f"{entry}/") for entry in listed)
        if tree.folder(path).shipped and tree.is_own(path) and is_listed:
            what, rule = found[path]
            yield Finding(pack.name, path, what, rule=rule)
