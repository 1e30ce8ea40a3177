"""Branches with updates in the repositories of a fleet: which are open, merged or stale, and the end of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.commands.fleet_members import Members, Wanted, told_of
from agentsync.commands.fleet_outcome import Asking, update_outcome
from agentsync.errors import AgentsyncError, DiskError, EmptyRepositoryError, Exit, FetchError, UsageError
from agentsync.fleet.branches import Note, Notes, PartialCopy, Remote, ask_remotes, copies, delete, outcome_digest
from agentsync.fleet.projects import one_line
from agentsync.model.fleet import Member
from agentsync.model.fleet_branch import BranchState, FleetBranch
from agentsync.model.outcome import Outcome
from agentsync.model.redaction import redact
from agentsync.platform.files import scratch_folder
from agentsync.reporting.fleet_update import branch_data, branch_lines

_AT_ONCE: Final = 200  # repositories that are asked before the branches of the first ones are told


class BranchOptions(NamedTuple):
    """Options of `fleet status --branches` and `fleet close`; for the first three see `Wanted` of the list.

    The last three do not go with `--branches`.
    """

    lists: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    policy: str = ""
    results: str = ""
    dry_run: bool = False
    pack: str = ""
    item: str = ""
    grant: str = ""


def branches(options: BranchOptions) -> Outcome:
    """Tell how each branch of an update stands; nothing is changed."""
    if options.pack or options.item or options.grant:
        raise UsageError(
            "--pack, --item and --grant do not go with --branches",
            hint="ask in two commands",
        )
    return _over(options, closes=False)


def close(options: BranchOptions) -> Outcome:
    """Delete the branches that are merged or stale, and that are as they were pushed from here."""
    return _over(options, closes=True)


def _over(options: BranchOptions, *, closes: bool) -> Outcome:
    with closing(Members(Wanted(options.lists, options.folders, options.policy), options.results)) as members:
        round_ = _Round(members, options, closes=closes)
        found = list(round_.all())
        notes = [*members.failures, *round_.silent]
    word = ("would delete" if options.dry_run else "deleted") if closes else ""
    return Outcome(
        data={"branches": [branch_data(one) for one in found]},
        lines=branch_lines(found, word) or ["no branch with an update is there"],
        notes=notes,
        exit=Exit.FAILED if round_.has_failed or (round_.silent and not round_.answered) else Exit.OK,
    )


class _Round:
    """One round through all repositories.

    Attributes:
        silent: what is told of those that did not answer; `answered` is the number of the others.
        has_failed: a branch could not be deleted.
    """

    def __init__(self, members: Members, options: BranchOptions, *, closes: bool) -> None:
        self._members = members
        self._notes = Notes(members.results)
        self._asking = Asking(members.session, registries=members.registry_keys)
        self._closes = closes
        self._dry_run = options.dry_run
        self.silent: list[str] = []
        self.answered = 0
        self.has_failed = False

    def all(self) -> Iterator[FleetBranch]:
        """Yield every branch of an update, and delete what is done with, where that is asked for."""
        members = self._members.all()
        while batch := list(islice(members, _AT_ONCE)):
            for member, remote in zip(batch, ask_remotes(batch), strict=True):
                if isinstance(remote, AgentsyncError) and not isinstance(remote, EmptyRepositoryError):
                    self.silent.append(f"{member.url.text}: {redact(one_line(remote.why or remote.what))}")
                    continue
                self.answered += 1
                if isinstance(remote, Remote) and remote.updates:
                    noted = self._notes.of(member.url.text)
                    yield from (self._ended(remote, one) for one in _judged(member, remote, noted, self._asking))

    def _ended(self, remote: Remote, one: FleetBranch) -> FleetBranch:
        if not self._closes or one.state is BranchState.OPEN or not one.is_ours:
            return one
        if self._dry_run:
            return one._replace(is_deleted=True)
        one = _deleted(remote, one, self._notes)
        self.has_failed |= not one.is_deleted
        return one


class _Now(NamedTuple):
    """A copy of what counts now, and the digest of what an update comes to there; "" where it changes nothing.

    Args:
        why: why it is not known, or what stands against an update.
        is_known: what could not be asked may be the same as ever.
    """

    copy: PartialCopy
    outcome: str
    why: str = ""
    is_known: bool = True


def _judged(member: Member, remote: Remote, noted: Sequence[Note], asking: Asking) -> Iterator[FleetBranch]:
    """Yield the branches of one repository, with how they stand."""
    with scratch_folder() as folder:
        numbers, known = count(), dict[str, _Now]()
        for name, commit in sorted(remote.updates.items()):
            is_ours = any((one.name, one.commit) == (name, commit) for one in noted)
            branch = FleetBranch(member.url.text, name, commit, BranchState.OPEN, is_ours)
            base, pack = next(((one.base, one.pack) for one in noted if one.name == name), ("", ""))
            try:
                if pack not in known:
                    known[pack] = _now(member, remote, asking._replace(pack=pack), folder / str(next(numbers)))
                yield _judge(known[pack], branch, base)
            except AgentsyncError as error:
                yield branch._replace(is_ours=False, why=told_of(error))


def _now(member: Member, remote: Remote, asking: Asking, folder: Path) -> _Now:
    try:
        copy, found = update_outcome(copies(remote, folder), remote, member.folders, asking)
    except AgentsyncError as error:
        is_known = not isinstance(error, FetchError | DiskError)
        return _Now(next(copies(remote, folder / "other")), "", told_of(error), is_known)
    return _Now(copy, outcome_digest(found.changes) if found.changes else "", found.unasked, not found.unasked)


def _judge(now: _Now, branch: FleetBranch, base: str) -> FleetBranch:
    told = "" if branch.is_ours else "it is not as it was pushed from here"
    try:
        changes = now.copy.changes_of(branch.commit, base)
        if now.copy.has(branch.commit, changes, base):
            return branch._replace(state=BranchState.MERGED, why=told)
    except AgentsyncError as error:
        return branch._replace(is_ours=False, why=told_of(error))
    if outcome_digest(changes) == now.outcome:
        return branch._replace(why=told)
    if not now.is_known:
        return branch._replace(why=told or now.why)
    reason = "an update comes to something else now" if now.outcome else "an update changes nothing now"
    return branch._replace(state=BranchState.STALE, why=told or now.why or reason)


def _deleted(remote: Remote, one: FleetBranch, notes: Notes) -> FleetBranch:
    try:
        with scratch_folder() as folder:
            delete(folder, remote.url, one.branch, one.commit)
    except AgentsyncError as error:
        return one._replace(why=told_of(error))
    notes.drop(one.repository, one.branch)
    return one._replace(is_deleted=True)
