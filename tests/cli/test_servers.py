"""MCP servers and hooks: nothing without a yes, each tool in its own words, and the user's own beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.project import snapshot
from tests.cli.terminal import answered
from tests.git_registry import File, GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

SERVERS: Final[dict[str, Any]] = {"db": {"command": "npx", "args": ["-y", "db-mcp"], "env": {"DB_KEY": "${DB_KEY}"}}}
GUARD: Final = {
    "hooks": {
        "PreToolUse": [
            {"matcher": "Bash", "hooks": [{"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/bin/guard.sh"}]}
        ]
    }
}


def files(servers: object = SERVERS, hooks: object = GUARD, script: str = "#!/bin/sh\nexit 0\n") -> dict[str, Any]:
    """Files of a pack with a server, a hook and its script."""
    return {
        ".mcp.json": json.dumps({"mcpServers": servers}),
        "hooks/hooks.json": json.dumps(hooks),
        "bin/guard.sh": File(script, executable=True),
    }


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry with one release."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", files())
    return registry


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project that asks for it, for two tools."""
    sandbox.project.joinpath("agentsync.yaml").write_text(
        f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\ntargets: [claude-code, codex]\n"
    )
    return sandbox


def value(project: Sandbox, path: str) -> Any:
    """Value of a JSON document of the project."""
    return json.loads(project.project.joinpath(path).read_text())


def told(result: dict[str, Any], code: str) -> set[tuple[str, str]]:
    """What is told with a code: target and item."""
    return {(one["target"], one["item"]) for one in result["data"]["told"] if one["code"] == code}


