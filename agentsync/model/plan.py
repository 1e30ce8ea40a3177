"""The plan: drift and action of every slot, and the tables of actions.

The tables here are the only place that decides the fate of a user's file.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Blocked, Drift, Local, Replaced, Unclear, Unreadable
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import Receipt, SlotPath, file_of


class Action(StrEnum):
    """Action on one slot."""

    LEAVE = "keep"  # leave it; the receipt stays as it is
    TAKE = "take"  # make the disk what the lock wants: write or delete
    SET_ASIDE = "set aside"  # TAKE, but move what stands there into the backup first
    REPLACE = "replace"  # SET_ASIDE for a file; STOP for a link or folder of the user's: in the tables alone
    STOP = "stop"  # leave it and say so: exit 3
    MERGE = "merge"  # write the bytes that bring both sides together; the user's go to the backup too
    CARRY = "carry"  # write the user's own bytes here; what we last wrote stays what we remember
    ADOPT = "adopt"  # leave the bytes, but own the file from now on
    RELEASE = "release"  # leave it and forget that it was ours


DriftRules = Mapping[Drift, Action]

CAREFUL: Final[DriftRules] = {
    Drift.IN_SYNC: Action.ADOPT,
    Drift.KEPT: Action.ADOPT,
    Drift.MISSING: Action.TAKE,
    Drift.BEHIND: Action.TAKE,
    Drift.STALE: Action.TAKE,
    Drift.EDITED: Action.LEAVE,
    Drift.DIVERGED: Action.STOP,
    Drift.FOREIGN: Action.STOP,
    Drift.EXTRA: Action.LEAVE,
}
THEIRS: Final[DriftRules] = {
    **CAREFUL,
    Drift.EDITED: Action.REPLACE,
    Drift.DIVERGED: Action.REPLACE,
    Drift.FOREIGN: Action.REPLACE,
}
ADOPTING: Final[DriftRules] = {**CAREFUL, Drift.FOREIGN: Action.ADOPT}
UPDATING: Final[DriftRules] = {**CAREFUL, Drift.DIVERGED: Action.MERGE}
RESTORING: Final[DriftRules] = {
    drift: Action.SET_ASIDE if action in (Action.LEAVE, Action.STOP) else action for drift, action in CAREFUL.items()
}
READING: Final[DriftRules] = dict.fromkeys(Drift, Action.LEAVE)
CLEAN: Final = (Drift.IN_SYNC, Drift.KEPT)
WRITING: Final = (Action.TAKE, Action.SET_ASIDE, Action.MERGE, Action.CARRY)
# What stands on the path goes into the backup first.
SETTING_ASIDE: Final = (Action.SET_ASIDE, Action.MERGE, Action.CARRY)


class Owner(NamedTuple):
    """One item that a slot belongs to, for one AI tool; both are "" where the lock does not say which of the pack's."""

    pack: str
    item: str = ""
    tool: str = ""


class Change(NamedTuple):
    """State of one slot, and the action on it.

    Args:
        path: the path of the slot, by which everything refers to it.
        owners: everything that it belongs to, by pack; the bytes of all are the same. Empty where it is in no lock.
        base, local, wanted: what we last wrote, what is on disk, what the lock wants.
        hint: whether there is a base, and it is what others may have written down: no memory of ours.
    """

    path: SlotPath
    owners: tuple[Owner, ...]
    base: FileDigest | None
    local: Local
    wanted: FileDigest | None
    drift: Drift
    action: Action
    hint: bool = False

    @property
    def file(self) -> RelPath:
        """The file that is looked at and written: of an entry, its document."""
        return file_of(self.path)

    @property
    def packs(self) -> tuple[str, ...]:
        """Every pack that owns it, once."""
        return tuple(dict.fromkeys(owner.pack for owner in self.owners))

    @property
    def items(self) -> tuple[str, ...]:
        """Every item that owns it, once, as far as it is known."""
        return tuple(dict.fromkeys(owner.item for owner in self.owners if owner.item))

    @property
    def targets(self) -> tuple[str, ...]:
        """Every AI tool that it is installed for, once, as far as it is known."""
        return tuple(dict.fromkeys(owner.tool for owner in self.owners if owner.tool))

    @property
    def owner(self) -> Owner:
        """The first owner; one without any name where there is none."""
        return self.owners[0] if self.owners else Owner("")

    @property
    def pack(self) -> str:
        return self.owner.pack

    @property
    def item(self) -> str:
        """The item of the first owner, "" where it is not known."""
        return self.owner.item

    @property
    def mode_changed(self) -> bool:
        """True where the executable bit differs, and nothing else but line ends."""
        if self.wanted is None or not isinstance(self.local, FileDigest):
            return False
        return self.local.same_text(self.wanted) and not self.local.same_mode(self.wanted)

    @property
    def line_ends_changed(self) -> bool:
        """True where the bytes differ in line ends alone."""
        if self.wanted is None or not isinstance(self.local, FileDigest):
            return False
        return self.local.sha256 != self.wanted.sha256 and self.local.same_text(self.wanted)

    @property
    def only_mode_changed(self) -> bool:
        """True where the bytes are those of the lock, and the executable bit is not."""
        return self.mode_changed and not self.line_ends_changed

    @property
    def unclear(self) -> str:
        """The reason why an entry cannot be told from its document, "" for none."""
        return self.local.why if isinstance(self.local, Unclear) else ""

    @property
    def is_unreadable(self) -> bool:
        """True where what stands there cannot be read, or cannot be told from the rest of its document."""
        return isinstance(self.local, Unreadable | Unclear)

    @property
    def replaced_by(self) -> Replaced | None:
        """The obstacle in place of the file, None where there is none."""
        if isinstance(self.local, Blocked):
            return self.local.kind
        return self.local if isinstance(self.local, Replaced) else None


