"""Completion: what real shells offer, and what nothing is said about."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.packs import agent
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

RELEASES = {
    "v1.0.0": {"agents/critic.md": agent("critic"), "agents/web-critic.md": agent("web-critic")},
}
CRITIC = ".claude/agents/critic.md"


def in_bash(sandbox: Sandbox, *lines: str) -> list[list[str]]:
    """What bash offers at the end of each line, cut into words as bash cuts it."""
    asked = [f"eval {shlex.quote(succeed(sandbox, 'completion', 'bash').stdout)}"]
    for line in lines:
        words = line.replace(":", " : ").replace("=", " = ").split(" ")
        words = [word for place, word in enumerate(words) if word or place == len(words) - 1]
        asked.append(f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}")
        asked.append('_agentsync_completion agentsync; echo "${COMPREPLY[*]}"')
    done = subprocess.run(
        ["bash", "-c", "\n".join(asked)],
        cwd=sandbox.project,
        env=sandbox.environment(PATH=f"{sandbox.program.parent}{os.pathsep}{os.environ['PATH']}"),
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return [line.split() for line in done.stdout.splitlines()]


def test_what_bash_offers(asking: Sandbox) -> None:
    """Commands, flags, values, and what the project has; what drifted is offered where edits are meant."""
    (asking.project / CRITIC).write_text("mine\n", encoding="utf-8")
    groups, flags, forms, items, edits, packs, tools = in_bash(
        asking,
        *("agentsync registry re", "agentsync drift --u", "agentsync drift --format=s", "agentsync why agent:"),
        *("agentsync restore .", "agentsync update te", "agentsync targets q"),
    )
    assert groups == ["remove", "refresh", *(word for word in groups[2:] if word.startswith("re"))]
    assert set(flags) == {"--upstream", "--user"} and forms == ["sarif"]
    assert items == ["critic", "web-critic"] and edits == [CRITIC]
    assert packs == ["team/team", "team"] and tools == ["qwen"]


def test_nothing_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    """No project, a broken manifest, a name that a shell could run: no word, and nothing on the terminal."""
    registry = GitRegistry(tmp_path / "odd.git")
    registry.publish("v1.0.0", {"agents/a.md": agent("$(id)"), "agents/b.md": agent("b c"), "agents/d.md": agent("d")})
    (none,) = in_bash(sandbox, "agentsync update ")
    assert none == []
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url)
    (items,) = in_bash(sandbox, "agentsync why agent:")
    assert items == ["d"]
    (sandbox.project / "agentsync.yaml").write_text("packs: [", encoding="utf-8")
    assert in_bash(sandbox, "agentsync update ") == [[]]
    run = sandbox.run(env={"_AGENTSYNC_COMPLETE": "complete_nothing"})
    assert (run.exit, run.stdout, run.stderr) == (0, "", "")


def test_the_start_file(sandbox: Sandbox) -> None:
    """One line is appended, once; what is there stays."""
    start = sandbox.home / ".bashrc"
    start.write_text("alias ll='ls -l'", encoding="utf-8")
    assert sandbox.json("completion", "bash", "--install")["data"]["written"]
    text = start.read_text(encoding="utf-8")
    assert text == "alias ll='ls -l'\neval \"$(agentsync completion bash)\"  # agentsync completion\n"
    assert not sandbox.json("completion", "bash", "--install")["data"]["written"]
    assert start.read_text(encoding="utf-8") == text
    assert sandbox.run("completion", "fish", "--install").exit == 0
    assert (
        (sandbox.home / ".config/fish/config.fish").read_text(encoding="utf-8").startswith("agentsync completion fish")
    )
    assert sandbox.run("completion", "tcsh").exit == 2
    for shell in ("zsh", "fish", "powershell"):
        assert "_AGENTSYNC_COMPLETE" in succeed(sandbox, "completion", shell).stdout


@pytest.mark.long
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_in_a_terminal(asking: Sandbox, shell: str) -> None:
    """A person types the beginning of a command and of a pack, and the tab key does the rest."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    succeed(asking, "completion", shell, "--install")
    from tests.cli.shells import typed

    path = f"{asking.program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = asking.environment(PATH=path, TERM="xterm", PS1="> ", HOME=str(asking.home))
    assert "agentsync outdated --check" in typed(shell, environment, asking.project, "agentsync outd\t--ch\t")
    assert "agentsync update team/team" in typed(shell, environment, asking.project, "agentsync update team/\t")
