"""Carry kept edits over from one lock to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from agentsync.errors import FetchError, IntegrityError
from agentsync.merging.kept_edits import Rebased, Source, kept_edits, read_upstream
from agentsync.merging.patches import halves_of, kept_bytes, patch_of, patched
from agentsync.merging.slot_merge import merge_content
from agentsync.model.digest import FileDigest
from agentsync.model.git_file import Merged, Side
from agentsync.model.kept_edit import Fate, KeptEdit, KeptOutcome
from agentsync.model.lock import Lock, unkept
from agentsync.model.slot import SlotPath, content_digest
from agentsync.planning.gains import with_edit
from agentsync.planning.placing import tools_for
from agentsync.planning.succession import owner_of, successors


def carry_all(
    before: Lock, sides: Iterable[Lock], after: Lock, orphans: Iterable[tuple[str, SlotPath]], source: Source
) -> Rebased:
    """Carry over the kept edits of a lock and of the sides of a merge, and the orphans: patches that no lock has.

    Raises:
        IntegrityError: where a patch is not what the old lock says.
    """
    carrying = _Carrying(after, source)
    carrying.carry_lock(before)
    for side in sides:
        carrying.carry_side(side)
    for pack, path in orphans:
        if (pack, path) not in carrying.patches:
            carrying.reuse(pack, path)
    return carrying.done()


def carry_back(before: Lock, earlier: Lock, source: Source) -> Rebased:
    """Carry kept edits over to an earlier lock, and keep again what it kept of other files; raise as `carry_all`."""
    carrying = _Carrying(unkept(earlier), source)
    carrying.carry_lock(before)
    for edit in kept_edits(earlier):
        carrying.bring_back(edit, earlier)
    return carrying.done()


class _Carrying:
    """A new lock, into which edits are put one by one."""

    def __init__(self, lock: Lock, source: Source) -> None:
        self.lock = lock
        self.source = source
        self.patches: dict[tuple[str, SlotPath], bytes | None] = {}
        self.contents: dict[SlotPath, bytes] = {}
        self.lost: dict[SlotPath, FileDigest | None] = {}
        self.outcomes: list[KeptOutcome] = []

    def done(self) -> Rebased:
        """Return the lock with the edits in it, and what is to be written with it."""
        return Rebased(self.lock, self.patches, self.contents, self.lost, tuple(self.outcomes))

    def carry_lock(self, before: Lock) -> None:
        """Carry over the kept edits of one lock; an edit that the new lock keeps already stays."""
        staying = set(kept_edits(self.lock))
        edits = [edit for edit in kept_edits(before) if edit not in staying]
        goals = self._goals(before, edits)
        for edit in edits:
            self.carry(edit, goals.get(edit.path), before)

    def carry_side(self, side: Lock) -> None:
        """Carry over the kept edits of a side of a merge, but for those whose patch the merge changed or took away."""
        found = [(edit, _edited(edit, side, self.source)) for edit in kept_edits(side)]
        edits = [(edit, data) for edit, data in found if data is not None]
        goals = self._goals(side, [edit for edit, _ in edits])
        for edit, data in edits:
            goal = goals.get(edit.path)
            if goal is not None and any(goal in pack.kept for pack in self.lock.packs.values()):
                self.join(edit, goal, side, data)
            else:
                self.carry(edit, goal, side, data)

    def _goals(self, before: Lock, edits: Sequence[KeptEdit]) -> Mapping[SlotPath, SlotPath]:
        paths = [edit.path for edit in edits]
        read = partial(read_upstream, self.source, before, self.lock)
        return successors(before, self.lock, paths, read, self.source.tools) if paths else {}

    def carry(self, edit: KeptEdit, goal: SlotPath | None, before: Lock, edited: bytes | None = None) -> None:
        """Put an edit where its file is now; `edited` are the bytes of the edited file, where they were read."""
        pack = self._owner(edit, goal) if goal is not None else None
        if goal is None or pack is None:
            self._lose(edit, Fate.GONE)
            return
        if goal in self.lock.packs[pack].kept:
            self._give_up(edit, pack, goal)
            return
        upstream = self.lock.packs[pack].slots.get(goal)
        if upstream is not None and edit.made_for is None:
            self._lose(edit, Fate.TAKEN if upstream == edit.result else Fate.OCCUPIED, pack, goal)
            return
        try:
            local = edited if edited is not None else self.source.bytes_of(before, [edit.path])[edit.path]
            if upstream == edit.made_for:
                self._put(edit, pack, goal, local, edit.result.executable)
                return
            merged = self._onto(edit, goal, before, local)
        except FetchError:
            self._carry_patch(edit, pack, goal)
            return
        if merged.conflicted:
            self._lose(edit, Fate.CONFLICT, pack, goal)
        elif content_digest(goal, merged.data, executable=edit.result.executable) == upstream:
            self._lose(edit, Fate.TAKEN, pack, goal)
        else:
            self._put(edit, pack, goal, merged.data, edit.result.executable)

    def _onto(self, edit: KeptEdit, goal: SlotPath, before: Lock, edited: bytes) -> Merged:
        base = self.source.upstream_bytes(before, [edit.path])[edit.path]
        new = self.source.upstream_bytes(self.lock, [goal])[goal]
        return merge_content(goal, base, edited, new)

    def _carry_patch(self, edit: KeptEdit, pack: str, goal: SlotPath) -> None:
        """Put an edit of a file that cannot be had any more into what is there instead, where its patch applies."""
        patch, upstream = self.source.patch(edit.pack, edit.path), self.lock.packs[pack].slots.get(goal)
        new = None
        if patch is not None and upstream is not None and goal == edit.path:
            new = patched(patch, goal, self.source.upstream_bytes(self.lock, [goal])[goal], upstream)
        if new is None:
            self._lose(edit, Fate.UNREADABLE, pack, goal)
        else:
            self._put(edit, pack, goal, new.data, new.executable)

    def join(self, edit: KeptEdit, goal: SlotPath, side: Lock, edited: bytes) -> None:
        """Put the edit of one side of a merge beside the one of the other side, which is kept already."""
        pack = self._owner(edit, goal)
        entry = self.lock.packs[pack] if pack is not None else None
        if pack is None or entry is None or goal not in entry.kept:
            return
        made_for, result = entry.kept[goal], entry.slots[goal]
        if (made_for, result) == (edit.made_for, edit.result):
            return
        merged = None
        with suppress(FetchError):
            ours = self.contents.get(goal) or self.source.bytes_of(self.lock, [goal])[goal]
            if made_for is not None and edit.made_for is not None:
                theirs = self._onto(edit, goal, side, edited)
                base = self.source.upstream_bytes(self.lock, [goal])[goal]
                merged = merge_content(goal, base, ours, theirs.data) if not theirs.conflicted else None
            elif ours == edited:
                return
        if merged is None or merged.conflicted:
            self.outcomes.append(KeptOutcome(Fate.RIVAL, edit.pack, edit.path, pack, goal))
            return
        executable = result.executable or edit.result.executable
        both = KeptEdit(pack, goal, made_for, content_digest(goal, merged.data, executable=executable))
        if both.result != result:
            self._write(both, merged.data)

    def _give_up(self, edit: KeptEdit, pack: str, goal: SlotPath) -> None:
        """Give a patch up for a file that another pack keeps already: the same edit, where one file was of both."""
        same = any(one.fate is Fate.CARRIED and one.path == edit.path for one in self.outcomes)
        if same or self.lock.packs[pack].slots[goal] == edit.result:
            self._drop_patch(edit)
        else:
            self._lose(edit, Fate.CONFLICT, pack, goal)

    def _owner(self, edit: KeptEdit, goal: SlotPath) -> str | None:
        """Return the pack that an edit belongs to now: of several that have the file, its own."""
        own = self.lock.packs.get(edit.pack)
        return edit.pack if own is not None and goal in own.slots else self._pack_of(goal)

    def _pack_of(self, path: SlotPath) -> str | None:
        return owner_of(self.lock, path, self.source.tools(self.lock))

    def reuse(self, pack: str, path: SlotPath) -> None:
        """Use a patch again where its file is locked, has no kept edit, and the patch still applies."""
        entry, patch = self.lock.packs.get(pack), self.source.patch(pack, path)
        others = [name for name, other in self.lock.packs.items() if path in other.slots and name != pack]
        if entry is None or patch is None or path in entry.kept or others or self._pack_of(path) != pack:
            return
        upstream = entry.slots.get(path)
        data = self.source.upstream_bytes(self.lock, [path])[path] if upstream is not None else None
        new = patched(patch, path, data, upstream)
        if new is not None:
            result = content_digest(path, new.data, executable=new.executable)
            self._keep(KeptEdit(pack, path, upstream, result), new.data)
            self.outcomes.append(KeptOutcome(Fate.REUSED, pack, path, pack, path))

    def bring_back(self, edit: KeptEdit, earlier: Lock) -> None:
        """Keep an edit again as an earlier lock has it."""
        entry = self.lock.packs.get(edit.pack)
        if entry is None or edit.path in entry.kept or entry.slots.get(edit.path) != edit.made_for:
            return
        try:
            data = self.source.bytes_of(earlier, [edit.path], past=True)[edit.path]
        except (FetchError, IntegrityError):
            self.outcomes.append(KeptOutcome(Fate.FORGOTTEN, edit.pack, edit.path))
            return
        self._write(edit, data)
        self.outcomes.append(KeptOutcome(Fate.RESTORED, edit.pack, edit.path, edit.pack, edit.path))

    def _put(self, edit: KeptEdit, pack: str, goal: SlotPath, data: bytes, executable: bool) -> None:
        upstream = self.lock.packs[pack].slots.get(goal)
        new = KeptEdit(pack, goal, upstream, content_digest(goal, data, executable=executable))
        patch = self.source.patch(edit.pack, edit.path)
        if new == edit and (patch is None or not halves_of(patch)):
            self._keep(new, data)
            return
        self._drop_patch(edit)
        self._write(new, data)
        self.outcomes.append(KeptOutcome(Fate.CARRIED, edit.pack, edit.path, pack, goal))

    def _write(self, edit: KeptEdit, data: bytes) -> None:
        old = None
        if edit.made_for is not None:
            old = Side(self.source.upstream_bytes(self.lock, [edit.path])[edit.path], edit.made_for.executable)
        self._keep(edit, data)
        self.contents[edit.path] = data
        self.patches[edit.pack, edit.path] = patch_of(edit.path, old, Side(data, edit.result.executable))

    def _keep(self, edit: KeptEdit, data: bytes) -> None:
        targets = tools_for(self.lock.packs[edit.pack], self.source.tools(self.lock))
        entry = with_edit(self.lock.packs[edit.pack], edit.path, data, edit.result.executable, targets)
        entry = entry.with_slots({**entry.slots, edit.path: edit.result})
        kept = {**entry.kept, edit.path: edit.made_for}
        self.lock = self.lock._replace(packs={**self.lock.packs, edit.pack: entry._replace(kept=kept)})

    def _lose(self, edit: KeptEdit, fate: Fate, pack: str = "", goal: str = "") -> None:
        self._drop_patch(edit)
        if fate is not Fate.TAKEN:
            self.lost[edit.path] = edit.made_for
        self.outcomes.append(KeptOutcome(fate, edit.pack, edit.path, pack, goal))

    def _drop_patch(self, edit: KeptEdit) -> None:
        # Another edit may be written on the same path: files can swap names.
        self.patches.setdefault((edit.pack, edit.path), None)


def _edited(edit: KeptEdit, lock: Lock, source: Source) -> bytes | None:
    """Return the edited file, by the recorded patch or by one of the two that a merge left in it."""
    with suppress(FetchError, IntegrityError):
        return source.bytes_of(lock, [edit.path])[edit.path]
    patch = source.patch(edit.pack, edit.path)
    if patch is None or not halves_of(patch):
        return None
    try:
        upstream = source.upstream_bytes(lock, [edit.path])[edit.path] if edit.made_for is not None else None
    except (FetchError, IntegrityError):
        return None
    return kept_bytes(halves_of(patch), edit.path, upstream, edit.made_for, edit.result)
