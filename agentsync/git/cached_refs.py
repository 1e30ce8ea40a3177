"""The branches and tags of one cached repository: asked once in a session, and recorded for `--offline`."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agentsync.errors import DiskError, RefusedError
from agentsync.platform.files import remove, replace
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.process_lock import Patience, process_lock
from agentsync.versions.refs import Refs

if TYPE_CHECKING:
    from agentsync.git.remotes import Remote, Remotes

_LARGEST: Final = 256 * 1024 * 1024


class CachedRefs:
    """The refs of one repository."""

    def __init__(self, folder: Path, remote: Remote, remotes: Remotes) -> None:
        self._record = folder.with_suffix(".refs")
        self._remote = remote
        self._remotes = remotes
        self._read: tuple[str, Refs] | None = None

    def refs(self) -> Refs:
        """Return the branches and tags.

        Raises:
            FetchError: where the remote cannot be reached, or was never reached before going offline.
        """
        return self._answer()[1]

    def listing_id(self) -> str:
        """Return a digest of the listing that `refs` reads; raises the same."""
        return hashlib.sha256(self._answer()[0].encode()).hexdigest()

    def _answer(self) -> tuple[str, Refs]:
        answer = self._remote.answer
        with answer.guard:
            if not self._remotes.offline:
                if answer.failure is not None:
                    raise answer.failure
                if answer.listing is None:
                    answer.listing = self._remote.list_refs()
                    self._write(answer.listing)
            listing = answer.listing
            if listing is None:
                listing = self._read[0] if self._read is not None else self._recorded()
            if self._read is None or self._read[0] is not listing:
                self._read = listing, Refs(listing)
            return self._read

    def _write(self, listing: str) -> None:
        """Record the answer; a cache that cannot be written to is no failure."""
        data = listing.encode()
        with suppress(OSError):
            if read_plain_file(self._record, _LARGEST) == data:
                return
        scratch = self._record.with_suffix(".refs.new")
        try:
            self._record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Two processes that wrote one scratch file would mix their bytes: the second one does not write.
            with process_lock(self._record.with_suffix(".refs.lock"), "the cache", Patience(waits=False)):
                try:
                    scratch.write_bytes(data)
                    replace(scratch, self._record)
                finally:
                    remove(scratch)
        except (OSError, DiskError, RefusedError):
            pass

    def _recorded(self) -> str:
        try:
            return read_plain_file(self._record, _LARGEST).decode("utf-8", "replace")
        except OSError as error:
            raise self._remote.offline("the branches and tags") from error
