"""Back to a lock that was installed here before."""

from __future__ import annotations

from agentsync.commands.install import InstallOptions, bring_to
from agentsync.commands.outcome import Outcome
from agentsync.decision import Decision
from agentsync.errors import UsageError
from agentsync.keeping import bring_back, carry
from agentsync.model.lock import unkept
from agentsync.workspace import Workspace


def rollback(workspace: Workspace, steps: int = 1, *, dry_run: bool = False) -> Outcome:
    """Install an earlier lock; edits survive by three-way merge.

    Args:
        workspace: the scope.
        steps: how many locks back, from 1.
        dry_run: tell what would be done.

    Raises:
        UsageError: where there are not so many.
    """
    lock = workspace.require_lock()
    # Kept edits are the project's own: a lock that differs in those alone is no step back.
    now = unkept(lock)
    earlier = [old for old in workspace.state.history() if unkept(old) != now]
    if not 0 < steps <= len(earlier):
        raise UsageError(
            f"there is no lock {steps} steps back",
            why=f"{len(earlier)} earlier locks are kept here",
            hint="take an older one from your version control",
        )
    then = earlier[steps - 1]
    rebased = bring_back(carry(lock, unkept(then), workspace.locked), then, workspace.locked)
    decision = Decision(rebased.lock, lock, rebased=rebased)
    return bring_to(workspace, decision, InstallOptions(merge=True, dry_run=dry_run))
