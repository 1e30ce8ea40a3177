"""Files of the cache that a power cut left empty, in part, or full of zeros: the next run fetches what it needs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.campaign import campaign_of
from tests.faults.machine import Machine


def _ruin(path: Path, how: str) -> None:
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes({"empty": b"", "half": data[: len(data) // 2], "zeros": bytes(len(data))}[how])


def _files(machine: Machine) -> list[str]:
    """The files of the cache, but for locks, which hold nothing that counts."""
    cache = machine.root / "cache"
    return sorted(
        path.relative_to(machine.root).as_posix()
        for path in cache.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    )


@pytest.mark.slow
@pytest.mark.parametrize("count", [8, pytest.param(10_000, marks=pytest.mark.faults)])
def test_an_update_over_a_ruined_cache(tmp_path: Path, count: int) -> None:
    """It comes to where it comes over a whole one, with the same exit code."""
    with campaign_of("update over http", tmp_path) as campaign:
        command, exit = campaign.scenario.command, campaign.scenario.exit
        ruins = [(name, how) for name in _files(campaign.start) for how in ("empty", "half", "zeros")]
        for name, how in random.Random("agentsync").sample(ruins, min(count, len(ruins))):
            with campaign.start.copy() as one:
                _ruin(one.root / name, how)
                run = one.run(*command)
                assert run.exit == exit, f"{name} {how}: {run.stderr}"
                one.run("install")
                assert one.tree() == campaign.ends.done, f"{name} {how}"
                assert one.strays() == [], f"{name} {how}"
    print(f"ruins: {min(count, len(ruins))}")


@pytest.mark.slow
def test_refs_that_are_not_all_there(tmp_path: Path) -> None:
    """Without a network, no release is taken for one that is not there; with it, they are asked for again."""
    with campaign_of("update over http", tmp_path) as campaign, campaign.start.copy() as updated:
        updated.run("update")
        (record,) = (updated.root / "cache").rglob("*.asked")
        whole, before = record.read_bytes(), updated.tree()
        newest = whole.index(b"refs/tags/v2.0.0")
        for length in (0, whole.index(b"\n") + 1, whole.rindex(b"\n", 0, newest) + 1, newest, len(whole) - 1):
            record.write_bytes(whole[:length])
            run = updated.run("update", "acme/team@2.0.0", "--offline")
            assert (run.exit, "hint: run once without --offline" in run.stderr) == (3, True), run.stderr
            assert updated.tree() == before
            assert updated.run("update").exit in (0, 1)
            assert record.read_bytes() == whole
        assert updated.run("update", "acme/team@2.0.0", "--offline").exit in (0, 1)
