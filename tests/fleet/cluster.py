"""A cluster of Dask on this machine, in processes of its own, with the environment that its workers are to have.

    with cluster(environment, workers=2, threads=4) as one:
        ...  # agentsync fleet check --executor dask:{one.address}

Run as a program it is the cluster, until its stdin is closed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that runs: where its scheduler is, and the process that started all others."""

    address: str
    process: int


@contextmanager
def cluster(
    environment: Mapping[str, str], *, workers: int = 1, threads: int = 2, python: str = sys.executable
) -> Iterator[Cluster]:
    """Run a cluster; one worker lives in the process of the scheduler, several have processes of their own."""
    command = [python, str(Path(__file__).resolve()), str(workers), str(threads)]
    with subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            address = process.stdout.readline().strip()
            assert address, "the cluster did not start"
            yield Cluster(address, process.pid)
        finally:
            process.stdin.close()


def _serve(workers: int, threads: int) -> None:
    from distributed import LocalCluster

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=threads,
        processes=workers > 1,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as one:
        print(one.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    # The folder of this file would be searched for modules, here and in the workers.
    sys.path[:] = [one for one in sys.path if Path(one).resolve() != Path(__file__).resolve().parent]
    _serve(*map(int, sys.argv[1:]))
