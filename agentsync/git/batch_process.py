"""A persistent git that answers one request after the other, such as `git cat-file --batch`.

Starting a git for each request takes longer than most answers. A process that ends, writes an error, or whose answer
is not read to its end is replaced: the next request starts another, which sees the repository as it is then.
"""

from __future__ import annotations

import os
import re
import select
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from agentsync.git.git import HEARTBEAT, GitFailure, begin_git, end_git, error_text

if TYPE_CHECKING:
    from agentsync.git.git import Process

T = TypeVar("T")

# Processes that persist at the same time, each with three open files. Further ones end after one answer.
_MOST_PERSISTENT: Final = 32
# The capacity of a pipe: a larger buffer would be allocated anew for each read.
_CHUNK: Final = 1 << 16
_ERROR_LINE: Final = re.compile(rb"^error: ", re.MULTILINE)

_slots = threading.Semaphore(_MOST_PERSISTENT)


class BatchProcess:
    """Requests to one git, sent in turn by any thread.

    Args:
        arguments: a git command that only reads, takes lines, and answers each at once.
        git_dir: the bare repository to work in.
    """

    def __init__(self, arguments: Sequence[str], git_dir: Path) -> None:
        self._arguments = tuple(arguments)
        self._git_dir = git_dir
        self._turn = threading.Lock()
        self._pipes: Pipes | None = None
        self._persists = False
        # Runs too when the object is collected without `close`, and when Python ends.
        self._finish: Callable[[], object] = _nothing

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
                pipes.write(request)
                found = read(pipes)
                if _ERROR_LINE.search(errors := pipes.read_errors()):
                    raise GitFailure(self._arguments, 0, error_text(errors))
                is_fine = True
            finally:
                if not is_fine or not self._persists:
                    self._end()
        return found

    def close(self) -> None:
        """End the process; the next request starts another."""
        with self._turn:
            self._end()

    def _running(self) -> Pipes:
        if self._pipes is None or self._pipes.has_ended:
            self._end()
            process = begin_git(self._arguments, self._git_dir)
            self._persists = _slots.acquire(blocking=False)
            self._finish = weakref.finalize(self, _end_process, process, self._persists)
            self._pipes = Pipes(self._arguments, process)
        return self._pipes

    def _end(self) -> None:
        self._pipes = None
        self._finish()


class Pipes:
    """The pipes of a running git; the rest of a request is written while the answer is read.

    Args:
        arguments: its command, for messages.
        process: the git.
    """

    def __init__(self, arguments: Sequence[str], process: Process) -> None:
        self._arguments = arguments
        self._process = process
        assert process.stdin and process.stdout and process.stderr
        self._in, self._out, self._err = (pipe.fileno() for pipe in (process.stdin, process.stdout, process.stderr))
        for pipe in (self._in, self._out, self._err):
            os.set_blocking(pipe, False)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)
        self._unwritten = memoryview(b"")
        self._errors = b""
        self._buffer = b""
        self._place = 0

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended since the last request."""
        return self._process.poll() is not None

    def write(self, request: bytes) -> None:
        """Begin to write a request."""
        if request:
            self._unwritten = memoryview(request)
            self._poll.register(self._in, select.POLLOUT)

    def read_line(self) -> bytes:
        """Return the next line of the answer, without its line end.

        Raises:
            GitFailure: where git ends before.
        """
        while (end := self._buffer.find(b"\n", self._place)) < 0:
            self._read_more()
        found = self._buffer[self._place : end]
        self._place = end + 1
        return found

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes of the answer.

        Raises:
            GitFailure: where git ends before.
        """
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
        self._collect_errors()
        errors, self._errors = self._errors, b""
        return errors

    def _read_more(self) -> None:
        """Wait until more of the answer is there."""
        before = len(self._buffer) - self._place
        while len(self._buffer) - self._place == before:
            for pipe, _ in self._poll.poll(HEARTBEAT * 1000):
                if pipe == self._in:
                    self._write_more()
                elif pipe == self._err:
                    self._collect_errors()
                elif chunk := os.read(self._out, _CHUNK):
                    self._buffer = self._buffer[self._place :] + chunk
                    self._place = 0
                else:
                    raise self._failure()

    def _write_more(self) -> None:
        try:
            self._unwritten = self._unwritten[os.write(self._in, self._unwritten) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._unwritten = memoryview(b"")  # git has ended: `_read_more` meets the end of its output
        if not self._unwritten:
            self._poll.unregister(self._in)

    def _collect_errors(self) -> None:
        try:
            errors = os.read(self._err, _CHUNK)
        except BlockingIOError:
            return
        self._errors += errors
        if not errors:
            self._poll.unregister(self._err)

    def _failure(self) -> GitFailure:
        os.set_blocking(self._err, True)
        while errors := os.read(self._err, _CHUNK):
            self._errors += errors
        return GitFailure(self._arguments, self._process.wait(), error_text(self._errors))


def _end_process(process: Process, persisted: bool) -> None:
    end_git(process)
    if persisted:
        _slots.release()


def _nothing() -> None:
    """Do nothing: no process runs yet."""
