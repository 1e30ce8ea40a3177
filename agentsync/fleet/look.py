"""The look at a batch of repositories: pure but for git, so that any executor can run it on any machine.

Each repository is asked for one ref. Where that is the commit that was looked at before, no more is asked. Otherwise
the commit comes with its trees, then manifests, locks and documents, then those installed files whose blobs the fleet
does not know. All of it goes into a store that is thrown away with the batch. No hook, filter or submodule is run.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.errors import AgentsyncError, FetchError
from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.projects import MOST_FOLDERS, FoundProject, folders_in, said, stand
from agentsync.fleet.reader import CommitReader
from agentsync.fleet.rows import broken, failed_row, of_projects, row
from agentsync.fleet.source import Source, broke_off
from agentsync.fleet.store import Store
from agentsync.formats.policy import read_policy_text
from agentsync.git.git import TooMuchOutput
from agentsync.git.git_object import DamagedCache
from agentsync.git.time_limit import TimeLimit
from agentsync.model.fleet import UNANSWERED, FleetStanding, FoundRepository, Member, Unchanged
from agentsync.model.names import MANIFEST_NAME
from agentsync.model.policy import TrustPolicy, in_words
from agentsync.project.commit_project import CommitProject, CommitWorkspace
from agentsync.project.opening import open_folder, projects_below
from agentsync.project.session import Options, Session

_NO_HEAD: Final = "its HEAD names a branch that is not there, though others are: name one in `branch:`"
# What a look comes to whose git is killed.
_CUT_OFF: Final = (FleetStanding.BROKEN, *UNANSWERED)


def look(batch: Batch) -> list[FoundRepository | Unchanged]:
    """Look at the repositories of a batch, one after the other; return one row for each, in their order.

    No repository makes it fail, whatever is in it. All are of one host: where it is too busy for one of them, those
    after it are not asked, and have no row.

    Raises:
        ManifestError: where the policy of the batch is not valid.
    """
    policies = {batch.policy_name: read_policy_text(batch.policy, batch.policy_name)} if batch.policy else {}
    with Store() as store:
        looking = _Looking(batch, policies, store)
        rows: list[FoundRepository | Unchanged] = []
        for question in batch.questions:
            rows.append(looking.at(question))
            if isinstance(rows[-1], FoundRepository) and rows[-1].wait is not None:
                break
        return rows


class _Looking:
    def __init__(self, batch: Batch, policies: Mapping[str, TrustPolicy], store: Store) -> None:
        self._batch = batch
        self._session = Session(policies)
        self._policies = tuple(policies.values())
        self._hosts = frozenset(host for policy in self._policies for host in policy.http_hosts)
        self._store = store
        # What one repository has taught is known for those after it.
        self._learned: dict[str, str] = {}
        self._used = 0

    def at(self, question: Question) -> FoundRepository | Unchanged:
        """Return the row of one repository."""
        if question.is_folder:
            return self._folder(question.member)
        source = Source(question.member.url)
        with TimeLimit(self._batch.seconds) as limit:
            try:
                found = self._patient(question, source)
            except AgentsyncError as error:
                found = failed_row(question.member, error)
            finally:
                source.close()
        if limit.is_over and isinstance(found, FoundRepository) and found.standing in _CUT_OFF:
            late = FetchError("it cannot be read", why=f"it took longer than {limit.seconds:g} seconds")
            found = failed_row(question.member, late)
        traffic = source.traffic
        return found._replace(requests=traffic.requests, received=traffic.received)

    def _patient(self, question: Question, source: Source) -> FoundRepository | Unchanged:
        """Ask a repository, and once more from the start where its answer broke off."""
        try:
            return self._remote(question, source)
        except FetchError as error:
            if not broke_off(error):
                raise
        return self._remote(question, source)

    def _remote(self, question: Question, source: Source) -> FoundRepository | Unchanged:
        member = question.member
        head = source.head(member.branch)
        if head is None:
            standing = FleetStanding.GONE if member.branch else FleetStanding.EMPTY
            error = f"there is no branch {member.branch!r}" if member.branch else ""
            return row(member, "", standing, error=error)
        if not head.commit:
            return row(member, "", FleetStanding.EMPTY, _NO_HEAD)
        if head.commit == question.commit:
            return Unchanged(member.url.text, head.commit, time.time())
        if self._used > self._batch.most // 2:
            self._renew()
        used = self._used
        try:
            return self._commit(member, head.commit, source)
        except TooMuchOutput:
            if not used:
                return broken(member, head.commit, f"more than {in_words(self._batch.most)} would have to be fetched")
        except DamagedCache as error:
            return broken(member, head.commit, str(error))
        except FetchError:
            raise
        except AgentsyncError as error:
            return broken(member, head.commit, said(error))
        self._renew()
        return self._remote(question, source)

    def _known(self, blob: str) -> str | None:
        return self._learned.get(blob) or self._batch.blobs.get(blob)

    def _renew(self) -> None:
        self._store.clear()
        self._used = 0

    def _commit(self, member: Member, commit: str, source: Source) -> FoundRepository:
        most = self._batch.most

        def fetch(blobs: Sequence[str]) -> None:
            self._used += source.fetch_files(self._store, blobs, most - self._used)

        self._used += source.fetch_commit(self._store, commit, most - self._used)
        reader = CommitReader(self._store.objects(commit), commit, self._known, fetch)
        folders = list(member.folders) or folders_in(reader.tree.paths)
        if not any(posixpath.normpath(f"{one}/{MANIFEST_NAME}") in reader.tree.entries for one in folders):
            return row(member, commit, FleetStanding.UNMANAGED)
        told = folders[:MOST_FOLDERS]
        reader.begin(told)
        opened, failed = dict[str, CommitWorkspace](), dict[str, FoundProject]()
        wanted = list[tuple[str, str, str]]()
        for folder in told:
            try:
                project = CommitProject(reader.tree, "" if folder == "." else folder, self._hosts)
            except AgentsyncError as error:
                failed[folder] = FoundProject(FleetStanding.BROKEN, said(error))
                continue
            opened[folder] = CommitWorkspace(project)
            with suppress(AgentsyncError):  # `stand` meets it again, and tells it
                wanted += opened[folder].blobs()
        reader.look_at(wanted)
        found = {
            folder: failed[folder] if folder in failed else stand(opened[folder], folder, self._policies)
            for folder in told
        }
        self._learned.update(reader.learned)
        return of_projects(member, commit, found, len(folders))._replace(blobs=reader.learned)

    def _folder(self, member: Member) -> FoundRepository:
        """Look at a working folder on this machine as it stands on disk."""
        top = Path(member.url.folder)
        below = {path.relative_to(top).as_posix(): path for path in projects_below(top)}
        folders = list(member.folders) or list(below)
        found = {}
        for folder in folders[:MOST_FOLDERS]:
            try:
                workspace = open_folder(top / folder, Options(offline=True), self._session)
            except AgentsyncError as error:
                found[folder] = FoundProject(FleetStanding.BROKEN, said(error))
            else:
                found[folder] = stand(workspace, folder, self._policies)
        if not found:
            return row(member, "", FleetStanding.UNMANAGED if top.is_dir() else FleetStanding.GONE)
        return of_projects(member, "", found, len(folders))
