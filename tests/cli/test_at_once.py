"""Two processes in one project: the second waits, and neither undoes what the other did."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.packs import agent
from tests.cli.project import drifts, files_below, locked, manifest_text, succeed
from tests.git_registry import GitRegistry
from tests.programs import write_program
from tests.sandbox import AGENTSYNC, Sandbox

PATIENCE = 30.0  # seconds


def _registries(sandbox: Sandbox) -> dict[str, GitRegistry]:
    found = {name: GitRegistry(sandbox.root / f"{name}.git") for name in ("one", "two")}
    for name, registry in found.items():
        registry.publish("v1.0.0", {f"agents/{name}.md": agent(name)})
    return found


def _git_that_runs(sandbox: Sandbox, command: str) -> str:
    """A PATH whose git first starts a command, once, and gives it a second to get on; its exit code is kept."""
    # The command is a person's own, and knows nothing of the settings that git was started with.
    began, ended = sandbox.root / "began", sandbox.root / "ended"
    real, ours = shutil.which("git"), sandbox.program
    script = (
        f"if mkdir {began} 2>/dev/null; then\n  cd {sandbox.project}\n"
        f"  (unset GIT_CONFIG_COUNT; {ours} {command} >{began}/said 2>&1; echo $? >{ended})"
        " </dev/null >/dev/null 2>&1 &\n"
        f'  cd /; sleep 1\nfi\nexec {real} "$@"'
    )
    folder = write_program(sandbox.root / "slow" / "git", script).parent
    return f"{folder}:{Path(real or '').parent}:/usr/bin:/bin"


def _exit_of_the_other(sandbox: Sandbox) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ended = sandbox.root / "ended"
        if ended.is_file() and ended.read_text():
            return int(ended.read_text())
        time.sleep(0.05)
    raise AssertionError("the other process does not end")


def test_two_additions(sandbox: Sandbox) -> None:
    """Whatever ended well is in the manifest, in the lock and on disk; a lost one must not end well."""
    registries = _registries(sandbox)
    succeed(sandbox, "init")
    path = _git_that_runs(sandbox, f"add {registries['two'].url}")
    exits = {"one": sandbox.run("add", registries["one"].url, env={"PATH": path}).exit}
    exits["two"] = _exit_of_the_other(sandbox)
    assert 0 in exits.values()
    for name, exit in exits.items():
        if exit == 0:
            assert f"{name}/{name}" in manifest_text(sandbox)
            assert locked(sandbox, f"{name}/{name}")["version"] == "1.0.0"
        assert (f"agents/{name}.md" in files_below(sandbox.project / ".claude")) == (exit == 0)
    assert drifts(sandbox) == {}


def test_an_edit_of_the_manifest_meanwhile(sandbox: Sandbox) -> None:
    """What a person writes into the manifest while `install` runs stays there."""
    registries = _registries(sandbox)
    text = f"packs:\n  one: {{git: {registries['one'].url}, tag: v1.0.0}}\n"
    (sandbox.project / "agentsync.yaml").write_text(text)
    path = _git_that_runs(sandbox, f"registry add two {registries['two'].url}")
    assert sandbox.run("install", env={"PATH": path}).exit == 0
    assert _exit_of_the_other(sandbox) == 0
    assert "two: " in manifest_text(sandbox)
    assert drifts(sandbox) == {}


def test_two_installations(installed: Sandbox) -> None:
    """Both end well, whichever comes first; nothing is set aside, stopped or left half done."""
    for _ in range(3):
        for path in files_below(installed.project / ".claude"):
            (installed.project / ".claude" / path).unlink()
        run = installed.shell(
            "agentsync install -q >../one 2>&1 & agentsync install -q >../two 2>&1; a=$?; wait $!; echo $a $?"
        )
        said = (installed.root / "one").read_text() + (installed.root / "two").read_text()
        assert run.stdout == "0 0\n", said
        assert drifts(installed) == {}
    assert not (installed.project / ".agentsync/backup").exists()


def test_two_with_an_empty_cache(sandbox: Sandbox) -> None:
    """They share what is fetched, and do not trip over each other."""
    registries = _registries(sandbox)
    sandboxes = [sandbox, Sandbox(sandbox.root / "other")]
    for each in sandboxes:
        (each.project / "agentsync.yaml").write_text(
            "packs:\n" + "".join(f"  {name}: {{git: {one.url}, tag: v1.0.0}}\n" for name, one in registries.items())
        )
    run = sandbox.shell(
        f"(cd {sandboxes[1].project}; agentsync install -q >../said 2>&1) &"
        " agentsync install -q >../said 2>&1; a=$?; wait $!; echo $a $?"
    )
    assert run.stdout == "0 0\n"
    for each in sandboxes:
        assert set(files_below(each.project / ".claude")) == {"agents/one.md", "agents/two.md"}


@pytest.mark.parametrize("command", ["install", "update", "add one/one", "info one/one"])
def test_an_interrupted_command_prints_its_document(sandbox: Sandbox, command: str) -> None:
    """With --json, one document that says so, and exit 130; what a person reads on stderr is none of it."""
    registry = _registries(sandbox)["one"]
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url)
    shutil.rmtree(sandbox.cache)
    (sandbox.project / ".claude/agents/one.md").unlink()
    began = sandbox.root / "began"
    folder = write_program(sandbox.root / "slow" / "git", f": >{began}\nexec sleep 60").parent
    process = subprocess.Popen(
        [*AGENTSYNC, *command.split(), "--json"],
        cwd=sandbox.project,
        env=sandbox.environment(PATH=f"{folder}:/usr/bin:/bin"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + PATIENCE
    while not began.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=PATIENCE)
    document = json.loads(printed)
    assert (process.returncode, document["exit"], document["command"]) == (130, 130, command.split()[0])
    assert [error["code"] for error in document["errors"]] == ["interrupted"]
