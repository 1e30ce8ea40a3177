"""The repositories of a fleet as the commands that push to them need them: the list, beside what the results hold."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.commands.fleet_results import results_path
from agentsync.errors import AgentsyncError, UsageError
from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.listing import FleetList
from agentsync.fleet.listing import Wanted as Wanted
from agentsync.fleet.look import look
from agentsync.fleet.projects import said
from agentsync.fleet.registries import ask_registries
from agentsync.fleet.results import Results
from agentsync.model.fleet import UNANSWERED, FleetStanding, FoundRepository, Member, Remembered
from agentsync.model.names import nearest
from agentsync.model.redaction import redact
from agentsync.project.session import Options, Session
from agentsync.reporting.fleet_facts import repositories

_WITHOUT_PROJECT: Final = (FleetStanding.GONE, FleetStanding.EMPTY, FleetStanding.BROKEN, FleetStanding.UNMANAGED)
_NEVER: Final = frozenset((*UNANSWERED, *_WITHOUT_PROJECT))
_OF_REGISTRIES: Final = (FleetStanding.MOVED_TAG, FleetStanding.OUTDATED)
_AT_REST: Final = frozenset((FleetStanding.CLEAN, FleetStanding.LOCK_ONLY))


class Chosen(NamedTuple):
    """A repository that may be pushed to.

    Args:
        commit: the commit that was looked at.
        is_wanted: it has what was asked for.
    """

    member: Member
    commit: str
    is_wanted: bool = True


class Members:
    """The list of a fleet and its results, in one session.

    Attributes:
        failures: what is told of registries that could not be asked, and of folders that are no repository.
    """

    def __init__(self, wanted: Wanted, results: str) -> None:
        own = Session().own_policies
        self._list = FleetList(wanted, Path.cwd(), {host for one in own.values() for host in one.http_hosts})
        self.session = Session({**own, **self._list.policies()})
        self.results = results_path(results)
        if not self.results.exists():
            why, hint = f"looked at {self.results}", "run `agentsync fleet check` first"
            raise UsageError("there are no results yet", why=why, hint=hint)
        self._data = Results(self.results, named=bool(results))
        self.failures: list[str] = []
        self.registry_keys = frozenset(url.key for url in self._list.registries.values())

    def close(self) -> None:
        """Close the results, and end the processes of the session."""
        self._data.close()
        self.session.close()

    def all(self) -> Iterator[Member]:
        """Yield each repository of the list once, in its order; folders of this machine are told."""
        seen = set[str]()
        for question in self._list.questions():
            url = question.member.url
            if url.key in seen:
                continue
            seen.add(url.key)
            if question.is_folder:
                self.failures.append(f"{url.text} is a folder of this machine: run `agentsync update` there")
            else:
                yield question.member

    def chosen(self, pack: str, standing: str) -> list[Chosen]:
        """Return the repositories where an update may change files, after each registry was asked once."""
        words = [str(one) for one in FleetStanding]
        if standing and standing not in words:
            raise UsageError(f"there is no standing {standing!r}", hint=nearest(standing, words))
        self._ask_registries()
        rows = self._data.rows.repositories(standing=FleetStanding(standing) if standing else None)
        commits = {one.found.repository: one.found.commit for one in rows if _may_change(one, pack)}
        members = (member for member in self.all() if member.url.text in commits)
        return [Chosen(member, commits[member.url.text]) for member in members]

    def fresh(self, chosen: Chosen, commit: str, standing: str) -> Chosen:
        """Return a repository as it is now: where its base has moved, it is looked at again."""
        if commit == chosen.commit:
            return chosen
        asked = Batch((Question(chosen.member),), self._list.policy, self._list.policy_name)
        (row,) = look(asked)
        if not isinstance(row, FoundRepository):
            return chosen._replace(commit=commit)
        # What registries say is not in this look: a newer version is found by the update itself.
        fits = standing in ("", *_OF_REGISTRIES, row.standing)
        return chosen._replace(commit=commit, is_wanted=fits and row.standing not in _NEVER)

    def _ask_registries(self) -> None:
        cache = self.session.cache(Options())
        answers = ask_registries(cache, self._data.rows.uses(), self._list.registries, every=True)
        self._data.put_upstream(answers.packs)
        self._data.judge()
        missing = self._data.rows.listed() - sum(self._data.rows.counts().values())
        if missing > 0:
            self.failures.append(f"{repositories(missing)} of the list not looked at yet: run `agentsync fleet check`")
        for url, error in answers.failures.items():
            self.failures.append(f"{redact(url)} cannot be asked: {told_of(error)}")


def _may_change(one: Remembered, pack: str) -> bool:
    found = one.found
    if found.standing in _NEVER:
        return False
    if pack and not any(fnmatchcase(locked.pack, pack) for locked in found.packs):
        return False
    # Where all is as it is locked, and each registry said that there is nothing newer, nothing would change.
    said = zip(found.packs, one.upstream, strict=True)
    is_sure = all(not locked.registry or answer.newest or answer.told for locked, answer in said)
    return found.standing not in _AT_REST or not is_sure


def told_of(error: AgentsyncError) -> str:
    """Return a failure in one line, without credentials."""
    return redact(said(error))
