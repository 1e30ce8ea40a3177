"""Do what a command decided, so that an interruption leaves a finished or an untouched scope.

What is to be done is written down whole, with every byte that it takes, before anything is done;
the receipt is written last. Whoever holds the scope next finishes what was begun. Each part of it
can be done twice: what is done already is what it should be.
"""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator
from contextlib import suppress

from agentsync.disk.apply import apply_plan, unused_folder
from agentsync.disk.consents import Consents
from agentsync.disk.folder import Folder, disk_error
from agentsync.disk.open_folder import Entry, OpenFolder, entered
from agentsync.disk.scope import Scope
from agentsync.disk.state import State
from agentsync.disk.state_folder import state_entry, state_folder
from agentsync.disk.swap import read_plain
from agentsync.disk.whole import NEW, is_scratch
from agentsync.errors import AgentsyncError, DiskError, LockError
from agentsync.formats.intent import NewerIntent, dump_intent, parse_intent
from agentsync.model.digest import digest_of
from agentsync.model.intent import Intent, digests_in
from agentsync.model.plan import Applied


class Journal:
    """The journal of a scope; only for who holds the scope.

    Args:
        scope: where.
        state: the files beside the manifest.
        homes: the folders of AI tools, in which alone an interrupted run is finished.
    """

    def __init__(self, scope: Scope, state: State, homes: Collection[str]) -> None:
        self._scope = scope
        self._homes = tuple(f"{home}/" for home in homes)
        self._state = state
        self._where = state.journal
        self._stage = scope.state / "stage"
        self._consents = Consents(scope, state)

    def carry_out(self, intent: Intent) -> Applied:
        """Do all of it.

        Raises:
            DiskError: where the file system refuses; what was begun is finished by the next run.
        """
        self._state.prepare()
        data = dump_intent(intent, self._folder())
        try:
            self._state.write_journal(data)
        except OSError as error:
            raise disk_error(f"cannot write to {self._scope.state}", error) from error
        return self._do(intent, resumed=False)

    def resume(self) -> Applied | None:
        """Finish what an interrupted run began, and clear away what it left.

        Returns:
            What was done; None where nothing was begun, or where manifest or lock were changed
            since, or the folder is a copy: then the files are looked at as they are.

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
        data = self._state.read_journal()
        try:
            intent = parse_intent(data, self._folder()) if data is not None else None
        except NewerIntent as error:
            raise LockError(
                "a newer agentsync was interrupted here",
                why=str(error),
                hint="finish with that one: `agentsync install`",
            ) from error
        except (OSError, ValueError, AgentsyncError):
            return None  # damaged by somebody else: what is on disk is looked at as it is
        if intent is None or not all(change.path.startswith(self._homes) for change in intent.plan.writing):
            return None
        return intent if intent.fits(*self._state.texts()) else None

    def _do(self, intent: Intent, *, resumed: bool) -> Applied:
        if intent.manifest is not None:
            self._state.save_manifest(intent.manifest)
        self._save_patches(intent)
        for path, (attempt, upstream) in intent.conflicts.items():
            self._state.save_conflict(path, attempt, upstream)
        if intent.lock is not None:
            self._state.save_lock_text(intent.lock)
            self._consents.forget()
        applied = apply_plan(intent.plan, intent.contents, self._scope, resumed=resumed)
        stopped = {change.path for change in applied.plan.stopped}
        for path, used in intent.settled.items():
            if path not in stopped:
                self._state.drop_conflict(path, used=used)
        if not resumed and any(isinstance(error, DiskError) for error in applied.failures):
            # A disk that is full now may have room the next time: that run tries once more.
            return applied
        if intent.installed and not applied.failures:
            self._state.remember_text(intent.installed)
        for folder in self._folders(intent):
            folder.flush()
        self._state.save_receipt(applied.receipt)
        self._clear(intent)
        return applied

    def _save_patches(self, intent: Intent) -> None:
        """Write the new patches, then take the others away: one that has moved is not the only copy any more."""
        written = {place: patch for place, patch in intent.patches.items() if patch is not None}
        for (pack, path), patch in written.items():
            self._state.patches.save(pack, path, patch)
        for pack, path in sorted(intent.patches.keys() - written.keys()):
            self._state.patches.take_away(pack, path, written.values())

    def _folder(self) -> str:
        """What tells this state folder from a copy of it, also after it was moved."""
        return str(self._scope.state.stat().st_ino)

    def _folders(self, intent: Intent | None) -> Iterator[OpenFolder]:
        """Where files of the scope are written: beside the manifest, and beside each file of a plan."""
        with entered(str(self._scope.manifest.parent), ()) as beside:
            yield beside
        changes = intent.plan.writing if intent is not None else ()
        # One file of each folder leads to it.
        examples = {change.path.rpartition("/")[0]: change.path for change in changes}
        files = Folder(self._scope)
        for path in examples.values():
            with suppress(OSError, AgentsyncError), files.holding(path) as folder:
                yield folder

    def _clear(self, intent: Intent | None) -> None:
        """Take the journal away, and what lies in the stage; a person's file among it goes into a backup."""
        with suppress(OSError):
            for left in self._left(intent):
                if _is_litter(left, intent):
                    left.unlink()
                else:
                    self._set_aside(left)
            if self._stage.is_dir():
                with state_folder(self._scope) as state:
                    Entry(state, "stage").remove_folder()
        try:
            with state_entry(self._scope, self._where) as journal:
                if self._where.is_dir() and not self._where.is_symlink():
                    self._set_aside(journal)
                journal.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(f"cannot remove {self._where}", error) from error

    def _set_aside(self, left: Entry) -> None:
        with state_entry(self._scope, unused_folder(self._scope) / left.name) as goal:
            left.replace(goal)

    def _left(self, intent: Intent | None) -> Iterator[Entry]:
        if self._stage.is_dir():
            with state_folder(self._scope, "stage") as stage:
                yield from [Entry(stage, name) for name in sorted(stage.names())]
        for folder in self._folders(intent):
            yield from [Entry(folder, name) for name in sorted(folder.names()) if is_scratch(name)]


def _is_litter(left: Entry, intent: Intent | None) -> bool:
    """Whether what lies in the stage may go: it is ours, or a link or a pipe that has no bytes of its own."""
    status = left.lstat()
    if not stat.S_ISREG(status.st_mode):
        return not stat.S_ISDIR(status.st_mode)
    if left.name.endswith(NEW) or not status.st_size:
        return True
    return intent is not None and _is_ours(read_plain(left), intent)


def _is_ours(data: bytes, intent: Intent) -> bool:
    """Whether bytes are known, whole or as a beginning."""
    if any(new.startswith(data) for new in intent.contents.values()):
        return True
    return digest_of(data).sha256 in {digest.sha256 for digest in digests_in(intent)}
