"""Carry out a decision, so that an interruption leaves a finished or an untouched scope.

The journal holds the whole intent with every byte that it takes, and is written first; the receipt
is written last. The next command that acquires the project lock replays the journal. Each step can
be done twice: a step that is done already changes nothing.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress

from agentsync.disk.apply import apply_plan, stage_plan
from agentsync.disk.aside import Aside
from agentsync.disk.consents import Consents
from agentsync.disk.disk_error import disk_errors
from agentsync.disk.folder import Folder
from agentsync.disk.long_paths import refuse_long_paths, written_paths
from agentsync.disk.name_bytes import refuse_other_bytes
from agentsync.disk.scope import Scope
from agentsync.disk.stage import FEW, Stage
from agentsync.disk.state import State
from agentsync.disk.swap import read_entry
from agentsync.disk.whole import NEW, is_scratch
from agentsync.errors import AgentsyncError, DiskError, LockError
from agentsync.formats.intent import Intent, NewerIntent, digests_in, dump_intent, parse_intent
from agentsync.model.digest import digest_of
from agentsync.model.plan import Applied
from agentsync.model.rel_path import RelPath
from agentsync.platform.descent import entered
from agentsync.platform.file_system import folder_identity
from agentsync.platform.flushing import file_system_of
from agentsync.platform.links import is_link
from agentsync.platform.moving import move
from agentsync.platform.open_folder import Entry, OpenFolder


class Journal:
    """The journal of a scope; its caller holds the project lock.

    Args:
        scope: where.
        state: its files.
        replayed: returns how the slots begin that an interrupted run is replayed in: the folders of AI tools, and the
            documents that hold their entries. It is asked after an interruption alone.
    """

    def __init__(self, scope: Scope, state: State, replayed: Callable[[], tuple[str, ...]]) -> None:
        self._scope = scope
        self._replayed = replayed
        self._state = state
        self._folder = state.folder
        self._stage = scope.state / "stage"
        self._consents = Consents(scope, state)

    def carry_out(self, intent: Intent) -> Applied:
        """Carry out an intent.

        Raises:
            UnsafeError: where the system takes no path of such a length, or has other names; nothing is done.
            DiskError: where the file system refuses; the next run finishes the rest.
        """
        self._folder.prepare()
        refuse_other_bytes(written_paths(intent))
        refuse_long_paths(self._scope, intent)
        data = dump_intent(intent, folder_identity(self._folder.path))
        with disk_errors(f"cannot write to {self._folder.path}"):
            self._state.journal.write(data)
        return self._do(intent, resumed=False)

    def resume(self) -> Applied | None:
        """Finish what an interrupted run began, and remove its scratch files.

        Returns:
            What was done; None where nothing was begun, where manifest or lock were changed since,
            or where the folder is a copy: then the plan is made from the files as they are.

        Raises:
            LockError: where a newer agentsync began it.
            DiskError: where the file system refuses.
        """
        intent = self._pending()
        if intent is not None:
            return self._do(intent, resumed=True)
        self._clear(None)
        return None

    def _pending(self) -> Intent | None:
        data = self._state.journal.read()
        try:
            intent = parse_intent(data, folder_identity(self._folder.path)) if data is not None else None
        except NewerIntent as error:
            raise LockError(
                "a newer agentsync was interrupted here",
                why=str(error),
                hint="finish with that one: `agentsync install`",
            ) from error
        except (OSError, ValueError, AgentsyncError):
            return None  # damaged: the plan is made from the files as they are
        if intent is None:
            return None
        replayed = self._replayed()
        if not all(change.path.startswith(replayed) for change in intent.plan.writing):
            return None
        return intent if intent.fits(*self._state.texts()) else None

    def _do(self, intent: Intent, *, resumed: bool) -> Applied:
        with self._folder.staging() as staged:
            # An interrupted run finds most of it done, and perhaps a full disk: it writes one file after the other.
            aside = self._write_aside(intent, staged) if not resumed else None
            return self._done(intent, staged, aside)

    def _write_aside(self, intent: Intent, staged: Stage) -> Aside:
        """Write everything new aside, and flush it to disk at once."""
        files = dict(self._state.next_texts(intent.manifest, intent.lock))
        for (pack, path), patch in intent.patches.items():
            if patch is not None:
                files[self._state.patches.where(pack, path)] = patch
        for path, attempt in intent.conflicts.items():
            files |= zip(self._state.conflicts.files(path), attempt, strict=True)
        staged.add_all(files)
        aside = stage_plan(intent.plan, intent.contents, self._scope, staged)
        if staged.settle() is None:
            aside.copied.clear()
        return aside

    def _done(self, intent: Intent, staged: Stage, aside: Aside | None) -> Applied:
        resumed = aside is None
        if intent.manifest is not None:
            self._state.save_manifest(intent.manifest)
        self._save_patches(intent)
        for path, (attempt, upstream) in intent.conflicts.items():
            self._state.conflicts.save(path, attempt, upstream)
        if intent.lock is not None:
            self._state.save_lock_text(intent.lock)
            self._consents.forget()
        applied = apply_plan(
            intent.plan, intent.contents, self._scope, made=intent.made, resumed=resumed, staged=staged, aside=aside
        )
        stopped = {change.path for change in applied.plan.stopped}
        for path, used in intent.settled.items():
            if path not in stopped:
                self._state.conflicts.drop(path, used=used)
        if not resumed and any(isinstance(error, DiskError) for error in applied.failures):
            # The journal stays: a disk that is full now may have room when the next run replays it.
            return applied
        self._end(intent, applied, staged, resumed=resumed)
        return applied

    def _end(self, intent: Intent, applied: Applied, staged: Stage, *, resumed: bool) -> None:
        """Say in the history and the receipt what was done, and remove the journal."""
        installed = intent.installed if not applied.failures else ""
        if installed:
            staged.add_all(self._state.history.next_files(installed))
        if intent.origin is None:
            staged.add_all(self._state.next_receipt(applied.receipt))
        elsewhere = self._flush(intent, staged)
        if installed:
            self._state.history.remember(installed)
        if intent.origin is None:
            self._state.save_receipt(applied.receipt)
        else:
            self._state.save_origin(intent.origin)
        self._clear(intent, elsewhere=elsewhere or resumed)

    def _flush(self, intent: Intent, staged: Stage) -> bool:
        """Flush what was moved into place, before the receipt says that it is there; what comes next is staged.

        Where one call flushes a whole file system, one for each is enough.

        Returns:
            Whether a folder is on another file system than the state, so that files were staged in the folder itself.
        """
        count = 1 + len(_ways(intent))
        flushed = {staged.settle(folders=count)}
        with self._folder.enter() as state:
            own, devices = state.device(), set[int]()
        for folder in self._folders(intent):
            devices.add(device := folder.device())
            if device not in flushed and count > FEW and _is_flushed_whole(folder):
                flushed.add(device)
            if device not in flushed:
                folder.flush()
        return bool(devices - {own})

    def _save_patches(self, intent: Intent) -> None:
        """Write the new patches first: a patch that moved is then not the only copy."""
        written = {place: patch for place, patch in intent.patches.items() if patch is not None}
        for (pack, path), patch in written.items():
            self._state.patches.save(pack, path, patch)
        for pack, path in sorted(intent.patches.keys() - written.keys()):
            self._state.patches.take_away(pack, path, written.values())

    def _folders(self, intent: Intent | None) -> Iterator[OpenFolder]:
        """Yield the folders that are written to: that of the manifest, and that of each file of a plan."""
        with entered(str(self._scope.manifest.parent), ()) as beside:
            yield beside
        if intent is not None:
            yield from Folder(self._scope).folders_of(_ways(intent))

    def _clear(self, intent: Intent | None, *, elsewhere: bool = True) -> None:
        """Remove the journal and the scratch files, those elsewhere than in the stage too; set a person's aside."""
        with suppress(OSError):
            for left in self._left(intent, elsewhere=elsewhere):
                if _is_litter(left, intent):
                    left.unlink()
                else:
                    self._set_aside(left)
            if self._stage.is_dir():
                with self._folder.enter() as state:
                    Entry(state, "stage").remove_folder()
        where = self._state.journal.path
        with disk_errors(f"cannot remove {where}"), self._folder.entry(where) as journal:
            if where.is_dir() and not is_link(where):
                self._set_aside(journal)
            journal.unlink(missing_ok=True)

    def _set_aside(self, left: Entry) -> None:
        with self._folder.entry(self._folder.unused_backup() / left.name) as goal:
            move(left, goal)

    def _left(self, intent: Intent | None, *, elsewhere: bool) -> Iterator[Entry]:
        if self._stage.is_dir():
            with self._folder.enter("stage") as stage:
                yield from [Entry(stage, name) for name in sorted(stage.names())]
        for folder in self._folders(intent) if elsewhere else ():
            yield from [Entry(folder, name) for name in sorted(folder.names()) if is_scratch(name)]


def _ways(intent: Intent) -> Collection[RelPath]:
    """Return one file of each folder of a plan, which leads to it."""
    return {change.file.rpartition("/")[0]: change.file for change in intent.plan.writing}.values()


def _is_flushed_whole(folder: OpenFolder) -> bool:
    """Flush the file system of a folder; return False where that cannot be done in one call."""
    system = file_system_of(folder)
    if system is None:
        return False
    with closing(system), suppress(OSError):
        system.flush()
        return True
    return False


def _is_litter(left: Entry, intent: Intent | None) -> bool:
    """Return whether a scratch file may be removed: it is ours, or a link or a pipe without bytes of its own."""
    status = left.lstat()
    if not stat.S_ISREG(status.st_mode):
        return not stat.S_ISDIR(status.st_mode)
    if left.name.endswith(NEW) or not status.st_size:
        return True
    return intent is not None and _is_ours(read_entry(left), intent)


def _is_ours(data: bytes, intent: Intent) -> bool:
    """Return whether bytes are those of a file of the intent, or its beginning."""
    if any(new.startswith(data) for new in intent.contents.values()):
        return True
    return digest_of(data).sha256 in {digest.sha256 for digest in digests_in(intent)}
