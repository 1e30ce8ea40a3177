"""Edits that are the project's own: recorded as patches, applied on every machine, carried from lock to lock.

A kept file is installed as upstream's bytes with the patch in them. The lock has the digest of the
result, so that a drift check needs nothing else, and upstream's own digest, so that it is known what
the patch was made for. A patch belongs to an item: it goes where the item goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from agentsync.errors import AgentsyncError, FetchError, IntegrityError
from agentsync.git.file_diff import Side, diff_sides
from agentsync.git.line_merge import merge_lines
from agentsync.git.patching import apply_patch
from agentsync.merging.lock_merge import sides_of
from agentsync.merging.merge import merge_file
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.empty import EMPTY
from agentsync.model.kept_edit import Fate, KeptEdit, KeptOutcome
from agentsync.model.line_ends import to_lf
from agentsync.model.lock import Lock
from agentsync.model.merged import Merged
from agentsync.model.rel_path import RelPath
from agentsync.planning.gains import with_edit
from agentsync.planning.placing import targets_of
from agentsync.planning.succession import owner_of, successors
from agentsync.targets.all_targets import known_targets

Patches = Mapping[tuple[str, RelPath], bytes | None]


class Source(Protocol):
    """Where the bytes of locked files come from."""

    def bytes_of(self, lock: Lock, paths: Sequence[RelPath], *, past: bool = False) -> Mapping[RelPath, bytes]:
        """The installed bytes, patches applied; with `past` those of an earlier lock."""

    def upstream_bytes(self, lock: Lock, paths: Sequence[RelPath]) -> Mapping[RelPath, bytes]:
        """Upstream's own bytes, without patches."""

    def patch(self, pack: str, path: RelPath) -> bytes | None:
        """The recorded patch of a kept file."""


