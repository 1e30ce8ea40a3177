"""The pace at which hosts are asked: some batches at once, a rest for one that is busy, some requests a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from agentsync.fleet.batch import Question

PER_HOST: Final = 4
MOST_TRIES: Final = 6  # of one repository whose host is too busy
_RESTS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds, where the host names none
_LONGEST_REST: Final = 300.0
_AHEAD: Final = 4_000  # repositories that are read ahead, to find one of a host that may be asked
_EXPECTED: Final = 2.0, 4.0  # requests of a repository that is remembered, and of another one


class Asked(NamedTuple):
    """A repository, how often it was asked already, and whether it must be the only one of its batch."""

    question: Question
    tries: int = 0
    is_alone: bool = False


class Host:
    """One host, and the repositories of it that wait; this machine is one too, without a limit.

    Attributes:
        active: the number of its batches that are under way.
        rests_until: it is asked nothing before.
    """

    def __init__(self, most: int) -> None:
        self.waiting: deque[Asked] = deque()
        self.active = 0
        self.rests_until = 0.0
        self._most = most
        self._busy = 0  # how often it was given a rest since it last answered

    @property
    def may_be_asked(self) -> bool:
        """True where one batch more may be under way; a host that is busy is asked by one at a time."""
        return bool(self.waiting) and self.active < (1 if self._busy else self._most)

    @property
    def is_given_up(self) -> bool:
        """True where it was too busy so often that it is not waited for."""
        return self._busy > len(_RESTS)

    def answered(self) -> None:
        """Note that it is not busy."""
        self._busy = 0

    def was_busy(self, wait: float, now: float) -> None:
        """Note that it was too busy, and let it rest for as long as it says, or longer each time."""
        rest = 0.0 if self.is_given_up else max(min(wait, _LONGEST_REST), _RESTS[min(self._busy, len(_RESTS) - 1)])
        if now >= self.rests_until:  # else it said so to another batch, too
            self._busy += 1
        self.rests_until = max(self.rests_until, now + rest)


class Line:
    """The repositories that wait, by host; they are read from the list as they are needed.

    Args:
        size: the most repositories of a batch, which is of one host.
        per_host: the most batches of one host under way.
    """

    def __init__(self, questions: Iterator[Question], size: int, per_host: int = PER_HOST) -> None:
        self._questions = questions
        self._size = size
        self._per_host = per_host
        self._hosts: dict[str, Host] = {}
        self._count = 0
        self._has_more = True

    def host(self, question: Question) -> Host:
        """Return the host of a repository."""
        name = question.member.url.host
        if name not in self._hosts:
            self._hosts[name] = Host(self._per_host if name else 1_000_000)
        return self._hosts[name]

    def put_back(self, one: Asked) -> None:
        """Let a repository wait again; it is the next one of its host."""
        self.host(one.question).waiting.appendleft(one)
        self._count += 1

    def next_batch(self, now: float) -> list[Asked]:
        """Return the next repositories that may be asked, all of one host; none where each host rests or is full."""
        ready = {name: host for name, host in self._hosts.items() if host.may_be_asked and host.rests_until <= now}
        full = next((name for name, host in ready.items() if len(host.waiting) >= self._size), None)
        while full is None and self._has_more and self._count < _AHEAD:
            name = self._read()
            host = None if name is None else self._hosts[name]
            if name is not None and host is not None and host.may_be_asked and host.rests_until <= now:
                ready[name] = host
                full = name if len(host.waiting) >= self._size else None
        name = full if full is not None else next(iter(ready), None)
        if name is None:
            return []
        host = self._hosts[name] = self._hosts.pop(name)  # the others are asked first next time
        batch = [host.waiting.popleft()]
        while host.waiting and len(batch) < self._size and not (batch[0].is_alone or host.waiting[0].is_alone):
            batch.append(host.waiting.popleft())
        self._count -= len(batch)
        host.active += 1
        return batch

    def opens_in(self, now: float) -> float | None:
        """Return the seconds until a host has rested that is only waited for because of that; None for no such host."""
        rests = [host.rests_until - now for host in self._hosts.values() if host.may_be_asked]
        return max(0.0, min(rests)) if rests else None

    @property
    def is_over(self) -> bool:
        """True where none waits, and the list was read to its end."""
        return not self._has_more and not self._count

    def _read(self) -> str | None:
        """Let the next repository of the list wait; return its host, None where there is no more."""
        question = next(self._questions, None)
        if question is None:
            self._has_more = False
            return None
        self.host(question).waiting.append(Asked(question))
        self._count += 1
        return question.member.url.host


class Rate:
    """So many requests a second over all hosts, and no more at once than a second has.

    Args:
        most: the requests in a second, 0 for any number.
    """

    def __init__(self, most: float, now: float) -> None:
        self._most = most
        self._full = max(most, 1.0)
        self._left = self._full
        self._at = now

    @property
    def batch(self) -> int:
        """The most repositories of a batch: it is asked without a pause."""
        return max(1, int(self._most / _EXPECTED[0])) if self._most else 1_000_000

    def opens_in(self, now: float) -> float:
        """Return the seconds until something may be asked, 0 for now."""
        if not self._most:
            return 0.0
        self._left = min(self._left + (now - self._at) * self._most, self._full)
        self._at = now
        return max(0.0, (min(1.0, self._full) - self._left) / self._most)

    def spend(self, requests: float) -> None:
        """Count requests; those that are too many are waited for later."""
        self._left -= requests


def expected(batch: list[Asked]) -> float:
    """Return the number of requests that a batch will most likely make; folders of this machine take none."""
    return sum(_EXPECTED[not one.question.commit] for one in batch if not one.question.is_folder)
