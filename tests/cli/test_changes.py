"""What a pull request changes in the lock: for a person on one screen, as JSON, and for the body of the request."""

from __future__ import annotations

from pathlib import Path

from tests.cli.packs import agent
from tests.cli.project import fail, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

POWER = "---\nname: {0}\ndescription: Knows about {0}.\ntools: {1}\n---\nHelp.\n"


def _git(sandbox: Sandbox, line: str) -> str:
    run = sandbox.shell(f"git -c user.name=Kim -c user.email=kim@example.org {line}")
    assert run.exit == 0, run.stdout
    return run.stdout.strip()


def test_a_pull_request_of_two_packs(sandbox: Sandbox, tmp_path: Path) -> None:
    """Versions, items and gains since the branch began; a screen is enough, and exit is 0."""
    one, two = GitRegistry(tmp_path / "one.git"), GitRegistry(tmp_path / "two.git")
    one.publish("v1.0.0", {"agents/a.md": POWER.format("a", "Read"), "agents/b.md": agent("b")})
    two.publish("v1.0.0", {"agents/c.md": agent("c")})
    _git(sandbox, "init -q -b main")
    write_manifest(sandbox, f"registries: {{one: {one.url}, two: {two.url}}}\npacks: {{one/one: ^1}}\n")
    succeed(sandbox, "install")
    _git(sandbox, "add -A")
    _git(sandbox, "commit -qm Begin")
    begun = _git(sandbox, "rev-parse HEAD")
    assert succeed(sandbox, "changes").stdout == "the lock is the same\n"
    _git(sandbox, "checkout -qb more")
    one.publish("v1.1.0", {"agents/a.md": POWER.format("a", "Read, Bash"), "agents/d.md": agent("d")})
    write_manifest(sandbox, manifest_text(sandbox).replace("one/one: ^1", "one/one: ^1, two/two: ^1"))
    succeed(sandbox, "update", "--accept-grants")
    succeed(sandbox, "install")
    _git(sandbox, "add -A")
    _git(sandbox, "commit -qm More")
    document = sandbox.json("changes")
    assert document["exit"] == 0 and document["data"]["since"] == begun
    rows = {row["pack"]: row for row in document["data"]["packs"]}
    first = rows["one/one"]
    assert (first["from"], first["to"], rows["two/two"]["from"]) == ("1.0.0", "1.1.0", None)
    assert {one["item"]: one["change"] for one in first["items"]} == {
        "agent:a": "changed",
        "agent:b": "removed",
        "agent:d": "added",
    }
    assert {"item": "agent:a", "gained": ["exec"], "lost": []} in first["grants"]
    shown = succeed(sandbox, "changes", "main").stdout
    assert "one/one  1.0.0 -> 1.1.0" in shown and "may newly  agent:a: exec" in shown
    assert len(shown.splitlines()) < 24
    told = succeed(sandbox, "changes", "--format", "markdown").stdout
    assert (
        "| `two/two` | `1.0.0 (new)` | + `agent:c` | +4 tokens always (4)" in told
        and "- `agent:a` of `one/one`: `exec`" in told
    )
    write_manifest(sandbox, manifest_text(sandbox) + "targets: [claude-code, gemini]\n")
    succeed(sandbox, "install", "--accept-grants")
    assert sandbox.json("changes")["data"]["targets"] == {"added": ["gemini"], "removed": []}
    assert succeed(sandbox, "changes").stdout.startswith("targets  + gemini\n")
    assert succeed(sandbox, "changes", "--format", "markdown").stdout.startswith("AI tools: + gemini\n\n| pack |")
    assert "no commit nowhere" in fail(sandbox, "changes", "nowhere", exit=2, code="usage")
    fail(sandbox, "changes", "--format", "csv", exit=2, code="usage")


def test_outside_of_a_repository(installed: Sandbox) -> None:
    """There is nothing to compare with, and that is said."""
    assert "there is no commit HEAD" in fail(installed, "changes", exit=2, code="usage")
