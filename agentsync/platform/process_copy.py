"""A copy of this process that does a part of its work on another processor.

Threads do not help where Python itself is at work: one runs at a time. A copy has all that was read before, and says in
a few bytes what it found out. Only Linux copies a process reliably; elsewhere, on one processor, and beside other
threads, whose locks a copy would hold for good, there is none, and the work is done in its turn.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType

_PIECE = 1 << 16
_NUMBER = 4  # bytes of a number; a pipe gives so few at once or not at all


class ProcessCopy:
    """A copy that is at work; at the end of the block, one that is not done is ended."""

    def __init__(self, number: int, answer: int) -> None:
        self._number = number
        self._answer = answer
        self._has_ended = False

    def __enter__(self) -> ProcessCopy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._answer)
        if not self._has_ended:
            with suppress(ProcessLookupError):
                os.kill(self._number, signal.SIGTERM)
            self._wait()

    def found(self) -> bytes | None:
        """Wait for its end, and return what its work returned; None where it failed."""
        parts = []
        while part := os.read(self._answer, _PIECE):
            parts.append(part)
        return b"".join(parts) if self._wait() == 0 else None

    def _wait(self) -> int:
        _, status = os.waitpid(self._number, 0)
        self._has_ended = True
        return status


class Turns:
    """The numbers of pieces of work; each is given once, to this process or to a copy of it."""

    def __init__(self, count: int) -> None:
        self._left, end = os.pipe()
        try:
            # What a pipe does not hold is done where the turns were made, as if a copy had failed.
            os.set_blocking(end, False)
            with suppress(BlockingIOError):
                for number in range(count):
                    os.write(end, number.to_bytes(_NUMBER, "big"))
        finally:
            os.close(end)

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers that no other has taken; several threads may do so."""
        while taken := os.read(self._left, _NUMBER):
            yield int.from_bytes(taken, "big")

    def close(self) -> None:
        os.close(self._left)


def processors() -> int:
    """Return on how many processors this process may run, 1 where that is not known."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def copied(work: Callable[[], bytes]) -> ProcessCopy | None:
    """Let a copy of this process do some work; None where there can be none, and the work is to be done here.

    Args:
        work: returns what it found out; what it changes in memory is lost, and it has to close what it opens. No pipe
            or process of this process may be used in it.
    """
    if processors() < 2 or threading.active_count() > 1:
        return None
    answer, end = os.pipe()
    try:
        number = os.fork()
    except OSError:
        os.close(answer)
        os.close(end)
        return None
    if number:
        os.close(end)
        return ProcessCopy(number, answer)
    # Nothing of this may reach what called: no buffer is written twice, and nothing is tidied up twice.
    code = 1
    try:
        os.close(answer)
        left = memoryview(work())
        while left:
            left = left[os.write(end, left) :]
        code = 0
    finally:
        os._exit(code)
