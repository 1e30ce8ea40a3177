"""The facts that commands tell of what they changed, and these as lines and as data."""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from agentsync.errors import AgentsyncError, RefusedError
from agentsync.model.drift import Blocked, Drift, Replaced
from agentsync.model.finding import Finding
from agentsync.model.grant import GrantChange
from agentsync.model.lock import Lock, shown_version
from agentsync.model.names import LOCK_NAME, ItemKey
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.slot import EntryPath, SlotPath
from agentsync.reporting.words import STANDING, cause, count, counted_slots, done_line, line_ends_told, shown_grants

T = TypeVar("T")

_DONE: Final = {Action.TAKE: "write", Action.SET_ASIDE: "replace", Action.MERGE: "merge", Action.RELEASE: "release"}


def _word(change: Change) -> str | None:
    """Return the word for what a change does to the disk, None where it does nothing."""
    if change.action is Action.ADOPT and change.drift is Drift.FOREIGN:
        return "adopt"
    word = _DONE.get(change.action)
    if word in ("write", "replace") and change.wanted is None:
        return "delete" if word == "write" else "set aside"
    if word in ("write", "replace") and change.only_mode_changed:
        return "mode"
    return word


class ItemRename(NamedTuple):
    """An item that has another key now."""

    pack: str
    old: ItemKey
    new: ItemKey


class OldCopy(NamedTuple):
    """A file of the user's that is upstream's own, and its source, with the names that its parts have in JSON."""

    path: SlotPath
    pack: str
    commit: str
    source: str


class VersionMove(NamedTuple):
    """A pack whose version differs between two locks: what is shown of both, None where it is not locked."""

    pack: str
    old: str | None
    new: str | None


class ChangeReport(NamedTuple):
    """Changes that a command made to a scope, or in a dry run would make. What does not apply to a command is None.

    Args:
        before, after: the lock as it was, and as it is.
        grants: the items that may do more or less.
        aside: what was set aside, and where it is now.
        conflicts: the files of which both sides changed the same lines.
        moved: files with an edit that went to another path, old and new.
        older: the user's files that were upstream's own.
        commits: the subject lines between the versions of each pack that moves.
    """

    plan: Plan
    before: Lock | None
    after: Lock
    dry_run: bool = False
    findings: Sequence[Finding] = ()
    grants: Sequence[GrantChange] = ()
    aside: Mapping[SlotPath, str] | None = None
    conflicts: Sequence[SlotPath] | None = None
    renamed: Sequence[ItemRename] | None = None
    moved: Sequence[tuple[SlotPath, SlotPath]] | None = None
    older: Sequence[OldCopy] | None = None
    commits: Mapping[str, Sequence[str]] | None = None
    kept: Sequence[SlotPath] | None = None
    dropped: Sequence[SlotPath] | None = None

    @property
    def done(self) -> list[tuple[Change, str]]:
        """The changes that alter the disk, each with the word for it."""
        return [(change, word) for change in self.plan.changes if (word := _word(change)) is not None]

    @property
    def versions(self) -> list[VersionMove]:
        return version_moves(self.before, self.after)

    @property
    def is_nothing(self) -> bool:
        """True where everything was there already."""
        return not (self.done or self.plan.stopped or self.conflicts or self.versions)


def version_moves(before: Lock | None, after: Lock) -> list[VersionMove]:
    """Return the packs whose version differs between two locks."""
    old = before.packs if before is not None else {}
    pairs = ((name, old.get(name), after.packs.get(name)) for name in sorted(old.keys() | after.packs.keys()))
    return [
        VersionMove(name, shown_version(was), shown_version(now))
        for name, was, now in pairs
        if was is None or now is None or (was.commit, was.tree) != (now.commit, now.tree)
    ]


