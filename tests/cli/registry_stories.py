"""Situations of registries, packs and their releases whose hint or finding names a command."""

from __future__ import annotations

import re
import shutil
from typing import Final

from tests.cli.hint_stories import DESIGNER, Stories, Story
from tests.cli.packs import TEAM, TEAM_NEXT, agent, registry_yaml
from tests.cli.project import manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Run, Sandbox

STORIES: Final = Stories()


@STORIES.of("`agentsync registry add X X`, then `agentsync add X`; or `agentsync add X --all`")
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


@STORIES.of("`agentsync registry add X X`, or `agentsync add X` for that place alone")
def _place_as_a_registry(story: Story) -> Run:
    succeed(story.sandbox, "init")
    url = "https://git.example/acme/agents"
    (story.sandbox.home / ".gitconfig").write_text(f'[url "{story.registry.url}"]\n\tinsteadOf = {url}\n')
    return story.sandbox.run("registry", "add", "acme", f"{url}/tree/main/agents")


@STORIES.of()
def _pack_of_an_unknown_registry(story: Story) -> Run:
    succeed(story.sandbox, "init")
    story.words["URL"] = story.registry.url
    return story.sandbox.run("add", "acme")


@STORIES.of("agentsync remove X")
def _registry_in_use(story: Story) -> Run:
    alias = "team"
    return story.installed().run("registry", "remove", alias)


@STORIES.of("check whether this is the same registry; `agentsync registry add ALIAS URL` adds another one")
def _other_registry_at_the_new_url(story: Story) -> Run:
    sandbox = story.installed()
    other = GitRegistry(story.registry.path.with_name("other.git"))
    other.publish("v1.0.0", TEAM_NEXT)
    story.words |= {"ALIAS": "other", "URL": other.url}
    return sandbox.run("registry", "set-url", "team", other.url)


@STORIES.of("agentsync search --refresh X")
def _never_searched(story: Story) -> Run:
    write_manifest(story.sandbox, f"registries: {{team: {story.registry.url}}}\n")
    return story.sandbox.run("search", "designer")


@STORIES.of("agentsync add X/X")
def _items_in_no_pack(story: Story) -> Run:
    files = {"registry.yaml": registry_yaml("one"), "packs/one/agents/a.md": agent("a"), "agents/b.md": agent("b")}
    story.registry.publish("v2.0.0", files)
    succeed(story.sandbox, "init")
    return story.sandbox.run("registry", "add", "team", story.registry.url)


@STORIES.of("agentsync registry add X X")
def _need_of_another_registry(story: Story) -> Run:
    base = GitRegistry(story.registry.path.with_name("base.git"))
    base.publish("v1.0.0", {"registry.yaml": registry_yaml("pdf"), "packs/pdf/agents/b.md": agent("b")})
    needs = f"requires:\n  pdf: {{git: {base.url}, version: ^1}}\n"
    story.registry.publish("v1.1.0", TEAM | {"pack.yaml": needs})
    succeed(story.sandbox, "init")
    return story.sandbox.run("add", story.registry.url)


@STORIES.of("agentsync info X")
def _no_such_version(story: Story) -> Run:
    return story.installed().run("info", "team/team@^9")


@STORIES.of("agentsync update X@VERSION")
def _no_version(story: Story) -> Run:
    story.version = "1.0.0"
    story.words["VERSION"] = "1.0.0"
    return story.installed().run("update", "team/team@latest")


@STORIES.of("write `X` there and run `agentsync install`, or run `X`")
def _version_that_the_range_forbids(story: Story) -> Run:
    return _version_that_the_manifest_forbids(story, story.installed())


@STORIES.of("write `X` there, then run `agentsync install`")
def _version_beside_a_tag(story: Story) -> Run:
    sandbox = story.installed()
    write_manifest(sandbox, manifest_text(sandbox).replace('"^1.0.0"', "{tag: v1.0.0}"))
    succeed(sandbox, "install")
    return _version_that_the_manifest_forbids(story, sandbox)


def _version_that_the_manifest_forbids(story: Story, sandbox: Sandbox) -> Run:
    story.version = "2.0.0"
    story.registry.publish("v2.0.0", TEAM_NEXT)

    def write(hint: str) -> None:
        key, _, value = hint.split("`")[1].partition(": ")
        text, changed = re.subn(rf"(?m)^(\s+{key}:) .*", rf"\1 {value}", manifest_text(sandbox))
        assert changed == 1, text
        write_manifest(sandbox, text)

    story.by_hand = write
    return sandbox.run("update", "team/team@2.0.0")


@STORIES.of("agentsync update PACK@VERSION --widen")
def _widening_for_no_version(story: Story) -> Run:
    story.words["PACK@VERSION"] = "team/team@2.0.0"
    story.version = "2.0.0"
    sandbox = story.installed()
    story.registry.publish("v2.0.0", TEAM_NEXT)
    return sandbox.run("update", "--widen")


@STORIES.of()
def _widening_downwards(story: Story) -> Run:
    story.registry.publish("v1.1.0", TEAM_NEXT)
    story.version = "1.0.0"
    return story.installed().run("update", "team/team@1.0.0", "--widen")


