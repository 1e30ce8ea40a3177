"""Several questions at the same time; an interruption ends all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from agentsync.git.git import HEARTBEAT, ending

T = TypeVar("T")

_AT_ONCE: Final = 8
# Questions of a few bytes: nearly all of it is waiting for a network.
SMALL_BATCH: Final = 16
# Seconds after which all that is asked waits for others, and another thread disturbs it no more.
_MOMENT: Final = 0.02


def run_parallel(
    acts: Sequence[Callable[[], T]], most: int = _AT_ONCE, *, meanwhile: Callable[[], object] | None = None
) -> list[T]:
    """What each of these returns.

    Args:
        acts: what is done.
        most: how many of them at the same time.
        meanwhile: what this thread does where the answers take long.

    Raises:
        Exception: the first failure in their order, once all have ended.
    """
    if not acts:
        return []
    with ThreadPoolExecutor(most) as pool:
        try:
            asked = [pool.submit(act) for act in acts]
            _wait(asked, meanwhile or (lambda: None))
        except BaseException:
            with ending():
                pool.shutdown(cancel_futures=True)
            raise
    return [one.result() for one in asked]


def _wait(asked: Sequence[Future[T]], meanwhile: Callable[[], object]) -> None:
    """Wait for the end of all; a signal may come at any time, which a `Condition` of Python does not survive."""
    ended = SimpleQueue[Future[T]]()
    for one in asked:
        one.add_done_callback(ended.put)
    left, patience = len(asked), _MOMENT
    while left:
        try:
            ended.get(timeout=patience)
            left -= 1
        except Empty:
            meanwhile()
            meanwhile, patience = (lambda: None), HEARTBEAT