class Plan(NamedTuple):
    """State of every slot of a scope, sorted."""

    changes: tuple[Change, ...]

    @property
    def is_clean(self) -> bool:
        """True where the disk is what the lock wants, with nothing beside it."""
        return all(change.drift in CLEAN for change in self.changes)

    @property
    def stopped(self) -> tuple[Change, ...]:
        """The changes that wait for a decision of the user."""
        return tuple(change for change in self.changes if change.action is Action.STOP)

    @property
    def drifted(self) -> tuple[Change, ...]:
        """All changes that a drift check finds fault with."""
        return tuple(change for change in self.changes if change.drift not in CLEAN)

    @property
    def writing(self) -> tuple[Change, ...]:
        """The changes that alter a file on disk."""
        return tuple(change for change in self.changes if change.action in WRITING)

    def remembered(self) -> dict[SlotPath, FileDigest]:
        """Return the content of the receipt once the plan is done: which bytes are ours in each slot."""
        digests = ((change.path, _remembered(change)) for change in self.changes)
        return {path: digest for path, digest in digests if digest is not None}

    def hints(self) -> frozenset[SlotPath]:
        """Return the slots whose digest stays a hint once the plan is done: nothing confirmed it."""
        return frozenset(change.path for change in self.changes if change.hint and _leaves_base(change))


def _remembered(change: Change) -> FileDigest | None:
    if change.action is Action.RELEASE:
        return None
    return change.base if _leaves_base(change) else change.wanted


def _leaves_base(change: Change) -> bool:
    return change.action in (Action.LEAVE, Action.STOP, Action.CARRY)


def cautious(change: Change) -> Change:
    """Return the change, which sets aside what it would replace or delete for a hint alone."""
    if change.hint and change.action is Action.TAKE and change.local is not None and not change.only_mode_changed:
        return change._replace(action=Action.SET_ASIDE)
    return change


def action_for(drift: Drift, local: Local, wanted: FileDigest | None, rules: DriftRules) -> Action:
    """Return the action that a table has for a slot.

    A file that was edited here and is no longer wanted becomes the user's own under every table that does not set it
    aside: there is nothing left to merge it with. What is no file cannot become ours.
    """
    action = rules[drift]
    if isinstance(local, Unclear) or local is Replaced.OTHER_FORM:
        stopped = Action.RELEASE if wanted is None and local is Replaced.OTHER_FORM else Action.STOP
        return Action.LEAVE if rules[Drift.FOREIGN] is Action.LEAVE else stopped
    if action is Action.REPLACE:
        kind = local.kind if isinstance(local, Blocked) else local
        if kind not in (Replaced.SYMLINK, Replaced.FOLDER):
            return Action.SET_ASIDE
        return Action.RELEASE if wanted is None else Action.STOP
    if action is Action.ADOPT and drift is Drift.FOREIGN and not isinstance(local, FileDigest):
        return Action.STOP
    if drift is Drift.DIVERGED and wanted is None and action in (Action.STOP, Action.MERGE):
        return Action.RELEASE
    return action


class Applied(NamedTuple):
    """Result of carrying out a plan.

    Args:
        plan: the plan as it was carried out; a file that changed meanwhile is stopped in it.
        backup: the folder that holds what was set aside, None where nothing was.
        aside: what was set aside, by the paths that it had.
    """

    plan: Plan
    receipt: Receipt
    backup: Path | None
    failures: tuple[AgentsyncError, ...] = ()
    aside: tuple[SlotPath, ...] = ()
