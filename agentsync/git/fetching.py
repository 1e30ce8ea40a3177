"""Fetching into one cached repository: the least that is enough, and no more than a server lets us ask for.

A commit is fetched without its history and, where the server can, without its files, but for the small ones.
Where a server delivers nothing less, all of it is fetched, into a repository of its own. What a killed fetch left is
cleared away by the next one.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.errors import AgentsyncError, DiskError, FetchError, RefusedError, UnsafeError
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.objects import ObjectReader
from agentsync.git.remotes import Remotes
from agentsync.git.retry import may_pass, with_retries
from agentsync.model.limits import DEFAULT_LIMITS, Limits, in_words
from agentsync.platform.process_lock import Patience, held

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

_FETCH: Final = (
    "-c",
    "fetch.negotiationAlgorithm=noop",
    "fetch",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
)
_EVERYTHING: Final = (
    "--no-filter",
    REMOTE,
    "+refs/heads/*:refs/agentsync/heads/*",
    "+refs/tags/*:refs/agentsync/tags/*",
)
_SMALL: Final = "2k"
# What git says of an object that it checks as it comes in, git-fsck(1).
_REFUSED_BY_GIT: Final = re.compile(r"error: object ([0-9a-f]{40,64}): (\w+: [^;]*)")
# What git says where its memory is bounded, GIT_ALLOC_LIMIT.
_TOO_LARGE_FOR_GIT: Final = re.compile(r"attempting to allocate (\d{1,20}) over limit (\d{1,20})")
# What git says where it never got to talk to the repository: asking for less, or for more, is no use.
_OUT_OF_REACH: Final = ("unable to access", "Could not read from remote repository")

# What git traces of an answer over http, GIT_TRACE_CURL.
_PAGE: Final = re.compile(rb"<= Recv header: content-type: *text/html", re.IGNORECASE)
# What git says where no answer came, or a refusal: there is no page to look at.
_NO_ANSWER: Final = ("unable to access", "Authentication failed", "could not read ", "not found")


class Want(NamedTuple):
    """A commit, or a tree in it, that must be in the cache.

    Args:
        commit: its id.
        ref: the full ref that leads to it, "" where none is known.
        tree: the tree that is enough, "" for the commit with all its trees.
    """

    commit: str
    ref: str = ""
    tree: str = ""

    @property
    def object_id(self) -> str:
        """The object to ask for."""
        return self.tree or self.commit


class Fetcher(ObjectReader):
    """One cached repository, and how more of it is fetched.

    Args:
        remotes: how it is asked.
        url: the repository that it is a copy of.
        folder: where it is; made when something is fetched.
        limits: how much is read of it.
    """

    def __init__(self, remotes: Remotes, url: GitUrl, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(folder, limits)
        self.url = url
        self._remotes = remotes
        self._refused: AgentsyncError | None = None

    def _fetch_wants(self, missing: dict[str, Want]) -> dict[str, Want]:
        """Fetch what is still missing, asking for less first; returns what was not delivered."""
        missing = self.absent(missing)
        for arguments in _attempts(list(missing.values())):
            if self._fetched(arguments, missing) and not (missing := self.absent(missing)):
                return {}
        if missing:
            self._fetch_everything(missing)
        return self.absent(missing)

    def _fetched(self, arguments: Sequence[str], oids: Iterable[str], stdin: bytes = b"") -> bool:
        """Fetch into the cached repository, which is made where it is missing; False where git refuses.

        Raises:
            FetchError: where the remote is out of reach, so that asking for something else is no use.
        """
        try:
            if not self.folder.is_dir():
                self.folder.unlink(missing_ok=True)
                self._create(oids).replace(self.folder)
                shutil.rmtree(self.folder.with_suffix(".old"), ignore_errors=True)
            _drop_leftovers(self.folder)
        except OSError as error:
            raise unwritable(self.folder, error.strerror or str(error)) from error
        if self._refused is not None:
            raise self._refused
        try:
            self._fetch(self.folder, arguments, stdin)
        except GitFailure as failure:
            if may_pass(failure) or any(words in failure.message for words in _OUT_OF_REACH):
                self._refused = self._unreachable(failure)
                raise self._refused from failure
            return False
        return True

    def _fetch_everything(self, oids: Iterable[str]) -> None:
        """Fetch all branches and tags with all their history, from a server that delivers nothing less.

        It goes into a new repository, because git leaves out what the cached one should have, and
        from there to the objects that are cached already, which may exist nowhere else any more.
        """
        scratch = self._create(oids)
        try:
            self._fetch(scratch, _EVERYTHING)
            packs = self.folder / "objects" / "pack"
            packs.mkdir(parents=True, exist_ok=True)
            # Git sees a pack once its index is there.
            for file in sorted((scratch / "objects" / "pack").iterdir(), key=lambda file: file.suffix == ".idx"):
                file.replace(packs / file.name)
        except GitFailure as failure:
            raise self._unreachable(failure) from failure
        except OSError as error:
            raise unwritable(self.folder, error.strerror or str(error)) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _fetch(self, folder: Path, arguments: Sequence[str], stdin: bytes = b"") -> None:
        progress = self._remotes.counting
        shown = ("--progress",) if progress is not None else ("--quiet",)
        command = (*_FETCH, *shown, *arguments)

        def fetch() -> None:
            run_git(command, git_dir=folder, remote=self.url, stdin=stdin, progress=progress)

        try:
            with_retries(fetch, self._remotes.progress)
        finally:
            _drop_leftovers(folder)

    def _create(self, oids: Iterable[str]) -> Path:
        """An empty repository for objects with ids like these, beside the cached one."""
        scratch = self.folder.with_suffix(".new")
        shutil.rmtree(scratch, ignore_errors=True)
        object_format = "sha256" if any(len(oid) == 64 for oid in oids) else "sha1"
        try:
            run_git(("init", "--quiet", "--bare", "--template=", f"--object-format={object_format}", str(scratch)))
        except GitFailure as failure:
            raise unwritable(self.folder.parent, failure.message) from failure
        return scratch

    def _tidy(self) -> None:
        """Clear away what a killed fetch left; where somebody fetches right now, it may be theirs."""
        if next((self.folder / "objects" / "pack").glob("tmp_*"), None) is not None:
            with suppress(DiskError, RefusedError), self._locked(Patience(waits=False)):
                _drop_leftovers(self.folder)

    @contextmanager
    def _locked(self, patience: Patience | None = None) -> Iterator[None]:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise unwritable(self.folder.parent, error.strerror or str(error)) from error
        patience = patience or self._remotes.patience
        with held(Path(f"{self.folder}.lock"), f"the cached copy of {self.url.text}", patience):
            yield

    def _say(self, text: str) -> None:
        if self._remotes.progress is not None:
            self._remotes.progress(text)

    def _unreachable(self, failure: GitFailure) -> AgentsyncError:
        if refused := _REFUSED_BY_GIT.search(failure.message):
            return UnsafeError(
                f"{self.url.text} delivers what no repository may hold",
                why=f"object {refused[1][:12]}: {refused[2]}",
                hint="it is damaged or hostile: tell whoever keeps it",
            )
        if large := _TOO_LARGE_FOR_GIT.search(failure.message):
            return UnsafeError(
                f"{self.url.text} delivers more than is unpacked",
                why=f"something of {int(large[1]):,} bytes, more than {in_words(int(large[2]))}",
                hint="a registry holds documents: tell whoever keeps it",
            )
        if not any(words in failure.message for words in _NO_ANSWER) and self._answers_with_a_page():
            return self._web_page()
        return FetchError(
            f"cannot read {self.url.text}",
            why=failure.message,
            hint=f"check the URL and your access: git ls-remote {shlex.quote(self.url.text)}",
        )

    def _answers_with_a_page(self) -> bool:
        """Return whether a web page stands where the repository should be: git may take it for one without branches."""
        if self.url.is_local:
            return False
        trace = {"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"}
        with suppress(GitFailure):
            asked = ("ls-remote", "--end-of-options", REMOTE, "HEAD")
            said = run_git(asked, remote=self.url, extra=trace, fine=(0, 128), with_errors=True)
            return _PAGE.search(said) is not None
        return False

    def _web_page(self) -> FetchError:
        return FetchError(
            f"cannot read {self.url.text}",
            why="it answers with a web page instead of a repository, as a network does where you have to sign in",
            hint=f"sign in to the network, or check the URL: git ls-remote {shlex.quote(self.url.text)}",
        )

    def _offline(self, what: str) -> FetchError:
        return FetchError(
            f"the cache does not have {what} of {self.url.text}",
            why="--offline asks no remote",
            hint="run once without --offline",
        )


def _drop_leftovers(folder: Path) -> None:
    """A fetch that was killed or cut leaves lock files that stop all later ones; we hold the real lock."""
    with suppress(OSError):
        for path in (folder / "shallow.lock", *(folder / "refs" / "agentsync").glob("**/*.lock")):
            path.unlink(missing_ok=True)
        for path in (folder / "objects" / "pack").glob("tmp_*"):
            path.unlink(missing_ok=True)


def _attempts(wants: Sequence[Want]) -> Iterator[tuple[str, ...]]:
    """Arguments of fetches for these wants, the smallest first: trees, commits, refs by name."""
    if not wants:
        return
    if all(want.tree for want in wants):
        yield ("--no-filter", REMOTE, *(f"+{want.tree}:refs/agentsync/{want.tree}" for want in wants))
    # What registries and packs say of themselves is small, and comes along.
    shallow = ("--depth=1", f"--filter=blob:limit={_SMALL}", REMOTE)
    yield (*shallow, *(f"+{want.commit}:refs/agentsync/{want.commit}" for want in wants))
    if all(want.ref for want in wants):
        yield (*shallow, *(f"+{want.ref}:refs/agentsync/{want.commit}" for want in wants))


def unwritable(folder: Path, reason: str) -> DiskError:
    """The failure of a cache that cannot be written to."""
    return DiskError(
        f"cannot write to the cache {folder}",
        why=reason,
        hint="name another folder in AGENTSYNC_CACHE_DIR",
    )
