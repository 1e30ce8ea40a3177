"""Policies: what is refused whatever the manifest asks for, and who may loosen what."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.project import snapshot, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

NARROW = "---\nname: critic\ndescription: d\ntools: Read\n---\nBody.\n"
WIDE = NARROW.replace("Read", "Read, Bash")
HIDDEN = NARROW + "Do\u202enot.\n"


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry with two releases, the second of which may run programs."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", {"agents/critic.md": NARROW})
    registry.publish("v1.1.0", {"agents/critic.md": WIDE})
    return registry


def manifest(registry: GitRegistry, pin: str, policy: str = "{}") -> str:
    """A manifest that takes the registry's pack."""
    return f"registries: {{team: {registry.url}}}\npacks: {{team: {pin}}}\npolicy: {policy}\n"


def own_policy(sandbox: Sandbox, text: str) -> None:
    """Write the user's policy."""
    sandbox.config.mkdir(parents=True, exist_ok=True)
    (sandbox.config / "policy.yaml").write_text(text)


REFUSED = [
    ('"*"', "{registries: ['https://*']}", "does not allow"),
    ('"*"', "{registries: []}", "does not allow"),
    ('"*"', "{deny_grants: [exec]}", "agent:critic of team/team, which asks for exec"),
    ('"*"', "{deny_grants: ['ex*', 'hook:*']}", "which asks for exec"),
    ("{branch: main}", "{pinned: true}", "which follows the branch main"),
    ('"*"', "{require_signature: true}", "which no signer of its registry signed"),
]


@pytest.mark.parametrize(("pin", "policy", "why"), REFUSED)
@pytest.mark.parametrize("whose", ["project", "user"])
def test_refused(sandbox: Sandbox, registry: GitRegistry, pin: str, policy: str, why: str, whose: str) -> None:
    """By the project's own policy or by the user's, before anything is written; with a lock too."""
    write_manifest(sandbox, manifest(registry, pin))
    assert sandbox.run("lock").exit == 0
    if whose == "project":
        write_manifest(sandbox, manifest(registry, pin, policy))
    else:
        own_policy(sandbox, policy)
    before = snapshot(sandbox.project)
    for command in (["install"], ["install", "--frozen"], ["update"], ["lock"]):
        if command == ["lock"] and why != "does not allow":
            continue  # nothing is decided anew
        refused = sandbox.run(*command)
        assert refused.exit == 3, command
        assert why in refused.stderr and "policy" in refused.stderr
        assert snapshot(sandbox.project) == before
    (sandbox.project / "agentsync.lock").unlink()
    assert sandbox.run("install").exit == 3
    assert not (sandbox.project / "agentsync.lock").exists()


def test_every_tool_is_every_class(sandbox: Sandbox, registry: GitRegistry) -> None:
    """An agent without a list of tools may do what is denied."""
    registry.publish("v2.0.0", {"agents/critic.md": NARROW.replace("tools: Read\n", "")})
    write_manifest(sandbox, manifest(registry, "2.0.0", "{deny_grants: [exec]}"))
    assert "which asks for *" in sandbox.run("install").stderr
    write_manifest(sandbox, manifest(registry, "1.0.0", "{deny_grants: [exec]}"))
    assert sandbox.run("install").exit == 0


def test_what_is_allowed(sandbox: Sandbox, registry: GitRegistry) -> None:
    """A policy that fits stops nothing."""
    fits = f"{{registries: ['{registry.url}'], deny_grants: [net, 'hook:*'], pinned: true, min_age: 1m}}"
    write_manifest(sandbox, manifest(registry, '"*"', fits))
    assert sandbox.run("install").exit == 0
    assert sandbox.run("drift").exit == 0


def test_the_strictest_wins(sandbox: Sandbox, registry: GitRegistry) -> None:
    """What the user refuses, no project allows, and the other way round."""
    own_policy(sandbox, f"registries: ['{registry.url}']\n")
    write_manifest(sandbox, manifest(registry, '"*"', "{registries: ['https://*']}"))
    assert sandbox.run("install").exit == 3
    shown = sandbox.json("policy", "show")["data"]["rules"]
    (row,) = [row for row in shown if row["rule"] == "registries"]
    assert row["value"] == [["https://*"], [registry.url]]
    assert row["from"] == ["agentsync.yaml", str(sandbox.config / "policy.yaml")]


def test_hidden_text_is_the_users_to_allow(sandbox: Sandbox, tmp_path: Path) -> None:
    """A project can refuse it and not allow it."""
    registry = GitRegistry(tmp_path / "hidden.git")
    registry.publish("v1.0.0", {"agents/critic.md": HIDDEN})
    installed = sandbox.project / ".claude/agents/critic.md"
    allow = "{hidden_text: {allow: ['team/*']}}"
    write_manifest(sandbox, manifest(registry, '"*"', allow))
    assert sandbox.run("install").exit == 3
    assert not installed.exists()
    own_policy(sandbox, allow)
    write_manifest(sandbox, manifest(registry, '"*"', "{hidden_text: refuse}"))
    assert sandbox.run("install").exit == 3
    assert not installed.exists()
    write_manifest(sandbox, manifest(registry, '"*"'))
    assert sandbox.run("install").exit == 0
    assert installed.read_text() == HIDDEN


