"""Calls in parallel threads; an interruption ends all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

from agentsync.git.git import HEARTBEAT, ending

T = TypeVar("T")

_AT_ONCE: Final = 8
# For short requests, which mostly wait for a network.
SMALL_BATCH: Final = 16
# Seconds after which all calls wait for a network, so that work in this thread slows none of them.
_MOMENT: Final = 0.02


def run_parallel(
    calls: Sequence[Callable[[], T]], most: int = _AT_ONCE, *, meanwhile: Callable[[], object] | None = None
) -> list[T]:
    """Run calls in parallel; return their results in the same order.

    Args:
        most: how many of them at the same time.
        meanwhile: called in this thread where the results take long.

    Raises:
        Exception: the first failure in their order, once all have ended.
    """
    if not calls:
        return []
    # `concurrent.futures` loads logging, which takes longer than all of this.
    work = _Work(calls)
    threads = [threading.Thread(target=work.run, daemon=True) for _ in range(min(most, len(calls)))]
    try:
        for one in threads:
            one.start()
        work.wait(meanwhile or (lambda: None))
    except BaseException:
        work.stop()
        with ending():
            for one in threads:
                # One that was still starting takes no call any more.
                if one.ident is not None:
                    with suppress(RuntimeError):
                        one.join()
        raise
    return work.results()


class _Work(Generic[T]):
    """Calls that threads take one after the other, and their ends."""

    def __init__(self, calls: Sequence[Callable[[], T]]) -> None:
        self._left: Iterator[tuple[int, Callable[[], T]]] = iter([*enumerate(calls)])
        self._count = len(calls)
        self._guard = threading.Lock()
        self._found: dict[int, T] = {}
        self._failed: dict[int, BaseException] = {}
        self._ended = SimpleQueue[int]()

    def run(self) -> None:
        while True:
            with self._guard:
                number, call = next(self._left, (None, None))
            if number is None or call is None:
                return
            try:
                self._found[number] = call()
            except BaseException as error:
                self._failed[number] = error
            self._ended.put(number)

    def stop(self) -> None:
        """Let no further call begin."""
        with self._guard:
            self._left = iter(())

    def wait(self, meanwhile: Callable[[], object]) -> None:
        """Wait for the end of all; a signal may come at any time, which a `Condition` of Python does not survive."""
        left, patience = self._count, _MOMENT
        while left:
            try:
                self._ended.get(timeout=patience)
                left -= 1
            except Empty:
                meanwhile()
                meanwhile, patience = (lambda: None), HEARTBEAT

    def results(self) -> list[T]:
        for _, error in sorted(self._failed.items()):
            raise error
        return [self._found[number] for number in range(self._count)]
