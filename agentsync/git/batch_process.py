"""A persistent git that answers one request after the other, such as `git cat-file --batch`.

Starting a git for each request takes longer than most answers. A process that ends, writes an error, or whose answer
is not read to its end is replaced: the next request starts another, which sees the repository as it is then.
"""

from __future__ import annotations

import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, TypeVar

from agentsync.git.git import GitFailure, begin_git, end_git, error_text
from agentsync.git.places import Places
from agentsync.late import late
from agentsync.platform.files import scratch_file
from agentsync.platform.processes import widened

if TYPE_CHECKING:
    from agentsync.platform.processes import Process

T = TypeVar("T")

# Processes that persist at the same time, each with three open files.
_MOST_PERSISTENT: Final = 32
# The capacity of a pipe: a larger buffer would be allocated anew for each read.
_CHUNK: Final = 1 << 16
# Seconds in which git writes about a chunk of files.
_MOMENT: Final = 0.001
# The smallest pipe of any system: a git that reads an empty one takes so much without being read from.
_ALWAYS_FITS: Final = 4096
_ERROR_LINE: Final = late(rb"^error: ", re.MULTILINE)

_places = Places(_MOST_PERSISTENT)


class BatchProcess:
    """Requests to one git, sent in turn by any thread: a command that only reads, and answers each line at once."""

    def __init__(self, arguments: Sequence[str], git_dir: Path) -> None:
        self._arguments = tuple(arguments)
        self._git_dir = git_dir
        self._turn = threading.Lock()
        self._pipes: Pipes | None = None
        self._holder = object()
        self._persists = False
        # Runs too when the object is collected without `close`, and when Python ends.
        self._finish: Callable[[], object] = lambda: None

    def ask(self, request: bytes, read: Callable[[Pipes], T]) -> T:
        """Send a request and return its answer.

        Args:
            request: whole lines.
            read: reads the whole answer, and no more.

        Raises:
            GitFailure: where git ends, or writes an error: with a damaged index it reports one, takes the objects for
                missing, and continues.
        """
        with self._turn:
            is_fine = False
            try:
                pipes = self._running()
                _places.use(self._holder)
                pipes.write(request)
                found = read(pipes)
                if _ERROR_LINE.search(errors := pipes.read_errors()):
                    raise GitFailure(self._arguments, 0, error_text(errors))
                is_fine = True
            finally:
                if not is_fine or not self._persists:
                    self._end()
        return found

    def get_ready(self) -> None:
        """Start the process, so that the first request need not wait for that."""
        if self._turn.acquire(blocking=False):
            try:
                self._running()
            finally:
                self._turn.release()

    def close(self) -> None:
        """End the process; the next request starts another."""
        with self._turn:
            self._end()

    def leave(self) -> None:
        """End the process where it has nothing to do now."""
        if self._turn.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._turn.release()

    def _running(self) -> Pipes:
        if self._pipes is None or self._pipes.has_ended:
            self._end()
            errors = scratch_file()
            process = begin_git(self._arguments, self._git_dir, errors)
            me = weakref.ref(self)
            self._persists = _places.take(self._holder, lambda: None if (one := me()) is None else one.leave())
            self._finish = weakref.finalize(self, _end_process, process, errors, self._holder)
            self._pipes = Pipes(self._arguments, process, errors)
        return self._pipes

    def _end(self) -> None:
        self._pipes = None
        self._finish()


class Pipes:
    """The pipes of a running git; reading raises GitFailure where it ends before.

    Args:
        errors: the file that takes its standard error: what it wrote there before an answer can be read at once.
    """

    def __init__(self, arguments: Sequence[str], process: Process, errors: IO[bytes]) -> None:
        self._arguments = arguments
        self._process = process
        assert process.stdin and process.stdout
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        self._errors = errors
        self._errors_read = 0
        self._buffer = b""
        self._place = 0
        self._piece = _CHUNK
        self._last = 0

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def write(self, request: bytes) -> None:
        """Write a request; the rest of one that no pipe holds is written while the answer is read."""
        if len(request) <= _ALWAYS_FITS:
            _write_all(self._in, request)
        else:
            self._piece = max(self._piece, widened(self._out))
            threading.Thread(target=_write_all, args=(self._in, request), daemon=True).start()

    def read_line(self) -> bytes:
        """Return the next line of the answer, without its line end."""
        while (end := self._buffer.find(b"\n", self._place)) < 0:
            self._read_more()
        found = self._buffer[self._place : end]
        self._place = end + 1
        return found

    def read_block(self, size: int) -> bytes:
        """Return the next `size` bytes of the answer, and pass over the line end behind them."""
        end = self._place + size
        if end < len(self._buffer):
            found = self._buffer[self._place : end]
            self._place = end + 1
            return found
        found = self.read(size)
        self.read(1)
        return found

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes of the answer."""
        parts = []
        while True:
            part = self._buffer[self._place : self._place + size]
            self._place += len(part)
            parts.append(part)
            size -= len(part)
            if not size:
                return b"".join(parts)
            self._read_more()

    def read_errors(self) -> bytes:
        """Return what git wrote on standard error since the last request."""
        if os.fstat(self._errors.fileno()).st_size == self._errors_read:
            return b""
        self._errors.seek(self._errors_read)
        errors = self._errors.read()
        self._errors_read += len(errors)
        return errors

    def _read_more(self) -> None:
        if self._piece > _CHUNK and self._last < _CHUNK:
            time.sleep(_MOMENT)  # to wake up for each of many files takes longer than to read it
        chunk = os.read(self._out, self._piece)
        self._last = len(chunk)
        if not chunk:
            code = self._process.wait()
            raise GitFailure(self._arguments, code, error_text(self.read_errors()))
        self._buffer = self._buffer[self._place :] + chunk
        self._place = 0


def _write_all(pipe: int, data: bytes) -> None:
    with suppress(OSError):  # git has ended: the reader of its answer meets the end of its output
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(pipe, rest) :]


def _end_process(process: Process, errors: IO[bytes], holder: object) -> None:
    end_git(process)
    errors.close()
    _places.give_back(holder)
