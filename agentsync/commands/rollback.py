"""Back to a lock that was installed here before."""

from __future__ import annotations

from typing import Final

from agentsync.commands.install import InstallOptions, bring_to
from agentsync.errors import UsageError
from agentsync.merging.rebase import bring_back, carry
from agentsync.model.lock import Lock, unkept
from agentsync.model.outcome import Outcome
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import version_data, version_moves
from agentsync.reporting.words import some

_MOST_NAMED: Final = 5


def rollback(workspace: Workspace, steps: int = 1, *, dry_run: bool = False) -> Outcome:
    """Install an earlier lock; edits survive by three-way merge.

    Args:
        steps: how many locks back, from 1.

    Raises:
        UsageError: where there are not so many.
    """
    lock = workspace.project.require_lock()
    earlier = _earlier(workspace, lock)
    if not 0 < steps <= len(earlier):
        raise UsageError(
            f"there is no lock {steps} steps back",
            why=f"{len(earlier)} earlier locks are kept here",
            hint="`agentsync rollback --list` shows them; take an older one from your version control",
        )
    then = earlier[steps - 1]
    rebased = bring_back(carry(lock, unkept(then), workspace.project.locked), then, workspace.project.locked)
    decision = Decision(rebased.lock, lock, rebased=rebased)
    outcome = bring_to(workspace, decision, InstallOptions(merge=True, dry_run=dry_run))
    return outcome._replace(notes=[*outcome.notes, *_asked_for(workspace, rebased.lock)])


def _asked_for(workspace: Workspace, lock: Lock) -> list[str]:
    """Return a note on packs that the manifest asks for and a lock does not have: the next command brings them back."""
    locked = {name for pack in lock.packs.values() for name in (pack.name, pack.name.alias)}
    missing = [entry.key for entry in workspace.project.manifest.packs if entry.key not in locked]
    if not missing:
        return []
    told = f"agentsync.yaml asks for what this lock does not have: {some(missing, _MOST_NAMED)}"
    return [f"{told}; put it back too, or `agentsync install` takes them"]


def list_earlier(workspace: Workspace) -> Outcome:
    """List every lock that `rollback` can go back to, the nearest first, and what it would move."""
    lock = workspace.project.require_lock()
    moves = {steps: version_moves(lock, old) for steps, old in enumerate(_earlier(workspace, lock), start=1)}
    rows = [{"steps": steps, "versions": version_data(found)} for steps, found in moves.items()]
    lines = []
    for steps, found in moves.items():
        told = ", ".join(f"{one.pack} {one.old or 'none'} -> {one.new or 'none'}" for one in found)
        lines.append(f"{steps:>3}  {told or 'the same versions, other items or files'}")
    return Outcome({"locks": rows}, lines or ["no earlier lock is kept here"])


def _earlier(workspace: Workspace, lock: Lock) -> list[Lock]:
    """Return the locks that were installed here before; one that differs in kept edits alone is no step back."""
    now = unkept(lock)
    return [old for old in workspace.state.history.locks() if unkept(old) != now]
