"""Stories of a person with a Python that lacks what that of Windows lacks: one thing at a time, and all together."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import drifts, files_below, succeed
from tests.git_registry import GitRegistry
from tests.portable.systems import GUARDS_OF_WINDOWS, MISSING_ON_WINDOWS, simulated
from tests.sandbox import AGENTSYNC, Sandbox

# As many as are flushed together.
MANY = {f"skills/s/{number}.md": f"{number}\n" for number in range(6)}
FIRST = {"agents/a.md": agent("a"), "skills/s/SKILL.md": skill("s"), "skills/s/run.sh": "echo\n", **MANY}
SECOND = FIRST | {"agents/a.md": agent("a", "Help more.\n")} | {path: f"more {text}" for path, text in MANY.items()}
ALL = (*MISSING_ON_WINDOWS, *GUARDS_OF_WINDOWS, "no_ctypes")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="this is the system that the shims imitate"),
]


@pytest.mark.parametrize("shims", [(shim,) for shim in ALL] + [ALL], ids=[*ALL, "all"])
def test_from_init_to_cache_clean(sandbox: Sandbox, git_registry: GitRegistry, shims: tuple[str, ...]) -> None:
    """Every step ends well, and the last leaves nothing."""
    env = simulated(shims)
    git_registry.publish("v1.0.0", FIRST)
    succeed(sandbox, "init", env=env)
    succeed(sandbox, "add", git_registry.url, "--as", "m", env=env)
    git_registry.publish("v1.1.0", SECOND)
    succeed(sandbox, "update", env=env)
    assert (sandbox.project / ".claude/agents/a.md").read_text() == SECOND["agents/a.md"]
    (sandbox.project / ".claude/agents/a.md").write_text("Mine\n")
    succeed(sandbox, "restore", env=env)
    assert drifts(sandbox, env=env) == {}
    succeed(sandbox, "remove", "m/agents", env=env)
    assert files_below(sandbox.project / ".claude") == {}
    succeed(sandbox, "cache", "clean", env=env)
    assert not list(sandbox.cache.rglob("*.pack"))


@pytest.mark.parametrize("more", [(), MISSING_ON_WINDOWS], ids=["posix", "windows"])
def test_the_home_is_on_another_drive(sandbox: Sandbox, git_registry: GitRegistry, more: tuple[str, ...]) -> None:
    """Sources, state and files of the user scope may be on several drives, and a registry is named by its path."""
    env = {**simulated((*more, "two_drives")), "AGENTSYNC_CONFIG_DIR": str(sandbox.home / "config")}
    git_registry.publish("v1.0.0", FIRST)
    folder = sandbox.project / "mine/agents"
    folder.mkdir(parents=True)
    (folder / "b.md").write_text(agent("b"))
    succeed(sandbox, "init", "--user", env=env)
    succeed(sandbox, "add", "--user", git_registry.url, "--as", "m", env=env)
    succeed(sandbox, "add", "--user", "./mine", env=env)
    assert str(sandbox.project) in (sandbox.home / "config/agentsync.yaml").read_text()
    installed = sandbox.home / ".claude/agents/a.md"
    installed.write_text("Mine\n")
    git_registry.publish("v1.1.0", SECOND)
    assert sandbox.run("update", "--user", env=env).exit in (0, 1)
    succeed(sandbox, "restore", "--user", env=env)
    assert installed.read_text() == SECOND["agents/a.md"]
    assert sandbox.json("drift", "--user", env=env)["exit"] == 0
    succeed(sandbox, "remove", "--user", "m/agents", env=env)
    assert [path.name for path in (sandbox.home / ".claude/agents").iterdir()] == ["b.md"]


def test_interrupted_without_groups_of_processes(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Ctrl-C ends git, and the command tells that it was interrupted."""
    succeed(sandbox, "init")
    hook, config = sandbox.root / "hook", sandbox.root / "gitconfig"
    hook.write_text(f"#!/bin/sh\ntouch {sandbox.root}/begun\nexec sleep 20\n")
    hook.chmod(0o755)
    config.write_text(f"[uploadpack]\n\tpackObjectsHook = {hook}\n")
    git_registry.publish("v1.0.0", FIRST)
    process = subprocess.Popen(
        [*AGENTSYNC, "add", git_registry.url],
        cwd=sandbox.project,
        env=sandbox.environment(**simulated(("no_process_groups",)), GIT_CONFIG_GLOBAL=str(config)),
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 30
    while not Path(sandbox.root / "begun").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert b"bug" not in said
