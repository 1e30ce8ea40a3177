"""Contributing: edits of one pack, as a commit on the locked one, pushed to a repository as a branch of its own.

The commit is made in the cached bare repository with an index of its own; nothing is checked out.
It is the user's: author, credentials and signing are those that git itself would use.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

from agentsync.errors import FetchError, RefusedError
from agentsync.git.cache import Cache
from agentsync.git.fetching import Want
from agentsync.git.git import GitFailure, git_program, run_git
from agentsync.git.git_environment import NO_HOOKS, REMOTE
from agentsync.model.git_file import Side
from agentsync.model.git_url import GitUrl
from agentsync.platform.files import scratch_folder

_NO_PROGRAMS: Final = (
    NO_HOOKS,
    "core.alternateRefsCommand=true",
    "core.fsmonitor=false",
    "gc.auto=0",
)


class Contributing:
    """The way of one pack's edits.

    Args:
        fork: where its edits go to, None for the registry itself.
    """

    def __init__(self, cache: Cache, registry: GitUrl, fork: GitUrl | None) -> None:
        self._cache = cache
        self._registry = cache.repository(registry)
        self.remote = fork or self._registry.url

    def has_branch(self, name: str) -> bool:
        """Return whether the remote has a branch already."""
        return name in self._cache.repository(self.remote).refs().branches

    def commit(self, base: str, files: Mapping[str, Side | None], message: str, ref: str = "") -> str:
        """Commit edits on top of a commit; return the id of the new one.

        Args:
            ref: the ref that leads to the commit, "" where none is known.
            files: new bytes by path in the repository; None for a file that goes.

        Raises:
            RefusedError: where git does not know who the user is.
        """
        self._registry.need([Want(base, ref)])
        with scratch_folder() as folder:
            index = {"GIT_INDEX_FILE": str(folder / "index")}

            def git(*arguments: str, stdin: bytes = b"") -> str:
                return run_git(arguments, git_dir=self._registry.folder, stdin=stdin, extra=index).decode().strip()

            git("read-tree", base)
            for path, side in files.items():
                if side is None:
                    git("update-index", "-z", "--index-info", stdin=f"0 {'0' * len(base)}\t{path}\0".encode())
                    continue
                blob = git("hash-object", "-w", "--stdin", stdin=side.data)
                mode = "100755" if side.executable else "100644"
                git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
            tree = git("write-tree", "--missing-ok")
            try:
                return git("commit-tree", "-p", base, tree, stdin=message.encode())
            except GitFailure as failure:
                raise RefusedError(
                    "git cannot make the commit",
                    why=failure.message,
                    hint='tell git who you are: git config --global user.name "You"; '
                    "git config --global user.email YOU",
                ) from failure

    def patch(self, commit: str) -> str:
        """Return a commit as `git am` takes it; raise FetchError where the old bytes are not in the cache."""
        arguments = ("format-patch", "-1", "--stdout", "--binary", "--full-index", commit)
        try:
            return run_git(arguments, git_dir=self._registry.folder).decode("utf-8", "surrogateescape")
        except GitFailure as failure:
            raise FetchError("the patch cannot be written", why=failure.message) from failure

    def propose(self, commit: str, branch: str) -> str | None:
        """Push a commit as a new branch; return the page to open a pull request on, None for an unknown host."""
        self.push(commit, branch, "push to a fork with --fork URL, or write a patch with --patch")
        return review_link(self.remote, branch, self._registry.refs().default_branch or "main")

    def push(self, commit: str, branch: str, hint: str) -> None:
        """Push a commit to a branch; nothing is forced, and no other branch is changed.

        Raises:
            RefusedError: where the branch has other commits, or the server refuses; with the hint.
        """
        options = ("--quiet", "--no-verify", *receiving(self.remote))
        arguments = ("push", *options, REMOTE, f"{commit}:refs/heads/{branch}")
        try:
            run_git(arguments, git_dir=self._registry.folder, remote=self.remote)
        except GitFailure as failure:
            raise RefusedError(
                f"{self.remote.text} does not take the branch {branch}",
                why=" ".join(failure.message.split()),
                hint=hint,
            ) from failure


def receiving(remote: GitUrl) -> tuple[str, ...]:
    """Return how git is started at the other end, where that is a repository of this machine.

    A local repository may lie in a project that was cloned: none of its hooks and programs runs.
    """
    if not remote.is_local:
        return ()
    settings = " ".join(f"-c {setting}" for setting in _NO_PROGRAMS)
    return (f"--receive-pack={shlex.quote(git_program())} {settings} receive-pack",)


def review_link(remote: GitUrl, branch: str, base: str) -> str | None:
    """Return the page to open a pull request on, None for an unknown host."""
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


def compare_link(text: str, older: str, newer: str) -> str | None:
    """Return the page that compares two tags of a repository, by its URL as a lock has it; None for an unknown host."""
    url = text.removesuffix(".git")
    page = {"github.com": "compare", "gitlab.com": "-/compare", "codeberg.org": "compare"}.get(
        url.partition("://")[2].partition("/")[0]
    )
    is_known = page is not None and older and newer and url.startswith("https://")
    return f"{url}/{page}/{older}...{newer}" if is_known else None