def change_data(report: ChangeReport) -> dict[str, Any]:
    """Return the `data` of the commands that change a scope; a part that does not apply is absent."""
    parts: dict[str, list[Any] | None] = {
        "changed": [{**_file(change), "action": word} for change, word in report.done],
        "stopped": [{**_file(change), "drift": str(change.drift)} for change in report.plan.stopped],
        "versions": version_data(report.versions),
        "refused": [_refused(one) for one in report.findings if one.is_refusal],
        "grants": [
            {"pack": one.pack, "item": one.item, "gained": list(one.gained), "lost": list(one.lost)}
            for one in report.grants
        ],
        "backups": backup_data(report.aside),
        "conflicts": _rows(report.conflicts, lambda path: {"path": path, "attempt": _attempt(path)}),
        "renamed": _rows(report.renamed, lambda one: {"pack": one.pack, "from": one.old, "to": one.new}),
        "moved": _rows(report.moved, lambda pair: {"from": pair[0], "to": pair[1]}),
        "older_copies": _rows(report.older, OldCopy._asdict),
        "commits": _rows(report.commits and report.commits.items(), lambda one: {"pack": one[0], "subjects": one[1]}),
        "kept": _rows(report.kept, str),
        "dropped": _rows(report.dropped, str),
    }
    return {name: rows for name, rows in parts.items() if rows is not None}


def _rows(values: Iterable[T] | None, row: Callable[[T], object]) -> list[object] | None:
    return None if values is None else [row(one) for one in values]


def version_data(moves: Iterable[VersionMove]) -> list[dict[str, str | None]]:
    """Return the packs that move as data."""
    return [{"pack": one.pack, "from": one.old, "to": one.new} for one in moves]


def backup_data(aside: Mapping[SlotPath, str] | None) -> list[dict[str, str]] | None:
    """Return as data what was set aside, and where it is now; None in a dry run."""
    return None if aside is None else [{"path": path, "backup": place} for path, place in aside.items()]


def _file(change: Change) -> dict[str, str | None]:
    return {"path": change.path, "pack": change.pack or None}


def _refused(one: Finding) -> dict[str, Any]:
    place = {"line": one.line or None, "column": one.column or None}
    return {"pack": one.pack, "path": one.path, **place, "reason": one.what}


def _attempt(path: SlotPath) -> str:
    return f".agentsync/conflicts/{path}"


def grant_lines(changes: Iterable[GrantChange]) -> list[str]:
    """Return what a person should look at before saying yes."""
    changes = list(changes)
    asked: dict[str, set[str]] = {}
    for one in changes:
        if one.is_new:
            asked.setdefault(one.pack, set()).update(one.gained)
    first = [f"grants    {pack} asks for {', '.join(shown_grants(sorted(words)))}" for pack, words in asked.items()]
    return [
        *first,
        *(f"grants    {one.item} of {one.pack}: +{', +'.join(shown_grants(one.asks))}" for one in changes if one.asks),
    ]


def change_lines(report: ChangeReport) -> list[str]:
    """Return what was done, or in a dry run would be, and how many files that were."""
    dry_run, lines = report.dry_run, list[str]()
    for move in report.versions:
        way = " -> ".join(filter(None, (move.old, move.new)))
        lines.append(done_line("unlock" if move.new is None else "lock", f"{move.pack} {way}", dry_run=dry_run))
        lines += [f"            {subject}" for subject in (report.commits or {}).get(move.pack, ())]
    if not lines and report.after != report.before:
        lines.append(done_line("write", LOCK_NAME, dry_run=dry_run))
    words = {change.path: word for change, word in report.done}
    for change in report.plan.changes:
        if (word := words.get(change.path)) is not None:
            lines.append(done_line(word, change.path, dry_run=dry_run))
        elif change.drift in (Drift.EDITED, Drift.EXTRA) and change.action is Action.LEAVE:
            lines.append(done_line("keep", f"{change.path}: {change.drift}{cause(change)}", dry_run=dry_run))
    total = "nothing to do"
    if words or report.plan.drifted or lines:
        total = f"{len(words)} {'to change' if dry_run else 'changed'}"
    lines += [
        f"would conflict  {path}"
        if dry_run
        else f"conflict  {path}: see {_attempt(path)}, then agentsync resolve {path}"
        for path in report.conflicts or ()
    ]
    whole = f"{count(len(report.after.packs), 'pack')}, {counted_slots(report.after.slots())}"
    return [*grant_lines(report.grants), *lines, f"{whole}: {total}{line_ends_told(report.plan)}"]


