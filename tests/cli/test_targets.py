"""Targets: what each AI tool takes, which of them a project has, and what a person has to know of them."""

from __future__ import annotations

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import fail, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

pytestmark = pytest.mark.slow


def test_targets_are_listed(sandbox: Sandbox) -> None:
    """All with the kinds they take, one with its places, an unknown one with the nearest; outside of a project."""
    lines = succeed(sandbox, "targets").stdout.splitlines()
    assert len(lines) >= 16
    assert (
        next(line for line in lines if line.startswith("claude-code ")).split(None, 1)[1].startswith("agents, skills")
    )
    assert ".codex/agents/NAME.toml" in succeed(sandbox, "targets", "codex").stdout
    (one,) = sandbox.json("targets", "cursor")["data"]["targets"]
    assert one["project"]["rule"] == [".cursor/rules/NAME.mdc"]
    assert "rule" not in one["user"]
    assert "did you mean `cursor`?" in fail(sandbox, "targets", "curser", exit=2, code="usage")


def test_init_offers_what_it_sees(sandbox: Sandbox) -> None:
    """As a comment: nothing is installed for a tool that nothing asked for."""
    for folder in (".cursor/rules", ".github/agents"):
        (sandbox.project / folder).mkdir(parents=True)
    assert sandbox.json("init")["data"]["seen"] == ["copilot", "cursor"]
    manifest = sandbox.project / "agentsync.yaml"
    assert manifest.read_text().endswith("\n#targets: [copilot, cursor]\n")
    manifest.write_text(manifest.read_text().replace("#targets", "targets"))
    succeed(sandbox, "install")


def test_without_other_tools_nothing_is_offered(sandbox: Sandbox) -> None:
    """The default needs no line."""
    (sandbox.project / ".claude").mkdir()
    assert sandbox.json("init")["data"]["seen"] == ["claude-code"]
    assert "targets" not in (sandbox.project / "agentsync.yaml").read_text()


def test_what_a_tool_asks_for_is_told(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """After a change of what it asks about again, and by doctor at any time."""
    succeed(sandbox, "init")
    with (sandbox.project / "agentsync.yaml").open("a") as manifest:
        manifest.write("targets: [gemini]\n")
    git_registry.publish(None, {"agents/a.md": agent("a")})
    asks, trusts = "gemini: it asks you to acknowledge", "gemini: it reads the agents"
    assert asks in succeed(sandbox, "add", git_registry.url, "--as", "m").stderr
    assert asks not in succeed(sandbox, "install").stderr
    assert trusts in sandbox.run("doctor").stderr


def test_rules_that_are_read_twice(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """As a tool reads the rules of another one as well."""
    succeed(sandbox, "init")
    with (sandbox.project / "agentsync.yaml").open("a") as manifest:
        manifest.write("targets: [claude-code, copilot]\n")
    git_registry.publish(None, {"rules/style.md": "Be brief.\n"})
    twice = "copilot reads rule:style twice: it reads .claude/rules as well"
    assert twice in succeed(sandbox, "add", git_registry.url, "--as", "m").stderr
    assert twice in sandbox.run("doctor").stderr
    assert (sandbox.project / ".github/instructions/style.instructions.md").read_text().endswith("Be brief.\n")


def test_one_item_in_the_folders_of_several_tools(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Is no clash of names, for each tool reads its own."""
    succeed(sandbox, "init")
    with (sandbox.project / "agentsync.yaml").open("a") as manifest:
        manifest.write("targets: [claude-code, copilot, opencode, gemini, codex, cursor]\n")
    git_registry.publish(None, {"agents/a.md": agent("a"), "skills/s/SKILL.md": skill("s")})
    succeed(sandbox, "add", git_registry.url, "--as", "m", "--accept-grants")
    assert sandbox.json("doctor")["data"]["findings"] == []