@STORIES.of("agentsync update --allow-downgrade PACK")
def _downgrade_of_no_pack(story: Story) -> Run:
    story.words["PACK"] = "team/team"
    return story.installed().run("update", "--allow-downgrade")


@STORIES.of("`agentsync update --allow-downgrade X` goes down to X")
def _tag_is_gone(story: Story) -> Run:
    story.version = "1.0.0"
    story.registry.publish("v1.1.0", TEAM_NEXT)
    sandbox = story.installed()
    write_manifest(sandbox, manifest_text(sandbox).replace("^1.1.0", "^1.0.0"))
    story.registry.delete_tag("v1.1.0")
    return sandbox.run("update")


def _prune(story: Story) -> None:
    """Leave nothing of the first release in the registry but its successor, and nothing of it in the project."""
    registry = story.registry
    registry.publish("v1.1.0", TEAM_NEXT, branch="next")
    registry.delete_tag("v1.0.0")
    registry.git("symbolic-ref", "HEAD", "refs/heads/next")
    registry.git("update-ref", "-d", "refs/heads/main")
    registry.git("gc", "--quiet", "--prune=now")
    shutil.rmtree(story.sandbox.cache)
    shutil.rmtree(story.sandbox.project / ".claude", ignore_errors=True)


@STORIES.of("`agentsync update X` takes the newest that is there")
def _commit_is_gone(story: Story) -> Run:
    story.version = "1.1.0"
    sandbox = story.installed()
    _prune(story)
    return sandbox.run("install")


@STORIES.of("ask the registry maintainer why; `agentsync add X` takes that")
def _commit_of_a_tag_is_gone(story: Story) -> Run:
    sandbox = story.installed()
    _prune(story)
    story.registry.move_tag("v1.0.0", story.registry.git("rev-parse", "next"))
    return sandbox.run("install", "--frozen")


@STORIES.of("`agentsync add X` asks for the newest that is there instead")
def _commit_that_is_asked_for_is_gone(story: Story) -> Run:
    story.version = "1.1.0"
    succeed(story.sandbox, "init")
    commit = story.registry.git("rev-parse", "main")
    succeed(story.sandbox, "add", f"{story.registry.url}@commit:{commit}")
    _prune(story)
    return story.sandbox.run("install")


@STORIES.of("it stays as it is locked; `agentsync remove X` takes it away")
def _pack_is_gone(story: Story) -> Run:
    one, two = ({f"packs/{name}/agents/{name}.md": agent(name)} for name in ("one", "two"))
    story.registry.publish("v2.0.0", {"registry.yaml": registry_yaml("one", "two"), **one, **two})
    succeed(story.sandbox, "init")
    succeed(story.sandbox, "add", story.registry.url, "--all")
    story.registry.publish("v2.1.0", {"registry.yaml": registry_yaml("one"), **one})
    return story.sandbox.run("update")


@STORIES.of(
    "look at it (`agentsync diff --upstream`, `agentsync grants`), then say --accept-grants, or "
    "--accept-grants=ITEM for some of it"
)
def _power(story: Story) -> Run:
    sandbox = story.installed()
    header = "---\nname: designer\ndescription: Knows.\npermissionMode: bypassPermissions\n---\nDesign.\n"
    story.registry.publish("v1.1.0", TEAM_NEXT | {"agents/designer.md": header})
    return sandbox.run("update")


@STORIES.of("the manifest asks for the new one, see `agentsync tree`; `agentsync install` takes it")
def _worse_release_that_is_insisted_on(story: Story) -> Run:
    story.version = "1.1.0"
    sandbox = story.installed()
    story.registry.publish("v1.1.0", TEAM | {"agents/designer.md": ""})
    write_manifest(sandbox, manifest_text(sandbox).replace("^1.0.0", ">=1.1"))
    return sandbox.run("update")


@STORIES.of("`agentsync restore X` takes the lock's where there is no edit of yours")
def _history_that_cannot_be_read(story: Story) -> Run:
    story.registry.publish(None, TEAM_NEXT)
    story.registry.publish(None, TEAM)
    text = f"registries: {{team: {story.registry.url}}}\npacks: {{team: {{branch: main}}}}\n"
    sandbox = story.sandbox
    write_manifest(sandbox, text)
    succeed(sandbox, "install")
    succeed(sandbox, "remove", "team/team")
    (sandbox.project / ".claude/agents").mkdir(parents=True, exist_ok=True)
    (sandbox.project / DESIGNER).write_text(agent("designer", "Design the API well.\n"))
    write_manifest(sandbox, text)
    return sandbox.run("install", "--adopt", "--offline")


@STORIES.of("give it with the command that it is for: `agentsync update --accept-grants`")
def _yes_that_cannot_be_kept(story: Story) -> Run:
    story.version = "1.1.0"
    run = _power(story)
    assert run.exit == 3, run.stderr
    shutil.rmtree(story.sandbox.config / "state")
    (story.sandbox.config / "state").write_text("No folder.\n")
    return story.sandbox.run("grants", "--accept")
