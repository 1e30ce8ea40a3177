"""Every step of a process that changes a file system, numbered, and a fault before one of them.

Opening for writing, renaming, linking, removing, making folders, changing modes and starting a
program are announced by the interpreter itself (`sys.addaudithook`), so that none is missed.
Writing and flushing are not; files that are opened for writing count what goes through them.
The process under test knows nothing of it. An audit hook cannot be taken away again, so all of
this belongs into a process that was forked for one run.
"""

import builtins
import errno
import io
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from agentsync.platform.flushing import FileSystem
from agentsync.platform.open_folder import Entry

_RENAMES: Final = {"os.rename", "os.link", "os.symlink", "os.mkdir", "os.truncate"}
_REMOVALS: Final = {"os.remove", "os.rmdir"}
_OTHERS: Final = {"os.chmod", "os.utime"}
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Fault(StrEnum):
    """The kinds of fault at a step."""

    NONE = "none"
    KILL = "kill"  # SIGKILL before it
    TORN = "torn"  # half of it is written, then SIGKILL
    POWER = "power"  # what was written and not flushed is gone, then SIGKILL
    ENOSPC = "enospc"  # it fails, once
    EIO = "eio"  # it fails, once
    FULL = "full"  # from here on nothing more can be stored
    READ_ONLY = "read-only"  # from here on nothing can be changed
    SIGINT = "sigint"
    SIGTERM = "sigterm"
    EDIT = "edit"  # a person saves a file right before it


_FAILING: Final = (Fault.ENOSPC, Fault.EIO, Fault.FULL, Fault.READ_ONLY)


class Step(NamedTuple):
    """A step, and which faults can happen at it.

    Args:
        tears: half of it can be done.
        holds_back: something was written before it, and is not on disk.
    """

    name: str
    tears: bool
    holds_back: bool

    def takes(self, fault: Fault) -> bool:
        """Return whether this fault makes a difference: where nothing tears, or is lost, it is the same as a kill."""
        if fault is Fault.TORN:
            return self.tears
        if fault is Fault.POWER:
            return self.holds_back
        return fault not in _FAILING or _error(fault, self.name) is not None


