"""A registry that breaks off, stalls or refuses: three tries where that may help, and never a wrong state."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.flaky_server import ALWAYS, FlakyServer, Trouble, flaky
from tests.faults.machine import Machine
from tests.faults.scenarios import BOTH, serve

# Of the cuts in the whole transfer, each a test of a minute or two.
PARTS = range(1, 5)
# Git does not always pack the same objects into as many bytes: a cut this near to the end may be behind it.
NEAR = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlakyServer]:
    """A server of the registry that all fault tests take from."""
    folder = tmp_path_factory.mktemp("served")
    serve(folder)
    with flaky(folder) as found:
        yield found


@pytest.fixture
def machine(server: FlakyServer, tmp_path: Path) -> Machine:
    """A machine that asks for both packs from that server."""
    server.trouble, server.sent = None, 0
    server.requests.clear()
    return _machine(tmp_path / "machine", server)


def _machine(root: Path, server: FlakyServer) -> Machine:
    for place in ("project", "home", "config"):
        (root / place).mkdir(parents=True)
    found = Machine(root, root, {"GIT_ALLOW_PROTOCOL": "file:http", "GIT_HTTP_LOW_SPEED_TIME": "1"})
    packs = "".join(f"  {pack}: '1.0.0'\n" for pack in BOTH)
    found.write("project/agentsync.yaml", f"registries:\n  acme: {server.url}/acme.git\npacks:\n{packs}")
    return found


def _asked(server: FlakyServer) -> int:
    """The number of requests for refs."""
    return sum("/info/refs" in request for request in server.requests)


def _cuts(server: FlakyServer, tmp_path: Path, count: int) -> list[int]:
    """Places in the whole transfer of an installation."""
    whole = _machine(tmp_path / "whole", server)
    server.trouble, server.sent = None, 0
    assert whole.run("install").exit == 0
    total, server.sent = server.sent, 0
    return sorted(random.Random("agentsync").sample(range(total), min(count, total)))


@pytest.mark.slow
@pytest.mark.parametrize(("count", "part"), [(12, 0), *(pytest.param(400, n, marks=pytest.mark.faults) for n in PARTS)])
def test_cut_once_anywhere(server: FlakyServer, machine: Machine, tmp_path: Path, count: int, part: int) -> None:
    """The second try comes to the end; nothing tells that there was a first."""
    cuts = _cuts(server, tmp_path, count)
    cuts = cuts if part == 0 else cuts[part - 1 :: len(PARTS)]
    expected = None
    for after in cuts:
        with machine.copy() as one:
            server.trouble, server.sent = Trouble(after, times=1), 0
            run = one.run("install")
            assert run.exit == 0, f"cut after {after}: {run.stderr}"
            expected = expected or one.tree()
            assert one.tree() == expected, f"cut after {after}"
            assert one.strays() == [], f"cut after {after}"


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, pytest.param(60, marks=pytest.mark.faults)])
def test_cut_always(server: FlakyServer, machine: Machine, tmp_path: Path, count: int) -> None:
    """Three tries, three lines that name the registry, nothing written; all is well when the server is."""
    cuts = _cuts(server, tmp_path, count)
    for after in cuts:
        with machine.copy() as one:
            before, trouble = one.tree(), Trouble(after)
            server.trouble, server.sent = trouble, 0
            run = one.run("install")
            if trouble.times == ALWAYS:
                assert (run.exit, after > server.sent - NEAR) == (0, True)
                continue
            assert run.exit == 3, f"cut after {after}: {run.stderr}"
            assert run.stderr.startswith(f"error: cannot read {server.url}/acme.git\n  why: "), run.stderr
            assert one.tree() == before
            server.trouble = None
            assert one.run("install").exit == 0
            assert one.strays() == []


@pytest.mark.slow
def test_silence(server: FlakyServer, machine: Machine) -> None:
    """A server that says nothing more is given up after the time that is set."""
    server.trouble = Trouble(100, stall=4.0)
    run = machine.run("install")
    assert run.exit == 3 and "Operation too slow" in run.stderr
    assert _asked(server) == 3


@pytest.mark.slow
@pytest.mark.parametrize(("status", "tries"), [(500, 3), (503, 3), (429, 3), (404, 1), (403, 1), (401, 1), (200, 3)])
def test_answers_that_are_none(server: FlakyServer, machine: Machine, status: int, tries: int) -> None:
    """A busy server is asked again, one that refuses is not; a page for people by git itself, and once more."""
    server.trouble = Trouble(status=status, page=b"<html><body>Please log in</body></html>")
    before = machine.tree()
    run = machine.run("install")
    assert run.exit == 3 and f"{server.url}/acme.git" in run.stderr, run.stderr
    assert _asked(server) == tries
    assert machine.tree() == before


@pytest.mark.slow
def test_other_registries_go_on(server: FlakyServer, machine: Machine, tmp_path: Path) -> None:
    """Their answers are in the cache; the message names the server that failed."""
    serve(tmp_path)
    with flaky(tmp_path) as other:
        text = (machine.project / "agentsync.yaml").read_text()
        machine.write("project/agentsync.yaml", text.replace("packs:", f"  other: {other.url}/acme.git\npacks:"))
        server.trouble = Trouble(status=404)
        run = machine.run("registry", "refresh")
        assert run.exit == 3 and f"{server.url}/acme.git" in run.stderr
        assert "other  3 packs" in run.stdout
