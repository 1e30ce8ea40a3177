"""The workers of a fleet: no credential of ours leaves this machine, and what is missing is told."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from agentsync.errors import UsageError
from agentsync.fleet.check import Check, Checking
from agentsync.fleet.listing import FleetList, Wanted
from agentsync.fleet.results import Results
from agentsync.fleet.workers import check_executor


@pytest.mark.parametrize(("executor", "is_there"), [("threads", True), ("dask:tcp://host:8786", False)])
def test_credentials(tmp_path: Path, executor: str, is_there: bool) -> None:
    """A password in a URL is for the git of this machine alone, and in no result."""
    (tmp_path / "all.txt").write_text("https://kim:secret@git.example/a.git\n")
    with closing(Results(tmp_path / "r.sqlite", named=True)) as results:
        listed = FleetList(Wanted(lists=("all.txt",)), tmp_path, ())
        check = Check(listed, results, Checking(executor=executor), (), lambda _: None)
        (due,) = results.due(check.run, max_age=0, retry=False, now=time.time())
        url = check._question(due).member.url
    assert ("secret" in url.location) == is_there and url.text == "https://git.example/a.git"
    assert b"secret" not in b"".join(file.read_bytes() for file in tmp_path.glob("r.sqlite*"))


def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask is loaded only where it is asked for."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    check_executor("threads")
    with pytest.raises(UsageError) as failed:
        check_executor("dask:tcp://host:8786")
    assert failed.value.hint == "pip install 'agentsync[fleet]'"
