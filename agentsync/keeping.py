"""Edits that are the project's own: recorded as patches, applied on every machine, rebased on updates.

A kept file is installed as upstream's bytes with the patch in them. The lock has the digest of the
result, so that a drift check needs nothing else, and upstream's own digest, so that it is known what
the patch was made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.rel_path import RelPath
from agentsync.planning.merge import merge_file
from agentsync.store.file_diff import Side, diff_sides
from agentsync.store.line_merge import merge_lines


class Bytes(Protocol):
    """Where the bytes of locked files come from."""

    def bytes_of(self, lock: Lock, paths: list[RelPath]) -> Mapping[RelPath, bytes]:
        """The installed bytes, patches applied."""

    def upstream_bytes(self, lock: Lock, paths: list[RelPath]) -> Mapping[RelPath, bytes]:
        """Upstream's own bytes, without patches."""


@dataclass(slots=True)
class Rebased:
    """What became of the kept edits of a lock in another one.

    Args:
        lock: the new lock, with the edits in it.
        patches: the patches to write, by pack and path; None for one to delete.
        contents: the patched bytes that are not what an old patch gives.
        lost: what each file was upstream whose edit could not be carried on: from now on it is a
            plain local edit of that.
        notes: what a person should know.
    """

    lock: Lock
    patches: dict[tuple[str, RelPath], bytes | None] = field(default_factory=dict)
    contents: dict[RelPath, bytes] = field(default_factory=dict)
    lost: dict[RelPath, FileDigest | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def rebase(before: Lock, after: Lock, source: Bytes) -> Rebased:
    """Carry every kept edit of one lock over to another.

    Args:
        before: the lock with the edits.
        after: the new lock; its changed packs have none yet.
        source: the bytes of both.
    """
    result = Rebased(after)
    packs = dict(after.packs)
    for name, pack in after.packs.items():
        old = before.packs.get(name)
        if old is not None:
            packs[name] = _rebase_pack(old, pack, before, after, source, result)
    result.lock = after._replace(packs=packs)
    return result


def _rebase_pack(
    old: LockedPack, pack: LockedPack, before: Lock, after: Lock, source: Bytes, result: Rebased
) -> LockedPack:
    files, kept = dict(pack.files), dict(pack.kept)
    for path, made_for in old.kept.items():
        if path in kept:
            continue
        upstream = files.get(path)
        if upstream == made_for:
            files[path], kept[path] = old.files[path], made_for
        elif upstream is None or made_for is None:
            _lose(
                result,
                pack.name,
                path,
                made_for,
                "it is no longer installed" if upstream is None else "upstream has it now",
            )
        else:
            base = source.upstream_bytes(before, [path])[path]
            local = source.bytes_of(before, [path])[path]
            new = source.upstream_bytes(after, [path])[path]
            merged = merge_file(base, local, new, merge_lines)
            if merged.conflicted:
                _lose(result, pack.name, path, made_for, "the patch no longer applies")
                continue
            digest = digest_of(merged.data, executable=old.files[path].executable)
            if digest == upstream:
                result.patches[pack.name, path] = None
                result.notes.append(f"upstream has your edit of {path} now; it is no longer kept as a patch")
                continue
            files[path], kept[path] = digest, upstream
            result.contents[path] = merged.data
            result.patches[pack.name, path] = patch_of(
                path, Side(new, upstream.executable), Side(merged.data, digest.executable)
            )
    return pack._replace(files=files, kept=kept)


def _lose(result: Rebased, pack: str, path: RelPath, made_for: FileDigest | None, why: str) -> None:
    result.lost[path] = made_for
    result.patches[pack, path] = None
    result.notes.append(f"{path} is no longer kept as a patch: {why}; your edit is on disk")


def patch_of(path: RelPath, old: Side | None, new: Side) -> bytes:
    """The patch that makes one file of another."""
    return diff_sides({path: old} if old is not None else {}, {path: new}).encode("utf-8", "surrogateescape")
