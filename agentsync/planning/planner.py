"""Compare what is wanted, what was written and what is on disk: the Plan.

This is the one way to find out whether a file changed. Everything comes in as data. A skill's folder is ours once we
wrote something into it, or where it holds a file as the lock has it. One that holds other files alone is the user's,
most likely a category with skills of the user's below it. It is not claimed, and what is in it is left alone.
"""

import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from agentsync.errors import ClashError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Blocked, Drift, Local, Replaced, Unclear, classify
from agentsync.model.lock import Lock
from agentsync.model.plan import CLEAN, Action, Change, DriftRules, Plan, action_for, cautious
from agentsync.model.rel_path import RelPath, is_litter, parents
from agentsync.model.slot import EntryPath, Receipt, SlotPath, as_file, files_in
from agentsync.planning.choosing import rename_key
from agentsync.planning.owners import Owners
from agentsync.planning.placing import Place, places, tools_for
from agentsync.targets.tool import Tool


class Known(NamedTuple):
    """Knowledge of the scope's slots before the disk is looked at.

    Args:
        before: the lock as it was read, None where there was none.
        receipt: what we last wrote here, None on a fresh clone.
        every: returns all AI tools of the scope, whose folders may hold what we wrote for them before.
        instead: digests that stand in for what we last wrote: of files whose kept edit ends.
    """

    wanted: Lock
    before: Lock | None
    receipt: Receipt | None
    tools: tuple[Tool, ...]
    instead: Mapping[SlotPath, FileDigest | None] = {}
    every: Callable[[], tuple[Tool, ...]] = tuple

    def base(self) -> Mapping[SlotPath, FileDigest]:
        """Return what we last wrote to each slot; without a receipt, what the lock says we did."""
        locked = self.before.slots() if self.before is not None else {}
        remembered = self.receipt.files if self.receipt is not None else locked
        # A receipt may come with a checkout: it must not make us delete what is not ours.
        elsewhere = _outside(remembered, self.tools)
        if elsewhere:
            elsewhere = _outside(elsewhere, self.every())
        known = {path: digest for path, digest in remembered.items() if path not in elsewhere}
        # An older receipt does not say what a text with CRLF is without.
        known |= {path: digest for path, digest in locked.items() if digest.lf and known.get(path) == digest}
        for path, digest in self.instead.items():
            known.pop(path, None)
            if digest is not None:
                known[path] = digest
        return known

    def unsure(self, base: Mapping[SlotPath, FileDigest]) -> Mapping[SlotPath, FileDigest]:
        """Return what the lock says of slots for which a receipt has nothing or another digest.

        Where just that is on disk, it is ours: git has written it, as it does for the files of another branch.
        """
        if self.receipt is None or self.before is None:
            return {}
        found = {slot: digest for slot, digest in self.before.slots().items() if base.get(slot) != digest}
        if not found:
            return {}
        barred = self.instead.keys() | _outside(found, self.every() or self.tools)
        return {slot: digest for slot, digest in found.items() if slot not in barred}

    def is_hint(self, path: SlotPath) -> bool:
        """Return whether others may have written what is known of a slot: in a lock, or a receipt of elsewhere."""
        return self.receipt is None or path in self.receipt.hints

    def places(self, *, folders_only: bool = False) -> Iterator[Place]:
        """Yield the places of every item of the wanted lock."""
        for pack in self.wanted.packs.values():
            yield from places(pack, tools_for(pack, self.tools), folders_only=folders_only)

    def owned_folders(self) -> tuple[RelPath, ...]:
        """Return the folders in which every file should be ours."""
        return tuple(place.path for place in self.places(folders_only=True))


def _outside(slots: Iterable[SlotPath], tools: Sequence[Tool]) -> set[SlotPath]:
    """Return the slots that are neither in a folder of AI tools nor entries of their documents."""
    homes = [f"{home}/" for tool in tools for home in tool.homes]
    homes += [f"{document}#" for tool in tools for document in tool.documents]
    own = tuple(dict.fromkeys(homes))
    return {slot for slot in slots if not slot.startswith(own)}


