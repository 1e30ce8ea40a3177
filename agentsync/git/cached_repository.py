"""One cached repository: its refs and its objects, fetched where they are missing.

Every object that is read is hashed again, because git returns a damaged object as if it were whole. A damaged copy is
set aside, and fetched anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from agentsync.errors import FetchError, GoneError, IntegrityError
from agentsync.git.cached_refs import CachedRefs
from agentsync.git.fetching import Fetcher, Want, unwritable
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_object import DamagedCache
from agentsync.git.notes import Notes
from agentsync.git.objects import ObjectReader
from agentsync.git.remotes import Remote, Remotes
from agentsync.model.limits import DEFAULT_LIMITS, Limits
from agentsync.platform.files import drop_tree, remove_tree, replace
from agentsync.versions.refs import Refs

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

T = TypeVar("T")
_NOTES: Final = "agentsync-1"


class CachedRepository:
    """The cached copy of one repository."""

    def __init__(self, url: GitUrl, folder: Path, remotes: Remotes, limits: Limits = DEFAULT_LIMITS) -> None:
        self.url = url
        self.folder = folder
        self.limits = limits
        self.notes = Notes(folder / _NOTES)
        self.objects = ObjectReader(folder, limits)
        self._remotes = remotes
        self._remote = Remote(url, remotes, limits)
        self._refs = CachedRefs(folder, self._remote, remotes)
        self._fetcher = Fetcher(self.objects, self._remote, remotes)

    def refs(self) -> Refs:
        """Return its branches and tags, see `CachedRefs.refs`."""
        return self._refs.refs()

    def listing_id(self) -> str:
        """Return a digest of the listing of its refs."""
        return self._refs.listing_id()

    def need(self, wants: Iterable[Want]) -> None:
        """Fetch those of these commits and trees that are not in the cache: at most one fetch in the usual case.

        Raises:
            FetchError: where the repository does not deliver them.
        """
        wanted = {want.object_id: want for want in wants}
        self.objects.preload([oid for oid, want in wanted.items() if not want.tree])
        missing = self.objects.absent(wanted)
        if not missing:
            self._fetcher.delete_leftovers()
            return
        if self._remotes.offline:
            raise self._remote.offline(f"commit {next(iter(missing.values())).commit[:12]}")
        self._remotes.say(f"fetching {self.url.text}")
        gone = self._fetcher.fetch_wants(missing)
        if not gone:
            return
        self._remote.refuse_web_page()
        want = next(iter(gone.values()))
        error = GoneError(
            f"{self.url.text} does not deliver commit {want.commit[:12]}",
            why="it is not, or no longer, part of any branch or tag there",
            hint="contact the registry maintainer, or ask for another commit in agentsync.yaml",
        )
        error.commit = want.commit
        raise error

    def need_blobs(self, oids: Iterable[str]) -> dict[str, int]:
        """Fetch those of these blobs that are not in the cache, all at once; return the size of each in bytes.

        Raises:
            DamagedCache: where one is still missing.
        """
        wanted = list(dict.fromkeys(oids))
        found = self.objects.sizes(wanted)
        missing = [oid for oid in wanted if oid not in found]
        if not missing:
            return found
        if self._remotes.offline:
            raise self._remote.offline(f"{len(missing)} files")
        self._remotes.say(f"fetching {len(missing)} files of {self.url.text}")
        self._fetcher.fetch_blobs(missing)
        found = self.objects.sizes(wanted)
        if gone := [oid for oid in wanted if oid not in found]:
            raise DamagedCache(f"blob {gone[0]} cannot be read")
        return found

    def tag_object(self, ref: str) -> tuple[str, bytes]:
        """Return id and bytes of the object that a tag names itself, fetched anew; no bytes for a lightweight tag.

        Raises:
            FetchError: where it cannot be fetched.
        """
        own = f"refs/agentsync/signed/{ref.removeprefix('refs/')}"
        if not self._remotes.offline:
            self._fetcher.fetch_tag(ref, own)
        try:
            oid = run_git(("rev-parse", "--verify", "--end-of-options", own), git_dir=self.folder).decode().strip()
        except GitFailure as failure:
            raise self._remote.unreachable(failure) from failure
        found = self.objects.read_object(oid)
        return oid, found.data if found.kind == b"tag" else b""

    def verify(self, command: str, oid: str, allowed: Path | None) -> str:
        """Return the output of git for a good signature.

        Args:
            command: `verify-tag` or `verify-commit`.

        Raises:
            GitFailure: where the signature is not good.
        """
        signers = ("-c", f"gpg.ssh.allowedSignersFile={allowed or os.devnull}")
        printed = run_git((*signers, command, "--raw", oid), git_dir=self.folder, with_errors=True)
        return printed.decode("utf-8", "replace")

    def healing(self, read: Callable[[], T]) -> T:
        """Run `read`; where the cache turns out damaged, replace the repository and run it once more.

        Raises:
            IntegrityError: where a fresh copy is damaged too.
            FetchError: where no fresh copy can be fetched.
        """
        seen = self._identity()
        try:
            return read()
        except DamagedCache as error:
            if self._remotes.offline:
                raise FetchError(
                    f"the cached copy of {self.url.text} is damaged", why=str(error), hint="run once without --offline"
                ) from error
        self.objects.forget()
        aside = self.folder.with_suffix(".old")
        with self._fetcher.guarded():
            # Another process may have found the same damage, and replaced the copy.
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
            self._delete_aside(aside)

    def close(self) -> None:
        """End the persistent git processes; the next question starts them again."""
        self.objects.close()

    def _set_aside(self, aside: Path) -> None:
        drop_tree(aside)
        try:
            replace(self.folder, aside)
        except OSError as error:
            raise unwritable(self.folder, error.strerror or str(error)) from error

    def _delete_aside(self, aside: Path) -> None:
        """Delete the damaged copy; put it back where no other came, as some of it may exist nowhere else."""
        if aside.exists():
            with self._fetcher.guarded(), suppress(OSError):
                if self.folder.exists():
                    remove_tree(aside)
                else:
                    replace(aside, self.folder)

    def _identity(self) -> tuple[int, int] | None:
        """Return what differs between this copy and another that replaces it."""
        try:
            status = (self.folder / "HEAD").stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns
