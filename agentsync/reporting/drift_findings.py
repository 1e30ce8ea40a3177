"""Faults and remarks of a drift report, the same for every report format.

Messages are one line without control characters. Paths stay as they are: each format escapes
them in its own way.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.model.drift import Drift
from agentsync.model.drift_report import DriftReport, FileRow, PackRow
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME
from agentsync.model.plan import CLEAN
from agentsync.model.upstream import FAULTS, Standing
from agentsync.reporting.failure import shown
from agentsync.reporting.words import STANDING, power_added

_UPSTREAM: Final[Mapping[str, str]] = {
    "changed": "upstream changed it as well",
    "gone": "upstream no longer has it",
}
_PACKS: Final[Mapping[str, str]] = {
    Standing.BEHIND: "a newer version is allowed",
    Standing.PINNED: "a newer version exists outside the range",
    Standing.MOVED_TAG: "the locked tag names another commit now",
    Standing.YANKED: "its authors took this version back",
    Standing.GONE: "the registry no longer has it",
}
RULES: Final[Mapping[str, str]] = {
    **_PACKS,
    **{drift: drift.meaning for drift in Drift if drift not in CLEAN},
    # A file may be behind its lock, and a pack behind its registry: one word, as for `--ignore`.
    "behind": "something newer is asked for or allowed",
    "lock": "the lock does not fit the manifest",
}
"""The meaning of each word, in a few words."""


class DriftFinding(NamedTuple):
    """One fault, or one remark where `is_fault` is False.

    Args:
        word: how it stands, as users read it: `edited`, `lock`, `moved tag`.
        path: the file that it is told on, POSIX, relative to the scope.
        subject: what tells it from others of the same word and path, "" where nothing has to.
    """

    word: str
    path: str
    message: str
    subject: str = ""
    is_fault: bool = True

    @property
    def rule(self) -> str:
        return f"agentsync/{self.word.replace(' ', '-')}"


def findings(report: DriftReport) -> list[DriftFinding]:
    """Return all of them: the lock, the files, the packs."""
    told = (*map(of_file, report.files), *map(of_pack, report.packs))
    return [*of_lock(report), *(found for one in told for found in one)]


def of_lock(report: DriftReport) -> list[DriftFinding]:
    """Return why the lock does not fit the manifest."""
    return [DriftFinding("lock", LOCK_NAME, shown(why), why) for why in report.reasons]


def of_file(row: FileRow) -> list[DriftFinding]:
    """Return how one file drifted; nothing for a file that stands as it should."""
    change = row.change
    if change.drift in CLEAN:
        return []
    whose = " ".join(name for name in (change.pack, change.owner.item) if name)
    message = f"{change.path}: {change.drift}, {reason(row)}{f' ({whose})' if whose else ''}"
    return [DriftFinding(change.drift, change.file, shown(message), "" if change.path == change.file else change.path)]


def reason(row: FileRow) -> str:
    """Return why a file is not in sync."""
    change = row.change
    if change.unclear:
        why = f"it cannot be read: {change.unclear}"
    elif change.replaced_by is not None:
        why = f"{STANDING[change.replaced_by]} stands there"
    elif change.mode_changed:
        why = "only the executable bit differs"
    elif change.line_ends_changed:
        why = "only its line ends differ, and it is a program"
    elif change.drift is Drift.DIVERGED and row.upstream:
        why = "changed here"
    else:
        why = change.drift.meaning
    told = [why, *([_UPSTREAM[row.upstream]] if row.upstream else [])]
    if row.gained:
        told.append(f"the edit {power_added(row.gained)}")
    return "; ".join(told)


def of_pack(row: PackRow) -> list[DriftFinding]:
    """Return how a pack stands against its registry; nothing where it is the newest, or was not looked at."""
    if row.upstream in (None, Standing.CURRENT):
        return []
    name, available = f"{row.pack} {locked_version(row)}".rstrip(), row.available
    if row.upstream is Standing.MOVED_TAG:
        available = f"locked {row.commit}" + (f", now {available}" if available else "")
    message = f"{name}: {row.upstream}, {_PACKS[row.upstream]}{f' ({available})' if available else ''}"
    return [DriftFinding(row.upstream, MANIFEST_NAME, shown(message), row.pack, row.upstream in FAULTS)]


def locked_version(row: PackRow) -> str:
    """Return the version of a locked pack, else the start of its commit."""
    return row.version or (row.commit or "")[:12]
