"""Carry out a plan: set aside all bytes that agentsync did not write, and write whole files."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from agentsync.disk.aside import Aside
from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.errors import AgentsyncError
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift, Local
from agentsync.model.plan import SETTING_ASIDE, WRITING, Action, Applied, Change, Plan
from agentsync.model.rel_path import RelPath, parents
from agentsync.model.slot import EntryPath, Receipt, SlotPath


def apply_plan(
    plan: Plan,
    contents: Mapping[SlotPath, bytes],
    scope: Scope,
    *,
    made: Collection[EntryPath] = (),
    resumed: bool = False,
) -> Applied:
    """Carry out a plan.

    A file that is not what it was when the plan was made is left alone and reported as stopped.

    Args:
        plan: what to do.
        contents: the content of every slot that the plan writes.
        scope: where.
        made: the containers of entries that agentsync made, or makes with this plan.
        resumed: whether part of it may be done already, by a run that was interrupted.
    """
    folder, aside = Folder(scope), Aside(scope)
    writer = _FileWriter(folder, contents, aside, resumed)
    # Deletions first: a file may stand where the lock wants a folder, or a folder where it wants a file.
    in_order = sorted(plan.changes, key=lambda change: not _goes_away(change))
    # The one place that chooses a writer by the kind of slot.
    results = [writer.do(change) for change in in_order if not isinstance(change.path, EntryPath)]
    entries = [change for change in in_order if isinstance(change.path, EntryPath)]
    failures = writer.failures
    if entries:
        from agentsync.disk.entry_writer import EntryWriter  # few scopes have entries

        entry_writer = EntryWriter(folder, contents, aside, made, resumed=resumed)
        for document in sorted({change.file for change in entries}):
            results += entry_writer.do(document, [change for change in entries if change.file == document])
        made, failures = entry_writer.made, [*failures, *entry_writer.failures]
    wanted = (change.path for change in plan.changes if change.wanted is not None)
    folder.respell(slot for slot in wanted if not isinstance(slot, EntryPath))
    done = Plan(tuple(sorted(results, key=lambda change: change.path)))
    return Applied(done, _receipt(done, made), aside.used, tuple(failures), tuple(aside.slots))


def _receipt(done: Plan, made: Collection[EntryPath]) -> Receipt:
    """Return what is ours once a plan is done; containers in documents without an entry of ours are the user's."""
    files = done.remembered()
    documents = {slot.document for slot in files if isinstance(slot, EntryPath)}
    return Receipt(files, done.hints(), frozenset(one for one in made if one.document in documents))


def _goes_away(change: Change) -> bool:
    return change.wanted is None and (change.action is Action.TAKE or change.drift is Drift.STALE)


class _FileWriter:
    """Writer of slots that are files."""

    def __init__(self, folder: Folder, contents: Mapping[SlotPath, bytes], aside: Aside, resumed: bool) -> None:
        self._folder = folder
        self._contents = contents
        self._aside = aside
        self._resumed = resumed
        self.failures: list[AgentsyncError] = []
        # An obstacle on the way of several files is set aside with the first of them.
        self._moved: set[RelPath] = set()

    def do(self, change: Change) -> Change:
        if change.action not in WRITING:
            return change
        local = change.local
        if self._moved and self._moved.intersection(parents(change.file)):
            if change.wanted is None:
                return change
            local = None
        found = self._folder.local(change.file)
        if self._resumed and self._is_done(change, found):
            if change.wanted is None:
                self._folder.prune(change.file)
            return change
        if self._resumed and found is None and change.action in SETTING_ASIDE:
            local = None  # it is in the backup already
        if not self._is(found, local):
            # Another process, or another path of the same file, may have brought it to the same end.
            if self._is(found, change.wanted):
                return change._replace(action=Action.ADOPT)
            return change if self._is_done(change, found) else change._replace(action=Action.STOP)
        try:
            return change if self._take(change._replace(local=local)) else change._replace(action=Action.STOP)
        except AgentsyncError as error:
            self.failures.append(error)
            return change._replace(action=Action.STOP)

    def _is_done(self, change: Change, found: Local) -> bool:
        if change.wanted is None:
            return found is None
        return self._is(found, self._result(change, change.wanted))

    def _is(self, found: Local, expected: Local) -> bool:
        """Return whether the expected file stands there; its mode counts where the file system keeps modes."""
        if found == expected:
            return True
        is_mode = isinstance(found, FileDigest) and isinstance(expected, FileDigest) and found.sha256 == expected.sha256
        return is_mode and not self._folder.keeps_modes()

    def _result(self, change: Change, wanted: FileDigest) -> FileDigest:
        """Return what a file is after its change."""
        executable = _is_executable(change, wanted)
        data = self._contents.get(change.path)
        return FileDigest(wanted.sha256, executable) if data is None else digest_of(data, executable=executable)

    def _take(self, change: Change) -> bool:
        """Carry out a change; return False where a person changed the file meanwhile."""
        path, wanted, expected = change.file, change.wanted, change.local
        if change.only_mode_changed and wanted is not None and change.action not in (Action.MERGE, Action.CARRY):
            self._folder.make_executable(path, wanted.executable)
            return True
        if change.action is Action.MERGE and isinstance(expected, FileDigest):
            self._folder.copy_aside(path, self._aside.folder)
            self._aside.slots.append(path)
        elif change.action in SETTING_ASIDE and expected is not None:
            self._set_aside(path)
            expected = None
        if wanted is not None:
            executable = _is_executable(change, wanted)
            return self._folder.write(path, self._contents[path], executable=executable, expected=expected)
        if change.action is Action.TAKE and isinstance(expected, FileDigest):
            return self._folder.delete(path, expected)
        return True

    def _set_aside(self, path: RelPath) -> None:
        moved = self._folder.set_aside(path, self._aside.folder)
        self._moved.add(moved)
        self._aside.slots.append(moved)


def _is_executable(change: Change, wanted: FileDigest) -> bool:
    """Return the bit that the lock wants; in a merge the user's, where the user changed it."""
    local, base = change.local, change.base
    if change.action is Action.MERGE and isinstance(local, FileDigest) and base is not None:
        return local.executable if local.executable != base.executable else wanted.executable
    return wanted.executable
