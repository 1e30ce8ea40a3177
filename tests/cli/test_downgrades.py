"""Updates never go down: a withdrawn release stays and is told; a flag, a version or the manifest moves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import TWO_RELEASES, agent, registry_yaml
from tests.cli.project import fail, lock_text, locked, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

RELEASES = TWO_RELEASES


def version(sandbox: Sandbox, pack: str = "m/team") -> str:
    """The version of a pack that is locked."""
    return str(locked(sandbox, pack)["version"])


def ask(sandbox: Sandbox, registry: GitRegistry, pin: str) -> None:
    """Write a manifest that asks for the pack."""
    write_manifest(sandbox, f"registries:\n  m: {registry.url}\npacks:\n  m/team: {pin}\n")


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project that has 1.1.0."""
    ask(sandbox, registry, '"^1"')
    succeed(sandbox, "install")
    assert version(sandbox) == "1.1.0"
    return sandbox


@pytest.mark.parametrize("commits_too", [False, True])
def test_a_release_whose_tag_is_gone_stays_and_is_told(
    project: Sandbox, registry: GitRegistry, *, commits_too: bool
) -> None:
    """Whether its commit is there or not, `outdated` says so too; the flag that is named moves it."""
    registry.delete_tag("v1.1.0")
    if commits_too:
        registry.add_branch("main", "v1.0.0")
    before = lock_text(project)
    document = project.json("update")
    assert document["exit"] == 1
    (found,) = document["data"]["findings"]
    assert (found["rule"], found["pack"]) == ("tag-gone", "m/team")
    assert lock_text(project) == before
    outdated = project.json("outdated")
    assert outdated["data"]["packs"] == [{"pack": "m/team", "current": "1.1.0", "allowed": "1.1.0", "latest": "1.0.0"}]
    assert outdated["data"]["findings"] == [found]
    command = found["fix"].partition("`")[2].partition("`")[0]
    assert command == "agentsync update --allow-downgrade m/team"
    succeed(project, *command.split()[1:])
    assert version(project) == "1.0.0"
    assert (project.project / ".claude/agents/a.md").read_text().endswith("One.\n")


def test_nothing_is_left(project: Sandbox, registry: GitRegistry) -> None:
    """All tags are gone: it stays, and no way down is named; the default branch takes no release's place."""
    for tag in ("v1.0.0", "v1.1.0"):
        registry.delete_tag(tag)
    for pin in ('"^1"', '"*"'):
        ask(project, registry, pin)
        assert project.run("update").exit == 1
        assert version(project) == "1.1.0"


def test_a_newer_release_is_taken_where_the_locked_one_is_gone(project: Sandbox, registry: GitRegistry) -> None:
    """Up is the way that is always open; the same commit by another tag is the same release."""
    registry.move_tag("1.1.0", "v1.1.0")
    registry.delete_tag("v1.1.0")
    succeed(project, "update")
    assert locked(project, "m/team")["ref"] == "refs/tags/1.1.0"
    registry.publish("v1.2.0", {"agents/a.md": agent("a", "Three.\n")})
    registry.delete_tag("1.1.0")
    succeed(project, "update")
    assert version(project) == "1.2.0"


def test_a_yanked_release_stays_with_a_warning(sandbox: Sandbox, tmp_path: Path) -> None:
    """Until a newer one is there."""
    registry = GitRegistry(tmp_path / "team.git")
    files = {"packs/team/agents/a.md": agent("a")}
    registry.publish("v1.0.0", {"registry.yaml": registry_yaml("team"), **files})
    registry.publish("v1.1.0", {"registry.yaml": registry_yaml("team"), **files})
    ask(sandbox, registry, '"^1"')
    succeed(sandbox, "install")
    yanked = {"registry.yaml": registry_yaml("team", team='yanked: ["1.1.0"]'), **files}
    registry.publish(None, yanked)
    document = sandbox.json("update")
    assert document["exit"] == 0
    assert [found["rule"] for found in document["data"]["findings"]] == ["yanked"]
    assert version(sandbox) == "1.1.0"
    registry.publish("v1.1.1", yanked)
    assert [found["rule"] for found in sandbox.json("update")["data"].get("findings", ())] == []
    assert version(sandbox) == "1.1.1"


