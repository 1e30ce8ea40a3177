"""Situations of a project, its manifest, its lock and its files, whose hint names a command."""

from __future__ import annotations

import re
import shutil
from typing import Final

from tests.cli.hint_stories import DESIGNER, Stories, Story, lock_of_a_colleague
from tests.cli.packs import TEAM, TEAM_NEXT, agent
from tests.cli.project import lock_text, manifest_text, sealed, succeed, write_manifest
from tests.sandbox import Run

STORIES: Final = Stories()


@STORIES.of("start a project with `agentsync init`, or name the user scope with --user")
def _no_manifest(story: Story) -> Run:
    return story.sandbox.run("drift")


@STORIES.of("start one with `agentsync init`")
def _no_user_manifest(story: Story) -> Run:
    return story.sandbox.run("install", "--user")


@STORIES.of("run `agentsync lock`")
def _no_lock(story: Story) -> Run:
    succeed(story.sandbox, "init")
    return story.sandbox.run("verify")


@STORIES.of("run `agentsync lock`, review the change and commit it")
def _lock_does_not_fit(story: Story) -> Run:
    sandbox = story.installed()
    write_manifest(sandbox, manifest_text(sandbox).replace("^1.0.0", "1.0.0"))
    return sandbox.run("install", "--locked")


@STORIES.of("run `agentsync lock`: it settles the lock from both sides and the manifest")
def _conflicted(story: Story) -> Run:
    sandbox = story.installed()
    lock = sandbox.project / "agentsync.lock"
    text = lock.read_text()
    lock.write_text(f"<<<<<<< a\n{text}=======\n{text}>>>>>>> b\n")
    return sandbox.run("install")


@STORIES.of()
def _link_in_the_way(story: Story) -> Run:
    (story.sandbox.project / ".claude/agents").mkdir(parents=True)
    (story.sandbox.project / DESIGNER).symlink_to("nowhere.md")
    succeed(story.sandbox, "init")
    return story.sandbox.run("add", story.registry.url)


@STORIES.of("`agentsync status` shows how every file stands")
def _not_edited(story: Story) -> Run:
    return story.installed().run("contribute")


@STORIES.of("`agentsync policy show` tells where each rule comes from")
def _policy(story: Story) -> Run:
    sandbox = story.installed()
    write_manifest(sandbox, manifest_text(sandbox) + "policy: {deny_grants: ['*']}\n")
    return sandbox.run("install")


@STORIES.of()
def _mistyped(story: Story) -> Run:
    return story.installed().run("instal", "--locked")


@STORIES.of("`agentsync status` shows how every file stands")
def _no_conflict(story: Story) -> Run:
    return story.installed().run("resolve")


@STORIES.of("`agentsync rollback --list` shows them; take an older one from your version control")
def _no_way_back(story: Story) -> Run:
    return story.installed().run("rollback")


@STORIES.of("start a project with `agentsync init`")
def _no_project_below(story: Story) -> Run:
    return story.sandbox.run("drift", "--recursive")