class Disk(NamedTuple):
    """Questions of the plan about the disk.

    Args:
        look: what is on disk at some paths.
        entries: the same of entries, each with what it is found by where its value was changed, "" for its name alone.
        hidden: which of some files git ignores; asked only about files that no lock has.
        sharing: where paths really are, nothing where no link makes one file of two of them.
        led: the path that a link on a path leads to, read as it stands, "" for none; asked only of documents that
            cannot be read.
        keeps_modes: whether the file system keeps the executable bit of each file; asked only where one differs.
    """

    look: Callable[[Iterable[RelPath]], Mapping[RelPath, Local]]
    hidden: Callable[[Collection[RelPath]], Collection[RelPath]]
    sharing: Callable[[Iterable[RelPath]], Mapping[RelPath, str]]
    keeps_modes: Callable[[], bool] = lambda: True
    entries: Callable[[Mapping[EntryPath, str]], Mapping[EntryPath, Local]] = dict.fromkeys
    led: Callable[[RelPath], str] = lambda _: ""


def make_plan(known: Known, disk: Disk, present: Collection[RelPath], rules: DriftRules) -> Plan:
    """Say how every file stands, those `present` in the owned folders too, and what to do about it.

    Raises:
        ClashError: where links make one file of two that the lock wants to be different.
    """
    wanted, base = known.wanted.slots(), dict(known.base())
    unsure = known.unsure(base)
    looked_at, ours = _looked_at(wanted, base, unsure, present, disk)
    owners = Owners(known.places(), (known.before, known.wanted))
    kept = {path for pack in known.wanted.packs.values() for path in pack.kept}
    changes = []
    for path, local in looked_at.items():
        before, asked = base.get(path), wanted.get(path)
        if before is not None and asked is not None and _is_untouched(before, local, asked):
            drift: Drift | None = Drift.KEPT if path in kept else Drift.IN_SYNC
        else:
            local = _with_mode(local, before, asked, disk.keeps_modes)
            drift = _drift(before, local, asked, path in kept) if path in ours else Drift.EXTRA
        if drift is not None:
            change = Change(
                path=path,
                owners=owners.of(path),
                base=before,
                local=local,
                wanted=asked,
                drift=drift,
                action=action_for(drift, local, asked, rules),
                hint=before is not None and (before is unsure.get(path) or known.is_hint(path)),
            )
            changes.append(change)
    cleared = list(_cleared(changes, rules))
    beside = beside_users_files(cleared, lambda: known.places(folders_only=True), known.receipt, rules)
    return Plan(tuple(map(cautious, beside)))


def _looked_at(
    wanted: Mapping[SlotPath, FileDigest],
    base: dict[SlotPath, FileDigest],
    unsure: Mapping[SlotPath, FileDigest],
    present: Collection[RelPath],
    disk: Disk,
) -> tuple[Mapping[SlotPath, Local], Set[SlotPath]]:
    """Return what stands on every slot that counts, and which of them are ours; `base` is completed."""
    ours: set[SlotPath] = wanted.keys() | base.keys()
    extra = _extra(present, ours, disk)
    asked = ours | extra | unsure.keys()
    entries = {slot for slot in asked if isinstance(slot, EntryPath)}
    files = disk.look(sorted(as_file(slot) for slot in asked - entries))
    found: Mapping[EntryPath, Local] = {}
    if entries:
        found = disk.entries({slot: base[slot].kin if slot in base else "" for slot in sorted(entries)})
    if unsure:
        there: dict[SlotPath, Local] = {**dict(files.items()), **dict(found.items())}
        proven = {slot: digest for slot, digest in unsure.items() if there.get(slot) == digest}
        base |= proven
        ours |= proven.keys()
        files = {path: local for path, local in files.items() if path in ours or path in extra}
        found = {slot: local for slot, local in found.items() if slot in ours}
    if twice := {slot for slot, local in found.items() if isinstance(local, Unclear) and _is_led(slot, wanted, disk)}:
        ours, found = ours - twice, {slot: local for slot, local in found.items() if slot not in twice}
    if shared := disk.sharing(files):
        again = _same_files(wanted, base, shared)
        ours, files = ours - again, {path: local for path, local in files.items() if path not in again}
    return (dict(sorted((*files.items(), *found.items()))) if found else dict(files.items())), ours


