"""Fleet update: a branch with what `agentsync update` does, in each repository where it changes files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from agentsync.commands.fleet_members import Chosen, Members, Wanted, told_of
from agentsync.commands.fleet_outcome import Asking, UpdateOutcome, update_outcome
from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.fleet.branches import (
    Note,
    Notes,
    PartialCopy,
    Remote,
    ask_remote,
    branch_name,
    copies,
    outcome_digest,
    push_new,
)
from agentsync.model.fleet_branch import Proposal, ProposalState
from agentsync.model.measures import short_time_in
from agentsync.model.outcome import Outcome
from agentsync.model.redaction import redact
from agentsync.platform.command_line import run_command_line
from agentsync.platform.files import scratch_folder
from agentsync.reporting.fleet_facts import repositories
from agentsync.reporting.fleet_update import proposal_data, proposal_lines, update_message


class FleetUpdateOptions(NamedTuple):
    """Options of `fleet update`.

    Args:
        lists, folders, policy: see `Wanted` of the list.
        pack: a glob over the packs that are moved; "" for all.
        standing: only repositories with this standing.
        limit: the most branches that are pushed, as it was written.
        pause: how long is waited between two pushes, as it was written: hosts slow down who opens many at once.
        then: a command line that is run after each push.
    """

    lists: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    policy: str = ""
    results: str = ""
    pack: str = ""
    standing: str = ""
    limit: str = "20"
    pause: str = "1s"
    dry_run: bool = False
    then: str = ""


def update(options: FleetUpdateOptions) -> Outcome:
    """Push a branch to each repository where an update changes files and nothing stands against it."""
    limit = int(options.limit) if options.limit.isdecimal() else 0
    if limit < 1:
        raise UsageError(f"--limit {options.limit} is not a number from 1 on", hint="write a number, such as 20")
    pause = short_time_in(options.pause)
    if pause is None:
        raise UsageError(f"--pause {options.pause} is not a time", hint="write it such as 5s")
    wanted = Wanted(options.lists, options.folders, options.policy)
    with closing(Members(wanted, options.results)) as members:
        chosen = members.chosen(options.pack, options.standing)
        run = _Run(members, options, limit, pause)
        found = [one for one in map(run.propose, run.within(chosen)) if one.state is not ProposalState.NOTHING]
        left = len(chosen) - run.looked_at
        notes = [*members.failures, *(f"{one.repository}: {note}" for one in found for note in one.notes)]
        if left:
            notes.append(f"{repositories(left)} not looked at: --limit {limit} is reached")
        refused = sum(one.state is ProposalState.REFUSED for one in found)
        if refused and len(found) > 1:
            notes.append(f"{repositories(len(found) - refused)} with a branch, {refused:,} without one")
        if not options.then and any(one.state is ProposalState.PUSHED and not one.link for one in found):
            notes.append(
                "GitLab opens merge requests itself; at other hosts open the pull requests, or let --then CMD do it"
            )
        is_refused = any(one.state is ProposalState.REFUSED or one.error for one in found)
        is_unreached = run.looked_at and not run.reached
    return Outcome(
        data={"repositories": [proposal_data(one) for one in found], "looked_at": run.looked_at, "left": left},
        lines=proposal_lines(found) or ["no update changes a file"],
        notes=notes,
        exit=Exit.FAILED if is_unreached else Exit.DIFFERS if is_refused else Exit.OK,
    )


class _Run:
    def __init__(self, members: Members, options: FleetUpdateOptions, limit: int, pause: float) -> None:
        self._pause = pause
        self._limit = limit
        self._members = members
        self._options = options
        self._asking = Asking(members.session, options.pack, members.registry_keys)
        self._notes = Notes(members.results)
        self._made = 0
        self._last = -pause
        self.looked_at = 0
        self.reached = 0

    def within(self, chosen: Sequence[Chosen]) -> Iterator[Chosen]:
        """Yield repositories until there are as many branches as are wanted."""
        for one in chosen:
            if self._made >= self._limit:
                return
            self.looked_at += 1
            yield one

    def propose(self, chosen: Chosen) -> Proposal:
        """Make the branch of one repository; what stands against it is told."""
        url = chosen.member.url.text
        try:
            remote = ask_remote(chosen.member)
            self.reached += 1
            chosen = self._members.fresh(chosen, remote.commit, self._options.standing)
            if not chosen.is_wanted:
                return Proposal(url, ProposalState.NOTHING)
            with scratch_folder() as folder:
                copy, outcome = update_outcome(copies(remote, folder), remote, chosen.member.folders, self._asking)
                if not outcome.changes:
                    return Proposal(url, ProposalState.NOTHING)
                return self._proposed(copy, remote, outcome)
        except AgentsyncError as error:
            return Proposal(url, ProposalState.REFUSED, error=told_of(error))

    def _proposed(self, copy: PartialCopy, remote: Remote, outcome: UpdateOutcome) -> Proposal:
        url, branch = remote.url.text, branch_name(remote.commit, outcome.tree)
        proposal = Proposal(
            repository=url,
            state=ProposalState.THERE,
            base=remote.base,
            branch=branch,
            packs=outcome.moves,
            files=tuple(sorted(outcome.changes)),
            notes=outcome.notes,
        )
        digest = outcome_digest(outcome.changes)
        for note in self._notes.of(url):
            if remote.updates.get(note.name) == note.commit and (note.name == branch or note.outcome == digest):
                return proposal._replace(branch=note.name, commit=note.commit)
        if branch in remote.updates:
            return proposal._replace(commit=remote.updates[branch])
        if self._options.dry_run:
            self._made += 1
            return proposal._replace(state=ProposalState.WOULD_PUSH)
        return self._pushed(copy, remote, outcome, proposal, digest)

    def _pushed(
        self, copy: PartialCopy, remote: Remote, outcome: UpdateOutcome, proposal: Proposal, digest: str
    ) -> Proposal:
        title, body = update_message(outcome.moves)
        commit = copy.commit_tree(outcome.tree, f"{title}\n\n{body}" if body else f"{title}\n")
        self._notes.put(Note(remote.url.text, proposal.branch, commit, remote.commit, digest, self._options.pack))
        time.sleep(max(0.0, self._last + self._pause - time.monotonic()))
        try:
            link = push_new(copy, remote, commit, proposal.branch, title) or ""
        finally:
            self._last = time.monotonic()
        self._made += 1
        proposal = proposal._replace(state=ProposalState.PUSHED, commit=commit, link=link)
        return self._then(proposal, title, body) if self._options.then else proposal

    def _then(self, proposal: Proposal, title: str, body: str) -> Proposal:
        """Run the command of `--then`, with what it is about in its environment."""
        variables = {
            "REPOSITORY": proposal.repository,
            "BRANCH": proposal.branch,
            "BASE": proposal.base,
            "COMMIT": proposal.commit,
            "LINK": proposal.link,
            "TITLE": title,
            "BODY": body,
        }
        code, printed = run_command_line(self._options.then, variables)
        printed = redact(printed)
        if code:
            return proposal._replace(error=f"--then ended with {code}{f': {printed[-300:]}' if printed else ''}")
        return proposal._replace(notes=(*proposal.notes, *([f"--then: {printed[-300:]}"] if printed else [])))