@STORIES.of("run `agentsync lock`: it decides these packs again")
def _mixed_lock(story: Story) -> Run:
    sandbox = story.installed()
    lock = sandbox.project / "agentsync.lock"
    lock.write_text(lock.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    return sandbox.run("install")


@STORIES.of("put .agentsync/patches back from your version control, or end it: `agentsync keep --drop X`")
def _patch_is_gone(story: Story) -> Run:
    sandbox = story.installed()
    (sandbox.project / DESIGNER).write_text(agent("designer", "Mine.\n"))
    succeed(sandbox, "keep")
    shutil.rmtree(sandbox.project / ".agentsync/patches")
    (sandbox.project / DESIGNER).unlink()
    return sandbox.run("install")


@STORIES.of("`agentsync keep PATH` keeps one")
def _no_edit_is_kept(story: Story) -> Run:
    sandbox = story.installed()
    (sandbox.project / DESIGNER).write_text(agent("designer", "Mine.\n"))
    story.words["PATH"] = DESIGNER
    return sandbox.run("keep", "--drop")


@STORIES.of("add packs to it with `agentsync add SOURCE`")
def _started_already(story: Story) -> Run:
    succeed(story.sandbox, "init")
    story.words["SOURCE"] = story.registry.url
    return story.sandbox.run("init")


@STORIES.of("delete it, or make its edit in the file again, and keep that with `agentsync keep`")
def _patch_without_a_file(story: Story) -> Run:
    sandbox = story.installed()
    before = lock_text(sandbox)
    (sandbox.project / DESIGNER).write_text(agent("designer", "Mine.\n"))
    succeed(sandbox, "keep")
    (sandbox.project / "agentsync.lock").write_text(before)
    return sandbox.run("doctor")


@STORIES.of("quote its values, or let the file begin with `---`; `agentsync keep` holds on to the change")
def _header_that_is_dropped(story: Story) -> Run:
    sandbox = story.installed()
    file = sandbox.project / DESIGNER
    file.write_text('---\nname: designer\ndescription: "Knows" all.\n---\nDesign.\n')
    story.by_hand = lambda hint: file.write_text(agent("designer", "Design.\n"))
    return sandbox.run("doctor")


@STORIES.of("run `agentsync install --merge`, and contribute what you settle on")
def _same_lines_as_upstream(story: Story) -> Run:
    sandbox = story.installed()
    (sandbox.project / DESIGNER).write_text(agent("designer", "Mine.\n"))
    story.registry.publish("v1.1.0", TEAM_NEXT)
    lock_of_a_colleague(story)
    story.ends = 1
    return sandbox.run("contribute", DESIGNER)


@STORIES.of("run `agentsync update` for a new attempt (the old one is set aside), or choose a side")
def _attempt_with_an_older_release(story: Story) -> Run:
    sandbox = story.installed()
    (sandbox.project / DESIGNER).write_text(agent("designer", "Mine.\n"))
    story.registry.publish("v1.1.0", TEAM_NEXT)
    assert sandbox.run("update").exit == 1
    (sandbox.project / ".agentsync/conflicts" / DESIGNER).write_text(agent("designer", "Settled.\n"))
    story.registry.publish("v1.2.0", TEAM | {"agents/designer.md": agent("designer", "Design it best.\n")})
    lock_of_a_colleague(story)
    story.ends = 1
    return sandbox.run("resolve")


@STORIES.of("run `agentsync lock` to lock it as it is now")
def _folder_that_changed(story: Story) -> Run:
    sandbox = story.sandbox
    folder = sandbox.project / "own/agents"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text(agent("a"))
    succeed(sandbox, "init")
    succeed(sandbox, "add", "./own")
    (folder / "a.md").write_text(agent("a", "More.\n"))
    shutil.rmtree(sandbox.project / ".claude")
    return sandbox.run("install", "--frozen")


@STORIES.of("see `agentsync list`")
def _no_such_file_of_many(story: Story) -> Run:
    story.registry.publish("v1.1.0", {f"agents/a{number}.md": agent(f"a{number}") for number in range(40)})
    return story.installed().run("restore", "zzz")


@STORIES.of("settle the manifest by hand, then `agentsync lock` settles the lock")
def _manifest_in_conflict(story: Story) -> Run:
    sandbox = story.installed()
    text = manifest_text(sandbox)
    write_manifest(sandbox, f"<<<<<<< a\n{text}=======\n>>>>>>> b\n")
    story.by_hand = lambda hint: write_manifest(sandbox, text)
    return sandbox.run("install")


@STORIES.of("take that out of the file, or `agentsync restore X`")
def _edit_that_the_policy_forbids(story: Story) -> Run:
    sandbox = story.installed()
    header = "---\nname: designer\ndescription: Knows about designer.\npermissionMode: bypassPermissions\n---\n"
    (sandbox.project / DESIGNER).write_text(f"{header}Design the API.\n")
    story.registry.publish("v1.1.0", TEAM_NEXT | {"agents/designer.md": agent("designer", "Design the API.\nMore.\n")})
    write_manifest(sandbox, manifest_text(sandbox) + "policy: {deny_grants: ['permission:*']}\n")
    return sandbox.run("update")


@STORIES.of("the lock was changed by hand, or made by another version of agentsync: run `agentsync lock`")
def _lock_changed_by_hand(story: Story) -> Run:
    sandbox = story.installed()
    forged = re.sub(r"sha256:?[^0-9a-f]*[0-9a-f]{8}", lambda found: found[0][:-8] + "0" * 8, lock_text(sandbox))
    (sandbox.project / "agentsync.lock").write_text(sealed(forged))
    shutil.rmtree(sandbox.project / ".claude")
    return sandbox.run("install", "--frozen")


@STORIES.of("what was to be done is done; send the output elsewhere and look with `agentsync status`")
def _output_on_a_full_disk(story: Story) -> Run:
    return story.installed().shell("agentsync status >/dev/full")


@STORIES.of("`agentsync adopt` lists all that could be")
def _nothing_to_adopt_there(story: Story) -> Run:
    return story.installed().run("adopt", "docs")


@STORIES.of(
    "name where the files may come from: `agentsync adopt --from github:OWNER/REPO`; "
    "with --known public registries are asked that many people copy from"
)
def _nowhere_to_look(story: Story) -> Run:
    story.words["github:OWNER/REPO"] = story.registry.url
    own = story.sandbox.project / ".claude/agents/designer.md"
    own.parent.mkdir(parents=True)
    own.write_bytes(story.registry.read("v1.0.0", "agents/designer.md"))
    return story.sandbox.run("adopt")


@STORIES.of("files that were copied by hand are found by `agentsync adopt`")
def _nothing_to_import(story: Story) -> Run:
    sandbox = story.installed()
    return sandbox.run("import")


@STORIES.of("`agentsync list --cost` shows what takes the most; leave some out with `except:`")
def _more_than_a_tool_lists(story: Story) -> Run:
    sandbox = story.installed()
    for number in range(9):
        own = sandbox.project / f".claude/skills/s{number}/SKILL.md"
        own.parent.mkdir(parents=True)
        own.write_text(f"---\nname: s{number}\ndescription: {'word ' * 200}\n---\nDo.\n")
    return sandbox.run("doctor")


@STORIES.of("begin one with `agentsync init --user --from GIT_URL`")
def _nothing_to_pull_from(story: Story) -> Run:
    story.registry.publish("v2.0.0", {"agentsync.yaml": "packs: {}\n"})
    story.words["GIT_URL"] = story.registry.url
    return story.sandbox.run("install", "--user", "--pull")


@STORIES.of("`agentsync keep` makes the edit the project's own")
def _edit_that_has_no_way_back(story: Story) -> Run:
    write_manifest(
        story.sandbox, f"registries: {{team: {story.registry.url}}}\npacks: {{team: 1}}\ntargets: [gemini]\n"
    )
    succeed(story.sandbox, "install", "--accept-grants")
    made = story.sandbox.project / ".gemini/agents/designer.md"
    made.write_text(made.read_text().replace("description: ", "description: Mostly "))
    return story.sandbox.run("contribute")


@STORIES.of("put what `agentsync completion X` prints there yourself")
def _start_file_is_a_folder(story: Story) -> Run:
    (story.sandbox.home / ".bashrc").mkdir()
    return story.sandbox.run("completion", "bash", "--install")
