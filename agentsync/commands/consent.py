"""No power without a yes: what a decision adds is shown, and asked for where it has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from agentsync.commands.outcomes import change_outcome
from agentsync.errors import AgentsyncError, RefusedError
from agentsync.model.grant import Gainer, GrantChange
from agentsync.model.lock import Lock
from agentsync.model.outcome import Outcome
from agentsync.model.plan import Plan
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, ItemRename, grant_lines


class Granting(NamedTuple):
    """What a decision does to the grants.

    Args:
        changes: every item whose grants differ.
        open: the changes that still need a yes.
    """

    changes: tuple[GrantChange, ...] = ()
    open: tuple[GrantChange, ...] = ()

    @property
    def refusal(self) -> RefusedError | None:
        """The failure where something still needs a yes."""
        if not self.open:
            return None
        return RefusedError(
            f"{len(self.open)} item{'' if len(self.open) == 1 else 's'} would gain power that nobody accepted",
            why="; ".join(f"{one.item} of {one.pack} gains {', '.join(one.asks)}" for one in self.open),
            hint="look at it (`agentsync diff --upstream`, `agentsync grants`), then say --accept-grants, "
            "or --accept-grants=ITEM for some of it",
        )


def granting(workspace: Workspace, decision: Decision, *, ask: bool = True, agreed: Sequence[Lock] = ()) -> Granting:
    """Find what a decision adds, and get a yes where one is needed and somebody is there.

    Args:
        workspace: the scope.
        decision: the lock that is to be.
        ask: whether to put questions; a dry run puts none.
        agreed: locks that were agreed to, instead of the one before: what none of them adds needs no yes.
    """
    if decision.before == decision.lock:
        return Granting()
    # Loaded only here: what installs a lock as it is compares nothing.
    from agentsync.planning.gains import grant_changes

    targets = workspace.tools(decision.lock)
    changes, *others = (grant_changes(lock, decision.lock, targets) for lock in agreed or (decision.before,))
    known = [{(one.pack, one.item): set(one.asks) for one in other} for other in others]
    asked = (_unknown(one, known) for one in changes)
    left = tuple(one for one in asked if one.asks and not _is_accepted(one, workspace, decision.lock))
    found = Granting(changes, left)
    confirm = workspace.options.confirm
    if left and ask and confirm is not None and confirm(grant_lines(changes), "accept these grants?"):
        return Granting(changes, ())
    return found


def _unknown(change: GrantChange, known: Sequence[Mapping[tuple[str, str], set[str]]]) -> GrantChange:
    """The change, asking for what each of the other locks would have to ask for too."""
    asks = [one for one in change.asks if all(one in others.get((change.pack, change.item), ()) for others in known)]
    return change._replace(asks=tuple(asks))


def gainer(change: GrantChange, lock: Lock) -> Gainer:
    """Return what a yes to a change is bound to, in the lock that is to be."""
    pack = lock.packs.get(change.pack)
    return Gainer(change.pack, (pack.git or pack.folder) if pack is not None else "", change.item)


def _is_accepted(change: GrantChange, workspace: Workspace, lock: Lock) -> bool:
    if any(fnmatchcase(name, pattern) for pattern in workspace.options.accepted for name in (change.item, change.pack)):
        return True
    return set(change.asks) <= set(workspace.consents.accepted().get(gainer(change, lock), ()))


def would_refuse(workspace: Workspace, found: Granting) -> list[AgentsyncError]:
    """Return the failure that the run would end in for want of a yes; nothing where a person would be asked."""
    refusal = found.refusal
    return [] if refusal is None or workspace.options.confirm is not None else [refusal]


def refused(
    decision: Decision, found: Granting, error: RefusedError, renamed: Sequence[ItemRename] | None = None
) -> Outcome:
    """Return the outcome of a command that stops for want of a yes: nothing was changed."""
    as_it_was = decision.before or Lock()
    report = ChangeReport(Plan(()), as_it_was, as_it_was, grants=found.changes, renamed=renamed)
    return change_outcome(report, lines=grant_lines(found.changes), errors=[error])
