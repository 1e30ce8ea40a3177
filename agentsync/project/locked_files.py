"""The bytes that a lock asks for: from the blobs of git, with declared changes and kept edits in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agentsync.disk.scope import Scope
from agentsync.disk.state import State
from agentsync.errors import AgentsyncError, IntegrityError
from agentsync.formats.lock_writer import entry_text
from agentsync.git.cache import Cache
from agentsync.git.notes import note_name
from agentsync.model.digest import FileDigest
from agentsync.model.lock import UNSEALED, Lock, LockedPack, unkept, unkept_pack
from agentsync.model.pack import Contents
from agentsync.model.slot import SlotPath
from agentsync.planning.placing import tools_for
from agentsync.project.loading import load_reading, load_writing
from agentsync.project.rendered_files import RenderedFiles, rendered_files
from agentsync.registries.locked import locked_contents
from agentsync.registries.provenance import Provenance
from agentsync.targets.all_tools import tools_of
from agentsync.targets.tool import Tool

# What few locks need is loaded where it is needed.
if TYPE_CHECKING:
    from agentsync.disk.folder_contents import FolderContents
    from agentsync.model.git_url import GitUrl
    from agentsync.planning.gate import Gate


class LockedFiles:
    """The files of the locked packs of one scope; fetched where the cache does not have them."""

    def __init__(
        self, scope: Scope, cache: Cache, state: State, url: Callable[[str], GitUrl], gate: Callable[[Lock], Gate]
    ) -> None:
        self._url = url
        self._gate = gate
        self._scope = scope
        self._cache = cache
        self._state = state
        self.provenance = Provenance(scope.home, cache, url)
        self._held: dict[tuple[str | None, str, str, str], Contents] = {}

    def hold(self, pack: LockedPack, contents: Contents) -> None:
        """Keep the contents of a pack that was read before it was locked, so that it is not read again."""
        self._held[_source(pack)] = contents

    def offline(self) -> LockedFiles:
        """Return the same files, as far as the cache has them."""
        return LockedFiles(self._scope, self._cache.offline(), self._state, self._url, self._gate)

    def contents(
        self, packs: Sequence[LockedPack], meanwhile: Callable[[], object] | None = None, *, offline: bool = False
    ) -> dict[str, Contents]:
        """Return the files of locked packs, by name; `meanwhile` is called while they are fetched."""
        found: dict[str, Contents] = {}
        for pack in packs:
            if pack.folder:
                found[pack.name] = folder = self.folder_contents(pack.folder)
                if folder.tree != pack.tree:
                    raise IntegrityError(
                        f"{pack.folder} is not what {pack.name} was locked to",
                        why=f"its tree is {folder.tree[:12]}, the lock says {pack.tree[:12]}",
                        hint="run `agentsync lock` to lock it as it is now",
                    )
        found |= {pack.name: held for pack in packs if (held := self._held.get(_source(pack))) is not None}
        fetched = [pack for pack in packs if pack.name not in found]
        return found | locked_contents(self._cache.offline() if offline else self._cache, fetched, self._url, meanwhile)

    def tools(self, lock: Lock) -> tuple[Tool, ...]:
        """Return the AI tools that a lock is for, with their places in this scope."""
        return tools_of(lock, self._scope.name)

    def folder_contents(self, written: str) -> FolderContents:
        """Return the files of a folder that a manifest names.

        Where the file system keeps no modes, they come from git's index, or else from the lock. Where git writes CRLF
        into a working tree, a file has the line ends that git stores; where git writes links as files, they are links.
        """
        from agentsync.disk.folder_contents import FolderContents, Known

        folder = Path(os.path.normpath(self._scope.home / written))
        found = FolderContents(folder, written, self._cache.limits)
        locked = [pack for pack in self._locked_packs() if pack.folder == written]
        has_modes = self._state.folder.keeps_modes()
        if any(pack.tree == found.tree for pack in locked) or (
            has_modes and not (found.has_crlf or found.has_flat_links)
        ):
            return found
        from agentsync.git.working_tree import tracked_files

        programs = {file.sha256 for pack in locked for file in pack.files.values() if file.executable}
        return FolderContents(folder, written, self._cache.limits, Known(tracked_files(folder), programs, has_modes))

    def _locked_packs(self) -> Collection[LockedPack]:
        with suppress(AgentsyncError):
            lock = self._state.lock()
            return lock.packs.values() if lock is not None else ()
        return ()

    def bytes_of(self, lock: Lock, paths: Sequence[SlotPath], *, past: bool = False) -> dict[SlotPath, bytes]:
        """Return the locked bytes of files, each checked against its digest.

        The lock is `past` where it is an earlier one, whose patches may be remembered only.
        """
        wanted = set(paths)
        packs = [pack for pack in lock.packs.values() if not wanted.isdisjoint(pack.slots)]
        unchecked = self._unchecked(packs)
        for pack in packs:
            self.provenance.check_offer(pack)
            if pack.name in unchecked:
                self.provenance.check_tree(pack, fetch=False)
        contents = self.contents(packs, partial(_load, reads_headers=bool(unchecked))) if packs else {}
        found: dict[SlotPath, bytes] = {}
        for pack in packs:
            slots = pack.slots
            own = pack
            if not wanted.issuperset(slots):
                own = pack.with_slots({path: digest for path, digest in slots.items() if path in wanted})
            targets = tools_for(pack, self.tools(lock))
            made = rendered_files(unkept_pack(own), contents[pack.name], targets, lock.targets)
            upstream = made.installed
            installed = self._installed(own, upstream, past=past)
            if pack.name in unchecked:
                edited = {path: installed[path] for path in own.kept.keys() & own.slots.keys()}
                self._check_power(lock, pack, made, edited)
                if (
                    not pack.folder
                    and unkept_pack(pack).slots.keys() <= upstream.keys()
                    and pack.kept.keys() <= edited.keys()
                ):
                    self._cache.notes.write(unchecked[pack.name], True)
            found |= installed
        return found

    def _unchecked(self, packs: Sequence[LockedPack]) -> dict[str, str]:
        """Return, by pack, the names of notes of entries that were not checked before; a folder may change any time."""
        notes = {pack.name: note_name(entry_text(pack)) for pack in packs}
        return {
            pack.name: notes[pack.name] for pack in packs if pack.folder or not self._cache.notes.read(notes[pack.name])
        }

    def _check_power(
        self, lock: Lock, pack: LockedPack, upstream: RenderedFiles, edited: dict[SlotPath, bytes]
    ) -> None:
        """Refuse an entry that says less of its items than upstream's files, or the project's own edits, ask for."""
        gate = self._gate(lock)
        gate.check_lock(pack, upstream.graded, upstream.added, sources=True)
        gate.check(Lock({pack.name: pack}, lock.targets), edited, edited.keys())
        if lock.number != UNSEALED:
            # What is agreed to with a lock of version 1 are its edits: it does not name what they ask for.
            gate.check_lock(pack, edited)

    def _installed(
        self, pack: LockedPack, upstream: dict[SlotPath, bytes], *, past: bool = False
    ) -> dict[SlotPath, bytes]:
        """Return upstream's bytes with the kept edits in them, checked against the lock."""
        found = {path: data for path, data in upstream.items() if path not in pack.kept}
        for path in pack.slots.keys() & pack.kept.keys():
            from agentsync.merging.patches import kept_bytes

            patches = [patch] if (patch := self.patch(pack.name, path)) is not None else []
            patches += self._state.patches.past(pack.name, path) if past else []
            data = kept_bytes(patches, path, upstream.get(path), pack.kept[path], pack.slots[path])
            if data is None:
                raise IntegrityError(
                    f"the kept edit of {path} is not what the lock says",
                    why="its patch gives other bytes, or does not apply" if patches else "its patch is missing",
                    hint="put .agentsync/patches back from your version control, or end it: "
                    f"`agentsync keep --drop {path}`",
                )
            found[path] = data
        return found

    def patch(self, pack: str, path: SlotPath) -> bytes | None:
        """Return the recorded patch of a kept file, None where there is none."""
        return self._state.patches.read(pack, path)

    def upstream_bytes(self, lock: Lock, paths: Sequence[SlotPath]) -> dict[SlotPath, bytes]:
        """Return upstream's own bytes of installed files, without the edits that are kept as patches."""
        return self.bytes_of(unkept(lock), paths)

    def base_bytes(self, before: Lock, digests: Collection[FileDigest]) -> dict[FileDigest, bytes]:
        """Return the bytes of files by digest, as far as `before`, the installed lock, or an earlier one has them."""
        missing, found = set(digests), dict[FileDigest, bytes]()
        for lock in (before, *self._state.history.locks()):
            for version in (unkept(lock), lock):
                paths = {path: digest for path, digest in version.slots().items() if digest in missing}
                data = self.bytes_of(version, list(paths), past=True) if paths else {}
                found |= {paths[path]: text for path, text in data.items()}
                missing -= found.keys()
            if not missing:
                break
        return found


def _source(pack: LockedPack) -> tuple[str | None, str, str, str]:
    return pack.git, pack.commit, pack.tree, pack.path


def with_edits(pack: LockedPack, edited: Mapping[SlotPath, bytes], targets: Sequence[Tool]) -> LockedPack:
    """Return an entry with what edits of its files ask for among the grants of its items."""
    from agentsync.planning.gains import with_edit

    for path, data in edited.items():
        pack = with_edit(pack, path, data, pack.slots[path].executable, targets)
    return pack


def _load(*, reads_headers: bool) -> None:
    if reads_headers:
        load_reading()
    load_writing()
