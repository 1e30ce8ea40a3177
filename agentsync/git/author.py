"""An author's own repository: what stands in its working tree, and the commits, tags and pushes of a release.

Git runs here as the author would run it: with their identity, their keys, their filters and their hooks. A commit is
`git commit --only`: it takes the named paths alone, and what else is staged stays staged. Nothing is forced.

Sources: git-commit(1) --only, git-tag(1), git-push(1) --atomic, git-status(1) porcelain format.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from agentsync.errors import FetchError, RefusedError
from agentsync.git.git import GitFailure, run_git
from agentsync.versions.refs import INDEX_REF, Refs

_SIGNED: Final = re.compile(rb"^-----BEGIN (?:PGP|SSH) SIGNATURE-----|^-----BEGIN SIGNED MESSAGE-----", re.MULTILINE)
_HALF_DONE: Final = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}
_NO_REMOTE: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
_WHO: Final = 'tell git who you are: git config --global user.name "You"; git config --global user.email YOU'


class AuthorRepository:
    """The repository that an author works in.

    Args:
        top: the top of its working tree.
        git_dir: git's own folder of this working tree.
    """

    def __init__(self, top: Path, git_dir: Path) -> None:
        self.top = top
        self.git_dir = git_dir

    def head(self) -> str:
        """Return the commit that is checked out, "" before the first one."""
        return self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}")

    def branch(self) -> str:
        """Return the branch that is checked out, "" where HEAD names a commit."""
        return self._ask("symbolic-ref", "--quiet", "--short", "HEAD")

    def date(self) -> str:
        """Return the day of a commit that is made now, such as `2026-01-05`, by the committer's clock.

        Raises:
            RefusedError: where git does not know who the author or the committer is.
        """
        try:
            self._run("var", "GIT_AUTHOR_IDENT")
            *_, seconds, zone = self._run("var", "GIT_COMMITTER_IDENT").split()
        except GitFailure as failure:
            raise RefusedError("git does not know who you are", why=failure.message, hint=_WHO) from failure
        minutes = int(zone[:1] + zone[1:3]) * 60 + int(zone[:1] + zone[3:])
        return datetime.fromtimestamp(int(seconds), timezone(timedelta(minutes=minutes))).strftime("%Y-%m-%d")

    def is_shallow(self) -> bool:
        """Return whether older commits, and perhaps tags, are missing in this clone."""
        return self._ask("rev-parse", "--is-shallow-repository") == "true"

    def has_branch(self, name: str) -> bool:
        """Return whether there is a branch of this name here."""
        return bool(name and self._ask("rev-parse", "--verify", "--quiet", f"refs/heads/{name}^{{commit}}"))

    def half_done(self) -> str:
        """Return what was begun and is not finished, such as a merge; "" for nothing."""
        return next((what for name, what in _HALF_DONE.items() if (self.git_dir / name).exists()), "")

    def setting(self, name: str) -> str:
        """Return a setting as the author has it, "" for none."""
        return self._ask("config", "--get", name)

    def flag(self, name: str) -> bool:
        """Return a setting that is true or false."""
        return self._ask("config", "--type=bool", "--get", name) == "true"

    def changed(self, folder: str) -> list[str]:
        """Return the files below a folder that are new, staged or otherwise not as in the last commit."""
        question = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", *_below(folder))
        output = self._run("--no-optional-locks", *question)
        return sorted(row[3:] for row in os.fsdecode(output).split("\0") if row)

    def subjects(self, since: str, folder: str) -> list[str]:
        """Return the subjects of the commits since another one that touched a folder, the newest first."""
        commits = (f"{since}..HEAD",) if since else ("HEAD",)
        output = self._run(
            "log",
            "-z",
            "--no-show-signature",
            "--no-merges",
            "--format=%s",
            "--end-of-options",
            *commits,
            *_below(folder),
        )
        return [row for row in output.decode("utf-8", "replace").split("\0") if row]

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Return whether a commit is part of the history of another one; False where one is not here."""
        with suppress(GitFailure):
            self._run("merge-base", "--is-ancestor", older, newer)
            return True
        return False

    def remotes(self) -> list[str]:
        """Return the names of its remotes."""
        return self._ask("remote").splitlines()

    def known_default(self, remote: str) -> str:
        """Return the default branch of a remote, as this clone knows it; "" where it does not."""
        return self._ask("symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD").removeprefix(f"{remote}/")

    def known_tip(self, remote: str, branch: str) -> str:
        """Return the commit of a branch of a remote, as this clone knows it; "" where it does not."""
        return self._ask("rev-parse", "--verify", "--quiet", f"refs/remotes/{remote}/{branch}^{{commit}}")

    def ask_remote(self, remote: str) -> Refs:
        """Return the branches and tags that a remote has now."""
        try:
            return Refs(os.fsdecode(self._run("ls-remote", "--quiet", "--symref", "--end-of-options", remote)))
        except GitFailure as failure:
            raise FetchError(
                f"cannot reach the remote {remote}",
                why=failure.message,
                hint="see what `git remote --verbose` says, or publish without --push",
            ) from failure

    def commit(self, paths: Sequence[str], message: str) -> str:
        """Commit the state of these files alone, and return the commit.

        Raises:
            RefusedError: where git does not make it, such as for a hook that says no; the index is then as it was.
        """
        named = [f":(top,literal){path}" for path in paths]
        try:
            self._run("add", "--intent-to-add", "--force", "--", *named)
            self._run("commit", "--quiet", "--only", "--cleanup=verbatim", "--file=-", "--", *named, stdin=message)
        except GitFailure as failure:
            with suppress(GitFailure):
                self._run("reset", "--quiet", "--", *named)
            self.date()  # names the reason where git does not know who commits
            raise RefusedError(
                "git does not make the commit",
                why=failure.message,
                hint="mend what git or a hook of this repository says, then run the command again",
            ) from failure
        return self.head()

    def tag(self, name: str, commit: str, message: str, *, sign: bool) -> bool:
        """Make an annotated tag, verify its signature if it has one, and return whether it has.

        Raises:
            RefusedError: where git does not make it, or does not take its signature for good; there is no tag then.
        """
        try:
            how = "--sign" if sign else "--annotate"
            self._run("tag", how, "--cleanup=verbatim", "--file=-", "--end-of-options", name, commit, stdin=message)
        except GitFailure as failure:
            hint = "see that git can sign here: git tag --sign" if sign else _WHO
            raise RefusedError(f"git does not make the tag {name}", why=failure.message, hint=hint) from failure
        if not self.is_signed(name):
            return False
        try:
            self._run("verify-tag", "--", name)
        except GitFailure as failure:
            self._run("tag", "--delete", "--", name)
            raise RefusedError(
                f"the signature of the tag {name} cannot be verified",
                why=failure.message,
                hint="let git know the key: gpg.ssh.allowedSignersFile names it for ssh, `gpg --import` for gpg",
            ) from failure
        return True

    def is_signed(self, tag: str) -> bool:
        """Return whether a tag has a signature."""
        return _SIGNED.search(self._run("cat-file", "-p", f"refs/tags/{tag}")) is not None

    def push(self, remote: str, branch: str, tags: Sequence[str]) -> None:
        """Push a branch and tags, all or none of them.

        Raises:
            RefusedError: where the remote does not take them.
        """
        try:
            self._run("push", "--quiet", "--atomic", "--end-of-options", remote, *_refspecs(branch, tags))
        except GitFailure as failure:
            raise RefusedError(
                f"{remote} does not take the push",
                why=f"{failure.message}; commits and tags are here, and nothing is there",
                hint="mend it, then run the command again: what is done is not done twice",
            ) from failure

    def push_index(self, remote: str, there: str) -> None:
        """Push the index of the registry alone; what is there is replaced if it is still what was seen.

        Args:
            there: the index that the remote was seen to have, "" for none.

        Raises:
            RefusedError: where the remote does not take it.
        """
        lease = f"--force-with-lease={INDEX_REF}:{there}"
        try:
            self._run(
                "push", "--quiet", "--no-follow-tags", lease, "--end-of-options", remote, f"{INDEX_REF}:{INDEX_REF}"
            )
        except GitFailure as failure:
            raise RefusedError(
                f"{remote} does not take the index",
                why=f"{failure.message}; the index is in this repository, and was not pushed",
                hint="see that you may write refs other than branches there, then run the command again",
            ) from failure

    def _ask(self, *question: str) -> str:
        try:
            return os.fsdecode(self._run(*question, fine=(0, 1, 128))).strip()
        except GitFailure:
            return ""

    def _run(self, *arguments: str, stdin: str = "", fine: Sequence[int] = (0,)) -> bytes:
        where = ("-C", str(self.top))
        return run_git((*where, *arguments), stdin=stdin.encode("utf-8", "replace"), as_user=True, fine=fine)


def push_line(remote: str, branch: str, tags: Sequence[str]) -> str:
    """Return the command line that pushes a branch and tags as `AuthorRepository.push` does."""
    import shlex

    return shlex.join(["git", "push", "--atomic", remote, branch, *tags])


def tags_line(remote: str, tags: Sequence[str]) -> str:
    """Return the command line that pushes tags alone."""
    import shlex

    return shlex.join(["git", "push", "--atomic", remote, *(f"refs/tags/{tag}" for tag in tags)])


def _refspecs(branch: str, tags: Sequence[str]) -> Iterator[str]:
    yield f"refs/heads/{branch}:refs/heads/{branch}"
    yield from (f"refs/tags/{tag}:refs/tags/{tag}" for tag in tags)


def _below(folder: str) -> tuple[str, ...]:
    return ("--", f":(top,literal){folder}") if folder else ()
