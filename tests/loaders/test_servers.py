"""MCP servers and hooks: the tools' own loaders accept what is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.git_registry import File, GitRegistry
from tests.loaders.packages import PACKAGES, package
from tests.loaders.running import run
from tests.sandbox import Sandbox

pytestmark = pytest.mark.long

SERVERS: Final = {
    "db": {"command": "npx", "args": ["-y", "db-mcp"], "env": {"DB_KEY": "${DB_KEY}", "MODE": "fast"}},
    "a.b c": {"command": "true"},
    "web": {
        "type": "http",
        "url": "https://mcp.example.com/mcp",
        "headers": {"Authorization": "Bearer ${WEB_TOKEN}", "X-Team": "red"},
    },
}
HOOKS: Final = {
    "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/a.sh"}]}],
    "Notification": [{"hooks": [{"type": "command", "command": "true", "timeout": 5}]}],
    "Stop": [{"hooks": [{"type": "prompt", "prompt": "Are the tests green?"}]}],
}


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A project with servers and hooks installed for each tool that can be asked."""
    registry = GitRegistry(tmp_path / "team.git")
    files: dict[str, Any] = {
        ".mcp.json": json.dumps({"mcpServers": SERVERS}),
        "hooks/hooks.json": json.dumps({"hooks": HOOKS}),
        "a.sh": File("#!/bin/sh\n", executable=True),
    }
    registry.publish("v1.0.0", files)
    sandbox.project.joinpath("agentsync.yaml").write_text(
        f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
        "targets: [claude-code, codex, copilot, opencode, gemini, qwen]\n"
    )
    assert sandbox.run("install", "--accept-grants").exit == 0
    return sandbox.project


@pytest.fixture
def home(project: Path, tmp_path: Path) -> Path:
    """A home folder in which the project is trusted."""
    home = tmp_path / "own"
    for folder in (".codex", ".copilot"):
        (home / folder).mkdir(parents=True)
    (home / ".codex/config.toml").write_text(f'[projects."{project}"]\ntrust_level = "trusted"\n')
    (home / ".copilot/config.json").write_text(json.dumps({"trustedFolders": [str(project)]}))
    return home


def test_claude_code(project: Path, home: Path) -> None:
    """Every server waits for its user, and the settings are valid."""
    program = package(PACKAGES["claude-code"]) / "claude"
    listed = run(project, home, program, "mcp", "list").all
    assert all(f"{name}: " in listed for name in SERVERS)
    assert "Skipped" not in listed
    assert "settings.json" not in run(project, home, program, "doctor").all.partition("Invalid settings")[2]


def test_codex(project: Path, home: Path) -> None:
    """Variables are passed on by name."""
    (program,) = package(PACKAGES["codex"]).glob("**/bin/codex")
    said = run(project, home, program, "mcp", "list", "--json").out
    found = {one["name"]: one["transport"] for one in json.loads(said)}
    assert found.keys() == SERVERS.keys()
    assert (found["db"]["env"], found["db"]["env_vars"]) == ({"MODE": "fast"}, ["DB_KEY"])
    assert found["web"]["bearer_token_env_var"] == "WEB_TOKEN"


def test_opencode(project: Path, home: Path) -> None:
    """Its configuration is valid: one wrong key would stop every command."""
    program = package(PACKAGES["opencode"]) / "bin" / "opencode"
    servers = json.loads(run(project, home, program, "debug", "config").out)["mcp"]
    assert servers.keys() == SERVERS.keys()
    assert servers["db"]["command"] == ["npx", "-y", "db-mcp"]


def test_copilot(project: Path, home: Path) -> None:
    """It reads the file that it shares with another tool."""
    program = package(PACKAGES["copilot"]) / "copilot"
    servers = json.loads(run(project, home, program, "mcp", "list", "--json").out)["mcpServers"]
    assert servers.keys() == SERVERS.keys()
    assert all(one["sourcePath"] == str(project / ".mcp.json") for one in servers.values())