def _is_led(slot: EntryPath, wanted: Mapping[SlotPath, FileDigest], disk: Disk) -> bool:
    """Return whether the document of an entry is a link to another one, for which the same is wanted: it is there."""
    goal = disk.led(slot.document)
    return bool(goal) and wanted.get(EntryPath(f"{goal}#{slot.pointer}")) == wanted.get(slot)


def _extra(present: Collection[RelPath], ours: Collection[SlotPath], disk: Disk) -> set[RelPath]:
    extra = {path for path in present if path not in ours and not is_litter(path)}
    return extra.difference(disk.hidden(extra)) if extra else extra


def _is_untouched(before: FileDigest, local: Local, asked: FileDigest) -> bool:
    """Return whether a file is what we last wrote and what the lock asks for: nearly every file is."""
    if not isinstance(local, FileDigest) or not local[0] == asked[0] == before[0]:
        return False
    return local[1] == asked[1] == before[1] and local.has_mode and before.has_mode and asked.has_mode


def _drift(before: FileDigest | None, local: Local, asked: FileDigest | None, kept: bool) -> Drift | None:
    drift = classify(before, local, asked)
    return Drift.KEPT if kept and drift is Drift.IN_SYNC else drift


def _with_mode(
    local: Local, before: FileDigest | None, asked: FileDigest | None, keeps_modes: Callable[[], bool]
) -> Local:
    """Return the local state with the mode that it should have, where the file system has none."""
    known = asked or before
    if known is None or not isinstance(local, FileDigest):
        return local
    is_same = local.executable == known.executable == (before or known).executable
    if local.has_mode and (is_same or keeps_modes()):
        return local
    return local._replace(executable=known.executable, has_mode=False)


def _same_files(
    wanted: Mapping[SlotPath, FileDigest], base: dict[SlotPath, FileDigest], shared: Mapping[RelPath, str]
) -> set[RelPath]:
    """Return the paths that are no file of their own: a link makes them one that the lock wants under another path.

    Such a file goes with the last path that the lock has for it. What was written under one path was
    written under all: `base` is completed. A file is not beside ours if it is ours in another spelling.
    """
    first: dict[str, RelPath] = {}
    for path in sorted(files_in(wanted)):
        other = first.setdefault(shared[path], path)
        if wanted[other] != wanted[path]:
            raise ClashError(
                f"{other} and {path} are one file here, and the lock has two",
                why=f"through a symlink both are {shared[path]}",
                hint="put a real folder in the place of the link, or leave one of them out with `except:`",
            )
    for slot, digest in files_in(base).items():
        if (owner := first.get(shared[slot])) is not None:
            base.setdefault(owner, digest)
    ours = {shared[path] for path in files_in(base)}
    return {
        path
        for path, real in shared.items()
        if path not in wanted and (real in first or (path not in base and real in ours))
    }


def _cleared(changes: Sequence[Change], rules: DriftRules) -> Iterator[Change]:
    """Yield the changes, without obstacles that are ours and are deleted."""
    stale = {change.path for change in changes if change.drift is Drift.STALE}
    for change in changes:
        if change.drift is Drift.FOREIGN and change.replaced_by is not None and _makes_way(change, changes, stale):
            yield change._replace(local=None, drift=Drift.MISSING, action=rules[Drift.MISSING])
        else:
            yield change


def _makes_way(change: Change, changes: Sequence[Change], stale: Set[SlotPath]) -> bool:
    """Return whether the obstacle is ours and is deleted: a file above a path, or every file of a folder."""
    if any(folder in stale for folder in parents(change.file)):
        return True
    below = [other.path for other in changes if other.path.startswith(f"{change.path}/")]
    return change.local is Replaced.FOLDER and bool(below) and stale >= set(below)


def narrowed(plan: Plan, chosen: Callable[[Change], bool]) -> Plan:
    """Return the plan with every change that is not chosen left as it is."""
    return Plan(tuple(change if chosen(change) else change._replace(action=Action.LEAVE) for change in plan.changes))


