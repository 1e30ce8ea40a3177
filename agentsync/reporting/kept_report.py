"""Fates of kept edits, as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agentsync.model.kept_edit import ENDED, Fate, KeptOutcome
from agentsync.model.plan import Plan
from agentsync.model.slot import patch_path

_ENDED: Final = {
    Fate.GONE: "it is no longer installed",
    Fate.CONFLICT: "upstream changed the same lines: the patch no longer applies",
    Fate.OCCUPIED: "upstream has a file of its own there",
    Fate.UNREADABLE: "what it was made for cannot be fetched any more",
}
_OTHERS: Final = {
    Fate.TAKEN: "upstream has your edit of {path} now; it {no_longer} kept as a patch",
    Fate.REUSED: "the patch of {path} was in .agentsync/patches and {be} used again",
    Fate.RESTORED: "your edit of {path} {be} kept again, as it was with that lock",
    Fate.RIVAL: "another branch keeps another edit of the same lines of {path}, and only one {be} kept:"
    " your version control has the other as {patch}",
    Fate.FORGOTTEN: "{path} was kept with that lock, and its patch is not remembered on this machine:"
    " your version control has it as {patch}",
}
_MOVED: Final = "{path} {be} {new_path} now; your kept edit {go} with it"
_OF_OTHER_PACK: Final = "the kept edit of {path} {belong} to {new_pack} now"
_VERBS: Final = {"be": "is", "no_longer": "is no longer", "go": "went", "belong": "belongs"}
_WOULD: Final = {"be": "would be", "no_longer": "would no longer be", "go": "would go", "belong": "would belong"}


def kept_notes(outcomes: Iterable[KeptOutcome], plan: Plan, *, dry_run: bool = False) -> list[str]:
    """Return one sentence for each kept edit of which something became that a person should know."""
    on_disk = {change.path for change in plan.changes if change.local is not None}
    verbs = _WOULD if dry_run else _VERBS
    notes = []
    for one in outcomes:
        patch = f".agentsync/patches/{patch_path(one.pack, one.path)}"
        if sentence := _sentence(one, one.path in on_disk):
            notes.append(sentence.format(patch=patch, **one._asdict(), **verbs))
    return notes


def _sentence(one: KeptOutcome, is_on_disk: bool) -> str:
    if one.fate in ENDED:
        name = "; it is {new_path} now" if one.new_path and one.new_path != one.path else ""
        where = "your edit is on disk" if is_on_disk else "the patch {be} in .agentsync/backup/"
        return f"{{path}} {{no_longer}} kept as a patch: {_ENDED[one.fate]}{name}; {where}"
    if one.fate is Fate.CARRIED:
        return _MOVED if one.path != one.new_path else _OF_OTHER_PACK if one.has_moved else ""
    return _OTHERS[one.fate]
