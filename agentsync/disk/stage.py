"""New files of one run: all are written aside, flushed to disk in one call, and then moved to their places.

A file that is moved before its bytes are on disk may be empty after a power cut. To flush each by itself takes as many
waits for the disk as there are files; where the system flushes a whole file system in one call, one is enough.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from agentsync.disk.whole import NEW
from agentsync.errors import UnsafeError
from agentsync.platform.flushing import FileSystem, file_system_of
from agentsync.platform.open_folder import Entry, OpenFolder

# So many files and folders are flushed one by one: the one call also waits for what other programs wrote.
FEW: Final = 4


class Stage:
    """The staged files of one run; at the end, those that were not taken are removed.

    Args:
        enter: opens the folder of staged files; another file system than its own is not staged for.
    """

    def __init__(self, enter: Callable[[], AbstractContextManager[OpenFolder]]) -> None:
        self._enter = enter
        self._wanted: dict[str, tuple[bytes, bool]] = {}
        self._staged: dict[str, tuple[Entry, bytes, bool]] = {}
        self._open = ExitStack()
        self._system: FileSystem | None = None
        self._is_tried = False
        self._number = 0

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()
        if self._system is not None:
            self._system.close()
        self._open.close()

    def add(self, where: str, data: bytes, *, executable: bool = False) -> None:
        """Say what will be written to a path; nothing is written yet."""
        self._wanted[where] = data, executable

    def add_all(self, files: Mapping[Path, bytes]) -> None:
        """Say the same of several files of the scope's state."""
        for where, data in files.items():
            self.add(str(where), data)

    def is_worth_it(self, folders: int = 0) -> bool:
        """Return whether so much is to be flushed that one call for all of it is better, and there is such a call.

        Args:
            folders: the number of folders that are to be flushed beside what was added.
        """
        if len(self._wanted) + folders <= FEW:
            return False
        if self._system is None and not self._is_tried:
            self._is_tried = True
            with suppress(OSError, UnsafeError):
                self._folder: OpenFolder = self._open.enter_context(self._enter())
                self._system = file_system_of(self._folder)
        return self._system is not None

    def settle(self, folders: int = 0) -> int | None:
        """Stage what was added, and flush all that was written on its file system, now or before.

        Args:
            folders: the number of folders that are to be flushed with it.

        Returns:
            The device of the file system; None where it is not worth it, or failed: then each file is flushed when it
            is written.
        """
        if not self.is_worth_it(folders) or self._system is None:
            return None
        try:
            self._write()
            self._system.flush()
        except OSError:
            self._discard()
            return None
        return self._system.device

    def _write(self) -> None:
        prefix = f"{os.getpid()}-{threading.get_ident()}"
        while self._wanted:
            where, (data, executable) = next(iter(self._wanted.items()))
            self._number += 1
            entry = Entry(self._folder, f"{prefix}-{self._number}{NEW}")
            self._staged[where] = entry, data, executable
            mode = 0o777 if executable else 0o666
            try:
                entry.write_new(data, mode, flush=False)
            except FileExistsError:
                # A process that was killed may have had the same number; in a container it always has.
                entry.unlink()
                entry.write_new(data, mode, flush=False)
            del self._wanted[where]

    def take(self, where: str, folder: OpenFolder, data: bytes, *, executable: bool = False) -> Entry | None:
        """Return the staged file for a path; None where it has to be written.

        Args:
            where: the path.
            folder: the folder of the path.
            data: the bytes that the file must have.
            executable: whether it must be executable.
        """
        entry, staged, mode = self._staged.get(where, (None, b"", False))
        if entry is None or self._system is None or (staged, mode) != (data, executable):
            return None
        if folder.device() != self._system.device:
            return None
        del self._staged[where]
        return entry

    def _discard(self) -> None:
        for entry, _, _ in self._staged.values():
            with suppress(OSError):
                entry.unlink(missing_ok=True)
        self._staged.clear()
        self._wanted.clear()
