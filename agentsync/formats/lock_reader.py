"""Read a lock: quickly where it is in the canonical form, by YAML with the place of each fault where it is not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import starmap
from typing import Any, Final

from agentsync.errors import AgentsyncError, LockError, UnsafeError
from agentsync.formats.canonical import CanonicalSection, SurpriseError, read_canonical
from agentsync.formats.conflict_markers import is_conflicted
from agentsync.formats.fields import CHOICE_KEYS, Fields, read_choice, read_edits
from agentsync.formats.lock_writer import SEAL, broken_seals
from agentsync.late import late
from agentsync.model.digest import FileDigest, parse_digest, parse_digests
from agentsync.model.item import KINDS, Choice, ClaudeCode, HeaderStatus
from agentsync.model.lock import DEFAULT_FORMS, FACTS, LOCK_VERSION, NEW, UNSEALED, Lock, LockedItem, LockedPack
from agentsync.model.names import LOCK_NAME, ItemKey, PackName
from agentsync.model.rel_path import RelPath, rel_path, rel_paths
from agentsync.model.slot import EntryPath, entry_path

_DAMAGED: Final = "put it back from your version control, or delete it and run `agentsync lock` to decide again"
_SLOT_KEYS: Final = ("entries", "files", "kept")
_OTHER_KEYS: Final = ("overrides", "declared", "inner", "refused", "requires", "items", *_SLOT_KEYS, SEAL)
_PACK_KEYS: Final = (*FACTS, *CHOICE_KEYS, *_OTHER_KEYS)
_BY_TOOL: Final = frozenset(("native", "not_for", "waits"))
_ITEM_KEYS: Final = _BY_TOOL | {"path", "name", "header", "claude_code", "grants"}
_HEADERS: Final = {str(status): status for status in HeaderStatus}
_LOADS: Final = {str(loads): loads for loads in ClaudeCode}
_OBJECT_ID: Final = late(r"[0-9a-f]{40}([0-9a-f]{24})?")


def parse_lock(text: str, *, name: str = LOCK_NAME) -> Lock:
    """Read a lock; raise LockError where it is damaged, has git's conflict markers, or is from a newer agentsync."""
    if is_conflicted(text):
        raise LockError(
            f"{name} holds git conflict markers",
            why="two branches changed it and the merge was not finished",
            hint="run `agentsync lock`: it settles the lock from both sides and the manifest",
        )
    # git's autocrlf writes CRLF, which is the same line end in YAML.
    text = text.replace("\r\n", "\n")
    lines = read_canonical(text)
    if lines is not None:
        with suppress(SurpriseError):  # it is read as YAML, which has the place of the fault
            return _read(CanonicalSection(lines), name, text)
    # Loaded only for a lock that is not canonical.
    from agentsync.formats.section import read_section

    return _read(read_section(text, name, LockError, hint=_DAMAGED), name)


def _read(top: Fields, name: str, canonical: str = "") -> Lock:
    """Read a lock; `canonical` is its text where that is in the canonical form."""
    number = _version(top.text("lockfile"), name)
    top.only_keys(("lockfile", "targets", "packs"))
    packs = top.section("packs")
    entries = {key: packs.as_section(node, key) for key, node in packs.pairs()}
    found = {key: _pack(key, entry) for key, entry in entries.items()}
    targets = _targets(top) or DEFAULT_FORMS
    seals = {key: entry.text(SEAL) or "" for key, entry in entries.items()}
    # A lock of the version without seals may have some.
    needed = {key: seal for key, seal in seals.items() if seal or number != UNSEALED}
    lock = Lock(found, targets, number)
    return lock._replace(broken=broken_seals(lock, needed, canonical))


def _targets(top: Fields) -> dict[str, int]:
    """Return the AI tools with their forms; a list names tools in their first form."""
    node = top.node("targets")
    if node is None or not top.is_section(node):
        return dict.fromkeys(top.texts("targets"), 1)
    forms = top.text_by_key("targets")
    for name, form in forms.items():
        if not re.fullmatch("[1-9][0-9]{0,8}", form):
            raise top.problem(node, f"{form!r} is no form of {name}", hint=_DAMAGED)
    return {name: int(form) for name, form in forms.items()}


def _version(text: str | None, name: str) -> int:
    if text is None:
        raise LockError(f"{name} is damaged: it has no `lockfile:` line", hint=_DAMAGED)
    if text in (str(LOCK_VERSION), str(UNSEALED)):
        return int(text)
    if re.fullmatch("[0-9]{1,9}", text) and int(text) > LOCK_VERSION:
        raise LockError(
            f"{name} was made by a newer agentsync",
            why=f"it is version {text}, this agentsync reads versions up to {LOCK_VERSION}",
            hint="update agentsync",
        )
    raise LockError(f"{name} is damaged: {text!r} is no version number", hint=_DAMAGED)


