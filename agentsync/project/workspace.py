"""One scope, opened, and the one flow.

Everything a command does runs through here: read the manifest, decide the lock, plan, apply. What
a command does not need is not read, and what it does not need to fetch is not fetched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agentsync.disk.disk_error import disk_error
from agentsync.disk.folder import Folder
from agentsync.disk.state import overtaken
from agentsync.errors import FetchError, IntegrityError, LockError, RefusedError, ResolutionError
from agentsync.merging.lock_merge import Earlier, without_incomplete
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift
from agentsync.model.empty import EMPTY
from agentsync.model.lock import LOCK_VERSION, Lock
from agentsync.model.plan import READING, Action, Change, DriftRules, Plan
from agentsync.model.rel_path import RelPath
from agentsync.model.scope import ScopeName
from agentsync.model.slot import SlotPath
from agentsync.planning.planner import Disk, Known, guarded, make_plan
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.process_lock import process_lock
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.project import Project
from agentsync.targets.all_tools import TOOLS

# What decides and what writes is loaded where it is needed: it takes longer to load than most commands to run.
if TYPE_CHECKING:
    from agentsync.disk.consents import Consents
    from agentsync.disk.journal import Journal
    from agentsync.merging.kept_edits import Rebased
    from agentsync.merging.lock_merge import Settled
    from agentsync.model.manifest import Manifest, ManifestEntry
    from agentsync.model.plan import Applied
    from agentsync.project.locked_files import LockedFiles
    from agentsync.registries.git_catalog import GitCatalog


_LARGEST = 256 * 1024 * 1024  # bytes of a file that was set aside


class Overtaken(RefusedError):
    """Another process, or a person, changed what this one had read: it has to look again."""


class Workspace(Project):
    """What can be done in a scope: decide, plan, and carry out."""

    resumed: tuple[str, ...] = ()
    # The files of nobody's that git ignores, as they were looked at last.
    hidden: frozenset[RelPath] = frozenset()
    _is_held = False

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be told of a run, beside what its command tells."""
        why = self.state.stamps.trouble
        unstamped = f"what is remembered of this run is a hint, and no more, for the next one: {why}"
        return (*self.resumed, *((unstamped,) if why else ()))

    @cached_property
    def folder(self) -> Folder:
        """The files on disk."""
        return Folder(self.scope)

    @cached_property
    def locked(self) -> LockedFiles:
        """The bytes that a lock asks for."""
        from agentsync.project.locked_files import LockedFiles

        return LockedFiles(self.scope, self.cache, self.state, self.url, self._check)

    @cached_property
    def journal(self) -> Journal:
        """What is written, and how an interrupted run is finished."""
        from agentsync.disk.journal import Journal

        homes = {home for tool in TOOLS.values() for home in tool.within(self.scope.name).homes}
        return Journal(self.scope, self.state, homes)

    @cached_property
    def consents(self) -> Consents:
        """What somebody here has said yes to."""
        from agentsync.disk.consents import Consents

        return Consents(self.scope, self.state)

    @property
    def adding(self) -> tuple[str, ...]:
        """The command that adds a pack to this scope, for hints."""
        return ("agentsync", "add", *(("--user",) if self.scope.name is ScopeName.USER else ()))

    def beside(self, plan: Plan, lock: Lock) -> str:
        """The command that installs skills beside the user's folders that were in their way, "" for none."""
        from agentsync.planning.own_folders import other_folder

        return other_folder(plan, lock, self.tools(lock), self.adding) if plan.stopped else ""

    def catalog(self, manifest: Manifest | None = None) -> GitCatalog:
        """What the registries of a manifest offer."""
        from agentsync.registries.git_catalog import GitCatalog

        manifest = manifest or self.manifest
        direct: dict[str, ManifestEntry] = {wish.key: wish for wish in manifest.packs if wish.git is not None}
        if not self.policy.min_age:
            return GitCatalog(self.cache, manifest.registries, direct)
        locked = {name: pack.commit for name, pack in self.lock.packs.items()} if self.lock is not None else {}
        return GitCatalog(self.cache, manifest.registries, direct, min_age=self.policy.min_age, locked=locked)

    def decide(
        self,
        manifest: Manifest | None = None,
        *,
        locked: bool = False,
        afresh: Collection[str] = (),
        down: Collection[str] = (),
        exactly: Mapping[str, str] = EMPTY,
        earlier: Mapping[str, Sequence[Earlier]] = EMPTY,
    ) -> Decision:
        """Decide the lock: keep every decision that still fits, make the others.

        Args:
            manifest: what is asked for, the scope's own by default.
            locked: fail where the lock would change.
            afresh: packs that move to the newest version that is allowed, and never to an older one.
            down: those of them that may move to an older one.
            exactly: the version that a pack moves to, by pack.
            earlier: entries of packs that the lock has no sound entry of: their versions are preferred.

        Raises:
            LockError: where it must not change and would.
            ResolutionError, FetchError, ClashError: where no lock is possible.
        """
        from agentsync.planning.satisfaction import is_settled, misfits
        from agentsync.project.decision import Upgrade
        from agentsync.project.lock_resolution import Decider

        manifest = manifest or self.manifest
        self.refuse_broken_lock()
        if locked and (found := misfits(manifest, self.lock)):
            raise LockError(
                "agentsync.lock does not fit agentsync.yaml",
                why="; ".join(one.why for one in found),
                hint="run `agentsync lock`, review the change and commit it",
            )
        targets = [TOOLS[name].within(self.scope.name) for name in manifest.targets]
        upgrade = Upgrade(frozenset(afresh), frozenset(down), exactly)
        catalog = self.catalog(manifest)
        before, lacking = (self.lock, {}) if locked or self.lock is None else without_incomplete(self.lock)
        known = {**earlier, **lacking}
        decider = Decider(manifest, before, targets, catalog, self.locked, upgrade, self.adding, known)
        try:
            decision = decider.decide()._replace(before=self.lock)
        except (FetchError, ResolutionError):
            if not lacking or self.lock is None or not is_settled(manifest, self.lock):
                raise
            return Decision(self.lock, self.lock)  # it stays as it is until it can be written anew
        self._check(decision.lock)
        if locked and decision.changed:
            raise LockError(
                "agentsync.lock would change",
                why="a folder that a pack is taken from has changed" if decision.before else "there is none yet",
                hint="run `agentsync lock`, review the change and commit it",
            )
        if not locked:
            decision = self._renumbered(decision)
        return self._with_kept_edits(decision, earlier) if decision.changed or earlier else decision

    def _with_kept_edits(self, decision: Decision, earlier: Mapping[str, Sequence[Earlier]]) -> Decision:
        """A decision that keeps what was kept before, and uses patches again that lie there for new packs."""
        before = self.lock or Lock()
        sides = [Lock({name: one.pack}, decision.lock.targets) for name, found in earlier.items() for one in found]
        orphans = self.orphans(before)
        new = [one for one in orphans if one[0] in decision.lock.packs and one[0] not in before.packs]
        if not new and not any(pack.kept for lock in (before, *sides) for pack in lock.packs.values()):
            return decision
        from agentsync.merging.rebase import carry_all

        rebased = carry_all(before, sides, decision.lock, new, self.locked)
        return decision._replace(lock=rebased.lock, rebased=rebased)

    def orphans(self, lock: Lock) -> list[tuple[str, RelPath]]:
        """The patches in the state folder that a lock has no use for, by pack and path."""
        used = {(pack.name, path) for pack in lock.packs.values() for path in pack.kept}
        return [patch for patch in self.state.patches.listed() if patch not in used]

    def _renumbered(self, decision: Decision) -> Decision:
        """The same decision in the present format of the lock, told where it was read in an older one."""
        before = decision.before
        if before is None or before.number == LOCK_VERSION:
            return decision
        try:
            agreed = self.locked.with_grants_of_edits(before, before)
            lock = self.locked.with_grants_of_edits(decision.lock, before)
        except (FetchError, IntegrityError):
            if decision.changed:
                raise
            return decision  # it stays as it is until what it does not say can be read
        note = f"agentsync.lock is written in version {LOCK_VERSION} of its format now, in which each entry has a seal"
        old = {name for name, pack in decision.lock.packs.items() if before.packs.get(name) == pack}
        lock = self.locked.with_second_digests(lock, old, self.folder.local_files)
        lock = lock._replace(number=LOCK_VERSION)
        return decision._replace(lock=lock, before=agreed, notes=(*decision.notes, note))

    def verify_signers(self, lock: Lock, *, again: bool = False) -> None:
        """Insist that each locked pack is signed by who the lock says, where its registry says who may sign.

        Args:
            lock: the packs.
            again: whether git is asked also where the answer is remembered.

        Raises:
            IntegrityError: where one is not.
            FetchError: where what is signed cannot be had.
        """
        if self.scope.manifest.is_file():
            self.locked.provenance.check_signers(lock, self.manifest.registries, again=again)

    def known(self, lock: Lock, rebased: Rebased | None = None) -> Known:
        """What is known of the files of a lock before the disk is looked at."""
        instead = rebased.lost if rebased is not None else {}
        return Known(lock, self.lock, self.receipt, self.tools(lock), instead)

    def plan(self, lock: Lock, policy: DriftRules, rebased: Rebased | None = None) -> Plan:
        """How every file stands against a lock, and what the policy says to do.

        Args:
            lock: what the disk should agree with.
            policy: the table that decides.
            rebased: what became of kept edits on the way to this lock.
        """
        known = self.known(lock, rebased)
        folders = set(known.owned_folders())
        if self.lock is not None and self.lock is not lock:
            folders.update(self.known(self.lock).owned_folders())
        present = {path for folder in folders for path in self.folder.walk(folder)}
        disk = Disk(self.folder.local_files, self._hidden, self.folder.shared, self.folder.keeps_modes)
        plan = make_plan(known, disk, present, policy)
        # Nearly every plan takes nothing away, and then nobody has to know what was kept when.
        old = any(change.action is Action.TAKE and change.local is not None for change in plan.changes)
        return guarded(plan, self._ended_edits(lock)) if old else plan

    def _hidden(self, paths: Collection[RelPath]) -> frozenset[RelPath]:
        """Which of some files git ignores; remembered, as what a check says depends on it."""
        from agentsync.project.working_tree import ignored

        found = ignored(self.scope.root, self.folder, paths)
        self.hidden = frozenset(self.folder.in_tree(found))
        return frozenset(found)

    def _ended_edits(self, lock: Lock) -> set[tuple[RelPath, FileDigest]]:
        """What files held that were kept under the present lock or an earlier one, and are not under this one."""
        locks = [*([self.lock] if self.lock is not None else []), *self.state.history.locks()]
        kept = {path for pack in lock.packs.values() for path in pack.kept}
        packs = (pack for old in locks for pack in old.packs.values())
        return {(path, pack.files[path]) for pack in packs for path in pack.kept if path not in kept}

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the scope: one process at a time writes to it. What an interrupted one began is finished first.

        Raises:
            Overtaken: where what was read of the scope is not what it holds any more.
            RefusedError: where another process holds it, and there is to be no waiting.
        """
        if self._is_held:
            self._refuse_overtaken()
            yield
            return
        self.state.folder.make()
        what = "your user scope" if self.scope.name is ScopeName.USER else f"the project {self.scope.root.name}"
        try:
            with process_lock(self.scope.state / "write.lock", what, self.options.patience):
                self._is_held = True
                self._resume()
                self._refuse_overtaken()
                yield
        finally:
            self._is_held = False

    def _resume(self) -> None:
        applied = self.journal.resume()
        if applied is not None:
            left = ", ".join(change.path for change in applied.plan.stopped)
            self.resumed = (
                f"what an interrupted command had begun was finished first{f'; left as they are: {left}' * bool(left)}",
            )

    def _refuse_overtaken(self) -> None:
        if name := self.state.changed_since():
            error = overtaken(name)
            raise Overtaken(error.what, why=error.why, hint=error.hint)

    def put_back(self, backup: Path, paths: Sequence[RelPath]) -> Applied:
        """Copy files of a backup to their paths; what stands there is set aside."""
        lock = self.lock or Lock()
        plan = self.plan(lock, READING)
        known = {change.path: change for change in plan.changes}
        contents: dict[RelPath, bytes] = {}
        for path in paths:
            source = backup.joinpath(*path.split("/"))
            try:
                data = read_plain_file(source, _LARGEST)
            except OSError as error:
                raise disk_error(f"cannot read {source}", error) from error
            digest = digest_of(data, executable=bool(source.stat().st_mode & 0o100))
            local = self.folder.local(path)
            if local != digest:
                contents[path] = data
                change = known.get(path) or Change(path, (), None, local, None, Drift.FOREIGN, Action.CARRY)
                known[path] = change._replace(wanted=digest, action=Action.CARRY)
        together = Plan(tuple(known[path] for path in sorted(known)))
        return self.carry_out(together, Decision(lock, lock), ExtraWrites(contents=contents))

    def save_lock(self, lock: Lock) -> None:
        """Write the lock and nothing else."""
        with self.exclusive():
            self.state.save_lock(lock)
            self.consents.forget()
            self.state.folder.clear_stage()

    def remember_sides(self, settled: Settled, lock: Lock) -> None:
        """Remember as ours the files of each side of a merge that the new lock has not, as git has left them here.

        Args:
            settled: what the sides were.
            lock: the new lock.
        """
        from agentsync.model.receipt import Receipt

        sound = [one.pack.files for found in settled.earlier.values() for one in found if one.is_sound]
        ours = lock.slots()
        known = self.receipt if self.receipt is not None else Receipt(ours, frozenset(ours))
        left = {path for files in sound for path in files.keys() - ours.keys() - known.files.keys()}
        found = self.folder.local_files(sorted(left))
        same: dict[SlotPath, FileDigest] = {
            path: files[path] for files in sound for path in left & files.keys() if found.get(path) == files[path]
        }
        if same:
            with self.exclusive():
                self.state.save_receipt(Receipt({**known.files, **same}, known.hints | same.keys()))

    def start_manifest(self, text: str) -> bool:
        """Write the first manifest and nothing else; False where there is one already."""
        with self.exclusive():
            started = self.state.start_manifest(text)
            self.state.folder.clear_stage()
        return started

    def save_manifest(self, text: str) -> None:
        """Write the manifest and nothing else."""
        with self.exclusive():
            self.state.save_manifest(text)
            self.state.folder.clear_stage()

    def _check_merged(self, lock: Lock, plan: Plan, contents: Mapping[RelPath, bytes]) -> None:
        """Hold what merges made, and what a person made of an attempt, to the policy."""
        merged = {change.path for change in plan.changes if change.action is Action.MERGE} & contents.keys()
        if merged:
            from agentsync.planning.policing import check_merged

            own = {path: contents[path] for path in sorted(merged)}
            check_merged(self.policy, lock, own, self.tools(lock))

    def carry_out(self, plan: Plan, decision: Decision, along: ExtraWrites | None = None) -> Applied:
        """Apply a plan and remember it: manifest and lock first, then the files, the receipt last.

        Everything that has to be fetched is fetched before the first file is touched.

        Args:
            plan: what to do.
            decision: the lock that it belongs to.
            along: what is written with it.

        Raises:
            Overtaken: where manifest, lock or receipt changed since they were read; nothing is done.
        """
        self._check(decision.lock)
        self.refuse_broken_lock(decision.lock)
        self.verify_signers(decision.lock)
        along = along or ExtraWrites()
        rebased = decision.rebased
        self._check_merged(decision.lock, plan, along.contents)
        given = {**(rebased.contents if rebased is not None else {}), **along.contents}
        wanted = [change.path for change in plan.writing if change.wanted is not None and change.path not in given]
        contents = {**self.locked.bytes_of(decision.lock, wanted), **given}
        # Loaded only here: what finds nothing to do needs none of it.
        from agentsync.disk.long_paths import refuse_long_paths
        from agentsync.formats.lock_writer import dump_lock
        from agentsync.model.intent import Intent, text_id

        lock_text = dump_lock(decision.lock)
        with self.exclusive():
            refuse_long_paths(self.scope, contents)
            texts = self.state.texts()
            return self.journal.carry_out(
                Intent(
                    plan,
                    {change.path: contents[change.path] for change in plan.writing if change.path in contents},
                    along.manifest_text,
                    lock_text if decision.changed else None,
                    (text_id(texts[0]), text_id(texts[1])),
                    rebased.patches if rebased is not None else {},
                    along.conflicts,
                    along.settled,
                    lock_text if along.installed else "",
                )
            )
