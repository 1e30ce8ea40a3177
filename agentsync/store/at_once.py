"""Several questions at the same time; an interruption ends all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final, TypeVar

from agentsync.store.git import ending

T = TypeVar("T")

_AT_ONCE: Final = 8
# Seconds after which all that is asked waits for others, and another thread disturbs it no more.
_MOMENT: Final = 0.02


def at_once(
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
        asked = [pool.submit(act) for act in acts]
        try:
            if wait(asked, _MOMENT).not_done and meanwhile is not None:
                meanwhile()
            wait(asked)
        except BaseException:
            with ending():
                pool.shutdown(cancel_futures=True)
            raise
    return [one.result() for one in asked]
