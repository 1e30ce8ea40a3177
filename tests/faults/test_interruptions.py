"""Ctrl-C and SIGTERM in the middle of a fetch: an exit code that says so, no child left, nothing held."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.cli.packs import agent
from tests.cli.project import files_below, succeed
from tests.git_registry import GitRegistry
from tests.processes import is_running
from tests.programs import write_program
from tests.sandbox import AGENTSYNC, Sandbox

SECONDS = 30.0


@pytest.fixture
def slow(sandbox: Sandbox) -> Iterator[dict[str, str]]:
    """Two registries that begin to answer and never go on; the environment that makes them so."""
    manifest = "packs:\n"
    for name in ("one", "two"):
        registry = GitRegistry(sandbox.root / f"{name}.git")
        registry.publish("v1.0.0", {f"agents/{name}.md": agent(name)})
        manifest += f"  {name}: {{git: {registry.url}, tag: v1.0.0}}\n"
    (sandbox.project / "agentsync.yaml").write_text(manifest)
    config = sandbox.root / "gitconfig"
    hook = write_program(sandbox.root / "hook", f"echo $$ > {sandbox.root}/pid-$$\nexec sleep 300")
    config.write_text(f"[uploadpack]\n\tpackObjectsHook = {hook}\n")
    yield {"GIT_CONFIG_GLOBAL": str(config)}
    for pid in _started(sandbox):
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)


def _started(sandbox: Sandbox) -> list[int]:
    return [int(path.name.removeprefix("pid-")) for path in sandbox.root.glob("pid-*")]


def _until(what: str, seconds: float = SECONDS) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)
    pytest.fail(f"{what} does not come")


@pytest.mark.slow
@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize(("number", "exit"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_in_the_middle_of_a_fetch(
    sandbox: Sandbox, slow: dict[str, str], number: signal.Signals, exit: int, locked: bool
) -> None:
    """Also where several registries are fetched from at the same time, as with a lock."""
    if locked:
        succeed(sandbox, "lock")
        succeed(sandbox, "cache", "clean")
    before = files_below(sandbox.project)
    process = subprocess.Popen(
        [*AGENTSYNC, "install"],
        cwd=sandbox.project,
        env=sandbox.environment(**slow),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # A shell that starts us in the background has Ctrl-C ignored, and we would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for _ in _until("the fetch"):
        if len(_started(sandbox)) >= (2 if locked else 1):
            break
    process.send_signal(number)
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == exit
    assert b"Traceback" not in said and b"has a bug" not in said
    for _ in _until("the end of every child"):
        if not any(map(is_running, _started(sandbox))):
            break
    assert files_below(sandbox.project) == before
    succeed(sandbox, "install", "--no-wait")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/one.md", "agents/two.md"}
