"""The branch that releases are made on, the remote that they go to, and why neither may be so."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, RefusedError, UsageError
from agentsync.git.author import AuthorRepository
from agentsync.publishing.asked import DEFAULT_REMOTE
from agentsync.publishing.planned import refusal
from agentsync.versions.refs import Refs

_USUAL: Final = ("main", "master")
_ITSELF: Final = "."  # what git calls the repository itself as a remote


class Line(NamedTuple):
    """The branch that is checked out, its commit, and the remote of its repository; each "" for none."""

    branch: str
    head: str
    remote: str


def line_of(author: AuthorRepository, push: str) -> Line:
    """Return where releases are made, and where they go.

    Args:
        push: the remote that is asked for, `DEFAULT_REMOTE` for the usual one, "" for none.

    Raises:
        UsageError: where there is no remote to push to.
    """
    branch = author.branch()
    if push not in ("", DEFAULT_REMOTE):
        return Line(branch, author.head(), push)
    remotes = author.remotes()
    settings = (f"branch.{branch}.pushRemote", "remote.pushDefault", f"branch.{branch}.remote")
    named = (author.setting(name) for name in settings)
    remote = next((one for one in named if one and one != _ITSELF), "")
    if not remote:
        remote = "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else ""
    if push and not remote:
        why = f"remotes here: {', '.join(remotes)}" if remotes else "this repository has no remote"
        raise UsageError("it is not known where to push to", why=why, hint="name the remote: --push REMOTE")
    return Line(branch, author.head(), remote)


def shallow_refusal(why: str) -> RefusedError:
    """Return the refusal for a clone without the older commits."""
    return refusal("this clone is shallow", why=why, hint="get them with git fetch --unshallow --tags")


def line_refusals(
    author: AuthorRepository, line: Line, refs: Refs | None, *, backport: bool
) -> Iterator[AgentsyncError]:
    """Yield why releases cannot be made where the repository stands.

    Args:
        refs: what the remote has now, None where it is not asked.
        backport: whether a branch of an older series is meant.
    """
    if begun := author.half_done():
        yield refusal(f"{begun} is not finished here", hint="finish it or abort it, see git status")
    if author.is_shallow():
        yield shallow_refusal("older commits and tags are missing, so that no version can be decided")
    if not line.branch:
        yield refusal(
            "HEAD is on no branch",
            why="a release that is on no branch would be lost",
            hint="check out the branch that counts with git switch",
        )
        return
    counts = _branch_that_counts(author, line, refs)
    if line.branch != counts and not backport:
        yield refusal(
            f"HEAD is on {line.branch}, and {counts} is the branch that counts",
            why="those who install packs read the list of packs there",
            hint=f"git switch {counts}; a release of an older series is made with --backport",
        )
    tip = refs.branches.get(line.branch, "") if refs is not None else author.known_tip(line.remote, line.branch)
    if tip and not author.is_ancestor(tip, line.head):
        yield refusal(
            f"{line.branch} is behind {line.remote}",
            why=f"commit {tip[:12]} is there, and not part of this branch",
            hint="git pull, then run the command again",
        )


def _branch_that_counts(author: AuthorRepository, line: Line, refs: Refs | None) -> str:
    """Return the default branch of the remote, else the one that a repository of its own most likely has."""
    if refs is not None and refs.branches:
        return refs.default_branch or line.branch
    if line.remote and (known := author.known_default(line.remote)):
        return known
    likely = (author.setting("init.defaultBranch"), *_USUAL)
    return next((name for name in likely if author.has_branch(name)), line.branch)


def signing_refusals(author: AuthorRepository, *, asked: bool) -> Iterator[AgentsyncError]:
    """Yield why tags that are to be signed could not be, or not be verified, as far as git's settings tell."""
    if not (asked or author.flag("tag.gpgSign") or author.flag("tag.forceSignAnnotated")):
        return
    if author.setting("gpg.format") != "ssh":
        return
    if not (author.setting("user.signingKey") or author.setting("gpg.ssh.defaultKeyCommand")):
        yield refusal(
            "no key is known to sign with",
            why="gpg.format is ssh, and user.signingKey is not set",
            hint="git config --global user.signingKey FILE.pub",
        )
    if not author.setting("gpg.ssh.allowedSignersFile"):
        yield refusal(
            "a signature could not be verified",
            why="gpg.format is ssh, and gpg.ssh.allowedSignersFile is not set",
            hint="git config gpg.ssh.allowedSignersFile FILE, with a line `YOU@EXAMPLE ssh-ed25519 KEY` in it",
        )
