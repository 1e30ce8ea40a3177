"""The record of a repository's refs on disk, for `--offline` and for other processes.

All refs are in one file as git lists them; what was asked for later, and only in part, is in a second one, which says
which refs it tells about. So a narrow answer hides nothing that an earlier one had.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.errors import DiskError, RefusedError
from agentsync.git.listing import Listing, listing_in
from agentsync.platform.files import remove, replace
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.process_lock import Patience, process_lock
from agentsync.platform.retrying import make_folders

_LARGEST: Final = 256 * 1024 * 1024  # bytes of a recorded listing


class RefsRecord:
    """The record beside one cached repository.

    Args:
        folder: of the repository.
    """

    def __init__(self, folder: Path) -> None:
        self._all, self._some = folder.with_suffix(".refs"), folder.with_suffix(".asked")
        self._lock = folder.with_suffix(".refs.lock")
        self._seen: str | None = None

    @property
    def files(self) -> tuple[Path, Path]:
        """The files that are others after the refs have changed."""
        return self._all, self._some

    def read(self) -> Listing | None:
        """Return what is recorded, None for nothing."""
        whole, part = _text(self._all), _text(self._some)
        found = None if whole is None else Listing(whole)
        if part is None:
            return found
        newer = listing_in(part)
        return newer if found is None else found.with_newer(newer)

    def mentions(self, texts: Iterable[str]) -> bool:
        """Return whether one of these is in what was recorded when this was asked first."""
        if self._seen is None:
            self._seen = (_text(self._all) or "") + (_text(self._some) or "")
        seen = self._seen
        return bool(seen) and any(text in seen for text in texts)

    def write(self, newer: Listing) -> None:
        """Record what a remote answered now; a cache that cannot be written to is no failure."""
        goal = self._all if newer.held is None else self._some
        with suppress(OSError, DiskError, RefusedError):
            before = _text(goal)
            if newer.held is None and before == newer.text and not self._some.exists():
                return
            make_folders(goal.parent, 0o700)
            # Two processes that wrote one scratch file would mix their bytes: the second one does not write.
            with process_lock(self._lock, "the cache", Patience(waits=False)):
                text = newer.text if newer.held is None else _merged(_text(goal), newer).to_text()
                if text != before:
                    _put(goal, text)
                if newer.held is None:
                    remove(self._some)


def _merged(before: str | None, newer: Listing) -> Listing:
    return newer if before is None else listing_in(before).with_newer(newer)


def _put(goal: Path, text: str) -> None:
    scratch = goal.with_suffix(f"{goal.suffix}.new")
    try:
        scratch.write_bytes(text.encode())
        replace(scratch, goal)
    finally:
        remove(scratch)


def _text(path: Path) -> str | None:
    with suppress(OSError):
        return read_plain_file(path, _LARGEST).decode("utf-8", "replace")
    return None
