"""The record of a repository's refs on disk, for `--offline` and for other processes.

All refs are in one file as git lists them; what was asked for later, and only in part, is in a second one, which says
which refs it tells about. So a narrow answer hides nothing that an earlier one had. The second one also says which
first one it was written beside: with another one it is older, and does not count.

None of this waits for the disk. The last line of each file is a sum of all that is before it: what a power cut left of
a record is no record, and its refs are asked for again.
"""

from __future__ import annotations

from binascii import crc32
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
_LENGTH_OF_SUM: Final = len(f"{0:08x}\n")
# Instead of the sum of a file.
_NONE: Final = "-"
_DAMAGED: Final = ""


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
        whole = _text(self._all)
        part = self._part(whole)
        if whole is None or part is None:
            return part if whole is None else Listing(whole)
        return Listing(whole).with_newer(part)

    def _part(self, whole: str | None) -> Listing | None:
        """Return what was asked for since all refs were recorded."""
        base, _, text = (_text(self._some) or "").partition("\n")
        return listing_in(text) if base and base == self._base(whole) else None

    def _base(self, whole: str | None) -> str:
        if whole is None:
            return _DAMAGED if self._all.exists() else _NONE
        return _sum_of(whole.encode()).decode("ascii").rstrip("\n")

    def mentions(self, texts: Iterable[str]) -> bool:
        """Return whether one of these is in what was recorded when this was asked first."""
        if self._seen is None:
            self._seen = (_text(self._all) or "") + (_text(self._some) or "")
        seen = self._seen
        return bool(seen) and any(text in seen for text in texts)

    def write(self, newer: Listing) -> None:
        """Record what a remote answered now; a cache that cannot be written to is no failure."""
        with suppress(OSError, DiskError, RefusedError):
            known = _text(self._all)
            if newer.held is None and known == newer.text and not self._some.exists():
                return
            make_folders(self._all.parent, 0o700)
            # Two processes that wrote one scratch file would mix their bytes: the second one does not write.
            with process_lock(self._lock, "the cache", Patience(waits=False)):
                if newer.held is not None:
                    self._add(newer, _text(self._all))
                    return
                if known != newer.text:
                    _put(self._all, newer.text)
                remove(self._some)

    def _add(self, newer: Listing, whole: str | None) -> None:
        if whole is None and self._all.exists():
            remove(self._some)  # it is older than what is lost
            remove(self._all)
        known = self._part(whole)
        text = f"{self._base(whole)}\n{(newer if known is None else known.with_newer(newer)).to_text()}"
        if text != _text(self._some):
            _put(self._some, text)


def _put(goal: Path, text: str) -> None:
    data = text.encode()
    scratch = goal.with_suffix(f"{goal.suffix}.new")
    try:
        scratch.write_bytes(data + _sum_of(data))
        replace(scratch, goal)
    finally:
        remove(scratch)


def _text(path: Path) -> str | None:
    """Return what a record holds; None where there is none, or not all of it."""
    with suppress(OSError):
        data = read_plain_file(path, _LARGEST)
        text, told = data[:-_LENGTH_OF_SUM], data[-_LENGTH_OF_SUM:]
        return text.decode("utf-8", "replace") if told == _sum_of(text) else None
    return None


def _sum_of(data: bytes) -> bytes:
    return b"%08x\n" % crc32(data)
