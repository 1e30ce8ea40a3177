"""One cached repository: its refs, and its commits, trees and files, fetched where they are missing.

Every object that is read is hashed again, because git hands out a damaged object as if it were whole. A copy that
turns out damaged is set aside, and fetched anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentsync.errors import DiskError, FetchError, GoneError, IntegrityError, RefusedError
from agentsync.git.fetching import Fetcher, Want, unwritable
from agentsync.git.git import GitFailure, TooMuchOutput, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.git_object import DamagedCache
from agentsync.git.remotes import Remotes
from agentsync.git.retry import with_retries
from agentsync.model.limits import DEFAULT_LIMITS, Limits, in_words
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.process_lock import Patience, held
from agentsync.versions.refs import Refs, parse_refs

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

T = TypeVar("T")
_LARGEST_LISTING = 256 * 1024 * 1024


class CachedRepository(Fetcher):
    """What the cache holds of one repository."""

    def __init__(self, remotes: Remotes, url: GitUrl, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(remotes, url, folder, limits)
        self._refs: Refs | None = None
        self._listing = ""
        self._is_past = False  # the refs are those of an earlier process
        self._present: dict[str, int] = {}
        self._asking = threading.Lock()

    def refs(self) -> Refs:
        """Return its branches and tags: asked once in a process, from the last answer when offline.

        Raises:
            FetchError: where it cannot be reached, or was never reached before going offline.
        """
        with self._asking:
            if self._refused is not None and not self._remotes.offline:
                raise self._refused
            if self._refs is None or (self._is_past and not self._remotes.offline):
                known = (self.url.location, self.limits.refs)
                self._is_past = self._remotes.offline and known not in self._remotes.listings
                if not self._is_past and known not in self._remotes.listings:
                    self._remotes.listings[known] = self._ask()
                self._listing = self._last_listing() if self._is_past else self._remotes.listings[known]
                self._refs = parse_refs(self._listing)
            return self._refs

    def listing_id(self) -> str:
        """A digest of all that `refs` was read from.

        Raises:
            FetchError: as `refs`.
        """
        self.refs()
        return hashlib.sha256(self._listing.encode()).hexdigest()

    def _ask(self) -> str:
        self._say(f"asking {self.url.text}")
        patterns = ("HEAD", "refs/heads/*", "refs/tags/*")
        asked = ("ls-remote", "--symref", "--end-of-options", REMOTE, *patterns)
        try:
            asking = partial(run_git, asked, remote=self.url, most=self.limits.refs)
            out = with_retries(asking, self._remotes.progress)
        except TooMuchOutput as error:
            raise FetchError(
                f"{self.url.text} names more branches and tags than are looked at",
                why=f"the names alone are more than {in_words(self.limits.refs)}",
                hint="ask whoever keeps it to delete what is no release",
            ) from error
        except GitFailure as failure:
            self._refused = self._unreachable(failure)
            raise self._refused from failure
        if not out and self._answers_with_a_page():
            self._refused = self._web_page()
            raise self._refused
        listing = out.decode("utf-8", "replace")
        self._remember(listing)
        return listing

    def _remember(self, listing: str) -> None:
        """Keep the answer for `--offline`; a cache that cannot be written to is no reason to stop."""
        data = listing.encode()
        with suppress(OSError):
            if self._last() == data:
                return
        scratch = self.folder.with_suffix(".refs.new")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Two that wrote into the same scratch would tear it: the second one lets it be.
            with held(self.folder.with_suffix(".refs.lock"), "the cache", Patience(waits=False)):
                try:
                    scratch.write_bytes(data)
                    scratch.replace(self.folder.with_suffix(".refs"))
                finally:
                    scratch.unlink(missing_ok=True)
        except (OSError, DiskError, RefusedError):
            pass

    def _last_listing(self) -> str:
        try:
            return self._last().decode("utf-8", "replace")
        except OSError as error:
            raise self._offline("the branches and tags") from error

    def _last(self) -> bytes:
        return read_plain_file(self.folder.with_suffix(".refs"), _LARGEST_LISTING)

    def need(self, wants: Iterable[Want]) -> None:
        """Make sure that these commits and trees are in the cache: at most one fetch in the usual case.

        Raises:
            FetchError: where the repository does not deliver them.
        """
        wanted = {want.object_id: want for want in wants}
        self._look_at([oid for oid, want in wanted.items() if not want.tree])
        there = self._seen(wanted)
        missing = {oid: want for oid, want in wanted.items() if oid not in there}
        if not missing:
            self._tidy()
            return
        if self._remotes.offline:
            raise self._offline(f"commit {next(iter(missing.values())).commit[:12]}")
        self._say(f"fetching {self.url.text}")
        with self._locked():
            still = self._fetch_wants(missing)
        if still and self._answers_with_a_page():
            raise self._web_page()
        if still:
            want = next(iter(still.values()))
            error = GoneError(
                f"{self.url.text} does not deliver commit {want.commit[:12]}",
                why="it is not, or no longer, part of any branch or tag there",
                hint="contact the registry maintainer, or ask for another commit in agentsync.yaml",
            )
            error.commit = want.commit
            raise error

    def tag_object(self, ref: str) -> tuple[str, bytes]:
        """The id and the bytes of what a tag names itself, fetched as it is now; no bytes for a plain tag.

        Raises:
            FetchError: where it cannot be had.
        """
        own = f"refs/agentsync/signed/{ref.removeprefix('refs/')}"
        if not self._remotes.offline:
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
        if self._remotes.offline:
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

    def _look_at(self, commits: Sequence[str]) -> None:
        """Read commits that may be in the cache, and their root trees: whoever needs one reads them next."""
        new = [commit for commit in commits if commit not in self._present]
        if new and self.folder.is_dir():
            found = list(self._objects([name for commit in new for name in (commit, f"{commit}^{{tree}}")]))
            sizes = {one.oid: len(one.data) for one in found if one is not None}
            self._present.update({commit: sizes[commit] for commit in new if commit in sizes})

    def _seen(self, oids: Iterable[str]) -> dict[str, int]:
        """How many bytes those have that are in the cache; one that was seen there once is not looked for again."""
        asked = list(oids)
        known = self._present.copy()  # another thread may forget them all
        known |= {oid: len(kept.data) for oid in asked if (kept := self._kept.get(oid)) is not None}
        found = self.sizes([oid for oid in asked if oid not in known])
        self._present.update(found)
        known |= found
        return {oid: known[oid] for oid in asked if oid in known}

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
            if self._remotes.offline:
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
            raise unwritable(self.folder, error.strerror or str(error)) from error

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
