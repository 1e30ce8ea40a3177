"""Calls in parallel threads; an interruption ends all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

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
    with ThreadPoolExecutor(most) as pool:
        try:
            futures = [pool.submit(call) for call in calls]
            _wait(futures, meanwhile or (lambda: None))
        except BaseException:
            with ending():
                pool.shutdown(cancel_futures=True)
            raise
    return [one.result() for one in futures]


def _wait(futures: Sequence[Future[T]], meanwhile: Callable[[], object]) -> None:
    """Wait for the end of all; a signal may come at any time, which a `Condition` of Python does not survive."""
    ended = SimpleQueue[Future[T]]()
    for one in futures:
        one.add_done_callback(ended.put)
    left, patience = len(futures), _MOMENT
    while left:
        try:
            ended.get(timeout=patience)
            left -= 1
        except Empty:
            meanwhile()
            meanwhile, patience = (lambda: None), HEARTBEAT
