"""A git that stays, and answers one question after the other.

To start a git for each question takes longer than most answers. One that does not answer as it should, complains, or
is not heard to the end is ended; the next question goes to a fresh one, which sees the repository as it is then.
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

from agentsync.git.git import HEARTBEAT, GitFailure, begin_git, end_git, what_git_said

if TYPE_CHECKING:
    from agentsync.git.git import Process

T = TypeVar("T")

# So many stay at the same time; each of them holds three open files. Any more end with their answer.
_STAYING: Final = 32
# What a pipe holds: room for more would be made anew for each read.
_CHUNK: Final = 1 << 16
_COMPLAINT: Final = re.compile(rb"^error: ", re.MULTILINE)

_slots = threading.Semaphore(_STAYING)


class BatchProcess:
    """Questions to one git, put in turn by any thread.

    Args:
        arguments: the git command: it only reads, takes lines, and answers each at once.
        git_dir: the bare repository to work in.
    """

    def __init__(self, arguments: Sequence[str], git_dir: Path) -> None:
        self._arguments = tuple(arguments)
        self._git_dir = git_dir
        self._turn = threading.Lock()
        self._partner: Partner | None = None
        self._stays = False
        # Also where nobody closes it, and when Python ends.
        self._leave: Callable[[], object] = _nothing

    def ask(self, question: bytes, hear: Callable[[Partner], T]) -> T:
        """Put a question.

        Args:
            question: whole lines.
            hear: takes the whole answer, and no more.

        Raises:
            GitFailure: where git ends, or complains: it tells of a damaged index, takes its objects for missing, and
                goes on as if all were well.
        """
        with self._turn:
            is_fine = False
            try:
                partner = self._present()
                partner.tell(question)
                found = hear(partner)
                if _COMPLAINT.search(complaints := partner.complaints()):
                    raise GitFailure(self._arguments, 0, what_git_said(complaints))
                is_fine = True
            finally:
                if not is_fine or not self._stays:
                    self._end()
        return found

    def close(self) -> None:
        """End it; the next question begins another."""
        with self._turn:
            self._end()

    def _present(self) -> Partner:
        if self._partner is None or self._partner.has_left:
            self._end()
            process = begin_git(self._arguments, self._git_dir)
            self._stays = _slots.acquire(blocking=False)
            self._leave = weakref.finalize(self, _dismiss, process, self._stays)
            self._partner = Partner(self._arguments, process)
        return self._partner

    def _end(self) -> None:
        self._partner = None
        self._leave()


class Partner:
    """A git that is asked; it is told the rest of the question while it answers.

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
        self._untold = memoryview(b"")
        self._said = b""
        self._heard = b""
        self._place = 0

    @property
    def has_left(self) -> bool:
        """Whether it has ended since it was asked last."""
        return self._process.poll() is not None

    def tell(self, question: bytes) -> None:
        """Begin to tell it a question."""
        if question:
            self._untold = memoryview(question)
            self._poll.register(self._in, select.POLLOUT)

    def line(self) -> bytes:
        """The next line of its answer, without the end of the line.

        Raises:
            GitFailure: where it ends before.
        """
        while (end := self._heard.find(b"\n", self._place)) < 0:
            self._listen()
        found = self._heard[self._place : end]
        self._place = end + 1
        return found

    def take(self, size: int) -> bytes:
        """The next so many bytes of its answer.

        Raises:
            GitFailure: where it ends before.
        """
        parts = []
        while True:
            part = self._heard[self._place : self._place + size]
            self._place += len(part)
            parts.append(part)
            size -= len(part)
            if not size:
                return b"".join(parts)
            self._listen()

    def complaints(self) -> bytes:
        """What it complained of since it was asked last."""
        self._hear_complaints()
        said, self._said = self._said, b""
        return said

    def _listen(self) -> None:
        """Wait until there is more of the answer."""
        before = len(self._heard) - self._place
        while len(self._heard) - self._place == before:
            for pipe, _ in self._poll.poll(HEARTBEAT * 1000):
                if pipe == self._in:
                    self._tell_more()
                elif pipe == self._err:
                    self._hear_complaints()
                elif chunk := os.read(self._out, _CHUNK):
                    self._heard = self._heard[self._place :] + chunk
                    self._place = 0
                else:
                    raise self._failure()

    def _tell_more(self) -> None:
        try:
            self._untold = self._untold[os.write(self._in, self._untold) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._untold = memoryview(b"")  # it has ended: that is heard as well
        if not self._untold:
            self._poll.unregister(self._in)

    def _hear_complaints(self) -> None:
        try:
            said = os.read(self._err, _CHUNK)
        except BlockingIOError:
            return
        self._said += said
        if not said:
            self._poll.unregister(self._err)

    def _failure(self) -> GitFailure:
        os.set_blocking(self._err, True)
        while said := os.read(self._err, _CHUNK):
            self._said += said
        return GitFailure(self._arguments, self._process.wait(), what_git_said(self._said))


def _dismiss(process: Process, stayed: bool) -> None:
    end_git(process)
    if stayed:
        _slots.release()


def _nothing() -> None:
    """Nobody is there yet."""
