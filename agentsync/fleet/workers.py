"""The workers of a fleet: threads of this process, or the machines of a Dask cluster."""

from __future__ import annotations

import logging
import os
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from agentsync import __version__
from agentsync.errors import AgentsyncError, UsageError
from agentsync.fleet.batch import LOOK, Batch
from agentsync.fleet.engine import Crew, Look
from agentsync.fleet.results import Results, Row
from agentsync.git.git import ending
from agentsync.model.fleet import FoundRepository
from agentsync.platform.processes import find_program

THREADS: Final = "threads"
_DASK: Final = "dask:"
_CONNECTING: Final = 15  # seconds
_MOST_SENT: Final = 1_000  # blobs with each batch
_MOST_KEPT: Final = 100_000  # blobs in the memory of one process


class KnownBlobs(Mapping[str, str]):
    """SHA-256 by blob id, of all that a fleet knows; any thread may ask."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._found: dict[str, str] = {}

    def __getitem__(self, blob: str) -> str:
        """Return the SHA-256 of a blob."""
        if blob not in self._found:
            found = self._results.sha256_of([blob])[blob]
            if len(self._found) >= _MOST_KEPT:
                self._found = {}
            self._found[blob] = found
        return self._found[blob]

    def __iter__(self) -> Iterator[str]:
        """Yield those that were asked for."""
        return iter(dict(self._found))

    def __len__(self) -> int:
        """Return the number of those that were asked for."""
        return len(self._found)


def check_executor(executor: str) -> None:
    """Raise UsageError for an executor that is not known, or whose extra is not installed."""
    if executor.startswith(_DASK) and executor != _DASK:
        _client_class()
    elif executor != THREADS:
        raise UsageError(f"there is no executor {executor!r}", hint=f"use {THREADS}, or {_DASK}ADDRESS of a scheduler")


@contextmanager
def crew_of(executor: str, jobs: int, look: Look, results: Results) -> Iterator[Crew]:
    """Get workers ready for a block, and let them go.

    Args:
        executor: `threads`, or `dask:ADDRESS` of a scheduler.
        jobs: the number of threads, 0 for two on each core.
        look: looks at a batch; it is found by name on other machines.

    Raises:
        UsageError: see `check_executor`.
        AgentsyncError: where there are no workers, or one cannot do it.
    """
    check_executor(executor)
    if executor == THREADS:
        known = KnownBlobs(results)
        count = jobs or 2 * (os.cpu_count() or 1)
        with _threads(count) as pool:
            yield Crew(pool, count, look, lambda: known)
    else:
        with _cluster(executor.removeprefix(_DASK), look, results) as crew:
            yield crew


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Run threads; where the block fails or is interrupted, every git that they run is ended."""
    pool = ThreadPoolExecutor(count, "fleet")
    try:
        yield pool
    except BaseException:
        with ending():
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _cluster(address: str, look: Look, results: Results) -> Iterator[Crew]:
    """Connect to a scheduler of Dask, and check its workers."""
    client = _connected(address)
    try:
        count = _checked(client)
        executor = client.get_executor(pure=False)  # a question that is asked again is not the same one
        yield Crew(
            executor,
            count,
            partial(_look_there, look, __version__),
            lambda: results.some_blobs(_MOST_SENT),
            lost=("distributed", "tornado"),
        )
    except BaseException:
        client.cancel(client.futures)
        raise
    finally:
        client.close()


def _connected(address: str) -> Any:
    """Return the client of a scheduler; none of our credentials is sent through it."""
    connect = _client_class()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it would say is told as a failure of ours
    try:
        return connect(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # `TimeoutError` is an `OSError`
        why = str(error) or "it does not answer"
        hint = "give the address that the scheduler prints, such as dask:tcp://HOST:8786"
        raise AgentsyncError(f"cannot reach the scheduler {address}", why=why, hint=hint) from error


def _client_class() -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        what, hint = "the executor dask needs a package that is not installed", "pip install 'agentsync[fleet]'"
        raise UsageError(what, why=str(error), hint=hint) from error
    return Client


def _checked(client: Any) -> int:
    """Return how many batches the workers run at the same time; raise AgentsyncError where one of them cannot."""
    hint = f"every worker needs git, and agentsync {__version__}"
    told = client.run(_about, on_error="return")
    for worker, about in sorted(told.items()):
        if isinstance(about, BaseException):
            why = f"agentsync {__version__} is not there: {type(about).__name__}: {about}"
        elif about[:2] != (__version__, LOOK):
            why = f"it has agentsync {about[0]}, and this is {__version__}"
        elif not about[2]:
            why = "it has no git"
        else:
            continue
        raise AgentsyncError(f"the worker {worker} cannot look at repositories", why=why, hint=hint)
    if not told:
        raise AgentsyncError("the scheduler has no workers", why="none has connected to it", hint=hint)
    return sum(client.nthreads().values())


def _about() -> tuple[str, int, bool]:
    """Return what a worker has: its version, the number of its look, and whether git is there."""
    return __version__, LOOK, find_program("git", os.environ.get("PATH")) is not None


_seen: dict[str, str] = {}


def _look_there(look: Look, version: str, batch: Batch) -> Sequence[Row]:
    """Look at a batch on another machine; the blobs of its earlier batches are known there."""
    if version != __version__:
        raise AgentsyncError("the worker has another version", why=f"it has {__version__}, and not {version}")
    if len(_seen) > _MOST_KEPT:
        _seen.clear()
    _seen.update(batch.blobs)
    rows = look(batch._replace(blobs=ChainMap(_seen)))
    for row in rows:
        if isinstance(row, FoundRepository):
            _seen.update(row.blobs)
    return rows
