"""Fates of kept edits, as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agentsync.model.kept_edit import ENDED, Fate, KeptOutcome
from agentsync.model.plan import Plan

_WHY: Final = {
    Fate.GONE: "it is no longer installed",
    Fate.CONFLICT: "upstream changed the same lines: the patch no longer applies",
    Fate.OCCUPIED: "upstream has a file of its own there",
    Fate.UNREADABLE: "what it was made for cannot be fetched any more",
}


def kept_notes(outcomes: Iterable[KeptOutcome], plan: Plan, *, dry_run: bool = False) -> list[str]:
    """Return one sentence for each kept edit of which something became that a person should know."""
    on_disk = {change.path for change in plan.changes if change.local is not None}
    notes = []
    for one in outcomes:
        if one.fate in ENDED:
            notes.append(_ended(one, one.path in on_disk, dry_run=dry_run))
        elif one.fate is Fate.TAKEN:
            notes.append(f"upstream has your edit of {one.path} now; it {_is_no_longer(dry_run)} kept as a patch")
        elif one.fate is Fate.CARRIED and one.path != one.new_path:
            notes.append(f"{one.path} {_is(dry_run)} {one.new_path} now; your kept edit {_goes(dry_run)} with it")
        elif one.fate is Fate.CARRIED and one.has_moved:
            notes.append(f"the kept edit of {one.path} {_belongs(dry_run)} to {one.new_pack} now")
        elif one.fate is Fate.REUSED:
            notes.append(f"the patch of {one.path} was in .agentsync/patches and {_is(dry_run)} used again")
        elif one.fate is Fate.RESTORED:
            notes.append(f"your edit of {one.path} {_is(dry_run)} kept again, as it was with that lock")
        elif one.fate is Fate.RIVAL:
            notes.append(
                f"another branch keeps another edit of the same lines of {one.path}, and only one {_is(dry_run)} kept:"
                f" your version control has the other as .agentsync/patches/{one.pack}/{one.path}.patch"
            )
        elif one.fate is Fate.FORGOTTEN:
            notes.append(
                f"{one.path} was kept with that lock, and its patch is not remembered on this machine: your version"
                f" control has it as .agentsync/patches/{one.pack}/{one.path}.patch"
            )
    return notes


def _ended(one: KeptOutcome, is_on_disk: bool, *, dry_run: bool) -> str:
    name = f"; it is {one.new_path} now" if one.new_path and one.new_path != one.path else ""
    where = "your edit is on disk" if is_on_disk else f"the patch {_is(dry_run)} in .agentsync/backup/"
    return f"{one.path} {_is_no_longer(dry_run)} kept as a patch: {_WHY[one.fate]}{name}; {where}"


def _is(dry_run: bool) -> str:
    return "would be" if dry_run else "is"


def _is_no_longer(dry_run: bool) -> str:
    return "would no longer be" if dry_run else "is no longer"


def _goes(dry_run: bool) -> str:
    return "would go" if dry_run else "went"


def _belongs(dry_run: bool) -> str:
    return "would belong" if dry_run else "belongs"
