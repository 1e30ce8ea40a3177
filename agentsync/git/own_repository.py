"""The repository that an author works in: its files as git would deliver them, its commits and its tags.

Git itself makes a tree of the working tree, with an index and objects in a folder of our own: what is ignored, whose
line ends are stored otherwise and which mode a file has is git's to say. Nothing is written to the repository, and
nothing is fetched.

Sources: git-add(1), git-write-tree(1), git(1) GIT_OBJECT_DIRECTORY, gitrepository-layout(5).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from agentsync.errors import FetchError, UsageError
from agentsync.git.fetching import Want
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_object import DamagedCache
from agentsync.git.objects import ObjectReader
from agentsync.git.working_tree import is_in_repository, own_setting
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.platform.files import scratch_folder
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.retrying import make_folders
from agentsync.versions.refs import Refs

T = TypeVar("T")

_LARGEST_INDEX: Final = 256 * 1024 * 1024  # bytes
_NO_REMOTE: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
_PERSON: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "agentsync"), ("EMAIL", "agentsync"), ("DATE", "@0 +0000"))
}


class OwnRepository:
    """Objects and refs of a person's own repository, with the objects of its working tree beside them.

    Args:
        folder: the bare repository of our own that borrows the other one's objects.
        top: the top of the working tree, or the folder that is in no repository.
        git_dir: that of the repository, None for a folder that is in none.
    """

    def __init__(self, folder: Path, top: Path, git_dir: Path | None, limits: Limits = DEFAULT_LIMITS) -> None:
        self.folder = folder
        self.top = top
        self.git_dir = git_dir
        self.limits = limits
        self.objects = ObjectReader(folder, limits)

    @property
    def url(self) -> str:
        """Its name in messages."""
        return str(self.top)

    def need(self, wants: Iterable[Want]) -> None:
        """Insist that these commits and trees are there; raise FetchError where one is not."""
        if missing := self.objects.absent({want.object_id: want for want in wants}):
            raise _not_here(next(iter(missing)))

    def need_blobs(self, oids: Iterable[str]) -> dict[str, int]:
        """Return the size of each of these blobs in bytes; raise FetchError where one is not there."""
        wanted = list(dict.fromkeys(oids))
        found = self.objects.sizes(wanted)
        if missing := [oid for oid in wanted if oid not in found]:
            raise _not_here(missing[0])
        return found

    def healing(self, read: Callable[[], T]) -> T:
        """Run `read`; there is no other copy to take instead of a damaged one."""
        try:
            return read()
        except DamagedCache as error:
            raise FetchError("this repository cannot be read", why=str(error), hint="run `git fsck` in it") from error

    @cached_property
    def refs(self) -> Refs:
        """Its branches and tags, annotated tags peeled; none for a folder that is in no repository."""
        if self.git_dir is None:
            return Refs()
        listing = self._ask("show-ref", "--head", "--dereference").replace(" ", "\t")
        symbolic = self._ask("symbolic-ref", "--quiet", "HEAD").strip()
        return Refs(f"ref: {symbolic}\tHEAD\n{listing}" if symbolic else listing)

    @cached_property
    def origin(self) -> str:
        """The URL of its remote `origin`, "" for none; it may hold a secret."""
        return "" if self.git_dir is None else self._ask("config", "--get", "remote.origin.url").strip()

    def commit_of(self, revision: str) -> str:
        """Return the commit that a revision names, "" for none."""
        if self.git_dir is None:
            return ""
        question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return self._ask(*question).strip()

    def empty_tree(self) -> str:
        """Return the id of the tree without files, which is written where it is not there."""
        return run_git(("mktree",), git_dir=self.folder).decode().strip()

    def patch(self, before: str, after: str) -> str:
        """Return how one tree differs from another one, as a patch."""
        how = ("diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv")
        return run_git((*how, before, after), git_dir=self.folder, extra=_NO_REMOTE).decode("utf-8", "replace")

    def close(self) -> None:
        """End the persistent git processes."""
        self.objects.close()

    def _ask(self, *question: str) -> str:
        try:
            output = run_git(question, git_dir=self.git_dir, extra=_NO_REMOTE, fine=(0, 1))
        except GitFailure as failure:
            if failure.exit_code == 128 and question[0] == "rev-parse":
                return ""
            raise _unreadable(self.top, failure) from failure
        return os.fsdecode(output)


class Checkout(NamedTuple):
    """Files of a repository at one moment: those of its working tree, or of one of its commits.

    Args:
        commit: what holds them, in `repository`.
        below: the folder that was named, from the top; "" for the top itself.
    """

    repository: OwnRepository
    commit: str
    below: str = ""


@contextmanager
def open_checkout(folder: Path, ref: str = "", limits: Limits = DEFAULT_LIMITS) -> Iterator[Checkout]:
    """Open the files of the repository that a folder is in, as git would deliver them; another folder is taken alone.

    Args:
        ref: the revision to look at, "" for the working tree: tracked and new files, as they are there.

    Raises:
        UsageError: where there is no such folder or revision.
        FetchError: where git cannot read the repository.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", hint="name the folder of a pack or of a registry")
    with scratch_folder() as scratch:
        place = _place(folder.resolve())
        repository = OwnRepository(scratch, place.top, place.git_dir, limits)
        try:
            _make_borrower(scratch, place)
            if ref or place.is_bare:
                commit = repository.commit_of(ref or "HEAD")
                if not commit:
                    raise no_revision(ref or "HEAD", place.top)
            else:
                commit = _commit_of_files(scratch, place)
            yield Checkout(repository, commit, place.below)
        except GitFailure as failure:
            raise _unreadable(place.top, failure) from failure
        finally:
            repository.close()


