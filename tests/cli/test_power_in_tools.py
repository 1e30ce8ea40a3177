"""Edits of what AI tools read in their own words, and what they add to what an item may do."""

from __future__ import annotations

from typing import Final

from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

AGENT: Final = "---\nname: auditor\ndescription: Looks.\ntools: Read\n---\nOne.\n\nTwo.\n"
SERVER: Final = '{"mcpServers": {"db": {"command": "db-server"}}}'
RELEASES: Final = {"v1.0.0": {"agents/auditor.md": AGENT, ".mcp.json": SERVER}}
COPILOT, CODEX, QWEN = ".github/agents/auditor.agent.md", ".codex/agents/auditor.toml", ".qwen/agents/auditor.md"


def test_an_edit_that_adds_power_is_told_and_judged(sandbox: Sandbox, registry: GitRegistry) -> None:
    """In each tool's own words; what is not known is told as such, and a body adds nothing."""
    targets = "targets: [copilot, codex, qwen]\n"
    text = f"registries: {{team: {registry.url}}}\npacks: {{team: 1.0.0}}\n{targets}"
    write_manifest(sandbox, text)
    succeed(sandbox, "install", "--accept-grants")
    for path, old, new in (
        (COPILOT, "- read\n", "- read\n  - web\n"),
        (CODEX, "Two.", "Two, well."),
        (QWEN, "name:", "hooks: {}\nname:"),
        (".vscode/mcp.json", "db-server", "another"),
    ):
        file = sandbox.project / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))
    rows = {row["path"]: row["gained"] for row in sandbox.json("drift")["data"]["files"] if row["drift"] == "edited"}
    assert (rows[COPILOT], rows[CODEX], rows[QWEN]) == (["net"], [], ["unread:qwen"])
    assert [word[:14] for word in rows[".vscode/mcp.json#/servers/db"]] == ["mcp-server:db:"]
    said = sandbox.run("status").stdout
    assert "(adds power: net)" in said and "(has words for qwen whose power is not known)" in said
    write_manifest(sandbox, f"{text}policy: {{deny_grants: [net]}}\n")
    denied = sandbox.run("keep", COPILOT)
    assert denied.exit == 3 and "deny_grants" in denied.stderr
    succeed(sandbox, "keep", CODEX)
    write_manifest(sandbox, text)
    kept = sandbox.run("keep", COPILOT, QWEN)
    assert kept.exit == 0 and "asks for net, unread:qwen with the edit" in kept.stderr
    assert sandbox.run("restore", ".vscode/mcp.json").exit == 0
    assert sandbox.run("install").exit == 0 and sandbox.run("verify").exit == 0
    dropped = sandbox.run("keep", "--drop", COPILOT, QWEN)
    assert dropped.exit == 0
    (item,) = (one for one in sandbox.json("grants")["data"]["packs"][0]["items"] if one["item"] == "agent:auditor")
    assert "net" not in item["grants"]
