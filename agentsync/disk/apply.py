"""Carry out a plan: set aside all bytes that agentsync did not write, and write whole files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress

from agentsync.disk.aside import Aside
from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.disk.stage import Stage
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
    staged: Stage | None = None,
    aside: Aside | None = None,
) -> Applied:
    """Carry out a plan.

    A file that is not what it was when the plan was made is left alone and reported as stopped.

    Args:
        plan: what to do.
        contents: the content of every slot that the plan writes.
        scope: where.
        made: the containers of entries that agentsync made, or makes with this plan.
        resumed: whether part of it may be done already, by a run that was interrupted.
        staged: the files that were staged for it, None for none.
        aside: what was copied into a backup by `stage_plan`.
    """
    folder, aside = Folder(scope, staged), aside or Aside(scope)
    writer = _FileWriter(folder, contents, aside, resumed)
    # Deletions first: a file may stand where the lock wants a folder, or a folder where it wants a file.
    in_order = sorted(plan.changes, key=lambda change: not _goes_away(change))
    # The one place that chooses a writer by the kind of slot.
    with folder.staying():
        results = [writer.do(change) for change in in_order if not isinstance(change.path, EntryPath)]
    entries = [change for change in in_order if isinstance(change.path, EntryPath)]
    failures = writer.failures
    if entries:
        from agentsync.disk.entry_writer import EntryWriter  # few scopes have entries

        entry_writer = EntryWriter(folder, contents, aside, made, resumed=resumed)
        for document in sorted({change.file for change in entries}):
            results += entry_writer.do(document, [change for change in entries if change.file == document])
        made, failures = entry_writer.made, [*failures, *entry_writer.failures]
    _respell(folder, plan)
    done = Plan(tuple(sorted(results, key=lambda change: change.path)))
    used = aside.used if aside.slots else None
    return Applied(done, _receipt(done, made), used, tuple(failures), tuple(aside.slots))


def _respell(folder: Folder, plan: Plan) -> None:
    """Give the files of a plan their spelling, on a file system that finds them by another one."""
    if folder.folds_case:
        from agentsync.disk.respelling import respell  # few file systems need it

        wanted = (change.path for change in plan.changes if change.wanted is not None)
        respell(folder, (slot for slot in wanted if not isinstance(slot, EntryPath)))


def stage_plan(plan: Plan, contents: Mapping[SlotPath, bytes], scope: Scope, staged: Stage) -> Aside:
    """Name the files that a plan writes whole to the stage, and copy those that are merged into the backup.

    Returns:
        The backup; its copies are on disk only once the stage is flushed.
    """
    merged = list[RelPath]()
    for change in plan.changes:
        wanted = change.wanted
        if change.action not in WRITING or wanted is None or isinstance(change.path, EntryPath) or _only_mode(change):
            continue
        staged.add(change.file, contents[change.path], executable=_is_executable(change, wanted))
        if change.action is Action.MERGE and isinstance(change.local, FileDigest):
            merged.append(change.file)
    folder, aside = Folder(scope), Aside(scope)
    for path in merged if staged.is_worth_it() else ():
        with suppress(AgentsyncError):
            folder.copy_aside(path, aside.folder, flush=False)
            aside.copied.add(path)
    return aside


def _only_mode(change: Change) -> bool:
    return change.only_mode_changed and change.action not in (Action.MERGE, Action.CARRY)


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
        return self._done(change) if change.action in WRITING else change

    def _done(self, change: Change) -> Change:
        local = change.local
        if self._moved and self._moved.intersection(parents(change.file)):
            if change.wanted is None:
                return change
            local = None
        if local is None and self._is_written_at_once(change):
            return change
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

    def _is_written_at_once(self, change: Change) -> bool:
        """Write where nothing stands, which the write itself finds out; False to look, decide and try again."""
        if change.wanted is None or self._resumed:
            return False
        try:
            return self._take(change._replace(local=None))
        except AgentsyncError:
            return False

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
        if wanted is not None and _only_mode(change):
            self._folder.make_executable(path, wanted.executable)
            return True
        if change.action is Action.MERGE and isinstance(expected, FileDigest):
            if path not in self._aside.copied:
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