class Steps:
    """Counts steps, and lets a fault happen before one.

    Args:
        fault: what happens.
        at: before which step, counted from 1.
        edit: saves a file as a person would, for `Fault.EDIT`.
    """

    def __init__(self, fault: Fault, at: int, edit: Callable[[], None] | None = None) -> None:
        self.taken: list[Step] = []
        self._fault = fault
        self._at = at
        self._edit = edit
        self._guard = threading.Lock()
        # A second handle of each file that was written and not flushed, by device and inode.
        self._unflushed: dict[tuple[int, int], int] = {}
        self._ours = threading.local()

    def watch(self) -> None:
        """Count from now on, for the rest of this process."""
        sys.addaudithook(self._announced)
        _count_flushes(self)
        _count_writes(self)
        _count_bare_writes(self)
        _count_swaps(self)

    def written(self, handle: int) -> None:
        """A file was written to: until it is flushed, its bytes are not on disk."""
        status = os.fstat(handle)
        if (status.st_dev, status.st_ino) not in self._unflushed:
            self._unflushed[status.st_dev, status.st_ino] = os.dup(handle)

    def flushed(self, handle: int | None) -> None:
        """A file is on disk; with None, all that was written is."""
        if handle is None:
            self._unflushed.clear()
        else:
            status = os.fstat(handle)
            self._unflushed.pop((status.st_dev, status.st_ino), None)

    def _holds_back(self) -> bool:
        """Return whether a file that still has a name is not on disk."""
        return any(os.fstat(handle).st_nlink for handle in list(self._unflushed.values()))

    def step(self, name: str, torn: Callable[[], None] | None = None) -> None:
        """One step is about to be taken; `torn` does half of it."""
        if getattr(self._ours, "busy", False):
            return
        with self._guard:
            self.taken.append(Step(name, torn is not None, self._holds_back()))
            number = len(self.taken)
        lasting = self._fault in (Fault.FULL, Fault.READ_ONLY)
        if number == self._at or (lasting and number > self._at):
            self._ours.busy = True
            try:
                self._happen(name, torn)
            finally:
                self._ours.busy = False

    def _happen(self, name: str, torn: Callable[[], None] | None) -> None:
        fault = self._fault
        if fault is Fault.TORN and torn is not None:
            torn()
        if fault is Fault.POWER:
            for handle in self._unflushed.values():
                os.ftruncate(handle, 0)
        if fault in (Fault.KILL, Fault.TORN, Fault.POWER):
            os.kill(os.getpid(), signal.SIGKILL)
        if fault in (Fault.SIGINT, Fault.SIGTERM):
            os.kill(os.getpid(), signal.SIGINT if fault is Fault.SIGINT else signal.SIGTERM)
        if fault is Fault.EDIT and self._edit is not None:
            self._edit()
        if (number := _error(fault, name)) is not None:
            raise OSError(number, os.strerror(number))

    def _announced(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and _opens_for_writing(arguments):
            self.step(f"open {arguments[0]}")
        elif event in _RENAMES or event in _REMOVALS or event in _OTHERS:
            self.step(f"{event.removeprefix('os.')} {arguments[0]}")
        elif event == "subprocess.Popen":
            self.step(f"run {_command(arguments[1])}")


def _error(fault: Fault, name: str) -> int | None:
    """Return the error of the file system at a step of this kind; None for no error."""
    kind = name.partition(" ")[0]
    if kind == "run":
        return None
    if fault is Fault.ENOSPC and kind not in ("remove", "rmdir", "chmod"):
        return errno.ENOSPC
    if fault is Fault.EIO:
        return errno.EIO
    if fault is Fault.READ_ONLY:
        return errno.EROFS
    if fault is Fault.FULL and kind in ("open", "write", "mkdir", "link", "symlink"):
        return errno.ENOSPC
    return None


def _opens_for_writing(arguments: tuple[Any, ...]) -> bool:
    path, _, flags = arguments
    return isinstance(path, str | bytes) and isinstance(flags, int) and bool(flags & _WRITING)


def _command(words: object) -> str:
    """The git command among a program's arguments, without its settings."""
    parts = [str(word) for word in words] if isinstance(words, list | tuple) else [str(words)]
    place = 1
    while place < len(parts) and parts[place].startswith("-"):
        place += 2 if parts[place] == "-c" else 1
    return " ".join([parts[0], *parts[place : place + 1]])


def _count_flushes(steps: Steps) -> None:
    real = os.fsync

    def fsync(handle: Any) -> None:
        steps.step("fsync")
        real(handle)
        steps.flushed(handle if isinstance(handle, int) else handle.fileno())

    def flush(system: FileSystem) -> None:
        steps.step("syncfs")
        whole(system)
        steps.flushed(None)

    whole = FileSystem.flush
    os.fsync = fsync  # type: ignore[assignment]
    FileSystem.flush = flush  # type: ignore[assignment, method-assign]


def _count_swaps(steps: Steps) -> None:
    """The calls that go past the interpreter."""
    swap, rename = Entry.exchange, Entry.rename_new

    def exchange(one: Entry, other: Entry) -> bool:
        steps.step(f"exchange {other.path}")
        return swap(one, other)

    def rename_new(one: Entry, other: Entry) -> bool:
        steps.step(f"rename {other.path}")
        return rename(one, other)

    Entry.exchange = exchange  # type: ignore[assignment, method-assign]
    Entry.rename_new = rename_new  # type: ignore[assignment, method-assign]


def _count_bare_writes(steps: Steps) -> None:
    """Let whatever is written to a plain file by its handle count, but for what is said."""
    real = os.write

    def write(handle: int, data: Any) -> int:
        if handle <= 2 or not stat.S_ISREG(os.fstat(handle).st_mode):
            return real(handle, data)
        whole = bytes(data)

        def half() -> None:
            real(handle, whole[: len(whole) // 2])

        steps.step("write", half)
        done = real(handle, whole)
        steps.written(handle)
        return done

    os.write = write


def _count_writes(steps: Steps) -> None:
    """Let every plain file that is opened for writing tell what is written to it."""
    real = io.open

    class Counting(io.FileIO):
        def write(self, data: Any) -> int:
            whole = bytes(data)

            def half() -> None:
                io.FileIO.write(self, whole[: len(whole) // 2])

            steps.step("write", half)
            done = super().write(whole) or 0
            steps.written(self.fileno())
            return done

    def opened(file: Any, mode: str = "r", buffering: int = -1, *text: Any, **options: Any) -> Any:
        options |= dict(zip(("encoding", "errors", "newline"), text, strict=False))
        is_file = not isinstance(file, int) or stat.S_ISREG(os.fstat(file).st_mode)
        if not is_file or "opener" in options or "+" in mode or buffering == 0 or not set(mode) & set("wxa"):
            return real(file, mode, buffering, **options)
        writer = io.BufferedWriter(Counting(file, mode.replace("b", "")))
        return writer if "b" in mode else io.TextIOWrapper(writer, **options)

    io.open = opened
    builtins.open = opened
    send = os.sendfile

    def sendfile(*arguments: Any) -> int:
        steps.step("write")
        return send(*arguments)

    os.sendfile = sendfile  # type: ignore[assignment]