def test_a_range_that_asks_for_less_moves_down(project: Sandbox, registry: GitRegistry) -> None:
    """The manifest is what a person asks for."""
    ask(project, registry, '"<1.1"')
    succeed(project, "update")
    assert version(project) == "1.0.0"


def test_an_update_of_one_pack_takes_no_other_one_down(sandbox: Sandbox, tmp_path: Path) -> None:
    """A new release that needs an older one of another pack is passed over."""
    registry = GitRegistry(tmp_path / "team.git")

    def publish(tag: str, needs: str) -> None:
        files = {f"packs/{name}/agents/{name}.md": agent(name) for name in ("app", "base")}
        text = f'requires: {{base: "{needs}"}}\n'
        registry.publish(tag, {"registry.yaml": registry_yaml("app", "base"), "packs/app/pack.yaml": text, **files})

    publish("base/v1.0.0", "*")
    publish("base/v2.0.0", "*")
    publish("app/v1.0.0", "*")
    write_manifest(sandbox, f'registries:\n  m: {registry.url}\npacks:\n  m/app: "*"\n')
    succeed(sandbox, "install")
    publish("app/v1.1.0", "<2")
    succeed(sandbox, "update")
    assert (version(sandbox, "m/app"), version(sandbox, "m/base")) == ("1.0.0", "2.0.0")
    succeed(sandbox, "update", "--allow-downgrade", "m/base")
    succeed(sandbox, "update", "--allow-downgrade", "m")
    assert (version(sandbox, "m/app"), version(sandbox, "m/base")) == ("1.1.0", "1.0.0")


def test_to_one_version(project: Sandbox, registry: GitRegistry) -> None:
    """Down and up within the range; outside of it, and where there is none, nothing changes."""
    succeed(project, "update", "m/team@1.0.0")
    assert version(project) == "1.0.0"
    succeed(project, "install", "--locked")
    assert locked(project, "m/team")["requested"] == "^1"
    succeed(project, "update", "m/team@v1.1.0")
    assert version(project) == "1.1.0"
    registry.publish("v2.0.0", {"agents/a.md": agent("a", "Three.\n")})
    said = fail(project, "update", "m/team@2.0.0", exit=3, code="resolution")
    assert "it asks for m/team `^1`" in said
    assert "write `m/team: 2.0.0` there" in said
    assert "1.1.0, 1.0.0" in fail(project, "update", "m/team@1.0.5", exit=3, code="resolution")
    fail(project, "update", "m/team@latest", exit=2, code="usage")
    fail(project, "update", "--allow-downgrade", exit=2, code="usage")


def test_what_became_of_a_locked_tag_is_told(project: Sandbox, registry: GitRegistry) -> None:
    """By `outdated` and `verify` too: moved, and then gone."""
    registry.git("tag", "--force", "v1.1.0", "v1.0.0")
    run = succeed(project, "outdated")
    assert "the tag v1.1.0 moved" in run.stderr and "up to date" not in run.stdout
    registry.git("tag", "--delete", "v1.1.0")
    run = succeed(project, "verify")
    assert "m/team: the tag v1.1.0 is gone" in run.stderr and "tags agree" not in run.stdout


def test_a_branch_that_is_gone_is_told_once_by_its_pack(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The name of the pack stands before it, not twice."""
    ask(sandbox, registry, "{branch: main}")
    succeed(sandbox, "install")
    registry.git("branch", "--move", "main", "trunk")
    assert "note: m/team: there is no branch 'main'" in succeed(sandbox, "outdated").stderr
