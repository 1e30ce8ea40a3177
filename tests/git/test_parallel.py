"""Several questions at the same time, and what is done while they are asked."""

from __future__ import annotations

import threading

import pytest

from agentsync.git.git import is_ending
from agentsync.git.parallel import run_parallel


def test_answers_come_in_the_order_of_the_questions() -> None:
    """However long each takes."""
    first = threading.Event()

    def slow() -> int:
        first.wait(10)
        return 1

    def quick() -> int:
        first.set()
        return 2

    assert run_parallel([slow, quick]) == [1, 2]
    assert run_parallel([]) == []


def test_this_thread_does_something_while_it_waits() -> None:
    """The answer comes only after that."""
    done = threading.Event()
    assert run_parallel([lambda: done.wait(10)], meanwhile=done.set) == [True]


def test_what_is_done_meanwhile_fails() -> None:
    """Then nothing continues: running calls end, and none is started."""
    asked = list[int]()

    def fail() -> None:
        raise ZeroDivisionError

    def ask(number: int) -> None:
        asked.append(number)
        while not is_ending(0.01):
            pass

    with pytest.raises(ZeroDivisionError):
        run_parallel([lambda number=number: ask(number) for number in range(20)], meanwhile=fail)  # type: ignore[misc]
    assert 0 < len(asked) < 20
    assert not is_ending()