def test_sizes(sandbox: Sandbox, registry: GitRegistry) -> None:
    """A project can ask for less than the usual, and only the user for more."""
    big = NARROW + "x" * 2_000_000
    registry.publish("v3.0.0", {"agents/critic.md": big})
    installed = sandbox.project / ".claude/agents/critic.md"
    for project, user, taken in (
        ("{max_file: 5MiB}", "{}", False),
        ("{}", "{max_file: 5MiB}", True),
        ("{max_file: 1MiB}", "{max_file: 5MiB}", False),
    ):
        write_manifest(sandbox, manifest(registry, "3.0.0", project))
        own_policy(sandbox, user)
        sandbox.run("install")
        assert installed.exists() is taken
        for path in (installed, sandbox.project / "agentsync.lock"):
            path.unlink(missing_ok=True)


def test_a_release_must_be_old_enough(sandbox: Sandbox, tmp_path: Path) -> None:
    """A range falls back to the newest that is; a pin is refused; what is locked already stays."""
    registry = GitRegistry(tmp_path / "young.git")
    registry.publish("v1.0.0", {"agents/critic.md": NARROW})
    tree = registry.git("rev-parse", "v1.0.0^{tree}")
    young = registry.git("commit-tree", tree, "-p", "v1.0.0", "-m", "young", at=int(time.time()) - 3600)
    registry.git("update-ref", "refs/tags/v1.1.0", young)
    registry.git("update-ref", "refs/heads/main", young)
    write_manifest(sandbox, manifest(registry, '"*"', "{min_age: 7d}"))
    assert sandbox.json("install")["data"]["versions"][0]["to"] == "1.0.0"
    for pin in ("1.1.0", "{tag: v1.1.0}", "{branch: main}", f"{{commit: {young}}}"):
        write_manifest(sandbox, manifest(registry, pin, "{min_age: 7d}"))
        refused = sandbox.run("install")
        assert refused.exit == 3
        assert "0.0 days old, and the policy asks for 7.0" in refused.stderr, pin
    write_manifest(sandbox, manifest(registry, '"*"'))
    assert sandbox.run("update").exit == 0
    write_manifest(sandbox, manifest(registry, '"*"', "{min_age: 7d}"))
    assert sandbox.json("update")["data"]["versions"] == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("registeries: []\n", "line 1, column 1"),
        ("min_age: soon\n", "line 1, column 10"),
        ("pinned: maybe\n", "line 1, column 9"),
        ("max_file: 1TiB\n", "line 1, column 11"),
        ("hidden_text: {deny: []}\n", "line 1, column 15"),
        ("registries: ['a'\n", "line 2, column 1"),
    ],
)
def test_a_policy_that_is_not_valid(sandbox: Sandbox, registry: GitRegistry, text: str, where: str) -> None:
    """Exit 2, with the place, for the user's and the project's."""
    own_policy(sandbox, text)
    write_manifest(sandbox, manifest(registry, '"*"'))
    refused = sandbox.run("install")
    assert refused.exit == 2
    assert "policy.yaml" in refused.stderr and where in refused.stderr


def test_show_without_a_project(sandbox: Sandbox) -> None:
    """The user's rules alone."""
    own_policy(sandbox, "pinned: true\nmin_age: 2d\n")
    shown = sandbox.run("policy", "show")
    assert shown.exit == 0
    assert "pinned             yes" in shown.stdout and "172,800" in shown.stdout


def test_a_merge_passes_the_policy(sandbox: Sandbox, registry: GitRegistry) -> None:
    """An edit that adds what is denied is not written with the next release either."""
    write_manifest(sandbox, manifest(registry, "1.0.0"))
    assert sandbox.run("install").exit == 0
    path = sandbox.project / ".claude/agents/critic.md"
    path.write_text(WIDE)
    registry.publish("v1.2.0", {"agents/critic.md": NARROW + "More.\n"})
    write_manifest(sandbox, manifest(registry, '"*"', "{deny_grants: [exec]}"))
    before = snapshot(sandbox.project / ".claude")
    run = sandbox.run("update")
    assert run.exit == 3 and "the policy forbids .claude/agents/critic.md with the edit in it" in run.stderr
    assert snapshot(sandbox.project / ".claude") == before
    path.write_text(NARROW.replace("description: d", "description: mine"))
    assert sandbox.run("update").exit == 0
    assert path.read_text() == NARROW.replace("description: d", "description: mine") + "More.\n"