def stopped_error(plan: Plan, flags: str = "", beside: str = "", *, dry_run: bool = False) -> AgentsyncError | None:
    """Return the failure for files that were left as they are, or in a dry run would be; None where there are none.

    Args:
        flags: what names the scope on the command line, with a blank before it.
        beside: the command that installs skills beside the user's own folders, "" where none is in the way.
    """
    if not plan.stopped:
        return None
    in_the_way, files, causes = dict[str, None](), list[str](), dict[str, None]()
    why = {Drift.FOREIGN: "something else stands on the path", Drift.DIVERGED: "changed here and in the lock"}
    for change in plan.stopped:
        if blocking := _in_the_way(change):
            in_the_way[blocking] = None
            causes["yours is not replaced"] = None
        elif change.unclear:
            files.append(f"{change.path} ({change.drift}{cause(change)})")
            causes["what cannot be read is not changed"] = None
        else:
            files.append(f"{change.path} ({change.drift}{cause(change)})")
            causes[why.get(change.drift, "changed while agentsync was writing")] = None
    told = [*in_the_way, *files]
    some = ", ".join(told[:10]) + (" ..." if len(told) > 10 else "")
    return RefusedError(
        f"{'would be ' * dry_run}left as {'it is' if len(told) == 1 else 'they are'}: {some}",
        why="; ".join(causes),
        hint=_way_out(plan, flags, beside),
    )


def _in_the_way(change: Change) -> str:
    """Return the link or folder that a file cannot take the place of; "" where a file stands there."""
    if isinstance(change.local, Blocked):
        return f"{change.local.path} ({STANDING[change.local.kind]})"
    return f"{change.path} ({STANDING[change.replaced_by]})" if change.replaced_by is not None else ""


def _way_out(plan: Plan, flags: str, beside: str) -> str:
    """Return what settles the files that were left: a file can change places with the lock's, a link cannot."""
    ways = []
    files = [change for change in plan.stopped if not _in_the_way(change) and not change.unclear]
    diverged = [change for change in files if change.drift is Drift.DIVERGED]
    if any(not isinstance(change.path, EntryPath) for change in diverged):
        ways.append(f"`agentsync install{flags} --merge` merges both")
    # A conflict in an entry is left to no one to settle: it would be stopped again.
    if entry := next((one.path for one in diverged if isinstance(one.path, EntryPath)), None):
        shows = f"`agentsync diff{flags} {shlex.quote(entry)}` shows both"
        ways.append(f"{shows}: write the lock's where both changed it, then `agentsync install{flags} --merge`")
    if files:
        ways.append(f"`agentsync install{flags} --theirs` takes the lock's and sets yours aside in .agentsync/backup/")
    if any(change.drift is Drift.FOREIGN for change in files):
        ways.append(f"`agentsync install{flags} --adopt` keeps yours as an edit, or updates it where it is an old copy")
    by_hand = (Replaced.OWN_FOLDER, Replaced.OTHER_FORM)
    blocked = dict.fromkeys(
        one.local.path if isinstance(one.local, Blocked) else one.path
        for one in plan.stopped
        if _in_the_way(one) and one.replaced_by not in by_hand
    )
    if blocked:
        restore = f"`agentsync restore{flags} {' '.join(map(shlex.quote, list(blocked)[:10]))}`"
        ways.append(f"move what stands in the way, or let {restore} set it aside in .agentsync/backup/")
    if others := [one.path for one in plan.stopped if one.replaced_by is Replaced.OTHER_FORM]:
        ways.append(f"take {', '.join(others)} out by hand, and run `agentsync install{flags}` again")
    if unclear := dict.fromkeys(change.file for change in plan.stopped if change.unclear):
        ways.append(f"put {', '.join(unclear)} right by hand, and run `agentsync install{flags}` again")
    if beside and ways:
        ways.insert(0, beside if "`" in beside else f"`{beside}` installs it beside yours under another name")
    return "; ".join(ways) or beside
