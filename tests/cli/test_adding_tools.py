"""One item is one line of review, however many AI tools take it: another tool is no gain of the source's power."""

from __future__ import annotations

import json
from typing import Final

from tests.cli.project import files_below, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

SKILL: Final = "---\nname: pdf\ndescription: d\n---\nBody.\n"
SERVER: Final = {"command": "db-server", "args": ["--stdio"]}
FILES: Final = {
    "skills/pdf/SKILL.md": SKILL,
    "skills/pdf/scripts/run.sh": "echo hi\n",
    ".mcp.json": json.dumps({"mcpServers": {"db": SERVER}}),
}
RELEASES: Final = {"v1.0.0": FILES, "v1.1.0": {**FILES, "skills/pdf/scripts/more.py": "print()\n"}}


def _targets(sandbox: Sandbox, registry: GitRegistry, targets: str, pack: str = "1.0.0") -> None:
    packs = f"packs: {{team: {pack}}}\ntargets: {targets}\n"
    write_manifest(sandbox, f"registries: {{team: {registry.url}}}\n{packs}")


def test_a_target_that_is_added_is_no_gain(sandbox: Sandbox, registry: GitRegistry) -> None:
    """A second folder for the programs of a skill is none, nor is another one; a program that is new is asked about."""
    _targets(sandbox, registry, "[claude-code]")
    succeed(sandbox, "install", "--accept-grants")
    _targets(sandbox, registry, "[claude-code, gemini]")
    succeed(sandbox, "install")
    there = files_below(sandbox.project)
    assert ".claude/skills/pdf/scripts/run.sh" in there and ".agents/skills/pdf/scripts/run.sh" in there
    _targets(sandbox, registry, "[gemini]")
    succeed(sandbox, "install")
    renamed = "{version: 1.0.0, rename: {skill:pdf: papers}}"
    _targets(sandbox, registry, "[gemini, claude-code]", renamed)
    succeed(sandbox, "install")
    assert ".agents/skills/papers/scripts/run.sh" in files_below(sandbox.project)
    _targets(sandbox, registry, "[gemini, claude-code, qwen]", renamed.replace("1.0.0", "1.1.0"))
    refused = sandbox.run("install")
    assert refused.exit == 3 and refused.stderr.count("executable:") == 1
    assert "/skills/papers/scripts/more.py" in refused.stderr


def test_a_tool_that_reads_the_same_server_is_another_question(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Not a gain of what is installed: its own entry waits for a yes, and the run goes on."""
    _targets(sandbox, registry, "[claude-code]")
    succeed(sandbox, "install", "--accept-grants")
    _targets(sandbox, registry, "[claude-code, copilot]")
    told = sandbox.json("install")["data"]["told"]
    assert [(one["target"], one["code"]) for one in told if one["item"] == "mcp:db"][:1] == [("copilot", "consent")]
    assert ".vscode/mcp.json" not in files_below(sandbox.project)
    succeed(sandbox, "grants", "--accept")
    succeed(sandbox, "install")
    assert ".vscode/mcp.json" in files_below(sandbox.project)
