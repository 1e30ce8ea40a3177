"""Grants: what installed items may do, what a decision adds, and the yes that it needs."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from agentsync.commands.outcomes import change_outcome
from agentsync.errors import AgentsyncError, RefusedError, UsageError
from agentsync.model.grant import Gainer, GrantChange
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import ItemKey, nearest
from agentsync.model.outcome import Outcome
from agentsync.model.plan import Plan
from agentsync.project.decision import Decision, Upgrade
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport, ItemRename, grant_lines
from agentsync.reporting.words import shown_grants


def grants(workspace: Workspace, words: Sequence[str] = ()) -> Outcome:
    """Return the grants of locked items, as a table; words are items or packs, as globs."""
    from agentsync.reporting.pack_report import grants_report

    return grants_report(_named(workspace.project.lock or Lock(), words))


def _named(lock: Lock, words: Sequence[str]) -> Lock:
    packs = lock.packs
    known = {name for pack in packs.values() for name in (pack.name, *(item.key for item in pack.items))}
    for word in words:
        if not any(fnmatchcase(name, word) for name in known):
            raise UsageError(f"{word!r} names no locked pack or item", hint=nearest(word, known))
    if not words:
        return lock
    chosen: dict[str, LockedPack] = {}
    for name, pack in packs.items():
        of_pack = any(fnmatchcase(name, word) for word in words)
        items = tuple(item for item in pack.items if of_pack or any(fnmatchcase(item.key, word) for word in words))
        if items or of_pack:
            chosen[name] = pack._replace(items=items)
    return lock._replace(packs=chosen)


def accept(workspace: Workspace, *, dry_run: bool = False) -> Outcome:
    """Say yes to what the next `install` or `update` would add, to the items of the options; nothing is installed."""
    from agentsync.reporting.pack_report import grants_report

    lock = workspace.project.lock or Lock()
    moving = {name for name, pack in lock.packs.items() if not pack.folder}
    decision = workspace.decide(upgrade=Upgrade(moving))
    found = granting(workspace, decision, ask=False)
    chosen = [one for one in found.changes if one.asks and one not in found.open]
    _named(Lock({**lock.packs, **decision.lock.packs}), [word for word in workspace.options.accepted if word != "*"])
    if chosen and not dry_run:
        with workspace.exclusive():
            workspace.consents.accept({gainer(one, decision.lock): one.asks for one in chosen})
    word = "would accept" if dry_run else "accepted"
    lines = [f"{word}  {one.item} of {one.pack}: +{', +'.join(shown_grants(one.asks))}" for one in chosen]
    rows = [{"pack": one.pack, "item": one.item, "gained": list(one.asks)} for one in chosen]
    return Outcome({**grants_report(lock).data, "accepted": rows}, lines or ["nothing waits for a yes"], decision.notes)


class Granting(NamedTuple):
    """Changes of grants that a decision makes, and those of them that still need a yes."""

    changes: tuple[GrantChange, ...] = ()
    open: tuple[GrantChange, ...] = ()

    @property
    def refusal(self) -> RefusedError | None:
        """The failure where something still needs a yes."""
        if not self.open:
            return None
        return RefusedError(
            f"{len(self.open)} item{'' if len(self.open) == 1 else 's'} would gain power that was not accepted",
            why="; ".join(f"{one.item} of {one.pack} gains {', '.join(shown_grants(one.asks))}" for one in self.open),
            hint="look at it (`agentsync diff --upstream`, `agentsync grants`), then say --accept-grants, "
            "or --accept-grants=ITEM for some of it",
        )


def granting(workspace: Workspace, decision: Decision, *, ask: bool = True, agreed: Sequence[Lock] = ()) -> Granting:
    """Find what a decision adds, and get a yes where one is needed and a person is there.

    Args:
        ask: whether to put questions; a dry run puts none.
        agreed: locks that were agreed to, instead of the one before: what none of them adds needs no yes.
    """
    if decision.before == decision.lock:
        return Granting()
    # Loaded only here: what installs a lock as it is compares nothing.
    from agentsync.planning.gains import grant_changes

    tools = workspace.project.tools
    changes, *others = (grant_changes(lock, decision.lock, tools) for lock in agreed or (decision.before,))
    known = [{(one.pack, one.item): set(one.asks) for one in other} for other in others]
    asked = (_unanswered(_unknown(one, known), workspace, decision) for one in changes)
    left = tuple(one for one in asked if one.asks and not _is_accepted(one, workspace, decision.lock))
    found = Granting(changes, left)
    confirm = workspace.options.confirm
    if left and ask and confirm is not None and confirm(grant_lines(changes), "accept these grants?"):
        return Granting(changes, ())
    return found


def _unknown(change: GrantChange, known: Sequence[Mapping[tuple[str, str], set[str]]]) -> GrantChange:
    """Return the change without what one of the other locks was agreed to have."""
    asks = [one for one in change.asks if all(one in others.get((change.pack, change.item), ()) for others in known)]
    return change._replace(asks=tuple(asks))


def _unanswered(change: GrantChange, workspace: Workspace, decision: Decision) -> GrantChange:
    """Return the change without what the manifest agrees to, or what a person said yes to in this run."""
    from agentsync.planning.consent import in_manifest
    from agentsync.project.consenting import said_yes

    yes, agreed = said_yes(workspace.answers), in_manifest(decision.residue)
    pack = decision.lock.packs.get(change.pack)
    asks = [one for one in change.asks if (change.pack, change.item, one) not in yes]
    if pack is not None:
        asks = [one for one in asks if not agreed(pack, ItemKey(change.item), one)]
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
    # What hooks and servers would run stands beside their digests.
    told = [one for one in decision.told if one.code == "consent"]
    return change_outcome(report, lines=grant_lines(found.changes), errors=[error], told=told)
