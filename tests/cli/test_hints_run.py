"""Each failure with a hint, made as a person meets it; then the command that the hint names is run."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.packs import TEAM, TEAM_NEXT, agent
from tests.cli.project import manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.hints import commands_in
from tests.sandbox import Run, Sandbox

DESIGNER = ".claude/agents/designer.md"


class Story:
    """A machine with a registry of its own, in which one thing goes wrong."""

    def __init__(self, root: Path) -> None:
        self.sandbox = Sandbox(root / "sandbox")
        self.registry = GitRegistry(root / "team.git")
        self.registry.publish("v1.0.0", TEAM)

    def installed(self) -> Sandbox:
        """The project with the pack installed."""
        succeed(self.sandbox, "init")
        succeed(self.sandbox, "add", self.registry.url)
        return self.sandbox


def _no_manifest(story: Story) -> Run:
    return story.sandbox.run("drift")


def _no_user_manifest(story: Story) -> Run:
    return story.sandbox.run("install", "--user")


def _no_lock(story: Story) -> Run:
    succeed(story.sandbox, "init")
    return story.sandbox.run("verify")


def _lock_does_not_fit(story: Story) -> Run:
    sandbox = story.installed()
    write_manifest(sandbox, manifest_text(sandbox).replace("^1.0.0", "1.0.0"))
    return sandbox.run("install", "--locked")


def _conflicted(story: Story) -> Run:
    sandbox = story.installed()
    lock = sandbox.project / "agentsync.lock"
    text = lock.read_text()
    lock.write_text(f"<<<<<<< a\n{text}=======\n{text}>>>>>>> b\n")
    return sandbox.run("install")


def _several_packs(story: Story) -> Run:
    story.registry.publish(
        "v2.0.0",
        {
            "registry.yaml": "registry: 1\npacks:\n  x: {path: x}\n  y: {path: y}\n",
            "x/agents/a.md": agent("a"),
            "y/agents/b.md": agent("b"),
        },
    )
    succeed(story.sandbox, "init")
    return story.sandbox.run("add", story.registry.url)


def _registry_in_use(story: Story) -> Run:
    alias = "team"
    return story.installed().run("registry", "remove", alias)


def _link_in_the_way(story: Story) -> Run:
    (story.sandbox.project / ".claude/agents").mkdir(parents=True)
    (story.sandbox.project / DESIGNER).symlink_to("nowhere.md")
    succeed(story.sandbox, "init")
    return story.sandbox.run("add", story.registry.url)


def _not_edited(story: Story) -> Run:
    return story.installed().run("contribute")


def _power(story: Story) -> Run:
    sandbox = story.installed()
    header = "---\nname: designer\ndescription: Knows.\npermissionMode: bypassPermissions\n---\nDesign.\n"
    story.registry.publish("v1.1.0", TEAM_NEXT | {"agents/designer.md": header})
    return sandbox.run("update")


def _policy(story: Story) -> Run:
    sandbox = story.installed()
    write_manifest(sandbox, manifest_text(sandbox) + "policy: {deny_grants: ['*']}\n")
    return sandbox.run("install")


def _mistyped(story: Story) -> Run:
    return story.installed().run("instal", "--locked")


@pytest.mark.parametrize(
    ("go_wrong", "exits"),
    [
        (_no_manifest, {0}),
        (_no_user_manifest, {0}),
        (_no_lock, {0}),
        (_lock_does_not_fit, {0}),
        (_conflicted, {0}),
        (_several_packs, {0}),
        (_registry_in_use, {0}),
        (_link_in_the_way, {0}),
        (_not_edited, {0}),
        (_power, {0}),
        (_policy, {0}),
        (_mistyped, {0}),
    ],
)
def test_what_a_hint_names_is_run(tmp_path: Path, go_wrong: Callable[[Story], Run], exits: set[int]) -> None:
    """It ends well, in the order in which the hint names it."""
    story = Story(tmp_path)
    run = go_wrong(story)
    assert run.exit != 0, run.stdout
    hint = next(line for line in run.stderr.splitlines() if line.startswith("hint: ")).removeprefix("hint: ")
    commands = list(commands_in(hint))
    assert commands, hint
    for words in commands:
        done = story.sandbox.run(*words)
        assert done.exit in exits, f"{shlex.join(words)}: exit {done.exit}\n{done.stdout}{done.stderr}"
