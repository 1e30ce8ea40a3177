"""Branches that `fleet update` makes: what a remote has of them, what was noted of them, and how they are pushed.

A branch is noted before it is pushed, so that after a kill it is known whose it is.

Sources: git-push(1) --force-with-lease, https://docs.gitlab.com/topics/git/commit/#push-options
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, EmptyRepositoryError, FetchError, RefusedError
from agentsync.fleet.tables import opened
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.parallel import run_parallel
from agentsync.git.partial_copy import SECONDS
from agentsync.git.partial_copy import PartialCopy as PartialCopy
from agentsync.git.time_limit import TimeLimit, in_time
from agentsync.model.fleet import Member
from agentsync.model.git_url import GitUrl
from agentsync.registries.contributing import receiving, review_link

PREFIX: Final = "agentsync/update-"
_SYMBOLIC: Final = "ref: refs/heads/"
_ID: Final = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
_AT_ONCE: Final = 4  # questions to one host, as all repositories may be on one
_NO_OPTIONS: Final = "does not support push options"


class Remote(NamedTuple):
    """What a repository has now.

    Args:
        base: the branch that updates are made for, "" where there is none; `commit` is its commit.
        updates: its branches of updates, with their commits.
    """

    url: GitUrl
    base: str
    commit: str
    default: str
    updates: Mapping[str, str]


def copies(remote: Remote, folder: Path) -> Iterator[PartialCopy]:
    """Yield a new copy of the commit each time one is asked for."""
    return (PartialCopy(folder / str(number), remote.url, remote.commit) for number in count())


class Note(NamedTuple):
    """A branch as it was made here: on which commit, a digest of what it changes, and the packs that were wanted."""

    url: str
    name: str
    commit: str
    base: str
    outcome: str
    pack: str = ""


class Notes:
    """The branches that were made, in the file of results."""

    def __init__(self, results: Path) -> None:
        self._path = results

    def of(self, url: str) -> list[Note]:
        """Return the branches of a repository, the last one first."""
        with closing(opened(self._path, named=True, writes=False)) as data:
            rows = data.execute(
                'SELECT url, name, "commit", base, outcome, wanted FROM branch WHERE url = ? ORDER BY noted_at DESC',
                (url,),
            )
            return [Note(*row) for row in rows]

    def put(self, note: Note) -> None:
        """Note a branch that is to be pushed."""
        with closing(opened(self._path, named=True, writes=True)) as data:
            data.execute(
                "INSERT OR REPLACE INTO branch VALUES (?, ?, ?, ?, ?, ?, ?)", (*note[:-1], time.time(), note.pack)
            )

    def drop(self, url: str, name: str) -> None:
        """Forget a branch that is deleted."""
        with closing(opened(self._path, named=True, writes=True)) as data:
            data.execute("DELETE FROM branch WHERE url = ? AND name = ?", (url, name))


def ask_remote(member: Member) -> Remote:
    """Ask a repository for the branch of the fleet's list, and for its branches of updates.

    Raises:
        FetchError: where it does not answer.
    """
    named = f"refs/heads/{member.branch}" if member.branch else "HEAD"
    asked = ("ls-remote", "--quiet", "--symref", REMOTE, "HEAD", named, f"refs/heads/{PREFIX}*")
    with in_time(member.url, SECONDS):
        listing = os.fsdecode(run_git(asked, remote=member.url))
    commits, default = dict[str, str](), ""
    for line in listing.split("\n"):
        value, _, ref = line.partition("\t")
        if value.startswith(_SYMBOLIC) and ref == "HEAD":
            default = value.removeprefix(_SYMBOLIC)
        elif _ID.fullmatch(value):
            commits[ref] = value
    base = member.branch or default
    own = f"refs/heads/{PREFIX}"
    updates = {ref.removeprefix("refs/heads/"): oid for ref, oid in commits.items() if ref.startswith(own)}
    updates.pop(base, None)
    if named not in commits:
        if base:
            raise FetchError(f"{member.url.text} has no branch {base}")
        raise EmptyRepositoryError(f"{member.url.text} is empty")
    return Remote(member.url, base, commits[named], default, updates)


def ask_remotes(members: Sequence[Member]) -> list[Remote | AgentsyncError]:
    """Ask many repositories at the same time; one that does not answer is a failure among the others."""

    def ask(member: Member) -> Remote | AgentsyncError:
        try:
            return ask_remote(member)
        except AgentsyncError as error:
            return error

    return run_parallel([partial(ask, member) for member in members], _AT_ONCE)


def branch_name(base: str, tree: str) -> str:
    """Return the name of the branch with an outcome: the same outcome on the same commit has the same name."""
    return f"{PREFIX}{hashlib.sha256(f'{base} {tree}'.encode()).hexdigest()[:12]}"


def outcome_digest(changes: Mapping[str, str]) -> str:
    """Return a digest of what a branch changes, whatever commit it starts from."""
    rows = json.dumps(sorted(changes.items())).encode()
    return hashlib.sha256(rows).hexdigest()


def push_new(copy: PartialCopy, remote: Remote, commit: str, branch: str, title: str) -> str | None:
    """Push a commit as a new branch, and return the page to open a pull request on; None where none is known.

    Where the host takes such a wish with the push, it opens the pull request itself.

    Raises:
        RefusedError: where the branch is there already, is the one that counts, or the remote does not take it.
    """
    if branch in (remote.base, remote.default) or not branch.startswith(PREFIX):
        raise RefusedError(f"{branch} is a branch that counts", hint="nothing is pushed to it")
    # With nothing as what is expected there, a branch is made and never changed.
    lease = f"--force-with-lease=refs/heads/{branch}:"
    refspec = f"{commit}:refs/heads/{branch}"
    link = review_link(remote.url, branch, remote.base)
    wishes = push_options(remote, title)
    if wishes and _push(copy, remote.url, (*wishes, lease), refspec, patient=True):
        return None
    _push(copy, remote.url, (lease,), refspec)
    return link


def delete(folder: Path, url: GitUrl, branch: str, commit: str) -> None:
    """Delete a branch that is at a commit; one that was changed meanwhile stays.

    Args:
        folder: where an empty repository is made to push from.

    Raises:
        RefusedError: where it was changed, or the remote refuses.
    """
    run_git(("init", "--quiet", "--bare", "--template=", str(folder)))
    lease = f"--force-with-lease=refs/heads/{branch}:{commit}"
    _run(folder, url, (lease,), f":refs/heads/{branch}", branch)


def push_options(remote: Remote, title: str) -> list[str]:
    """Return what is wished with a push, where the host is GitLab or may be one."""
    if remote.url.is_local or (remote.url.host != "gitlab.com" and review_link(remote.url, "", remote.base)):
        return []
    said = ("merge_request.create", f"merge_request.target={remote.base}", f"merge_request.title={title}")
    return [f"--push-option={one}" for one in said]


def _push(copy: PartialCopy, url: GitUrl, options: Sequence[str], refspec: str, *, patient: bool = False) -> bool:
    """Push; return False where the remote takes no push options and the push is `patient` about that."""
    try:
        _run(copy.git_dir, url, options, refspec, refspec.partition(":refs/heads/")[2])
    except RefusedError as error:
        if patient and _NO_OPTIONS in error.why:
            return False
        raise
    return True


def _run(git_dir: Path, url: GitUrl, options: Sequence[str], refspec: str, branch: str) -> None:
    arguments = ("push", "--quiet", "--no-verify", *receiving(url), *options, REMOTE, refspec)
    try:
        with TimeLimit(SECONDS):
            run_git(arguments, git_dir=git_dir, remote=url)
    except GitFailure as failure:
        raise RefusedError(
            f"{url.text} does not take the branch {branch}",
            why=" ".join(failure.message.split()),
            hint="see that you may push branches there",
        ) from failure
