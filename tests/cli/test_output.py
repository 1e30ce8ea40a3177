"""Where words go: streams that are closed, full or not read to the end; the help."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import snapshot, succeed
from tests.sandbox import Sandbox


@pytest.fixture
def drifted(installed: Sandbox) -> Sandbox:
    """A project in which `drift` ends with 1."""
    (installed.project / ".claude/agents/designer.md").write_text("Mine\n")
    return installed


def test_a_reader_that_goes_away(drifted: Sandbox) -> None:
    """Who has read enough hears no complaint, and the exit code still tells."""
    for command in ("drift", "drift --json", "diff --exit-code"):
        run = drifted.shell(f"( agentsync {command}; echo $? >../code ) | true; cat ../code")
        assert run.stdout == "1\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize("command", ["drift", "drift --json"])
def test_output_that_cannot_be_written(drifted: Sandbox, command: str) -> None:
    """A full disk is an expected failure."""
    run = drifted.shell(f"agentsync {command} >/dev/full")
    assert run.exit == 3
    assert run.stdout.splitlines()[:2] == ["error: cannot write the output", "  why: no space left on device"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_failure_that_cannot_be_written(drifted: Sandbox) -> None:
    """The exit code of the failure stays, and no traceback comes instead."""
    for streams in (">/dev/full", ">/dev/full 2>/dev/full", ">&- 2>&-"):
        assert drifted.shell(f"agentsync restore nothing --json {streams}").exit == 2
    assert drifted.shell("agentsync nonsense --json >/dev/full").stdout.splitlines()[1:] == ["hint: agentsync --help"]


@pytest.mark.parametrize("streams", ["2>&-", ">&- 2>&- <&-"])
def test_closed_streams(drifted: Sandbox, streams: str) -> None:
    """As some build servers start their commands."""
    assert drifted.shell(f"agentsync drift {streams}").exit == 1
    before = snapshot(drifted.project)
    assert drifted.shell(f"agentsync install {streams}").exit == 0
    assert snapshot(drifted.project) == before


def test_quiet_is_about_remarks_alone(drifted: Sandbox) -> None:
    """Data stays data, errors stay errors."""
    quiet = succeed(drifted, "restore", "--quiet")
    assert quiet.stderr == "" and "replaced" in quiet.stdout
    assert drifted.run("restore", "nothing", "-q").stderr.startswith("error: ")


@pytest.mark.parametrize("words", [(), ("registry",), ("cache",)])
def test_nothing_asked_is_help(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    """Without a command the commands are listed, as lines."""
    run = sandbox.run(*words)
    assert (run.exit, run.stdout) == (2, "")
    lines = run.stderr.splitlines()
    assert ("Commands:" if words else "Packs:") in lines
    listed = [line for line in lines if not line.startswith("Usage:")]
    assert not any(line.endswith("...") for line in listed), "each command has the whole of its sentence"


@pytest.mark.parametrize("words", [("--help",), ("install", "--help"), ("registry", "add", "--help")])
def test_help_and_version(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    """They need no project."""
    assert succeed(sandbox, *words).stdout.startswith("Usage: agentsync")
    assert succeed(sandbox, "--version").stdout.startswith("agentsync ")


def test_where_the_time_goes(installed: Sandbox) -> None:
    """`--profile` says it on stderr, and changes nothing else."""
    plain, told = installed.run("list"), installed.run("--profile", "list")
    assert (told.exit, told.stdout) == (plain.exit, plain.stdout)
    lines = told.stderr.splitlines()
    assert lines and all(line.startswith("profile: ") for line in lines)
    assert any("agentsync/" in line for line in lines)
    assert installed.run("drift", "--profile").stderr.startswith("profile: ")
    assert installed.run("lst", "--profile").exit == 2
