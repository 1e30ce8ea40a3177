"""Each failure with a hint, made as a person meets it; then the command that the hint names is run."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.cli.packs import TEAM, TEAM_NEXT, agent
from tests.cli.project import manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.hints import commands_in
from tests.sandbox import Run, Sandbox
from tests.test_hints import HINTS

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


def _no_conflict(story: Story) -> Run:
    return story.installed().run("resolve")


def _no_way_back(story: Story) -> Run:
    return story.installed().run("rollback")


def _no_such_version(story: Story) -> Run:
    return story.installed().run("info", "team/team@^9")


def _no_project_below(story: Story) -> Run:
    return story.sandbox.run("drift", "--recursive")


def _mixed_lock(story: Story) -> Run:
    sandbox = story.installed()
    lock = sandbox.project / "agentsync.lock"
    lock.write_text(lock.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    return sandbox.run("install")


def _patch_is_gone(story: Story) -> Run:
    sandbox = story.installed()
    (sandbox.project / DESIGNER).write_text(agent("designer", "Mine.\n"))
    succeed(sandbox, "keep")
    shutil.rmtree(sandbox.project / ".agentsync/patches")
    (sandbox.project / DESIGNER).unlink()
    return sandbox.run("install")


# Each story with its hint as the source has it: what is filled in is `X`; "" where no one text of the source makes it.
STORIES: Final[dict[Callable[[Story], Run], str]] = {
    _no_manifest: "start a project with `agentsync init`, or name the user scope with --user",
    _no_user_manifest: "start one with `agentsync init`",
    _no_lock: "run `agentsync lock`",
    _lock_does_not_fit: "run `agentsync lock`, review the change and commit it",
    _conflicted: "run `agentsync lock`: it settles the lock from both sides and the manifest",
    _several_packs: "`agentsync registry add X X`, then `agentsync add X`; or `agentsync add X --all`",
    _registry_in_use: "agentsync remove X",
    _link_in_the_way: "",
    _not_edited: "`agentsync status` shows how every file stands",
    _power: "look at it (`agentsync diff --upstream`, `agentsync grants`), then say --accept-grants,"
    " or --accept-grants=ITEM for some of it",
    _policy: "`agentsync policy show` tells where each rule comes from",
    _mistyped: "",
    _no_conflict: "`agentsync status` shows how every file stands",
    _no_way_back: "`agentsync rollback --list` shows them; take an older one from your version control",
    _no_such_version: "agentsync info X",
    _no_project_below: "start a project with `agentsync init`",
    _mixed_lock: "run `agentsync lock`: it decides these packs afresh",
    _patch_is_gone: "put .agentsync/patches back from your version control, or end it: `agentsync keep --drop X`",
}
# Hints that no story meets yet: their commands are parsed (`tests/test_hints.py`), and not run.
ONLY_PARSED: Final = frozenset(
    (
        "`agentsync add X` asks for the newest that is there instead",
        "`agentsync keep PATH` keeps one",
        "`agentsync registry add X X`, or `agentsync add X` for that place alone",
        "`agentsync update --allow-downgrade X` goes down to X",
        "`agentsync update X` takes the newest that is there",
        "add it: `agentsync registry add X URL`",
        "add packs to it with `agentsync add SOURCE`",
        "agentsync add X/X",
        "agentsync registry add X X",
        "agentsync search --refresh X",
        "agentsync update --allow-downgrade PACK",
        "agentsync update X@VERSION",
        "ask the registry maintainer why; `agentsync add X` takes that",
        "check whether this is the same registry; `agentsync registry add ALIAS URL` adds another one",
        "delete it, or make its edit in the file again, and keep that with `agentsync keep`",
        "finish with that one: `agentsync install`",
        "give it with the command that it is for: `agentsync update --accept-grants`",
        "it stays as it is locked; `agentsync remove X` takes it away",
        "quote its values, or let the file begin with `---`; `agentsync keep` holds on to the change",
        "run `agentsync install --merge`, and contribute what you settle on",
        "run `agentsync lock` to lock it as it is now",
        "run `agentsync update` for a new attempt (the old one is set aside), or choose a side",
        "see `agentsync list`",
        "settle the manifest by hand, then `agentsync lock` settles the lock",
        "take a folder of it: `agentsync add X//FOLDER`",
        "take that out of the file, or `agentsync restore X`",
        "the lock was changed by hand, or made by another version of agentsync: run `agentsync lock`",
        "the manifest asks for the new one, see `agentsync tree`; `agentsync install` takes it",
        "what was to be done is done; send the output elsewhere and look with `agentsync status`",
        "write `X: X` there, then run `agentsync install`",
    )
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace("X", ".+"))


def test_every_hint_of_the_source_is_known_here() -> None:
    """A new hint gets a story that meets it, or stands among those that are only parsed."""
    written = {text for _, text in HINTS if list(commands_in(text))}
    met = {text for text in STORIES.values() if text}
    assert written == met | ONLY_PARSED and not met & ONLY_PARSED


@pytest.mark.parametrize("go_wrong", STORIES)
def test_what_a_hint_names_is_run(tmp_path: Path, go_wrong: Callable[[Story], Run]) -> None:
    """It ends well, in the order in which the hint names it."""
    story = Story(tmp_path)
    run = go_wrong(story)
    assert run.exit != 0, run.stdout
    hint = next(line for line in run.stderr.splitlines() if line.startswith("hint: ")).removeprefix("hint: ")
    assert not STORIES[go_wrong] or _pattern(STORIES[go_wrong]).fullmatch(hint.replace(" --user`", "`")), hint
    commands = list(commands_in(hint))
    assert commands, hint
    for words in commands:
        done = story.sandbox.run(*words)
        assert done.exit == 0, f"{shlex.join(words)}: exit {done.exit}\n{done.stdout}{done.stderr}"
