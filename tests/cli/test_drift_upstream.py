"""`drift --upstream`: what the registries say, beside what the disk says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


def files(body: str, **facts: str) -> dict[str, str]:
    """A registry with one pack of two agents."""
    return {
        "registry.yaml": registry_yaml("web", **facts),
        "packs/web/agents/critic.md": agent("critic", body),
        "packs/web/agents/other.md": agent("other"),
    }


RELEASES = {"v1.0.0": files("One.\n")}


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project that has it."""
    write_manifest(sandbox, f"registries: {{acme: {registry.url}}}\npacks: {{acme/web: ^1}}\n")
    succeed(sandbox, "install")
    return sandbox


def standing(project: Sandbox) -> tuple[int, dict[str, Any]]:
    """Exit code and the row of the pack."""
    document = project.json("drift", "--upstream")
    return document["exit"], document["data"]["packs"][0]


def test_current(project: Sandbox) -> None:
    """Nothing newer: clean."""
    code, row = standing(project)
    assert (code, row["upstream"], row["available"]) == (0, "current", "1.0.0")


def test_behind_and_diverged(project: Sandbox, registry: GitRegistry) -> None:
    """A newer release fits; an edited file that it changes as well has diverged."""
    registry.publish("v1.1.0", files("Two.\n"))
    assert project.run("drift").exit == 0, "without --upstream no registry is asked"
    code, row = standing(project)
    assert (code, row["upstream"], row["available"]) == (1, "behind", "1.1.0")
    assert project.run("drift", "--upstream", "--ignore", "behind").exit == 0
    for name in ("critic", "other"):
        path = project.project / f".claude/agents/{name}.md"
        path.write_text(path.read_text() + "Mine.\n")
    found = {row["path"]: row for row in project.json("drift", "--upstream")["data"]["files"]}
    assert found[".claude/agents/critic.md"]["drift"] == "diverged"
    assert found[".claude/agents/critic.md"]["upstream"] == "changed"
    assert found[".claude/agents/other.md"]["drift"] == "edited"


def test_pinned(project: Sandbox, registry: GitRegistry) -> None:
    """A newer release outside the range is told, and is no drift."""
    registry.publish("v2.0.0", files("Two.\n"))
    code, row = standing(project)
    assert (code, row["upstream"]) == (0, "pinned")
    assert "pinned    acme/web" in project.run("drift", "--upstream").stdout


def test_moved_tag(project: Sandbox, registry: GitRegistry) -> None:
    """A locked tag that names another commit is an error with both ids; the lock still holds."""
    old = registry.git("rev-parse", "v1.0.0^{commit}").strip()
    new = registry.publish(None, files("Evil.\n"))
    registry.move_tag("v1.0.0", new)
    run = project.run("drift", "--upstream")
    assert run.exit == 3
    assert old in run.stderr
    assert new in run.stderr
    assert project.run("drift").exit == 0
    assert project.run("install").exit == 0


def test_yanked(project: Sandbox, registry: GitRegistry) -> None:
    """A release that was withdrawn."""
    registry.publish(None, files("One.\n", web='yanked: ["1.0.0"]'))
    code, row = standing(project)
    assert (code, row["upstream"]) == (1, "yanked")


@pytest.mark.parametrize("what", ["tag", "pack"])
def test_gone(project: Sandbox, registry: GitRegistry, what: str) -> None:
    """The tag, or the pack itself, is no longer there."""
    if what == "tag":
        registry.delete_tag("v1.0.0")
    else:
        registry.publish(None, {"registry.yaml": registry_yaml("else")})
    code, row = standing(project)
    assert (code, row["upstream"]) == (1, "gone")


def test_only_and_ignore(project: Sandbox) -> None:
    """A choice of packs and of kinds; what is not known is a usage error."""
    (project.project / ".claude/agents/critic.md").unlink()
    assert project.run("drift").exit == 1
    assert project.run("drift", "--ignore", "missing").exit == 0
    assert project.run("drift", "--only", "acme/web").exit == 1
    assert project.run("drift", "--only", "acme/none").exit == 2
    assert project.run("drift", "--ignore", "nothing").exit == 2
    assert project.run("drift", "--format", "poem").exit == 2


@pytest.mark.parametrize("form", ["sarif", "github", "junit", "markdown"])
def test_formats(project: Sandbox, form: str) -> None:
    """Every format tells the drifted file, and the exit code is the same."""
    (project.project / ".claude/agents/critic.md").write_text("x")
    run = project.run("drift", "--format", form)
    assert run.exit == 1
    assert ".claude/agents/critic.md" in run.stdout
    assert project.json("drift", "--format", "json")["exit"] == 1


def test_paths_in_a_repository(project: Sandbox) -> None:
    """They start at its root, where the project is a folder of it, or at the folder that is named."""
    (project.project / ".claude/agents/critic.md").write_text("x")

    def told(form: str, *words: str) -> str:
        run = project.run("drift", "--format", form, *words)
        assert run.exit == 1
        return run.stdout

    assert told("github").startswith("::error file=.claude/agents/critic.md,")
    (project.root / ".git").mkdir()
    assert told("github").startswith("::error file=project/.claude/agents/critic.md,")
    assert '"uri": "project/.claude/agents/critic.md"' in told("sarif")
    (issue,) = json.loads(told("gitlab"))
    assert issue["location"]["path"] == "project/.claude/agents/critic.md"
    assert told("github", "--path-root", ".").startswith("::error file=.claude/agents/critic.md,")
    assert project.run("drift", "--format", "gitlab", "--path-root", ".claude").exit == 2


def test_an_unreachable_registry(project: Sandbox, registry: GitRegistry) -> None:
    """It is a failure of the check, not a clean result."""
    registry.path.rename(registry.path.with_name("away"))
    assert project.run("drift", "--upstream").exit == 3
    assert project.run("status", "--upstream").exit == 0, "it only tells"
    assert project.run("drift").exit == 0