class Rebased(NamedTuple):
    """What became of the kept edits of a lock in another one.

    Args:
        lock: the new lock, with the edits in it.
        patches: the patches to write, by pack and path; None for one to take away.
        contents: the patched bytes of files whose patch is written with them.
        lost: what each file was upstream whose edit could not be carried on: from now on it is a
            plain local edit of that.
        outcomes: what a person is told.
    """

    lock: Lock
    patches: Patches = EMPTY
    contents: Mapping[RelPath, bytes] = EMPTY
    lost: Mapping[RelPath, FileDigest | None] = EMPTY
    outcomes: tuple[KeptOutcome, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing but the lock has to be written."""
        return not self.patches and not self.lost


def kept_edits(lock: Lock) -> list[KeptEdit]:
    """Every kept edit of a lock, sorted by path."""
    found = [
        KeptEdit(pack.name, path, made_for, pack.files[path])
        for pack in lock.packs.values()
        for path, made_for in pack.kept.items()
    ]
    return sorted(found, key=lambda edit: edit.path)


def carry_all(
    before: Lock, sides: Iterable[Lock], after: Lock, orphans: Iterable[tuple[str, RelPath]], source: Source
) -> Rebased:
    """Carry over the kept edits of a lock, of the sides of a merge, and those whose patches lie there without a lock.

    Args:
        before: the lock as it stood.
        sides: packs as the sides of a merge have them.
        after: the new lock.
        orphans: patches for packs that are new in it, by pack and path.
        source: the bytes of all of them.

    Raises:
        IntegrityError: where a patch is not what the old lock says.
    """
    rebased = carry(before, after, source)
    for side in sides:
        rebased = carry_side(rebased, side, source)
    return reuse(rebased, [one for one in orphans if one not in rebased.patches], source)


def carry(before: Lock, after: Lock, source: Source) -> Rebased:
    """Carry every kept edit of one lock over to another.

    Args:
        before: the lock with the edits.
        after: the new lock; what it keeps already stays.
        source: the bytes of both.

    Raises:
        IntegrityError: where a patch is not what the old lock says.
    """
    staying = set(kept_edits(after))
    edits = [edit for edit in kept_edits(before) if edit not in staying]
    carrying = _Carrying(after, source)
    if not edits:
        return carrying.done()
    paths = [edit.path for edit in edits]
    goals = successors(before, after, paths, UpstreamReader(before, after, source).read)
    for edit in edits:
        carrying.carry(edit, goals.get(edit.path), before)
    return carrying.done()


def carry_side(rebased: Rebased, side: Lock, source: Source) -> Rebased:
    """Carry over the kept edits of one side of a merge, of files of which no edit is kept yet.

    Args:
        rebased: the new lock.
        side: the packs as one side has them; an edit whose patch the merge changed or took away is passed over.
        source: the bytes of both.
    """
    carrying = _Carrying(rebased.lock, source, rebased)
    found = [(edit, _edited(edit, side, source)) for edit in kept_edits(side)]
    edits = [(edit, data) for edit, data in found if data is not None]
    paths = [edit.path for edit, _ in edits]
    goals = successors(side, rebased.lock, paths, UpstreamReader(side, rebased.lock, source).read) if edits else {}
    for edit, data in edits:
        goal = goals.get(edit.path)
        if goal is not None and any(goal in pack.kept for pack in carrying.lock.packs.values()):
            carrying.join(edit, goal, side, data)
        else:
            carrying.carry(edit, goal, side, data)
    return carrying.done()


def _edited(edit: KeptEdit, lock: Lock, source: Source) -> bytes | None:
    """The edited file that a lock names, by the recorded patch or by one of the two that a merge left in it."""
    try:
        return source.bytes_of(lock, [edit.path])[edit.path]
    except (FetchError, IntegrityError):
        patch = source.patch(edit.pack, edit.path)
    if patch is None or not _is_torn(patch):
        return None
    try:
        old = source.upstream_bytes(lock, [edit.path])[edit.path] if edit.made_for is not None else None
    except (FetchError, IntegrityError):
        return None
    for half in sides_of(to_lf(patch).decode("latin-1")):
        new = _applied(half.encode("latin-1"), edit.path, old, edit.made_for)
        if new is not None and edit.result.fits(new.data):
            return new.data
    return None


def _is_torn(patch: bytes) -> bool:
    """Whether a merge left conflict markers in a patch; no line of a patch begins so of its own."""
    return patch.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in patch


def _applied(patch: bytes, path: RelPath, upstream: bytes | None, digest: FileDigest | None) -> Side | None:
    """The file that a recorded patch makes of upstream's; git may have rewritten the line ends of the patch."""
    old = Side(upstream, digest.executable) if upstream is not None and digest is not None else None
    return apply_patch(patch, path, old) or apply_patch(to_lf(patch), path, old)


def reuse(rebased: Rebased, orphans: Iterable[tuple[str, RelPath]], source: Source) -> Rebased:
    """Use patches again that lie there for packs which have just been locked.

    Args:
        rebased: the new lock.
        orphans: patches that the lock has no use for, by pack and path.
        source: the bytes.
    """
    carrying = _Carrying(rebased.lock, source, rebased)
    for pack, path in orphans:
        carrying.reuse(pack, path)
    return carrying.done()


def bring_back(rebased: Rebased, earlier: Lock, source: Source) -> Rebased:
    """Keep again what an earlier lock kept, where no later edit of the same file is kept instead.

    Args:
        rebased: the earlier lock, with the later edits in it.
        earlier: the earlier lock as it was installed here.
        source: the bytes.
    """
    carrying = _Carrying(rebased.lock, source, rebased)
    for edit in kept_edits(earlier):
        carrying.bring_back(edit, earlier)
    return carrying.done()


@dataclass(slots=True)
class _Carrying:
    """A new lock, into which edits are put one by one."""

    lock: Lock
    source: Source
    begun: Rebased | None = None
    patches: dict[tuple[str, RelPath], bytes | None] = field(default_factory=dict)
    contents: dict[RelPath, bytes] = field(default_factory=dict)
    lost: dict[RelPath, FileDigest | None] = field(default_factory=dict)
    outcomes: list[KeptOutcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.begun is not None:
            self.patches.update(self.begun.patches)
            self.contents.update(self.begun.contents)
            self.lost.update(self.begun.lost)
            self.outcomes.extend(self.begun.outcomes)

    def done(self) -> Rebased:
        """The lock with the edits in it, and what is to be written with it."""
        return Rebased(self.lock, self.patches, self.contents, self.lost, tuple(self.outcomes))

    def carry(self, edit: KeptEdit, goal: RelPath | None, before: Lock, edited: bytes | None = None) -> None:
        """Put an edit where its file is now; `edited` are the bytes of the edited file, where they were read."""
        pack = self._owner(edit, goal) if goal is not None else None
        if goal is None or pack is None:
            self._lose(edit, Fate.GONE)
            return
        if goal in self.lock.packs[pack].kept:
            self._give_up(edit, pack, goal)
            return
        upstream = self.lock.packs[pack].files.get(goal)
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
        elif digest_of(merged.data, executable=edit.result.executable) == upstream:
            self._lose(edit, Fate.TAKEN, pack, goal)
        else:
            self._put(edit, pack, goal, merged.data, edit.result.executable)

    def _onto(self, edit: KeptEdit, goal: RelPath, before: Lock, edited: bytes) -> Merged:
        """The edited file as it would be of what upstream's file is now."""
        base = self.source.upstream_bytes(before, [edit.path])[edit.path]
        new = self.source.upstream_bytes(self.lock, [goal])[goal]
        return merge_file(base, edited, new, merge_lines)

    def _carry_patch(self, edit: KeptEdit, pack: str, goal: RelPath) -> None:
        """Put an edit of a file that cannot be had any more into what is there instead, where its patch applies."""
        patch, upstream = self.source.patch(edit.pack, edit.path), self.lock.packs[pack].files.get(goal)
        new = None
        if patch is not None and upstream is not None and goal == edit.path:
            new = _applied(patch, goal, self.source.upstream_bytes(self.lock, [goal])[goal], upstream)
        if new is None:
            self._lose(edit, Fate.UNREADABLE, pack, goal)
        else:
            self._put(edit, pack, goal, new.data, new.executable)

    def join(self, edit: KeptEdit, goal: RelPath, side: Lock, edited: bytes) -> None:
        """Put the edit of one side of a merge beside the one of the other side, which is kept already."""
        pack = self._owner(edit, goal)
        entry = self.lock.packs[pack] if pack is not None else None
        if pack is None or entry is None or goal not in entry.kept:
            return
        made_for, result = entry.kept[goal], entry.files[goal]
        if (made_for, result) == (edit.made_for, edit.result):
            return
        merged = None
        with suppress(FetchError):
            ours = self.contents.get(goal) or self.source.bytes_of(self.lock, [goal])[goal]
            if made_for is not None and edit.made_for is not None:
                theirs = self._onto(edit, goal, side, edited)
                base = self.source.upstream_bytes(self.lock, [goal])[goal]
                merged = merge_file(base, ours, theirs.data, merge_lines) if not theirs.conflicted else None
            elif ours == edited:
                return
        if merged is None or merged.conflicted:
            self.outcomes.append(KeptOutcome(Fate.RIVAL, edit.pack, edit.path, pack, goal))
            return
        executable = result.executable or edit.result.executable
        both = KeptEdit(pack, goal, made_for, digest_of(merged.data, executable=executable))
        if both.result != result:
            self._write(both, merged.data)

    def _give_up(self, edit: KeptEdit, pack: str, goal: RelPath) -> None:
        """Give a patch up for a file that another pack keeps already: the same edit, where one file was of both."""
        same = any(one.fate is Fate.CARRIED and one.path == edit.path for one in self.outcomes)
        if same or self.lock.packs[pack].files[goal] == edit.result:
            self._drop_patch(edit)
        else:
            self._lose(edit, Fate.CONFLICT, pack, goal)

    def _owner(self, edit: KeptEdit, goal: RelPath) -> str | None:
        """The pack that an edit belongs to now: of several that have the file, its own."""
        own = self.lock.packs.get(edit.pack)
        return edit.pack if own is not None and goal in own.files else owner_of(self.lock, goal)

    def reuse(self, pack: str, path: RelPath) -> None:
        """Use a patch again where its file is locked, not kept, and still what the patch can be applied to."""
        entry, patch = self.lock.packs.get(pack), self.source.patch(pack, path)
        others = [name for name, other in self.lock.packs.items() if path in other.files and name != pack]
        if entry is None or patch is None or path in entry.kept or others or owner_of(self.lock, path) != pack:
            return
        upstream = entry.files.get(path)
        data = self.source.upstream_bytes(self.lock, [path])[path] if upstream is not None else None
        new = _applied(patch, path, data, upstream)
        if new is not None:
            result = digest_of(new.data, executable=new.executable)
            self._keep(KeptEdit(pack, path, upstream, result), new.data)
            self.outcomes.append(KeptOutcome(Fate.REUSED, pack, path, pack, path))

    def bring_back(self, edit: KeptEdit, earlier: Lock) -> None:
        """Keep an edit again as an earlier lock has it."""
        entry = self.lock.packs.get(edit.pack)
        if entry is None or edit.path in entry.kept or entry.files.get(edit.path) != edit.made_for:
            return
        try:
            data = self.source.bytes_of(earlier, [edit.path], past=True)[edit.path]
        except (FetchError, IntegrityError):
            self.outcomes.append(KeptOutcome(Fate.FORGOTTEN, edit.pack, edit.path))
            return
        self._write(edit, data)
        self.outcomes.append(KeptOutcome(Fate.RESTORED, edit.pack, edit.path, edit.pack, edit.path))

    def _put(self, edit: KeptEdit, pack: str, goal: RelPath, data: bytes, executable: bool) -> None:
        upstream = self.lock.packs[pack].files.get(goal)
        new = KeptEdit(pack, goal, upstream, digest_of(data, executable=executable))
        patch = self.source.patch(edit.pack, edit.path)
        if new == edit and (patch is None or not _is_torn(patch)):
            self._keep(new, data)
            return
        self._drop_patch(edit)
        self._write(new, data)
        self.outcomes.append(KeptOutcome(Fate.CARRIED, edit.pack, edit.path, pack, goal))

    def _write(self, edit: KeptEdit, data: bytes) -> None:
        """Keep an edit, and write its patch."""
        old = None
        if edit.made_for is not None:
            old = Side(self.source.upstream_bytes(self.lock, [edit.path])[edit.path], edit.made_for.executable)
        self._keep(edit, data)
        self.contents[edit.path] = data
        self.patches[edit.pack, edit.path] = patch_of(edit.path, old, Side(data, edit.result.executable))

    def _keep(self, edit: KeptEdit, data: bytes) -> None:
        targets = targets_of(self.lock.packs[edit.pack], known_targets(self.lock))
        entry = with_edit(self.lock.packs[edit.pack], edit.path, data, edit.result.executable, targets)
        files, kept = {**entry.files, edit.path: edit.result}, {**entry.kept, edit.path: edit.made_for}
        self.lock = self.lock._replace(packs={**self.lock.packs, edit.pack: entry._replace(files=files, kept=kept)})

    def _lose(self, edit: KeptEdit, fate: Fate, pack: str = "", goal: str = "") -> None:
        self._drop_patch(edit)
        if fate is not Fate.TAKEN:
            self.lost[edit.path] = edit.made_for
        self.outcomes.append(KeptOutcome(fate, edit.pack, edit.path, pack, goal))

    def _drop_patch(self, edit: KeptEdit) -> None:
        # Another edit may have taken its place: files can change names among themselves.
        self.patches.setdefault((edit.pack, edit.path), None)


class UpstreamReader(NamedTuple):
    """Reads upstream's bytes of both locks, as far as they can be had."""

    before: Lock
    after: Lock
    source: Source

    def read(
        self, old: Collection[RelPath], new: Collection[RelPath]
    ) -> tuple[Mapping[RelPath, bytes], Mapping[RelPath, bytes]]:
        """Return the bytes of files of the old lock, and of files of the new one; none where they cannot be had."""
        try:
            before = self.source.upstream_bytes(self.before, list(old))
            return before, self.source.upstream_bytes(self.after, list(new))
        except AgentsyncError:
            return {}, {}


def patch_of(path: RelPath, old: Side | None, new: Side) -> bytes:
    """The patch that makes one file of another."""
    return diff_sides({path: old} if old is not None else {}, {path: new}).encode("utf-8", "surrogateescape")
