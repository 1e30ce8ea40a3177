"""The facts that `drift`, `status`, `verify` and a fleet tell of a scope."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentsync.model.lock import LockFault
from agentsync.model.plan import CLEAN, Change, Plan
from agentsync.model.upstream import Standing


class FileRow(NamedTuple):
    """One file of a scope: how it stands, and the power that a local edit adds.

    Args:
        upstream: what the newest allowed version does to it, `changed` or `gone`; None for nothing.
    """

    change: Change
    gained: Sequence[str] = ()
    upstream: str | None = None


class PackRow(NamedTuple):
    """One locked pack, with the names that its parts have in JSON.

    Args:
        version: its release, None where it is none.
        commit: None for a folder on disk.
        available: the version that an update takes, None where there is none, or no registry was asked.
        upstream: how it stands against its registry, None where that is ignored, or was not asked.
    """

    pack: str
    version: str | None
    commit: str | None
    available: str | None = None
    upstream: Standing | None = None


class DriftReport(NamedTuple):
    """Drift of a scope, as far as it was looked at: files sorted by path, packs by name.

    Args:
        faults: where the lock does not follow from the manifest.
        standings: how packs stand against their registries, those that are ignored too.
        available: the version that an update takes, by pack.
        failing: the standings that the check finds fault with.
        folder: the folder of the scope in the repository, "" for its root, or where that is not asked for.
    """

    scope: str
    files: tuple[FileRow, ...] = ()
    packs: tuple[PackRow, ...] = ()
    faults: Sequence[LockFault] = ()
    standings: Mapping[str, Standing] = {}
    available: Mapping[str, str | None] = {}
    failing: Mapping[str, Standing] = {}
    folder: str = ""

    @property
    def plan(self) -> Plan:
        return Plan(tuple(row.change for row in self.files))

    @property
    def drifted(self) -> tuple[FileRow, ...]:
        return tuple(row for row in self.files if row.change.drift not in CLEAN)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons why the lock does not fit the manifest, each once."""
        return tuple(dict.fromkeys(one.why for one in self.faults))

    @property
    def is_clean(self) -> bool:
        """True where disk, lock, manifest and registries agree, as far as they were looked at."""
        return not (self.drifted or self.faults or self.failing)