def _pack(name: str, entry: Fields) -> LockedPack:
    entry.only_keys(_PACK_KEYS)
    tree = _object_id(entry, "tree")
    folder = entry.text("folder") or ""
    if not tree or not (folder or (entry.text("git") and entry.text("commit"))):
        raise entry.problem(None, f"{entry.where} needs `git`, `commit` and `tree`")
    declared = entry.section("declared")
    return LockedPack(
        name=PackName(name),
        version=entry.text("version"),
        registry=entry.text("registry"),
        offer=_object_id(entry, "offer"),
        git=entry.text("git"),
        ref=entry.text("ref") or "",
        commit=_object_id(entry, "commit"),
        folder=folder,
        tree=tree,
        path=entry.text("path") or "",
        requested=entry.text("requested") or "",
        signer=entry.text("signer") or "",
        license=entry.text("license") or "",
        choice=_choice(entry),
        declared={kind: declared.texts(kind) for kind, _ in declared.pairs()},
        inner=entry.texts("inner"),
        refused=entry.texts("refused"),
        requires=entry.text_by_key("requires"),
        items=_items(entry.section("items")),
        files=_files(entry.section("files")),
        entries=(entries := _entries(entry.section("entries"))),
        kept={
            EntryPath(path) if EntryPath(path) in entries else path: digest
            for path, digest in _one_by_one(entry.section("kept"), may_be_new=True, entries=entries)
        },
    )


def _choice(entry: Fields) -> Choice:
    edits, own = read_edits(entry.section("overrides"))
    return read_choice(entry)._replace(edits=edits, own_edits=own)


def _object_id(entry: Fields, key: str) -> str:
    value = entry.text(key) or ""
    if value and not _OBJECT_ID.fullmatch(value):
        raise entry.problem(entry.node(key), f"{value[:80]!r} is no git object id")
    return value


def _items(section: Fields) -> tuple[LockedItem, ...]:
    if isinstance(section, CanonicalSection):
        return tuple(starmap(_plain_item, section.pairs()))
    return tuple(_checked_items(section))


def _checked_items(section: Fields) -> Iterator[LockedItem]:
    for key, node in section.pairs():
        facts = section.as_section(node, key)
        facts.only_keys(_ITEM_KEYS)
        header, loads = facts.text("header") or "", facts.text("claude_code") or "ok"
        try:
            status = _HEADERS.get(header) or HeaderStatus(header)
            loading = _LOADS.get(loads) or ClaudeCode(loads)
        except ValueError as error:
            raise section.problem(node, str(error)) from error
        path, item = facts.text("path") or "", ItemKey(key)
        if not path or item.kind not in KINDS:
            raise section.problem(node, f"{key!r} is no item")
        own = facts.text("name") or ""
        yield LockedItem(item, path, status, loading, facts.texts("grants"), own, *_by_tool(facts))


def _files(section: Fields) -> dict[RelPath, FileDigest]:
    with suppress(ValueError, AgentsyncError):
        texts = {key: section.as_text(node, key) for key, node in section.pairs()}
        return dict(zip(rel_paths(texts), parse_digests(texts.values()), strict=True))
    # One of them is damaged: read them one by one to find it.
    return {path: digest for path, digest in _one_by_one(section) if digest is not None}


def _entries(section: Fields) -> dict[EntryPath, FileDigest]:
    found = {}
    for key, node in section.pairs():
        try:
            found[entry_path(key)] = parse_digest(section.as_text(node, key))
        except (ValueError, UnsafeError) as error:
            raise section.problem(node, str(error)) from error
    return found


def _one_by_one(
    section: Fields, *, may_be_new: bool = False, entries: Collection[str] = ()
) -> Iterator[tuple[RelPath, FileDigest | None]]:
    for key, node in section.pairs():
        text = section.as_text(node, key)
        try:
            path = RelPath(key) if key in entries else rel_path(key)
            yield path, None if may_be_new and text == NEW else parse_digest(text)
        except (ValueError, UnsafeError) as error:
            raise section.problem(node, str(error)) from error


def _plain_item(key: str, facts: Any) -> LockedItem:
    """Return an item of a canonical lock, of which there are thousands; YAML finds the fault of any other."""
    try:
        path, own, grants = facts["path"], facts.get("name", ""), facts.get("grants", [])
        status, loads = _HEADERS[facts["header"]], _LOADS[facts.get("claude_code", "ok")]
        is_fine = path and isinstance(path, str) and isinstance(own, str) and isinstance(grants, list)
        is_fine = is_fine and facts.keys() <= _ITEM_KEYS
        by_tool = ((), (), ()) if _BY_TOOL.isdisjoint(facts) else _by_tool(CanonicalSection(facts))
    except (KeyError, TypeError, AttributeError) as error:
        raise SurpriseError from error
    item = ItemKey(key)
    if not is_fine or item.kind not in KINDS:
        raise SurpriseError
    return LockedItem(item, path, status, loads, tuple(grants), own, *by_tool)


def _by_tool(facts: Fields) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[str, ...]]:
    """Return what is otherwise in some AI tools than in all."""
    native = tuple(sorted(facts.text_by_key("native").items()))
    return native, facts.texts("not_for"), facts.texts("waits")
