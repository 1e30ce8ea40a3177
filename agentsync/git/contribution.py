"""An edit as a commit on top of the locked one, pushed to its registry as a branch of its own.

The commit is made in the cached bare repository with an index of its own; nothing is checked out.
It is the user's: author, credentials and signing are those that git itself would use.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import FetchError, RefusedError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.fetching import Want
from agentsync.git.git import GitFailure, git_program, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.model.git_file import Side
from agentsync.model.git_url import GitUrl

_NO_PROGRAMS: Final = (
    "core.hooksPath=/dev/null",
    "core.alternateRefsCommand=true",
    "core.fsmonitor=false",
    "gc.auto=0",
)


class Contribution(NamedTuple):
    """A commit with edits, in the cached repository, and the locked commit that is its parent."""

    commit: str
    parent: str


def make_commit(
    repository: CachedRepository, want: Want, files: Mapping[str, Side | None], message: str
) -> Contribution:
    """Commit edits on top of a commit.

    Args:
        want: the parent.
        files: new bytes by path in the repository; None deletes.

    Raises:
        RefusedError: where git does not know who the user is.
    """
    repository.need([want])
    folder = repository.folder
    with tempfile.TemporaryDirectory(prefix="agentsync-index-") as name:
        index = {"GIT_INDEX_FILE": str(Path(name) / "index")}

        def git(*arguments: str, stdin: bytes = b"") -> str:
            return run_git(arguments, git_dir=folder, stdin=stdin, extra=index).decode().strip()

        git("read-tree", want.commit)
        for path, side in files.items():
            if side is None:
                git("update-index", "--force-remove", "--", path)
                continue
            blob = git("hash-object", "-w", "--stdin", stdin=side.data)
            mode = "100755" if side.executable else "100644"
            git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        tree = git("write-tree", "--missing-ok")
        try:
            commit = git("commit-tree", "-p", want.commit, tree, stdin=message.encode())
        except GitFailure as failure:
            raise RefusedError(
                "git cannot make the commit",
                why=failure.message,
                hint='tell git who you are: git config --global user.name "You"; git config --global user.email YOU',
            ) from failure
    return Contribution(commit, want.commit)


def push_branch(repository: CachedRepository, contribution: Contribution, branch: str, remote: GitUrl) -> None:
    """Push a commit as a new branch; nothing is forced, and no other branch is changed.

    Raises:
        RefusedError: where the branch exists, with other content, or the server refuses.
    """
    try:
        run_git(
            (
                "push",
                "--quiet",
                "--no-verify",
                *_receiving(remote),
                REMOTE,
                f"{contribution.commit}:refs/heads/{branch}",
            ),
            git_dir=repository.folder,
            remote=remote,
        )
    except GitFailure as failure:
        raise RefusedError(
            f"{remote.text} does not take the branch {branch}",
            why=failure.message,
            hint="push to a fork with --fork URL, or write a patch with --patch",
        ) from failure


def _receiving(remote: GitUrl) -> tuple[str, ...]:
    """Return how git is started at the other end, where that is a repository of this machine.

    A local repository may lie in a project that was cloned: none of its hooks and programs runs.
    """
    if not remote.is_local:
        return ()
    settings = " ".join(f"-c {setting}" for setting in _NO_PROGRAMS)
    return (f"--receive-pack={shlex.quote(git_program())} {settings} receive-pack",)


def mailbox_patch(repository: CachedRepository, contribution: Contribution) -> str:
    """Return the commit as `git am` takes it; raise FetchError where the old bytes are not in the cache."""
    try:
        out = run_git(
            ("format-patch", "-1", "--stdout", "--binary", "--full-index", contribution.commit),
            git_dir=repository.folder,
        )
    except GitFailure as failure:
        raise FetchError("the patch cannot be written", why=failure.message) from failure
    return out.decode("utf-8", "surrogateescape")


def review_link(remote: GitUrl, branch: str, base: str) -> str | None:
    """Return the page that opens a pull request, None for an unknown host."""
    url = remote.text.removesuffix(".git")
    if remote.kind == "scp":
        url = f"https://{remote.host}/{url.partition(':')[2]}"
    elif remote.kind == "ssh":
        url = f"https://{remote.host}/{url.partition('://')[2].partition('/')[2]}"
    pages = {
        "github.com": f"{url}/compare/{base}...{branch}?expand=1",
        "gitlab.com": f"{url}/-/merge_requests/new?merge_request%5Bsource_branch%5D={branch}",
        "bitbucket.org": f"{url}/pull-requests/new?source={branch}",
        "codeberg.org": f"{url}/compare/{base}...{branch}",
    }
    return pages.get(remote.host)
