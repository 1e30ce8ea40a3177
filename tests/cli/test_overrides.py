"""Declared header changes: in the installed copy, never a drift, again after each update."""

from __future__ import annotations

from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

HEAD = "---\nname: critic\ndescription: Use it: when A\nmodel: sonnet  # theirs\ntools: Read, Bash\n---\n"
RELEASES = {"v1.0.0": {"agents/critic.md": HEAD + "One.\n"}}


def test_applied_and_kept(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Only the named entries change, byte for byte, and an update keeps them."""
    start = f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    chosen = "{model: haiku, tools: [Read], color: red}"
    write_manifest(sandbox, f"{start}overrides: {{team: {{agent:critic: {chosen}}}}}\n")
    succeed(sandbox, "install")
    installed = sandbox.project / ".claude/agents/critic.md"
    head = "---\nname: critic\ndescription: Use it: when A\nmodel: haiku  # theirs\ntools: Read\ncolor: red\n---\n"
    lines = installed.read_text().splitlines()
    assert lines[1:3] == head.splitlines()[1:3]
    assert lines[3].startswith("model: haiku")
    assert "Bash" not in installed.read_text()
    assert installed.read_text().endswith("---\nOne.\n")
    assert sandbox.run("drift").exit == 0
    assert sandbox.run("install", "--locked").exit == 0

    registry.publish("v1.1.0", {"agents/critic.md": HEAD.replace("sonnet", "opus") + "Two.\n"})
    succeed(sandbox, "update")
    assert "model: haiku" in installed.read_text()
    assert installed.read_text().endswith("---\nTwo.\n")
    assert sandbox.run("drift").exit == 0

    write_manifest(sandbox, start)
    assert sandbox.run("drift").exit == 1, "the lock no longer fits the manifest"
    assert sandbox.run("install").exit == 3, "it has more tools without the override"
    succeed(sandbox, "install", "--accept-grants=agent:critic")
    assert installed.read_text() == HEAD.replace("sonnet", "opus") + "Two.\n"


def test_an_item_that_is_not_there(sandbox: Sandbox, registry: GitRegistry) -> None:
    """An override that would change nothing is an error, with the nearest name."""
    start = f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    write_manifest(sandbox, f"{start}overrides: {{team: {{agent:critik: {{model: haiku}}}}}}\n")
    run = sandbox.run("install")
    assert run.exit == 3
    assert "agent:critic" in run.stderr


def test_the_gate(sandbox: Sandbox, registry: GitRegistry) -> None:
    """An override that hides text, or asks for what is denied, is refused as upstream's own bytes are."""
    start = f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    hidden = '{description: "Use \\u202e it"}'
    write_manifest(sandbox, f"{start}overrides: {{team: {{agent:critic: {hidden}}}}}\n")
    run = sandbox.run("install")
    assert run.exit == 3 and "the edit of .claude/agents/critic.md is refused: hidden character" in run.stderr
    denied = f"{start}policy: {{deny_grants: [net]}}\noverrides: {{team: {{agent:critic: {{tools: [WebFetch]}}}}}}\n"
    write_manifest(sandbox, denied)
    run = sandbox.run("install")
    assert run.exit == 3 and "the policy forbids agent:critic of team/team, which asks for net" in run.stderr
    assert not (sandbox.project / ".claude").exists()


def test_an_override_that_widens(sandbox: Sandbox, registry: GitRegistry) -> None:
    """It is a gain that needs a yes, as a release of upstream's with the same header is."""
    start = f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    write_manifest(sandbox, start)
    succeed(sandbox, "install")
    write_manifest(sandbox, f"{start}overrides: {{team: {{agent:critic: {{tools: [Read, Bash, WebFetch]}}}}}}\n")
    run = sandbox.run("install")
    assert run.exit == 3 and "agent:critic of team/team gains net" in run.stderr
    succeed(sandbox, "install", "--accept-grants")
