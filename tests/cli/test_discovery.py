"""What add finds in real repositories: links, folders with everyday names, and a word about what it leaves out."""

from __future__ import annotations

import shutil

from tests.cli.packs import agent, skill
from tests.cli.project import files_below, succeed
from tests.git_registry import File, GitRegistry
from tests.sandbox import Sandbox

PLUGIN = ".claude-plugin/plugin.json"


def test_a_plugin_whose_skills_are_a_link(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Out of the pack and not out of the repository: followed, in a fresh clone with an empty cache as well."""
    succeed(sandbox, "init")
    git_registry.publish(
        None,
        {
            "skills/alpha/SKILL.md": skill("alpha"),
            "skills/alpha/run.sh": File("#!/bin/sh\n", executable=True),
            f"plugins/g/{PLUGIN}": '{"name": "g"}',
            "plugins/g/skills": File("../../skills", symlink=True),
            "plugins/g/agents/out.md": File("../../../../x.md", symlink=True),
        },
    )
    done = succeed(sandbox, "add", git_registry.url, "--as", "m")
    assert "not installed: agents/out.md of m/g: a symlink that leads out of the repository" in done.stderr
    installed = files_below(sandbox.project / ".claude")
    assert set(installed) == {"skills/alpha/SKILL.md", "skills/alpha/run.sh"}
    for folder in (sandbox.project / ".claude", sandbox.cache):
        shutil.rmtree(folder)
    succeed(sandbox, "install", "--locked")
    assert files_below(sandbox.project / ".claude") == installed
    succeed(sandbox, "verify", "--deep")


def test_an_edit_of_what_is_behind_a_link_goes_to_the_file_itself(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """A patch changes the shared file, and leaves the link alone."""
    succeed(sandbox, "init")
    git_registry.publish(
        None,
        {
            "skills/a/SKILL.md": skill("a"),
            "shared/c.md": "one\ntwo\n",
            "skills/a/c.md": File("../../shared/c.md", symlink=True),
        },
    )
    succeed(sandbox, "add", git_registry.url, "--as", "m")
    (sandbox.project / ".claude/skills/a/c.md").write_text("one\nthree\n")
    patch = succeed(sandbox, "contribute", "--patch").stdout
    assert "diff --git a/shared/c.md b/shared/c.md" in patch
    assert "120000" not in patch


def test_what_is_left_out_is_told_by_kind(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Rules, output styles and the like; in the document too."""
    succeed(sandbox, "init")
    git_registry.publish(
        None,
        {
            "agents/a.md": agent("a"),
            "agents/prose.md": "# Growth\n",
            ".cursor/rules/py.mdc": "",
            "rules/a.md": "Rule.",
            "output-styles/terse.md": "Terse.",
            "tests/rules/b.md": "",
        },
    )
    data = sandbox.json("add", git_registry.url, "--as", "m")["data"]
    assert {(one["about"], one["number"]) for one in data["told"]} == {("rule", 2), ("output style", 1)}
    assert [(one["rule"], one["path"]) for one in data["findings"]] == [("header-missing", "agents/prose.md")]
