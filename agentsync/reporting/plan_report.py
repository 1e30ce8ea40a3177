"""A plan as lines for people and as data for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agentsync.errors import AgentsyncError, RefusedError
from agentsync.model.drift import Blocked, Drift, Replaced
from agentsync.model.empty import EMPTY
from agentsync.model.lock import Lock
from agentsync.model.plan import Action, Change, Plan
from agentsync.reporting.drift_report import line_ends_told
from agentsync.reporting.words import STANDING, cause, count, done_line, shown_version

if TYPE_CHECKING:
    from agentsync.model.finding import Finding

_DONE: Final = {Action.TAKE: "write", Action.SET_ASIDE: "replace", Action.MERGE: "merge", Action.RELEASE: "release"}


def action_of(change: Change) -> str | None:
    """The word for what a change does to the disk, None where it does nothing."""
    if change.action is Action.ADOPT and change.drift is Drift.FOREIGN:
        return "adopt"
    word = _DONE.get(change.action)
    if word in ("write", "replace") and change.wanted is None:
        return "delete" if word == "write" else "set aside"
    if word in ("write", "replace") and change.only_mode_changed:
        return "mode"
    return word


def install_data(plan: Plan, before: Lock | None, after: Lock, findings: Iterable[Finding] = ()) -> dict[str, Any]:
    """The `data` of `install`, `update` and `restore`.

    Args:
        plan: what was done.
        before: the lock as it was.
        after: the lock as it is.
        findings: the files that were refused while it was decided.
    """
    return {
        "changed": [
            {"path": change.path, "pack": change.pack or None, "action": word}
            for change in plan.changes
            if (word := action_of(change)) is not None
        ],
        "stopped": [
            {"path": change.path, "pack": change.pack or None, "drift": str(change.drift)} for change in plan.stopped
        ],
        "versions": version_moves(before, after),
        "refused": [
            {
                "pack": one.pack,
                "path": one.path,
                "line": one.line or None,
                "column": one.column or None,
                "reason": one.what,
            }
            for one in findings
            if one.is_refusal
        ],
        "grants": [],
    }


def version_moves(before: Lock | None, after: Lock) -> list[dict[str, str | None]]:
    """The packs whose version differs between two locks."""
    old = before.packs if before is not None else {}
    moves = []
    for name in sorted(old.keys() | after.packs.keys()):
        was, now = old.get(name), after.packs.get(name)
        if was is None or now is None or (was.commit, was.tree) != (now.commit, now.tree):
            moves.append({"pack": name, "from": shown_version(was), "to": shown_version(now)})
    return moves


def install_lines(
    plan: Plan,
    before: Lock | None,
    after: Lock,
    *,
    dry_run: bool = False,
    subjects: Mapping[str, Sequence[str]] = EMPTY,
) -> list[str]:
    """Return what an installation did, or with `dry_run` would do; `subjects` are lines below a pack's move."""
    lines: list[str] = []
    for move in version_moves(before, after):
        lines.append(_move_line(move, dry_run=dry_run))
        lines += [f"            {subject}" for subject in subjects.get(str(move["pack"]), ())]
    if not lines and after != before:
        lines.append(done_line("write", "agentsync.lock", dry_run=dry_run))
    for change in plan.changes:
        word = action_of(change)
        if word is not None:
            lines.append(done_line(word, change.path, dry_run=dry_run))
        elif change.drift in (Drift.EDITED, Drift.EXTRA) and change.action is Action.LEAVE:
            lines.append(done_line("keep", f"{change.path}: {change.drift}{cause(change)}", dry_run=dry_run))
    done = sum(action_of(change) is not None for change in plan.changes)
    if done or plan.drifted or lines:
        what = "to change" if dry_run else "changed"
        lines.append(f"{count(len(after.packs), 'pack')}, {count(len(after.files()), 'file')}: {done} {what}")
    else:
        lines.append(f"{count(len(after.packs), 'pack')}, {count(len(after.files()), 'file')}: nothing to do")
    lines[-1] += line_ends_told(plan)
    return lines


def _move_line(move: Mapping[str, str | None], *, dry_run: bool) -> str:
    way = " -> ".join(filter(None, (move["from"], move["to"])))
    return done_line("unlock" if move["to"] is None else "lock", f"{move['pack']} {way}", dry_run=dry_run)


def stopped_error(plan: Plan, flags: str = "", beside: str = "", *, dry_run: bool = False) -> AgentsyncError | None:
    """The failure for files that were left as they are, or in a dry run would be; None where there are none.

    Args:
        plan: what was done.
        flags: what names the scope on the command line, with a blank before it.
        beside: the command that installs skills beside the user's own folders, "" where none is in the way.
        dry_run: whether nothing was done.
    """
    if not plan.stopped:
        return None
    in_the_way = dict.fromkeys(filter(None, map(_in_the_way, plan.stopped)))
    told = [*in_the_way]
    told += [f"{change.path} ({change.drift}{cause(change)})" for change in plan.stopped if not _in_the_way(change)]
    why = {
        Drift.FOREIGN: "something else stands on the path",
        Drift.DIVERGED: "changed here and in the lock",
    }
    causes = dict.fromkeys(
        "yours is not replaced" if _in_the_way(change) else why.get(change.drift, "changed while agentsync was writing")
        for change in plan.stopped
    )
    some = ", ".join(told[:10]) + (" ..." if len(told) > 10 else "")
    return RefusedError(
        f"{'would be ' * dry_run}left as {'it is' if len(told) == 1 else 'they are'}: {some}",
        why="; ".join(causes),
        hint=_way_out(plan, flags, beside),
    )


def _in_the_way(change: Change) -> str:
    """The link or folder of the user's that a file cannot take the place of; "" where a file stands there."""
    if isinstance(change.local, Blocked):
        return f"{change.local.path} ({STANDING[change.local.kind]})"
    return f"{change.path} ({STANDING[change.replaced_by]})" if change.replaced_by is not None else ""


def _way_out(plan: Plan, flags: str, beside: str) -> str:
    """What settles the files that were left: a file can change places with the lock's, a link or folder must go."""
    ways = []
    files = [change for change in plan.stopped if not _in_the_way(change)]
    if any(change.drift is Drift.DIVERGED for change in files):
        ways.append(f"`agentsync install{flags} --merge` merges both")
    if files:
        ways.append(f"`agentsync install{flags} --theirs` takes the lock's and sets yours aside in .agentsync/backup/")
    if any(change.drift is Drift.FOREIGN for change in files):
        ways.append(f"`agentsync install{flags} --adopt` keeps yours as an edit, or updates it where it is an old copy")
    blocked = [one.path for one in plan.stopped if _in_the_way(one) and one.replaced_by is not Replaced.OWN_FOLDER]
    if blocked:
        path = blocked[0]
        ways.append(
            f"move what stands in the way, or let `agentsync restore{flags} {path}` set it aside in .agentsync/backup/"
        )
    if beside and ways:
        ways.insert(0, beside if "`" in beside else f"`{beside}` installs the skill beside your folder")
    return "; ".join(ways) or beside
