"""A commit with some of its files in a folder of our own, to be changed there and committed on top of it.

Only the trees of the commit are fetched, and the files that are asked for. All others stay as they are in the index,
without being here. Git itself writes and takes the files, so that links, modes and line ends are those of a checkout;
no hook and no filter of anyone runs, whatever attributes name.

Sources: git-read-tree(1), git-checkout-index(1), git-update-index(1), gitattributes(5).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from agentsync.errors import FetchError, RefusedError
from agentsync.git.conversation import converse
from agentsync.git.git import GitFailure, TooMuchOutput, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.remotes import FETCH
from agentsync.git.time_limit import in_time
from agentsync.model.git_file import TreeEntry
from agentsync.model.git_url import GitUrl
from agentsync.model.policy import in_words
from agentsync.platform.links import is_link, read_link, walk
from agentsync.platform.modes import is_program
from agentsync.platform.plain_files import read_plain_file

SECONDS: Final = 60.0  # for one request
MOST_BYTES: Final = 100 * 1024 * 1024
_NO_DRIVERS: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_ALLOW_PROTOCOL": "none",
}
_AS_CHECKED_OUT: Final = ("-c", "core.symlinks=true", "-c", f"core.excludesFile={os.devnull}")
_CODED: Final = ("lfs", "git-crypt")  # filters without which other bytes would be stored
_WHO: Final = 'tell git who you are: git config --global user.name "You"; git config --global user.email YOU'


class PartialCopy:
    """A commit of a repository in a folder, which is made here.

    Args:
        top: the folder; nothing is there yet.
    """

    def __init__(self, top: Path, url: GitUrl, commit: str) -> None:
        self.top = top
        self.url = url
        self.commit = commit
        self.git_dir = top / ".git"
        self._taken: dict[str, str] = {}  # by path what stood there
        self._left = MOST_BYTES
        object_format = "sha256" if len(commit) == 64 else "sha1"
        run_git(("init", "--quiet", "--template=", f"--object-format={object_format}", str(top)))
        self._fetch_objects([commit])
        self._git("read-tree", commit)
        self.files = self.tree_of(commit)

    def fetch(self, *arguments: str, stdin: bytes = b"") -> None:
        """Fetch from its repository; raise FetchError where that fails."""
        with in_time(self.url, SECONDS):
            run_git((*FETCH, "--quiet", *arguments), git_dir=self.git_dir, remote=self.url, stdin=stdin)

    def _fetch_objects(self, oids: Sequence[str]) -> None:
        """Fetch objects alone: of a commit its trees, without its history.

        Raises:
            RefusedError: where more comes than a repository may have.
        """
        with in_time(self.url, SECONDS):
            conversation = converse(self.url)
        if conversation is None:
            listing = "".join(f"{oid}\n" for oid in oids).encode()
            self.fetch("--depth=1", "--filter=blob:none", "--stdin", REMOTE, stdin=listing)
            return
        try:
            options = ("deepen 1", *(("filter blob:none",) if conversation.can_filter else ()))
            before = conversation.received
            with in_time(self.url, SECONDS):
                conversation.fetch(self.git_dir, oids, options, most=self._left, check=False)
            self._left -= conversation.received - before
        except TooMuchOutput as error:
            what = f"more than {in_words(MOST_BYTES)} of {self.url.text} would have to be fetched"
            raise RefusedError(what, hint="update it in a checkout") from error
        finally:
            conversation.close()

    def tree_of(self, commit: str) -> dict[str, TreeEntry]:
        """Return all files of a commit whose trees are here."""
        listed = self._git("ls-tree", "-r", "-z", commit)
        found = {}
        for row in listed.split(b"\0"):
            facts, _, path = row.partition(b"\t")
            if path:
                mode, _, oid = facts.split(b" ")
                found[os.fsdecode(path)] = TreeEntry(mode.decode(), oid.decode())
        return found

    def take(self, paths: Iterable[str]) -> bool:
        """Write more files of the commit into the folder; return whether there were any more."""
        more = [path for path in dict.fromkeys(paths) if path in self.files and path not in self._taken]
        more = [path for path in more if self.files[path].mode != "160000"]
        if not more:
            return False
        self._need({self.files[path].oid for path in more})
        attributes = [path for path in more if path.rpartition("/")[2] == ".gitattributes"]
        for some in (attributes, more):
            stdin = b"".join(os.fsencode(path) + b"\0" for path in some)
            self._git(*_AS_CHECKED_OUT, "checkout-index", "--force", "-z", "--stdin", stdin=stdin)
        self._taken |= {path: self._state(path) for path in more}
        return True

    def target_of(self, link: str) -> str:
        """Return where a link of the commit leads to, as it is written."""
        oid = self.files[link].oid
        self._need({oid})
        return os.fsdecode(self._git("cat-file", "blob", oid))

    def covered(self) -> set[str]:
        """Return the files of the commit that something else stands for in the folder, and that were not taken."""
        found = set[str]()
        for path in self._there():
            parts = path.split("/")
            above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
            found |= (above & self.files.keys()) - self._taken.keys()
        return found

    def _changed(self) -> set[str]:
        """Return the files that are others than they were taken.

        Git would write the rest anew as well, with the line ends that attributes ask for now.
        """
        return {path for path, state in self._taken.items() if self._state(path) != state}

    def _state(self, path: str) -> str:
        """Return a text that is another one where a file, its mode or the target of a link is."""
        place = self.top / path
        try:
            status = place.lstat()
            data = os.fsencode(read_link(place)) if (link := is_link(place)) else read_plain_file(place, MOST_BYTES)
        except OSError:
            return ""
        return f"{link} {is_program(status)} {hashlib.sha256(data).hexdigest()}"

    def tree(self, leave: Collection[str] = ()) -> str:
        """Return the tree of the commit with the folder's changes in it; what git ignores is none, if it is new.

        Args:
            leave: new files that do not count.
        """
        question = ("ls-files", "--others", "--exclude-per-directory=.gitignore", "-z")
        new = {os.fsdecode(path) for path in self._git(*_AS_CHECKED_OUT, *question).split(b"\0") if path}
        stdin = b"".join(os.fsencode(path) + b"\0" for path in sorted(self._changed() | (new - set(leave))))
        self._git(*_AS_CHECKED_OUT, "update-index", "--add", "--remove", "--replace", "-z", "--stdin", stdin=stdin)
        return self._git("write-tree", "--missing-ok").decode().strip()

    def changes(self, tree: str) -> dict[str, str]:
        """Return what differs between the commit and a tree: mode and blob by path, "" for a file that goes."""
        return self.between(self.commit, tree)

    def between(self, before: str, after: str) -> dict[str, str]:
        """Return what differs between two trees that are here, as `changes` does."""
        rows = self._git("diff-tree", "-r", "-z", "--no-renames", before, after).split(b"\0")
        rows = rows[1:] if len(rows) % 2 == 0 else rows
        found = {}
        for facts, path in zip(rows[::2], rows[1::2], strict=False):
            _, mode, _, oid, word = facts.decode().split(" ")
            found[os.fsdecode(path)] = "" if word == "D" else f"{mode} {oid}"
        return found

    def coded(self, paths: Iterable[str]) -> list[str]:
        """Return the files that git would store in another form, by a program that is not run here."""
        stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
        answers = self._git("check-attr", "--stdin", "-z", "filter", stdin=stdin).split(b"\0")
        found = zip(answers[::3], answers[2::3], strict=False)
        return [os.fsdecode(path) for path, value in found if value.decode("utf-8", "replace").startswith(_CODED)]

    def commit_tree(self, tree: str, message: str) -> str:
        """Commit a tree on top of the commit, as the user of git; return the new commit.

        Raises:
            RefusedError: where git does not know who the user is.
        """
        asked = ("commit-tree", "-p", self.commit, tree)
        try:
            return run_git(asked, git_dir=self.git_dir, stdin=message.encode()).decode().strip()
        except GitFailure as failure:
            raise RefusedError("git cannot make the commit", why=failure.message, hint=_WHO) from failure

    def changes_of(self, branch: str, base: str = "") -> dict[str, str]:
        """Return what a branch changes, as `changes` does, since the commit that it began at.

        Args:
            branch: its commit.
            base: where it began, "" for the commit before.
        """
        self.fetch(
            "--filter=blob:none", *(("--depth=1", REMOTE, branch, base) if base else ("--depth=2", REMOTE, branch))
        )
        return self.between(base or f"{branch}^", branch)

    def has(self, branch: str, changes: Mapping[str, str], base: str) -> bool:
        """Return whether the commit has a branch in its history, or all that the branch changes in its files."""
        files = self.files
        if all((f"{files[path].mode} {files[path].oid}" if path in files else "") == changes[path] for path in changes):
            return True
        if base == self.commit:
            return False
        when = self._git("show", "--no-patch", "--format=%ct", branch).decode().strip()
        try:
            self.fetch("--filter=tree:0", f"--shallow-since=@{when}", REMOTE, self.commit)
            self._git("merge-base", "--is-ancestor", branch, self.commit)
        except (FetchError, GitFailure):
            return False  # no commit of its history is so young
        return True

    def _need(self, oids: Collection[str]) -> None:
        stdin = "".join(f"{oid}\n" for oid in sorted(oids)).encode()
        listed = self._git("cat-file", "--batch-check=%(objectname)", stdin=stdin).decode().splitlines()
        missing = [line.split(" ")[0] for line in listed if line.endswith(" missing")]
        if missing:
            self._fetch_objects(missing)

    def _there(self) -> Iterable[str]:
        for folder, folders, names in walk(self.top):
            above = Path(folder).relative_to(self.top)
            if not above.parts and ".git" in folders:
                folders.remove(".git")
            yield from ((above / name).as_posix() for name in names)

    def _git(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = _NO_DRIVERS) -> bytes:
        where = ("-C", str(self.top), f"--git-dir={self.git_dir}", f"--work-tree={self.top}")
        return run_git((*where, *arguments), stdin=stdin, extra=extra)
