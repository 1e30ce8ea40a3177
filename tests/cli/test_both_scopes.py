"""An item in the project and in the user's scope: one of the two is hidden, which `add` and `doctor` tell."""

from __future__ import annotations

from typing import Any

from tests.cli.packs import agent, skill
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

FILES = {"agents/a.md": agent("a"), "skills/s/SKILL.md": skill("s"), "commands/go.md": "Go\n"}


def told(document: dict[str, Any]) -> list[tuple[str, str]]:
    """What a document says of both scopes."""
    findings = document["data"]["findings"]
    return sorted((one["item"], one["what"]) for one in findings if one["rule"] == "both-scopes")


def publish(sandbox: Sandbox, name: str, files: dict[str, str]) -> str:
    """A repository, and its URL."""
    registry = GitRegistry(sandbox.root / f"{name}.git")
    registry.publish("v1.0.0", files)
    return registry.url


def test_installed_in_both(sandbox: Sandbox) -> None:
    """The one that is added second is told, in either scope; `doctor` tells it as long as it is so."""
    url = publish(sandbox, "pack", FILES)
    succeed(sandbox, "init")
    succeed(sandbox, "init", "--user")
    assert told(sandbox.json("add", url, "--user")) == []
    assert [item for item, _ in told(sandbox.json("add", url))] == ["agent:a", "command:go", "skill:s"]
    run = sandbox.run("doctor")
    assert run.exit == 1
    assert "agent:a of pack/pack: the user scope has it too (~/.claude/agents/a.md of pack/pack)" in run.stdout
    succeed(sandbox, "remove", "pack/pack", "--user")
    assert "user scope" not in sandbox.run("doctor").stdout
    found = told(sandbox.json("add", url, "--user"))
    assert found[0] == (
        "agent:a",
        "the project project has it too "
        f"({sandbox.project}/.claude/agents/a.md of pack/pack), and claude-code loads one of them and hides the other",
    )


def test_names_count_and_own_files(sandbox: Sandbox) -> None:
    """An agent of the same name in another file, and a file of the user's own on the same path."""
    succeed(sandbox, "init")
    succeed(sandbox, "init", "--user")
    succeed(sandbox, "add", publish(sandbox, "one", {"agents/team/other.md": agent("A")}), "--user")
    own = sandbox.home / ".claude/commands/go.md"
    own.parent.mkdir(parents=True)
    own.write_text("Mine\n")
    assert [item for item, _ in told(sandbox.json("add", publish(sandbox, "two", FILES)))] == ["agent:a", "command:go"]


def test_nothing_in_common(sandbox: Sandbox) -> None:
    """A user scope that is not there, empty, or damaged hinders nothing."""
    succeed(sandbox, "init")
    assert told(sandbox.json("add", publish(sandbox, "one", FILES))) == []
    sandbox.config.mkdir(exist_ok=True)
    (sandbox.config / "agentsync.lock").write_text("lockfile: 99\n")
    assert told(sandbox.json("add", publish(sandbox, "two", {"agents/b.md": agent("b")}))) == []