@needs("modes")
def test_without_a_yes_they_are_left_out(project: Sandbox) -> None:
    """Exit 0: nothing was gained; what waits is told with what it would run, and a later yes takes it in."""
    first = project.json("install")
    waiting = {(tool, item) for tool in ("claude-code", "codex") for item in ("hook:hooks", "mcp:db")}
    assert (first["exit"], told(first, "consent")) == (0, waiting)
    shown = " ".join(one["why"] for one in first["data"]["told"])
    assert "npx -y db-mcp" in shown and "PreToolUse Bash: ${CLAUDE_PLUGIN_ROOT}/bin/guard.sh" in shown
    told_again = project.run("list", "--told").stdout
    assert "claude-code: not installed before a yes: mcp:db of team/team: npx -y db-mcp\n" in told_again
    assert told_again.endswith(
        "to say yes: --accept-grants, or `agentsync grants --accept` and then `agentsync install`\n"
    )
    assert not any(project.project.joinpath(name).exists() for name in (".mcp.json", ".codex", ".claude"))
    assert project.run("drift").exit == 0
    assert "waits for a yes: for:claude-code, for:codex, mcp-server:db:" in project.run("grants").stdout
    assert project.run("install", "--accept-grants=mcp:db").exit == 0
    assert value(project, ".mcp.json") == {"mcpServers": SERVERS}
    assert not project.project.joinpath(".claude").exists()
    assert project.run("grants", "--accept", "hook:hooks").exit == 0
    assert project.run("install").exit == 0
    command = value(project, ".claude/settings.json")["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    assert command == '"$CLAUDE_PROJECT_DIR"/.claude/hooks/team--team/bin/guard.sh'
    assert project.project.joinpath(".claude/hooks/team--team/bin/guard.sh").stat().st_mode & 0o100
    assert project.run("verify").exit == project.run("drift").exit == 0


@pytest.mark.parametrize(
    ("release", "item"),
    [
        (files(servers={"db": {**SERVERS["db"], "args": ["-y", "other"]}}), "mcp:db"),
        (
            files(hooks={"hooks": {**GUARD["hooks"], "Stop": [{"hooks": [{"type": "command", "command": "ls"}]}]}}),
            "hook:hooks",
        ),
        (files(script="#!/bin/sh\ncurl x\n"), "hook:hooks"),
    ],
)
def test_what_is_installed_asks_again(
    project: Sandbox, registry: GitRegistry, release: dict[str, Any], item: str
) -> None:
    """A changed server, command or script stops its pack, until there is a yes."""
    assert project.run("install", "--accept-grants").exit == 0
    registry.publish("v1.1.0", release)
    before = snapshot(project.project)
    refused = project.json("update")
    assert (refused["exit"], [row["item"] for row in refused["data"]["grants"]]) == (3, [item])
    assert {one["item"] for one in refused["data"]["told"]} <= {item}
    assert snapshot(project.project) == before
    assert project.run("update", f"--accept-grants={item}").exit == 0
    assert project.run("drift").exit == 0


def test_a_name_that_would_be_one_of_a_member(project: Sandbox, registry: GitRegistry) -> None:
    """Such a server is refused: its place would be another one in each kind of document."""
    registry.publish("v1.1.0", files(servers={**SERVERS, "@0123456789ab": {"command": "x"}}))
    first = project.json("install", "--accept-grants")
    assert (first["exit"], {item for _, item in told(first, "refused")}) == (0, {"mcp:@0123456789ab"})
    assert value(project, ".mcp.json") == {"mcpServers": SERVERS}
    assert "@" not in project.project.joinpath(".codex/config.toml").read_text()


def test_the_question_shows_what_would_run(project: Sandbox) -> None:
    """On a terminal it is asked once for each tool, with the command itself."""
    code, asked = answered(project, "y\ny", "install")
    assert (code, asked.count("install them for")) == (0, 2)
    assert "mcp:db: npx -y db-mcp" in asked and "PreToolUse Bash: ${CLAUDE_PLUGIN_ROOT}/bin/guard.sh" in asked
    assert value(project, ".mcp.json") == {"mcpServers": SERVERS}


def test_another_tool_is_another_question(project: Sandbox) -> None:
    """What one tool may start waits for a yes in the next one, and the first keeps it."""
    manifest = project.project.joinpath("agentsync.yaml")
    both = manifest.read_text()
    manifest.write_text(both.replace(", codex", ""))
    assert project.run("install", "--accept-grants").exit == 0
    manifest.write_text(both)
    second = project.json("install")
    assert (second["exit"], told(second, "consent")) == (0, {("codex", "hook:hooks"), ("codex", "mcp:db")})
    assert not project.project.joinpath(".codex").exists()
    assert value(project, ".mcp.json") == {"mcpServers": SERVERS}
    assert project.run("install", "--accept-grants").exit == 0
    assert project.project.joinpath(".codex/config.toml").exists()


def test_two_packs_with_one_server(project: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """Equal values are one entry of both; others clash, and a new name settles it."""
    other = GitRegistry(tmp_path / "other.git")
    other.publish("v1.0.0", {".mcp.json": json.dumps({"mcpServers": SERVERS})})
    manifest = project.project.joinpath("agentsync.yaml")
    both = f"registries: {{team: {registry.url}, other: {other.url}}}\npacks: {{team: ^1, other: ^1}}\n"
    manifest.write_text(both)
    assert project.run("install", "--accept-grants").exit == 0
    assert project.run("remove", "other").exit == 0
    assert value(project, ".mcp.json") == {"mcpServers": SERVERS}
    other.publish("v1.1.0", {".mcp.json": json.dumps({"mcpServers": {"db": {"command": "x"}}})})
    manifest.write_text(both)
    clash = project.run("install", "--accept-grants")
    assert clash.exit == 3
    assert "mcp:db" in clash.stderr
    manifest.write_text(both.replace("other: ^1}", "other: {version: ^1, rename: {'mcp:db': db2}}}"))
    assert project.run("install", "--accept-grants").exit == 0
    assert value(project, ".mcp.json") == {"mcpServers": {**SERVERS, "db2": {"command": "x"}}}


def test_the_users_own_document_that_would_be_hidden(project: Sandbox) -> None:
    """A new `.mcp.json` hides the servers of another file: that is asked too, by their names."""
    other = project.project / ".github/mcp.json"
    other.parent.mkdir()
    other.write_text('{"mcpServers": {"theirs": {"type": "local", "command": "x", "args": [], "tools": ["*"]}}}\n')
    first = project.json("install")
    assert any("hides:.github/mcp.json:theirs" in one["about"] for one in first["data"]["told"])
    assert not project.project.joinpath(".mcp.json").exists()
    assert project.run("install", "--accept-grants").exit == 0
    document = project.project / ".mcp.json"
    told = project.run("doctor").stderr
    assert "note: .github/mcp.json is not read while .mcp.json is there" in told and "mistake" not in told
    document.write_text(f"// mine\n{document.read_text()}")
    assert "claude-code takes a comment in .mcp.json" in project.run("doctor").stderr
    assert project.run("drift").exit == 0


def test_the_policy_forbids(project: Sandbox) -> None:
    """As any other grant."""
    manifest = project.project.joinpath("agentsync.yaml")
    manifest.write_text(manifest.read_text() + "policy: {deny_grants: ['mcp-server:*', 'hook:*']}\n")
    refused = project.run("install", "--accept-grants")
    assert refused.exit != 0
    assert "deny_grants" in refused.stderr
    assert not project.project.joinpath(".mcp.json").exists()


def test_user_scope(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The file that a running tool rewrites is never written: its own command is told."""
    sandbox.config.mkdir(parents=True, exist_ok=True)
    sandbox.config.joinpath("agentsync.yaml").write_text(
        f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\ntargets: [claude-code, codex]\n"
    )
    done = sandbox.json("install", "--user", "--accept-grants")
    assert done["exit"] == 0
    (one,) = [one for one in done["data"]["told"] if (one["target"], one["item"]) == ("claude-code", "mcp:db")]
    assert 'claude mcp add-json -s user db \'{"command":"npx"' in one["why"]
    assert not sandbox.home.joinpath(".claude.json").exists()
    assert "[mcp_servers.db]" in sandbox.home.joinpath(".codex/config.toml").read_text()
    settings = json.loads(sandbox.home.joinpath(".claude/settings.json").read_text())
    command = settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    assert command == '"${CLAUDE_CONFIG_DIR:-$HOME/.claude}"/hooks/team--team/bin/guard.sh'
    assert sandbox.home.joinpath(".claude/hooks/team--team/bin/guard.sh").exists()
    assert sandbox.run("drift", "--user").exit == 0
