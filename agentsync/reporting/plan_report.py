"""A plan as lines for people and as data for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agentsync.errors import AgentsyncError, RefusedError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Blocked, Drift, Replaced, Unreadable
from agentsync.model.empty import EMPTY
from agentsync.model.lock import Lock, LockedPack, LockFault
from agentsync.model.plan import CLEAN, Action, Change, Plan

if TYPE_CHECKING:
    from agentsync.model.finding import Finding

_DONE: Final = {Action.TAKE: "write", Action.SET_ASIDE: "replace", Action.MERGE: "merge", Action.RELEASE: "release"}
_PAST: Final = {
    "set aside": "set aside",
    "write": "wrote",
    "delete": "deleted",
    "replace": "replaced",
    "merge": "merged",
    "adopt": "adopted",
    "release": "released",
    "mode": "chmod",
    "remove": "removed",
    "drop": "dropped",
    "keep": "kept",
    "lock": "locked",
    "unlock": "unlocked",
    "resolve": "resolved",
}


def done_line(word: str, rest: str, *, dry_run: bool) -> str:
    """Return a line about something that was done, or in a dry run would be."""
    return f"would {'chmod' if word == 'mode' else word:<9} {rest}" if dry_run else f"{_PAST[word]:<9} {rest}"


Gains = Mapping[str, Sequence[str]]
NO_GAINS: Final[Gains] = {}

_STANDING: Final = {
    Replaced.SYMLINK: "a symlink",
    Replaced.FOLDER: "a folder",
    Replaced.OTHER: "something else",
    Replaced.OWN_FOLDER: "a folder of yours",
}


def drift_data(
    scope: str, plan: Plan, lock: Lock | None, faults: Sequence[LockFault], gains: Gains = NO_GAINS
) -> dict[str, Any]:
    """The `data` of `drift` and `status`; `gains` is the power that local edits add, by path."""
    packs = lock.packs.values() if lock is not None else ()
    summary = Counter(str(change.drift) for change in plan.changes)
    return {
        "scope": scope,
        "clean": plan.is_clean and not faults,
        "packs": [_pack_data(pack) for pack in sorted(packs, key=lambda pack: pack.name)],
        "files": [_file_data(change, gains) for change in plan.changes],
        "summary": dict(sorted(summary.items())),
        "lock": [{**({"pack": one.pack} if one.pack else {}), "why": one.why} for one in faults],
    }


def _pack_data(pack: LockedPack) -> dict[str, Any]:
    return {
        "pack": pack.name,
        "version": pack.version,
        "commit": pack.commit or None,
        "available": None,
        "upstream": None,
    }


def _file_data(change: Change, gains: Gains) -> dict[str, Any]:
    # Most are as they should be, and then it need not be found out what is wrong with them.
    is_clean = change.drift in CLEAN
    return {
        "path": change.path,
        "pack": change.pack or None,
        **({"shared_with": list(change.also)} if change.also else {}),
        "item": change.item or None,
        "target": change.target or None,
        "drift": str(change.drift),
        "mode_changed": not is_clean and change.mode_changed,
        "line_ends": change.line_ends_changed,
        "replaced_by": str(change.replaced_by) if not is_clean and change.replaced_by else None,
        "gained": list(gains.get(change.path, ())),
        "upstream": None,
    }


def drift_lines(plan: Plan, faults: Sequence[LockFault], gains: Gains = NO_GAINS) -> list[str]:
    """How every drifted file stands, one line each, and a closing sentence."""
    lines = [f"lock      {why}" for why in dict.fromkeys(one.why for one in faults)]
    width = max((len(change.path) for change in plan.drifted), default=0)
    lines += [
        f"{change.drift:<9} {change.path:<{width}}  {_whose(change)}{_cause(change)}{_power(change, gains)}".rstrip()
        for change in plan.drifted
    ]
    in_sync = len(plan.changes) - len(plan.drifted)
    if plan.drifted:
        lines.append(f"{count(len(plan.drifted), 'file')} drifted, {in_sync} in sync")
    else:
        lines.append(f"{count(in_sync, 'file')} in sync")
    lines[-1] += line_ends_told(plan)
    return lines


def line_ends_told(plan: Plan) -> str:
    """How many files in sync have other line ends than the lock's, as the end of a sentence; "" where none has."""
    ends = Counter(_has_crlf(change) for change in plan.changes if change.drift in CLEAN and change.line_ends_changed)
    return "".join(
        f"; {count(ends[crlf], 'file')} with {what}, as git's {cause} makes {'it' if ends[crlf] == 1 else 'them'}"
        for crlf, what, cause in ((True, "CRLF", "autocrlf"), (False, "LF for CRLF", "normalization"))
        if ends[crlf]
    )


def _has_crlf(change: Change) -> bool:
    return isinstance(change.local, FileDigest) and bool(change.local.lf)


def _whose(change: Change) -> str:
    return f"{', '.join(change.owners)} {change.item}" if change.pack else ""


def _power(change: Change, gains: Gains) -> str:
    more = gains.get(change.path)
    return f" (adds power: {', '.join(more)})" if more else ""


def _cause(change: Change) -> str:
    if change.replaced_by is not None:
        return f" ({_STANDING[change.replaced_by]} stands there)"
    if isinstance(change.local, Unreadable):
        return f" ({change.local.reason})"
    if change.mode_changed and change.wanted is not None:
        return f" ({'+x lost' if change.wanted.executable else '+x gained'})"
    if change.line_ends_changed:
        return " (only its line ends differ, and it is a program: `agentsync doctor` says what settles it)"
    return ""


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


def shown_version(pack: LockedPack | None) -> str | None:
    """A pack's version as people read it: the release, else where its commit came from."""
    if pack is None:
        return None
    if pack.version is not None:
        return pack.version
    if not pack.commit:
        return pack.tree[:12]
    name = pack.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    return f"{name}@{pack.commit[:12]}" if name else pack.commit[:12]


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
            lines.append(done_line("keep", f"{change.path}: {change.drift}{_cause(change)}", dry_run=dry_run))
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
    told += [f"{change.path} ({change.drift}{_cause(change)})" for change in plan.stopped if not _in_the_way(change)]
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
        return f"{change.local.path} ({_STANDING[change.local.kind]})"
    return f"{change.path} ({_STANDING[change.replaced_by]})" if change.replaced_by is not None else ""


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


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
