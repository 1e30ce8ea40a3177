"""The shared cache: one bare repository per registry, filled object by object.

Nothing is ever checked out. A commit is fetched without its history and, where the server can,
without its blobs; the blobs that are wanted come in one more batch. Every object that is read is
hashed again, because git hands out a damaged object as if it were whole. A repository in the
cache may be deleted at any time: all of it can be fetched again.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from agentsync.errors import AgentsyncError, DiskError, FetchError, IntegrityError, RefusedError, UnsafeError
from agentsync.holding import Patience, held
from agentsync.model.limits import DEFAULT_LIMITS, Limits, in_words
from agentsync.model.refs import Refs, parse_refs
from agentsync.store.checked import CHECKED
from agentsync.store.git import REMOTE, GitFailure, Progress, TooMuchOutput, run_git
from agentsync.store.objects import DamagedCache, ObjectReader
from agentsync.store.ownership import insist_on_own
from agentsync.store.retrying import may_pass, patiently

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

T = TypeVar("T")

_LAYOUT: Final = "git-v1"
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


@dataclass(frozen=True, slots=True)
class Want:
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


class Cache:
    """All cached repositories.

    Args:
        folder: where they are; made when first written to.
        offline: never ask a remote.
        progress: called with what is being done, for a person to watch.
        counting: called with how far a fetch is, many times a second.
        limits: how much is read of a repository.
        patience: what to do where another process fetches the same repository.
    """

    def __init__(
        self,
        folder: Path,
        *,
        offline: bool = False,
        progress: Progress | None = None,
        counting: Progress | None = None,
        limits: Limits = DEFAULT_LIMITS,
        patience: Patience | None = None,
    ) -> None:
        self.folder = folder
        self.offline = offline
        self.progress = progress
        self.counting = counting
        self.limits = limits
        self.guard: Callable[[GitUrl], None] | None = None
        self.patience = patience or Patience()
        self._repositories: dict[str, CachedRepository] = {}
        self._guard = threading.Lock()

    def repository(self, url: GitUrl) -> CachedRepository:
        """The cached repository of this URL; nothing is fetched yet.

        Raises:
            UnsafeError: where somebody else could have put it there.
            PolicyError: where the guard does not let it pass.
        """
        if self.guard is not None:
            self.guard(url)
        name = hashlib.sha256(url.key.encode()).hexdigest()[:20]
        with self._guard:
            if not self._repositories:
                insist_on_own(self.folder, may_be_link=True)
                insist_on_own(self.folder / _LAYOUT)
            if name not in self._repositories:
                insist_on_own(self.folder / _LAYOUT / f"{name}.git")
                self._repositories[name] = CachedRepository(self, url, self.folder / _LAYOUT / f"{name}.git")
            return self._repositories[name]

    def count(self) -> int:
        """How many repositories are cached."""
        return sum(path.is_dir() for path in (self.folder / _LAYOUT).glob("*.git"))

    def clean(self) -> int:
        """Delete every cached repository; returns how many there were."""
        count = self.count()
        try:
            if (self.folder / _LAYOUT).exists():
                shutil.rmtree(self.folder / _LAYOUT)
            shutil.rmtree(self.folder / CHECKED, ignore_errors=True)
        except OSError as error:
            raise _unwritable(self.folder, error.strerror or str(error)) from error
        return count


class CachedRepository(ObjectReader):
    """What the cache holds of one repository, and how more of it is fetched."""

    def __init__(self, cache: Cache, url: GitUrl, folder: Path) -> None:
        super().__init__(folder)
        self.url = url
        self._cache = cache
        self._refs: Refs | None = None
        self._refused: AgentsyncError | None = None
        self._present: dict[str, int] = {}
        self._asking = threading.Lock()

    @property
    def limits(self) -> Limits:
        """Those of the cache, which may change once the policies are read."""
        return self._cache.limits

    def refs(self) -> Refs:
        """Its branches and tags: asked once in a process, from the last answer when offline.

        Raises:
            FetchError: where it cannot be reached, or was never reached before going offline.
        """
        with self._asking:
            if self._refused is not None and not self._cache.offline:
                raise self._refused
            if self._refs is None:
                self._refs = parse_refs(self._last_listing() if self._cache.offline else self._ask())
            return self._refs

    def _ask(self) -> str:
        self._say(f"asking {self.url.text}")
        patterns = ("HEAD", "refs/heads/*", "refs/tags/*")
        asked = ("ls-remote", "--symref", "--end-of-options", REMOTE, *patterns)
        try:
            asking = partial(run_git, asked, remote=self.url, most=self.limits.refs)
            out = patiently(asking, self._cache.progress)
        except TooMuchOutput as error:
            raise FetchError(
                f"{self.url.text} names more branches and tags than are looked at",
                why=f"the names alone are more than {in_words(self.limits.refs)}",
                hint="ask whoever keeps it to delete what is no release",
            ) from error
        except GitFailure as failure:
            self._refused = self._unreachable(failure)
            raise self._refused from failure
        listing = out.decode("utf-8", "replace")
        self._remember(listing)
        return listing

    def _remember(self, listing: str) -> None:
        """Keep the answer for `--offline`; a cache that cannot be written to is no reason to stop."""
        scratch = self.folder.with_suffix(".refs.new")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Two that wrote into the same scratch would tear it: the second one lets it be.
            with held(self.folder.with_suffix(".refs.lock"), "the cache", Patience(waits=False)):
                try:
                    scratch.write_text(listing, encoding="utf-8")
                    scratch.replace(self.folder.with_suffix(".refs"))
                finally:
                    scratch.unlink(missing_ok=True)
        except (OSError, DiskError, RefusedError):
            pass

    def _last_listing(self) -> str:
        try:
            return self.folder.with_suffix(".refs").read_text(encoding="utf-8")
        except OSError as error:
            raise self._offline("the branches and tags") from error

    def need(self, wants: Iterable[Want]) -> None:
        """Make sure that these commits and trees are in the cache: at most one fetch in the usual case.

        Raises:
            FetchError: where the repository does not deliver them.
        """
        wanted = {want.object_id: want for want in wants}
        there = self._seen(wanted)
        missing = {oid: want for oid, want in wanted.items() if oid not in there}
        if not missing:
            self._tidy()
            return
        if self._cache.offline:
            raise self._offline(f"commit {next(iter(missing.values())).commit[:12]}")
        self._say(f"fetching {self.url.text}")
        with self._locked():
            still = self._fetch_wants(missing)
        if still:
            want = next(iter(still.values()))
            raise FetchError(
                f"{self.url.text} does not deliver commit {want.commit[:12]}",
                why="it is not, or no longer, part of any branch or tag there",
                hint="run `agentsync lock` to decide afresh, or ask whoever keeps the registry",
            )

    def tag_object(self, ref: str) -> tuple[str, bytes]:
        """The id and the bytes of what a tag names itself, fetched as it is now; no bytes for a plain tag.

        Raises:
            FetchError: where it cannot be had.
        """
        own = f"refs/agentsync/signed/{ref.removeprefix('refs/')}"
        if not self._cache.offline:
            with self._locked():
                self._fetched(("--depth=1", "--filter=blob:none", REMOTE, f"+{ref}:{own}"), [])
        try:
            oid = run_git(("rev-parse", "--verify", "--end-of-options", own), git_dir=self.folder).decode().strip()
        except GitFailure as failure:
            raise self._unreachable(failure) from failure
        found = self.read_object(oid)
        return oid, found.data if found.kind == b"tag" else b""

    def verify(self, command: str, oid: str, allowed: Path | None) -> str:
        """What git says of a signature that it finds good.

        Args:
            command: `verify-tag` or `verify-commit`.
            oid: the object.
            allowed: the file of allowed signers for ssh.

        Raises:
            GitFailure: where it does not find it good.
        """
        signers = ("-c", f"gpg.ssh.allowedSignersFile={allowed or os.devnull}")
        said = run_git((*signers, command, "--raw", oid), git_dir=self.folder, with_errors=True)
        return said.decode("utf-8", "replace")

    def need_blobs(self, oids: Iterable[str]) -> dict[str, int]:
        """Make sure that these blobs are in the cache: one fetch for all that are not.

        Returns:
            How many bytes each of them has.

        Raises:
            DamagedCache: where one is still not there.
        """
        wanted = list(dict.fromkeys(oids))
        there = self._seen(wanted)
        missing = [oid for oid in wanted if oid not in there]
        if not missing:
            return there
        if self._cache.offline:
            raise self._offline(f"{len(missing)} files")
        self._say(f"fetching {len(missing)} files of {self.url.text}")
        with self._locked():
            meanwhile = self.sizes(missing)
            missing = [oid for oid in missing if oid not in meanwhile]
            listing = "".join(f"{oid}\n" for oid in missing).encode()
            if missing and not self._fetched(("--filter=blob:none", "--stdin", REMOTE), missing, listing):
                self._fetch_everything(missing)
        there = self._seen(wanted)
        if gone := [oid for oid in wanted if oid not in there]:
            raise DamagedCache(f"blob {gone[0]} cannot be read")
        return there

    def _seen(self, oids: Iterable[str]) -> dict[str, int]:
        """How many bytes those have that are in the cache; one that was seen there once is not looked for again."""
        asked = list(oids)
        known = self._present.copy()  # another thread may forget them all
        found = self.sizes([oid for oid in asked if oid not in known])
        self._present.update(found)
        known |= found
        return {oid: known[oid] for oid in asked if oid in known}

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
            raise _unwritable(self.folder, error.strerror or str(error)) from error
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
            raise _unwritable(self.folder, error.strerror or str(error)) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _fetch(self, folder: Path, arguments: Sequence[str], stdin: bytes = b"") -> None:
        progress = self._cache.counting
        shown = ("--progress",) if progress is not None else ("--quiet",)
        command = (*_FETCH, *shown, *arguments)

        def fetch() -> None:
            run_git(command, git_dir=folder, remote=self.url, stdin=stdin, progress=progress)

        try:
            patiently(fetch, self._cache.progress)
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
            raise _unwritable(self.folder.parent, failure.message) from failure
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
            raise _unwritable(self.folder.parent, error.strerror or str(error)) from error
        with held(Path(f"{self.folder}.lock"), f"the cached copy of {self.url.text}", patience or self._cache.patience):
            yield

    def healing(self, read: Callable[[], T]) -> T:
        """Run `read`; where the cache turns out damaged, drop the repository and run it once more.

        Raises:
            IntegrityError: where a fresh copy is damaged too.
            FetchError: where no fresh copy can be had.
        """
        seen = self._identity()
        try:
            return read()
        except DamagedCache as error:
            if self._cache.offline:
                raise FetchError(
                    f"the cached copy of {self.url.text} is damaged", why=str(error), hint="run once without --offline"
                ) from error
        self.forget()
        self._present.clear()
        aside = self.folder.with_suffix(".old")
        with self._locked():
            # Somebody else may have met the same damage, and be done with it.
            if self._identity() == seen and self.folder.exists():
                self._set_aside(aside)
        try:
            return read()
        except DamagedCache as error:
            raise IntegrityError(
                f"{self.url.text} delivers objects that are not what their ids say",
                why=str(error),
                hint="the repository itself is damaged: run `git fsck` in it",
            ) from error
        finally:
            self._settle(aside)

    def _set_aside(self, aside: Path) -> None:
        shutil.rmtree(aside, ignore_errors=True)
        try:
            self.folder.replace(aside)
        except OSError as error:
            raise _unwritable(self.folder, error.strerror or str(error)) from error

    def _settle(self, aside: Path) -> None:
        """Drop the damaged copy; where no other came, it stays: some of it may be had nowhere else."""
        if aside.exists():
            with self._locked(), suppress(OSError):
                if self.folder.exists():
                    shutil.rmtree(aside)
                else:
                    aside.replace(self.folder)

    def _identity(self) -> tuple[int, int] | None:
        """What differs between this repository and another that takes its place."""
        try:
            status = (self.folder / "HEAD").stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _say(self, text: str) -> None:
        if self._cache.progress is not None:
            self._cache.progress(text)

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
        return FetchError(
            f"cannot read {self.url.text}",
            why=failure.message,
            hint=f"check the URL and your access: git ls-remote {self.url.text}",
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


def _unwritable(folder: Path, reason: str) -> DiskError:
    return DiskError(
        f"cannot write to the cache {folder}",
        why=reason,
        hint="name another folder in AGENTSYNC_CACHE_DIR",
    )
