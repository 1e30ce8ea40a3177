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
    (sandbox.home / ".gitconfig").write_text("[user]\n\tname = Kim\n\temail = kim@example.org\n")
    succeed(sandbox, "init")
    git_registry.publish(
        None,
        {
            "skills/a/SKILL.md": skill("a"),
            "shared/c.md": "one\ntwo\n",
            "skills/a/c.md": File("../../shared/c.md", symlink=True),
            "more/d.md": "D\n",
            "skills/a/more": File("../../more", symlink=True),
        },
    )
    assert "not installed" not in succeed(sandbox, "add", git_registry.url, "--as", "m").stderr
    assert (sandbox.project / ".claude/skills/a/more/d.md").read_text() == "D\n"
    (sandbox.project / ".claude/skills/a/c.md").write_text("one\nthree\n")
    (sandbox.home / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
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
            "x/py.mdc": "",
            "x/rules/a.md": "Rule.",
            "output-styles/terse.md": "Terse.",
            "tests/rules/b.md": "",
        },
    )
    data = sandbox.json("add", git_registry.url, "--as", "m")["data"]
    assert {(one["about"], one["number"]) for one in data["told"]} == {
        ("rule in no place for rules", 2),
        ("output style", 1),
    }
    assert [(one["rule"], one["path"]) for one in data["findings"]] == [("header-missing", "agents/prose.md")]


OUTSIDE = {
    "agents/lead.md": agent("lead"),
    f"in/{PLUGIN}": '{"name": "in"}',
    "in/agents/i.md": agent("i"),
}


def test_items_outside_of_every_pack(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """The one pack is taken, the rest told with the command that takes it; `--all` takes it as well."""
    succeed(sandbox, "init")
    git_registry.publish(None, OUTSIDE)
    done = succeed(sandbox, "add", git_registry.url, "--as", "m")
    rest = git_registry.path.stem
    assert f"agentsync add m/{rest}" in done.stderr
    assert set(files_below(sandbox.project / ".claude")) == {"agents/i.md"}
    succeed(sandbox, "add", f"m/{rest}")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/i.md", "agents/lead.md"}
    succeed(sandbox, "install", "--locked")
    succeed(sandbox, "verify", "--deep")
    data = sandbox.json("info", git_registry.url, "--all")["data"]
    assert [[item["item"] for item in pack["items"]] for pack in data["packs"]] == [["agent:i"], ["agent:lead"]]


def test_a_pack_that_was_locked_whole_stays_whole(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Packs that come to lie in it take nothing away; update tells the line that says so, and the line works."""
    succeed(sandbox, "init")
    whole = {path: text for path, text in OUTSIDE.items() if PLUGIN not in path}
    git_registry.publish(None, whole)
    succeed(sandbox, "add", git_registry.url, "--as", "m")
    name = git_registry.path.stem
    before = files_below(sandbox.project / ".claude")
    assert set(before) == {"agents/i.md", "agents/lead.md"}
    git_registry.publish(None, OUTSIDE)
    manifest = sandbox.project / "agentsync.yaml"
    assert f"m/{name}: {{branch: main}}" in manifest.read_text()
    done = succeed(sandbox, "update")
    assert files_below(sandbox.project / ".claude") == before
    line = f"{name}: {{ git: {git_registry.url}, branch: main }}"
    assert f"write `{line}` instead of m/{name}" in done.stderr
    manifest.write_text(manifest.read_text().replace(f"m/{name}: {{branch: main}}", line))
    succeed(sandbox, "install")
    assert files_below(sandbox.project / ".claude") == before
    assert "write `" not in succeed(sandbox, "update").stderr


def test_the_address_that_a_browser_shows(sandbox: Sandbox) -> None:
    """A folder, a skill's own file, one agent; the branch may have a slash in its name."""
    registry = GitRegistry(sandbox.root / "hub" / "o" / "r.git")
    files = {"skills/pdf/SKILL.md": skill("pdf"), "agents/a.md": agent("a"), "agents/b.md": agent("b")}
    registry.publish(None, files)
    registry.publish(None, files, branch="feature/x")
    config = f'[url "{(sandbox.root / "hub").as_uri()}/o/r.git"]\n\tinsteadOf = https://github.com/o/r\n'
    (sandbox.home / ".gitconfig").write_text(config)
    succeed(sandbox, "init")
    succeed(sandbox, "add", "https://github.com/o/r/tree/feature/x/skills/pdf")
    assert (
        "pdf: {git: https://github.com/o/r, path: skills/pdf, branch: feature/x}"
        in (sandbox.project / "agentsync.yaml").read_text()
    )
    succeed(sandbox, "add", "https://github.com/o/r/blob/main/agents/a.md?plain=1")
    assert set(files_below(sandbox.project / ".claude")) == {"skills/pdf/SKILL.md", "agents/a.md"}
    wrong = sandbox.run("add", "https://github.com/o/r/tree/gone/x")
    assert wrong.exit == 3 and "known: feature/x, main" in wrong.stderr
