"""The file that a run writes before it changes anything: what it is about to do, with a stamp."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from agentsync.disk.stamps import LENGTH, Stamps
from agentsync.disk.state_folder import StateFolder
from agentsync.platform.plain_files import open_plain, pieces, read_handle

_NAME: Final = "journal"
_LARGEST: Final = 1024 * 1024 * 1024


class JournalFile:
    """The file `.agentsync/journal` of one scope."""

    def __init__(self, folder: StateFolder, stamps: Stamps) -> None:
        self._folder = folder
        self._stamps = stamps

    @property
    def path(self) -> Path:
        """Return where it is."""
        return self._folder.path / _NAME

    @property
    def is_begun(self) -> bool:
        """Return whether a run has begun to change something here, and has not ended."""
        return self.read() is not None

    @property
    def is_pending(self) -> bool:
        """Return whether a run is at work here or was interrupted; it may have changed nothing yet."""
        return any(os.path.lexists(where) for where in (self.path, self._folder.path / "stage"))

    def read(self) -> bytes | None:
        """Return what a run here is about to do, None where there is no journal with a stamp of this folder."""
        try:
            handle = open_plain(self.path)
        except OSError:
            return None
        try:
            stamp = os.read(handle, LENGTH + 1).removesuffix(b"\n").decode("ascii", "replace")
            size = os.fstat(handle).st_size
            if size > _LARGEST or not self._stamps.holds(stamp, _NAME, pieces(handle, size)):
                return None
            os.lseek(handle, LENGTH + 1, os.SEEK_SET)
            return read_handle(handle, size, size - LENGTH - 1)
        except OSError:
            return None
        finally:
            os.close(handle)

    def write(self, data: bytes) -> None:
        """Write what is about to be done; without a stamp it is not replayed after an interruption.

        Raises:
            OSError: where the file system refuses.
        """
        self._folder.make_way(self.path)
        stamp = self._stamps.make(_NAME, [data])
        self._folder.write(self.path, f"{stamp or '-' * LENGTH}\n".encode() + data)
        with self._folder.enter() as folder:
            folder.flush()
