"""Decisions: a lock with its findings, the packs that it upgrades, and the other writes of a command."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.model.finding import Finding, Told
from agentsync.model.lock import Lock
from agentsync.model.slot import SlotPath

if TYPE_CHECKING:
    from agentsync.merging.kept_edits import Rebased


class Upgrade(NamedTuple):
    """The packs whose old decision is made again.

    Args:
        packs: they move to the newest version that is allowed, and never to an older one.
        down: those of them that may move to an older one.
        exactly: the version that a pack moves to, by pack, whether older or newer.
    """

    packs: Collection[str] = ()
    down: Collection[str] = ()
    exactly: Mapping[str, str] = {}


NO_UPGRADE: Final = Upgrade()


class Decision(NamedTuple):
    """A lock, and the findings of its resolution.

    Args:
        lock: the new lock.
        before: the lock as it was read, None where there was none.
        findings: whatever was not taken as it stands.
        told: items and components that AI tools do not get.
        notes: warnings, such as a deprecated pack.
        rebased: the kept edits, None where there are none.
        residue: the classes of power that the manifest agrees to beyond the sources, by AI tool.
    """

    lock: Lock
    before: Lock | None
    findings: tuple[Finding, ...] = ()
    told: tuple[Told, ...] = ()
    notes: tuple[str, ...] = ()
    rebased: "Rebased | None" = None
    residue: Mapping[str, Collection[str]] = {}

    @property
    def changed(self) -> bool:
        """True where the lock file has to be written."""
        return self.before != self.lock


class ExtraWrites(NamedTuple):
    """Other writes of a command, beside the files of its plan.

    Args:
        manifest_text: the manifest, None to leave it.
        contents: the bytes of files that are written as something else than the lock has them.
        conflicts: the attempts at merging that are left for a person, with upstream's files.
        settled: the attempts that are done with, and whether they were used.
        installed: whether the lock is remembered as installed, for `rollback`.
    """

    manifest_text: str | None = None
    contents: Mapping[SlotPath, bytes] = {}
    conflicts: Mapping[SlotPath, tuple[bytes, bytes]] = {}
    settled: Mapping[SlotPath, bool] = {}
    installed: bool = True
