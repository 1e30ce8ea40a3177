"""Workspace: the one flow in a project, which is to decide the lock, to plan, and to carry out.

Whatever a command does not need is not read, and whatever it does not need to fetch is not fetched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from agentsync.disk.links import led_to
from agentsync.disk.state import overtaken
from agentsync.errors import FetchError, LockError, RefusedError, ResolutionError
from agentsync.model.digest import FileDigest
from agentsync.model.lock import Lock
from agentsync.model.names import ScopeName
from agentsync.model.plan import Action, Change, DriftRules, Plan
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import SlotPath
from agentsync.planning.planner import Disk, Known, guarded, make_plan
from agentsync.platform.process_lock import process_lock
from agentsync.project.decision import NO_UPGRADE, Decision, ExtraWrites, Upgrade
from agentsync.project.project import Project
from agentsync.targets.all_tools import TOOLS

# What decides and what writes is loaded where it is needed: it takes longer to load than most commands to run.
if TYPE_CHECKING:
    from agentsync.disk.consents import Consents
    from agentsync.disk.journal import Journal
    from agentsync.merging.kept_edits import Rebased
    from agentsync.merging.lock_merge import Earlier
    from agentsync.model.finding import Told
    from agentsync.model.manifest import Manifest
    from agentsync.model.plan import Applied
    from agentsync.planning.consent import Consent, Waiting


class Overtaken(RefusedError):
    """Another process, or a person, changed a file that this one had read: it has to read again."""


class Workspace:
    """The flow in one project; reading is the project's own."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.scope = project.scope
        self.options = project.options
        self.state = project.state
        self.folder = project.folder
        self.slots = project.slots
        self.resumed: tuple[str, ...] = ()
        self.answers: dict[Waiting, bool] = {}
        # The files without an owner that git ignores, as they were looked at last.
        self.hidden: frozenset[RelPath] = frozenset()
        self._is_held = False

    def close(self) -> None:
        """End every process of the session that waits for further questions; the scope can be used all the same."""
        self.project.session.close()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Notes on the run itself, beside those of its command."""
        why = self.state.stamps.trouble
        unstamped = f"what is remembered of this run is a hint, and no more, for the next one: {why}"
        return (*self.resumed, *((unstamped,) if why else ()))

    @cached_property
    def journal(self) -> Journal:
        """The journal, which writes files and finishes interrupted runs."""
        from agentsync.disk.journal import Journal

        def replayed() -> tuple[str, ...]:
            tools = [tool.within(self.scope.name) for tool in TOOLS.values()]
            folders = {f"{home}/" for tool in tools for home in tool.homes}
            return (*folders, *{f"{document}#" for tool in tools for document in tool.documents})

        return Journal(self.scope, self.state, replayed)

    @cached_property
    def consents(self) -> Consents:
        """The grants that were accepted here."""
        from agentsync.disk.consents import Consents

        return Consents(self.scope, self.state)

    def beside(self, plan: Plan, lock: Lock) -> str:
        """Return the command that installs skills beside the user's folders that block them, "" for none."""
        from agentsync.planning.planner import other_folder

        return other_folder(plan, lock, self.project.tools(lock), self.project.adding) if plan.stopped else ""

    def decide(
        self,
        manifest: Manifest | None = None,
        *,
        locked: bool = False,
        upgrade: Upgrade = NO_UPGRADE,
        earlier: Mapping[str, Sequence[Earlier]] = {},
        ask: bool = False,
        renew: bool = False,
    ) -> Decision:
        """Decide the lock: keep every decision that still fits, make the others.

        Args:
            manifest: what is asked for, the scope's own by default.
            locked: fail where the lock would change.
            earlier: entries of packs that the lock has no sound entry of: their versions are preferred.
            ask: whether a person is asked about what items would be allowed in a tool beyond their source.
            renew: whether files that are locked in an older form are locked in the present one.
        """
        project, manifest = self.project, manifest or self.project.manifest
        project.refuse_broken_lock(project.lock)
        if locked:
            _refuse_misfits(manifest, project.lock)
        from agentsync.project.consenting import consent_for

        accepted = self.consents.accepted
        consent = consent_for(manifest, project.policy, self.options, accepted, self.answers, ask=ask and not locked)
        decision = self._resolved(manifest, upgrade, earlier, consent, complete=not locked, renew=renew)
        project.check_policy(decision.lock)
        if not locked and decision.lock is not project.lock:
            from agentsync.project.lock_upgrade import in_present_format

            decision = in_present_format(decision, project)
        elif locked and decision.changed:
            raise LockError(
                "agentsync.lock would change",
                why="a folder that a pack is taken from has changed" if decision.before else "there is none yet",
                hint="run `agentsync lock`, review the change and commit it",
            )
        return self._with_kept_edits(decision, earlier) if decision.changed or earlier else decision

    def _resolved(
        self,
        manifest: Manifest,
        upgrade: Upgrade,
        earlier: Mapping[str, Sequence[Earlier]],
        consent: Consent,
        *,
        complete: bool,
        renew: bool,
    ) -> Decision:
        """Decide the lock; entries that are incomplete are decided again where `complete` says so."""
        from agentsync.merging.lock_merge import without_incomplete
        from agentsync.planning.satisfaction import is_settled
        from agentsync.project.lock_resolution import Decider

        project, lock = self.project, self.project.lock
        before, lacking = without_incomplete(lock) if complete and lock is not None else (lock, {})
        decider = Decider(project, manifest, before, upgrade, {**earlier, **lacking}, consent, renew=renew)
        try:
            return decider.decide()._replace(before=lock)
        except (FetchError, ResolutionError):
            if not lacking or lock is None or not is_settled(manifest, lock):
                raise
            # It stays as it is, in its own format, until the facts that it lacks can be read.
            return Decision(lock, lock)

    def _with_kept_edits(self, decision: Decision, earlier: Mapping[str, Sequence[Earlier]]) -> Decision:
        """Keep what was kept before, and use patches again that lie there for new packs."""
        before = self.project.lock or Lock()
        sides = [Lock({name: one.pack}, decision.lock.targets) for name, found in earlier.items() for one in found]
        orphans = self.project.orphans(before)
        new = [one for one in orphans if one[0] in decision.lock.packs and one[0] not in before.packs]
        if not new and not any(pack.kept for lock in (before, *sides) for pack in lock.packs.values()):
            return decision
        from agentsync.merging.rebase import carry_all

        rebased = carry_all(before, sides, decision.lock, new, self.project.locked)
        return decision._replace(lock=rebased.lock, rebased=rebased)

    def known(self, lock: Lock, rebased: Rebased | None = None) -> Known:
        """Return the facts about the files of a lock that need no look at the disk."""
        instead = rebased.lost if rebased is not None else {}
        return Known(
            wanted=lock,
            before=self.project.lock,
            receipt=self.project.receipt,
            tools=self.project.tools(lock),
            instead=instead,
            every=lambda: tuple(tool.within(self.scope.name) for tool in TOOLS.values()),
        )

    def plan(self, lock: Lock, rules: DriftRules, rebased: Rebased | None = None) -> Plan:
        """Compare every file with a lock, and look up what to do about it."""
        known = self.known(lock, rebased)
        folders = set(known.owned_folders())
        if self.project.lock is not None and self.project.lock is not lock:
            folders.update(self.known(self.project.lock).owned_folders())
        present = {path for folder in folders for path in self.folder.walk(folder)}
        folder = self.folder
        disk = Disk(
            look=folder.local_files,
            hidden=self._hidden,
            sharing=folder.shared,
            keeps_modes=folder.keeps_modes,
            entries=self.slots.entries,
            led=lambda path: led_to(path, folder.real(path)),
        )
        plan = make_plan(known, disk, present, rules)
        # Nearly every plan takes nothing away, and then no earlier lock has to be read.
        old = any(change.action is Action.TAKE and change.local is not None for change in plan.changes)
        return guarded(plan, self._ended_edits(lock)) if old else plan

    def read(self, change: Change) -> bytes:
        """Return the content of a slot as it stands on disk; raise DiskError where it cannot be read."""
        return self.slots.read(change)

    def _hidden(self, paths: Collection[RelPath]) -> frozenset[RelPath]:
        """Return the files that git ignores; they are remembered, as the answer of a check depends on them."""
        from agentsync.project.working_tree import ignored

        found = ignored(self.scope.root, self.folder, paths)
        self.hidden = frozenset(self.folder.in_tree(found))
        return frozenset(found)

    def _ended_edits(self, lock: Lock) -> set[tuple[SlotPath, FileDigest]]:
        """Return the content of files that an earlier lock or the present one keeps, and this one does not."""
        locks = [*([self.project.lock] if self.project.lock is not None else []), *self.state.history.locks()]
        kept = {path for pack in lock.packs.values() for path in pack.kept}
        packs = (pack for old in locks for pack in old.packs.values())
        return {(path, pack.slots[path]) for pack in packs for path in pack.kept if path not in kept}

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the project lock: one process at a time writes. An interrupted run is finished first."""
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

    def save_lock(self, lock: Lock) -> None:
        """Write the lock and nothing else."""
        with self.exclusive():
            self.state.save_lock(lock)
            self.consents.forget()
            self.state.folder.clear_stage()

    def news(self, decision: Decision, *, dry_run: bool) -> tuple[Told, ...]:
        """Return what a decision tells of packs that was not told here before; unless `dry_run`, it is told now."""
        if not decision.told:
            return ()
        from agentsync.disk.told_record import ToldRecord

        record = ToldRecord(self.state.folder)
        found = record.news(decision.told)
        if found and not dry_run:
            record.remember(decision.told, decision.lock.packs)
        return found

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

    def carry_out(self, plan: Plan, decision: Decision, along: ExtraWrites | None = None) -> Applied:
        """Apply a plan and remember it: manifest and lock first, then the files, the receipt last.

        Everything that has to be fetched is fetched before the first file is touched.

        Raises:
            Overtaken: where manifest, lock or receipt changed since they were read; nothing is done.
        """
        self.project.check_policy(decision.lock)
        self.project.refuse_broken_lock(decision.lock)
        self.project.verify_signers(decision.lock)
        along, rebased = along or ExtraWrites(), decision.rebased
        given = {**(rebased.contents if rebased is not None else {}), **along.contents}
        contents = self._contents(plan, decision.lock, given)
        # Loaded only here: what finds nothing to do needs none of it.
        from agentsync.formats.intent import Intent, text_id
        from agentsync.formats.lock_writer import dump_lock

        lock_text = dump_lock(decision.lock)
        with self.exclusive():
            texts = self.state.texts()
            return self.journal.carry_out(
                Intent(
                    plan,
                    contents={change.path: contents[change.path] for change in plan.writing if change.path in contents},
                    manifest=along.manifest_text,
                    lock=lock_text if decision.changed else None,
                    before=(text_id(texts[0]), text_id(texts[1])),
                    patches=rebased.patches if rebased is not None else {},
                    conflicts=along.conflicts,
                    settled=along.settled,
                    installed=lock_text if along.installed else "",
                    made=self.slots.made(plan, self.project.receipt),
                )
            )

    def _contents(self, plan: Plan, lock: Lock, given: Mapping[SlotPath, bytes]) -> dict[SlotPath, bytes]:
        """Return the bytes of every slot that is written, `given` or as locked; all have passed the gate."""
        wanted = [change.path for change in plan.writing if change.wanted is not None and change.path not in given]
        contents = {**self.project.locked.bytes_of(lock, wanted), **given}
        if contents:
            # Bytes of the user's own, which only get another path, pass as they are.
            own = {change.path for change in plan.changes if change.action is Action.CARRY}
            passing = {path: data for path, data in contents.items() if path not in own}
            self.project.gate(lock).check(lock, passing, given.keys())
        return contents


def _refuse_misfits(manifest: Manifest, lock: Lock | None) -> None:
    from agentsync.planning.satisfaction import misfits

    if found := misfits(manifest, lock):
        raise LockError(
            "agentsync.lock does not fit agentsync.yaml",
            why="; ".join(one.why for one in found),
            hint="run `agentsync lock`, review the change and commit it",
        )