def no_revision(revision: str, top: Path) -> UsageError:
    """Return the error for a revision that is not in a repository."""
    if revision == "HEAD":
        return UsageError(
            f"{top} has no commit",
            why="what is released and shown comes from commits of a git repository",
            hint="git init where there is none; then git add and git commit",
        )
    return UsageError(
        f"there is no revision {revision!r} in {top}",
        why="nothing is fetched here, and a shallow clone lacks what is older",
        hint="fetch it first: git fetch --unshallow, or `fetch-depth: 0` in a workflow",
    )


class _Place(NamedTuple):
    """A folder in a repository; without a `git_dir` it is in none."""

    top: Path
    below: str = ""
    git_dir: Path | None = None
    objects: str = ""
    index_file: Path | None = None
    object_format: str = "sha1"
    is_bare: bool = False


def _place(folder: Path) -> _Place:
    """Find the repository that a folder is in; one that git would not deliver from there stands alone."""
    asked = ("--path-format=absolute", "--git-dir", "--git-path", "objects", "--git-path", "index")
    here = ("-C", str(folder), "rev-parse")
    try:
        answer = run_git((*here, *asked, "--show-object-format", "--is-bare-repository"), extra=_NO_REMOTE)
    except GitFailure as failure:
        if is_in_repository(folder):
            raise _unreadable(folder, failure) from failure
        return _Place(folder)
    git_dir, objects, index, object_format, is_bare = os.fsdecode(answer).splitlines()
    found = _Place(folder, "", Path(git_dir), objects, Path(index), object_format, is_bare == "true")
    if found.is_bare:
        return found
    try:
        top, below = os.fsdecode(run_git((*here, "--show-toplevel", "--show-prefix"), extra=_NO_REMOTE)).split("\n")[:2]
    except GitFailure as failure:
        raise _unreadable(folder, failure) from failure
    if below and _is_ignored(folder):
        return _Place(folder)
    return found._replace(top=Path(top), below=below.rstrip("/"))


def _is_ignored(folder: Path) -> bool:
    """Return whether git ignores a folder with all that is in it."""
    asked = ("-C", str(folder), "check-ignore", "--quiet", ".")
    with suppress(GitFailure):
        run_git(asked, extra=_NO_REMOTE)
        return not run_git(("-C", str(folder), "ls-files", "-z", "."), extra=_NO_REMOTE)
    return False


def _make_borrower(scratch: Path, place: _Place) -> None:
    """Make a bare repository that reads another one's objects, and writes its own."""
    run_git(("init", "--quiet", "--bare", "--template=", f"--object-format={place.object_format}", str(scratch)))
    if place.objects:
        info = scratch / "objects" / "info"
        make_folders(info)
        (info / "alternates").write_bytes(os.fsencode(place.objects) + b"\n")
    if place.index_file is not None and place.index_file.is_file():
        (scratch / "index").write_bytes(read_plain_file(place.index_file, _LARGEST_INDEX, follow=True))


def _commit_of_files(scratch: Path, place: _Place) -> str:
    """Return a commit of the tracked and new files of a working tree, as they are there."""
    extra = {
        **_NO_REMOTE,
        **_PERSON,
        "GIT_INDEX_FILE": str(scratch / "index"),
        "GIT_OBJECT_DIRECTORY": str(scratch / "objects"),
    }
    line_ends = own_setting(place.top, "core.autocrlf") or "false"
    settings = ("-c", f"core.autocrlf={line_ends}", "-c", "core.safecrlf=false", "-c", "core.bare=false")
    where = ("-C", str(place.top)) if place.git_dir else (f"--git-dir={scratch}", f"--work-tree={place.top}")
    run_git((*settings, *where, "add", "--all", str(place.top)), extra=extra)
    tree = run_git(("write-tree", "--missing-ok"), git_dir=scratch, extra=extra).decode().strip()
    return run_git(("commit-tree", tree), git_dir=scratch, extra=extra, stdin=b"files\n").decode().strip()


def _unreadable(top: Path, failure: GitFailure) -> FetchError:
    return FetchError(f"git cannot read {top}", why=failure.message, hint="see what `git status` says there")


def _not_here(oid: str) -> FetchError:
    return FetchError(
        f"object {oid[:12]} is not in this clone",
        why="nothing is fetched here, and a shallow or partial clone lacks objects",
        hint="fetch them first: git fetch --unshallow, or `fetch-depth: 0` in a workflow",
    )