def guarded(plan: Plan, edits: Set[tuple[SlotPath, FileDigest]]) -> Plan:
    """Return the plan, in which no edit is overwritten or deleted as if it were upstream's.

    Args:
        edits: what earlier locks had for files that held an edit of the project's own, and the new one has not.
    """

    def safe(change: Change) -> Change:
        is_edit = change.local is not None and change.base is not None and (change.path, change.base) in edits
        return change._replace(action=Action.SET_ASIDE) if is_edit and change.action is Action.TAKE else change

    return Plan(tuple(map(safe, plan.changes)))


def beside_users_files(
    changes: Sequence[Change], folders: Callable[[], Iterable[Place]], receipt: Receipt | None, rules: DriftRules
) -> Sequence[Change]:
    """Return the changes, without any to a folder that is the user's own.

    Args:
        folders: the places of the lock that are whole folders; asked for where there are extra files.
    """
    strange = {change.path for change in changes if change.drift is Drift.EXTRA}
    taken = [place for place in folders() if any(map(place.holds, strange))] if strange else []
    users = [place for place in taken if not _is_ours(place, changes, receipt)]
    return list(_without(changes, users, rules)) if users else changes


def _without(changes: Sequence[Change], users: Sequence[Place], rules: DriftRules) -> Iterator[Change]:
    # Where a file of the skill is there, the user has that skill, and the rules decides as for any file.
    categories = [place for place in users if not any(one.wanted and one.local for one in _below(place, changes))]
    for change in changes:
        place = next((place for place in users if place.holds(change.path)), None)
        if place is None:
            yield change
        elif change.drift is Drift.MISSING and (
            place in categories or rules[Drift.FOREIGN] in (Action.LEAVE, Action.STOP)
        ):
            action = Action.LEAVE if rules[Drift.FOREIGN] is Action.LEAVE else Action.STOP
            yield change._replace(local=Blocked(Replaced.OWN_FOLDER, place.path), drift=Drift.FOREIGN, action=action)
        elif change.drift is not Drift.EXTRA or place not in categories:
            yield change


def _below(place: Place, changes: Sequence[Change]) -> Iterator[Change]:
    return (change for change in changes if place.holds(change.path))


def _is_ours(place: Place, changes: Sequence[Change], receipt: Receipt | None) -> bool:
    if receipt is not None and any(place.holds(path) for path in receipt.files if path not in receipt.hints):
        return True
    # In a fresh clone, what is there and locked was installed once.
    was_there = any(one.hint and one.local is not None for one in _below(place, changes))
    return was_there or any(one.drift in CLEAN for one in _below(place, changes))


def _may_be_beside(change: Change) -> bool:
    """Return whether it would be installed under another name: a skill, or an entry that is called after its item."""
    is_named = isinstance(change.path, EntryPath) and not (change.path.is_section or change.path.member)
    return change.replaced_by is Replaced.OWN_FOLDER or (is_named and change.drift is Drift.FOREIGN)


def other_folder(plan: Plan, lock: Lock, tools: Sequence[Tool], adding: Sequence[str]) -> str:
    """Return the command that gives other names to what stands where the user has the same, "" where there is none."""
    from agentsync.planning.naming import NamesInUse  # few plans stop

    stopped = {(owner.pack, owner.item) for change in plan.stopped if _may_be_beside(change) for owner in change.owners}
    names = NamesInUse(lock.packs.values(), tools)
    commands = []
    for pack in (lock.packs[name] for name in sorted({pack for pack, _ in stopped if pack in lock.packs})):
        words = []
        for item in (item for item in pack.items if (pack.name, item.key) in stopped):
            new = names.new(pack.name.last, str(item.kind), item.name, (pack.name, item.path))
            words += ["--rename", f"{rename_key(pack.choice, item)}={new}"]
        commands.append(shlex.join([*adding, pack.name, *words]))
    return commands[0] if len(commands) == 1 else ", then ".join(f"`{command}`" for command in commands)
