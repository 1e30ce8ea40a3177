"""What the data of `drift` finds fault with, the same for every report format.

Messages are one line without control characters. Paths stay as they are: each format escapes
them in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from agentsync.model.drift import Drift, Replaced
from agentsync.model.plan import CLEAN
from agentsync.model.upstream import FAULTS, Standing
from agentsync.reporting.failure import shown

MANIFEST: Final = "agentsync.yaml"
LOCK: Final = "agentsync.lock"

_STANDS: Final[Mapping[str, str]] = {
    Replaced.SYMLINK: "a symlink stands there",
    Replaced.FOLDER: "a folder stands there",
    Replaced.OTHER: "something else stands there",
    Replaced.OWN_FOLDER: "a folder of yours stands there",
}
_FILES: Final[Mapping[str, str]] = {
    Drift.MISSING: "the lock asks for it, and nothing is there",
    Drift.BEHIND: "the lock asks for another version of it",
    Drift.STALE: "the lock no longer asks for it",
    Drift.EDITED: "it is not what the lock asks for",
    Drift.DIVERGED: "changed here and in the lock",
    Drift.FOREIGN: "something else stands on the path",
    Drift.EXTRA: "it is no part of the item in whose folder it is",
}
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
    **_FILES,
    # A file may be behind its lock, and a pack behind its registry: one word, as for `--ignore`.
    "behind": "something newer is asked for or allowed",
    "lock": "the lock does not fit the manifest",
}
"""What each word means, in a few words."""


class DriftFinding(NamedTuple):
    """One fault, or one remark.

    Args:
        word: how it stands, as users read it: `edited`, `lock`, `moved tag`.
        path: the file that it is told on, POSIX, relative to the scope.
        message: one line, with the cause.
        subject: what tells it from others of the same word and path, "" where nothing has to.
        is_fault: False for what is only told.
    """

    word: str
    path: str
    message: str
    subject: str = ""
    is_fault: bool = True

    @property
    def rule(self) -> str:
        """The word as an identifier."""
        return f"agentsync/{self.word.replace(' ', '-')}"


def findings(data: Mapping[str, Any]) -> list[DriftFinding]:
    """All of them: the lock, the files, the packs."""
    told = [*map(of_file, data["files"]), *map(of_pack, data["packs"])]
    return [*of_lock(data), *(found for found in told if found is not None)]


def of_lock(data: Mapping[str, Any]) -> list[DriftFinding]:
    """Why the lock does not fit the manifest."""
    return [DriftFinding("lock", LOCK, shown(why), why) for why in dict.fromkeys(row["why"] for row in data["lock"])]


def of_file(row: Mapping[str, Any]) -> DriftFinding | None:
    """How one file drifted; None for a file that stands as it should."""
    word, path = row["drift"], row["path"]
    if word in CLEAN:
        return None
    whose = " ".join(row[key] for key in ("pack", "item") if row[key])
    message = f"{path}: {word}, {cause(row)}{f' ({whose})' if whose else ''}"
    return DriftFinding(word, path, shown(message))


def cause(row: Mapping[str, Any]) -> str:
    """Why a file is not in sync."""
    word, upstream = row["drift"], row["upstream"]
    if row["replaced_by"]:
        why = _STANDS[row["replaced_by"]]
    elif row["mode_changed"]:
        why = "only the executable bit differs"
    elif row["line_ends"]:
        why = "only its line ends differ, and it is a program"
    elif word == Drift.DIVERGED and upstream:
        why = "changed here"
    else:
        why = _FILES[word]
    told = [why, *([_UPSTREAM[upstream]] if upstream else [])]
    if row.get("gained"):
        told.append(f"the edit adds power: {', '.join(row['gained'])}")
    return "; ".join(told)


def of_pack(row: Mapping[str, Any]) -> DriftFinding | None:
    """How a pack stands against its registry; None where it is the newest, or was not looked at."""
    word, available = row["upstream"], row["available"]
    if word is None or word == Standing.CURRENT:
        return None
    name = f"{row['pack']} {locked_version(row)}".rstrip()
    if word == Standing.MOVED_TAG:
        available = f"locked {row['commit']}" + (f", now {available}" if available else "")
    message = f"{name}: {word}, {_PACKS[word]}{f' ({available})' if available else ''}"
    return DriftFinding(word, MANIFEST, shown(message), row["pack"], word in FAULTS)


def locked_version(row: Mapping[str, Any]) -> str:
    """The version of a locked pack, else the start of its commit."""
    return str(row["version"] or (row["commit"] or "")[:12])
