"""The shared cache: one bare repository per registry, filled object by object.

Nothing is ever checked out. A commit is fetched without its history and, where the server can,
without its blobs; the blobs that are wanted come in one more batch. Every object that is read is
hashed again, because git hands out a damaged object as if it were whole. A repository in the
cache may be deleted at any time: all of it can be fetched again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from agentsync.errors import DiskError, FetchError, IntegrityError
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import TreeEntry
from agentsync.model.refs import Refs, parse_refs
from agentsync.store.git import GitFailure, Progress, run_git

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


class DamagedCache(Exception):
    """A cached repository does not hold what it says; fetching it again helps."""


class Cache:
    """All cached repositories.

    Args:
        folder: where they are; made when first written to.
        offline: never ask a remote.
        progress: called with what is being done, for a person to watch.
    """

    def __init__(self, folder: Path, *, offline: bool = False, progress: Progress | None = None) -> None:
        self.folder = folder
        self.offline = offline
        self.progress = progress
        self._repositories: dict[str, CachedRepository] = {}

    def repository(self, url: GitUrl) -> CachedRepository:
        """The cached repository of this URL; nothing is fetched yet."""
        name = hashlib.sha256(url.key.encode()).hexdigest()[:20]
        if name not in self._repositories:
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
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        return count


class CachedRepository:
    """What the cache holds of one repository, and how more of it is fetched."""

    def __init__(self, cache: Cache, url: GitUrl, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._cache = cache
        self._refs: Refs | None = None

    def refs(self) -> Refs:
        """Its branches and tags: asked once in a process, from the last answer when offline.

        Raises:
            FetchError: where it cannot be reached, or was never reached before going offline.
        """
        if self._refs is None:
            self._refs = parse_refs(self._last_listing() if self._cache.offline else self._ask())
        return self._refs

    def _ask(self) -> str:
        self._say(f"asking {self.url.text}")
        patterns = ("HEAD", "refs/heads/*", "refs/tags/*")
        try:
            out = run_git(("ls-remote", "--symref", "--end-of-options", "origin", *patterns), remote=self.url)
        except GitFailure as failure:
            raise self._unreachable(failure) from failure
        listing = out.decode("utf-8", "replace")
        self._remember(listing)
        return listing

    def _remember(self, listing: str) -> None:
        """Keep the answer for `--offline`; a cache that cannot be written to is no reason to stop."""
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            scratch = self.folder.with_suffix(f".refs.{os.getpid()}")
            scratch.write_text(listing, encoding="utf-8")
            scratch.replace(self.folder.with_suffix(".refs"))
        except OSError:
            pass

    def _last_listing(self) -> str:
        try:
            return self.folder.with_suffix(".refs").read_text(encoding="utf-8")
        except OSError as error:
            raise self._offline("its branches and tags") from error

    def need(self, wants: Iterable[Want]) -> None:
        """Make sure that these commits and trees are in the cache: at most one fetch in the usual case.

        Raises:
            FetchError: where the repository does not deliver them.
        """
        missing = self._absent({want.object_id: want for want in wants})
        if not missing:
            return
        if self._cache.offline:
            raise self._offline(f"commit {next(iter(missing.values())).commit[:12]}")
        self._say(f"fetching {self.url.text}")
        with self._locked():
            self._fetch_wants(list(self._absent(missing).values()))
        if still := self._absent(missing):
            want = next(iter(still.values()))
            raise FetchError(
                f"{self.url.text} does not deliver commit {want.commit[:12]}",
                why="it is not, or no longer, part of any branch or tag there",
                hint="run `agentsync lock` to decide afresh, or ask whoever keeps the registry",
            )

    def need_blobs(self, oids: Iterable[str]) -> None:
        """Make sure that these blobs are in the cache: one fetch for all that are not."""
        missing = self._absent({oid: oid for oid in oids})
        if not missing:
            return
        if self._cache.offline:
            raise self._offline(f"{len(missing)} files")
        self._say(f"fetching {len(missing)} files of {self.url.text}")
        with self._locked():
            listing = "".join(f"{oid}\n" for oid in missing).encode()
            try:
                self._fetch("--filter=blob:none", "--stdin", "origin", stdin=listing)
            except GitFailure as failure:
                raise self._unreachable(failure) from failure

    def _fetch_wants(self, wants: Sequence[Want]) -> None:
        """Ask for less first: trees, commits, refs by name, and at last everything."""
        trees = [f"+{want.tree}:refs/agentsync/{want.tree}" for want in wants if want.tree]
        commits = [f"+{want.commit}:refs/agentsync/{want.commit}" for want in wants if not want.tree]
        every = [f"+{want.commit}:refs/agentsync/{want.commit}" for want in wants]
        named = [f"+{want.ref}:refs/agentsync/{want.commit}" for want in wants if want.ref]
        attempts: list[tuple[str, ...]] = []
        if trees and not commits:
            attempts.append(("--no-filter", "origin", *trees))
        attempts.append(("--depth=1", "--filter=blob:none", "origin", *every))
        if len(named) == len(wants):
            attempts.append(("--depth=1", "--filter=blob:none", "origin", *named))
        attempts.append(
            (
                "--no-filter",
                "origin",
                "+refs/heads/*:refs/agentsync/heads/*",
                "+refs/tags/*:refs/agentsync/tags/*",
            )
        )
        failure = self._first_success(attempts)
        if failure is not None:
            raise self._unreachable(failure) from failure

    def _first_success(self, attempts: Sequence[tuple[str, ...]]) -> GitFailure | None:
        failure: GitFailure | None = None
        for arguments in attempts:
            try:
                self._fetch(*arguments)
            except GitFailure as error:
                failure = error
            else:
                return None
        return failure

    def _fetch(self, *arguments: str, stdin: bytes = b"") -> None:
        if not self.folder.is_dir():
            self._create()
        self._drop_stale_locks()
        progress = self._cache.progress
        shown = ("--progress",) if progress is not None else ("--quiet",)
        run_git((*_FETCH, *shown, *arguments), git_dir=self.folder, remote=self.url, stdin=stdin, progress=progress)

    def _create(self) -> None:
        object_format = ("--object-format=sha256",) if self._has_long_ids() else ()
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            scratch = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder.parent))
        except OSError as error:
            raise _unwritable(self.folder.parent, error) from error
        run_git(("init", "--quiet", "--bare", "--template=", *object_format, "--", str(scratch)))
        scratch.replace(self.folder)

    def _has_long_ids(self) -> bool:
        ids = [*self._refs.branches.values(), *self._refs.tags.values()] if self._refs else []
        return any(len(oid) == 64 for oid in ids)

    def _drop_stale_locks(self) -> None:
        """A fetch that was killed leaves lock files that stop all later ones; we hold the real lock."""
        for path in (self.folder / "shallow.lock", *(self.folder / "refs" / "agentsync").glob("**/*.lock")):
            path.unlink(missing_ok=True)
        for path in (self.folder / "objects" / "pack").glob("tmp_*"):
            path.unlink(missing_ok=True)

    def _locked(self) -> AbstractContextManager[object]:
        from filelock import FileLock

        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return FileLock(str(self.folder) + ".lock").acquire()
        except OSError as error:
            raise _unwritable(self.folder.parent, error) from error

    def _absent(self, wanted: Mapping[str, T]) -> dict[str, T]:
        if not wanted or not self.folder.is_dir():
            return dict(wanted)
        listing = "".join(f"{oid}\n" for oid in wanted).encode()
        lines = self._read(("cat-file", "--batch-check=%(objectname)", "--buffer"), listing).decode().splitlines()
        return {oid: wanted[oid] for oid, line in zip(wanted, lines, strict=True) if line.endswith(" missing")}

    def tree_id(self, commit: str, path: str) -> str | None:
        """The id of the tree at `path` in a commit ("" for its root), None where there is no folder."""
        # --batch-check takes the rest of the line as a name, so no path can be taken for an option.
        name = f"{commit}:{path}\n" if path else f"{commit}^{{tree}}\n"
        if "\n" in path:
            return None
        oid, _, kind = (
            self._read(("cat-file", "--batch-check=%(objectname) %(objecttype)"), name.encode())
            .decode()
            .strip()
            .partition(" ")
        )
        return oid if kind == "tree" else None

    def entries(self, tree: str) -> dict[str, TreeEntry]:
        """Every file below a tree, by its path; names that are not UTF-8 keep their odd bytes."""
        out = self._read(("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", tree))
        found: dict[str, TreeEntry] = {}
        for line in out.split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, _, oid = facts.decode().split(" ")
            found[path.decode("utf-8", "surrogateescape")] = TreeEntry(mode, oid)
        return found

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these blobs, each hashed again.

        Raises:
            DamagedCache: where one is missing or is not what its id says.
        """
        wanted = list(dict.fromkeys(oids))
        if not wanted:
            return {}
        out = self._read(("cat-file", "--batch", "--buffer"), "".join(f"{oid}\n" for oid in wanted).encode())
        found: dict[str, bytes] = {}
        place = 0
        for oid in wanted:
            end = out.find(b"\n", place)
            header = out[place:end].split(b" ")
            if len(header) != 3 or header[1] != b"blob":
                raise DamagedCache(f"blob {oid} cannot be read")
            data = out[end + 1 : end + 1 + int(header[2])]
            place = end + 2 + len(data)
            if blob_id(data, long=len(oid) == 64) != oid:
                raise DamagedCache(f"blob {oid} holds other bytes")
            found[oid] = data
        return found

    def healing(self, read: Callable[[], T]) -> T:
        """Run `read`; where the cache turns out damaged, drop the repository and run it once more.

        Raises:
            IntegrityError: where a fresh copy is damaged too.
        """
        try:
            return read()
        except DamagedCache:
            shutil.rmtree(self.folder, ignore_errors=True)
        try:
            return read()
        except DamagedCache as error:
            raise IntegrityError(
                f"{self.url.text} delivers objects that are not what their ids say",
                why=str(error),
                hint="the repository itself is damaged: run `git fsck` in it",
            ) from error

    def _read(self, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
        try:
            return run_git(arguments, git_dir=self.folder, stdin=stdin)
        except GitFailure as failure:
            raise DamagedCache(failure.message) from failure

    def _say(self, text: str) -> None:
        if self._cache.progress is not None:
            self._cache.progress(text)

    def _unreachable(self, failure: GitFailure) -> FetchError:
        return FetchError(
            f"cannot read {self.url.text}",
            why=failure.message,
            hint=f"check the URL and your access: git ls-remote {self.url.text}",
        )

    def _offline(self, what: str) -> FetchError:
        return FetchError(
            f"{what} of {self.url.text} is not in the cache",
            why="--offline asks no remote",
            hint="run once without --offline",
        )


def blob_id(data: bytes, *, long: bool = False) -> str:
    """Git's id of a blob: SHA-1, or SHA-256 in a repository with long ids."""
    algorithm = "sha256" if long else "sha1"
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _unwritable(folder: Path, error: OSError) -> DiskError:
    return DiskError(
        f"cannot write to the cache {folder}",
        why=error.strerror or str(error),
        hint="name another folder in AGENTSYNC_CACHE_DIR",
    )
