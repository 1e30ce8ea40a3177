"""What is installed is the blob, byte for byte and bit for bit, wherever the repository is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.packs import ODD, ODD_INSTALLED, agent
from tests.cli.project import are_the_programs, files_below, locked, snapshot, succeed, write_manifest
from tests.git_registry import File, GitRegistry, plain_git_environment
from tests.sandbox import Sandbox


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> GitRegistry:
    """A registry of files whose bytes are easily lost on the way."""
    registry = GitRegistry(tmp_path_factory.mktemp("odd") / "odd.git")
    registry.publish("v1.0.0", ODD)
    return registry


def _file_url(registry: GitRegistry, _: Path) -> str:
    return registry.url


def _path(registry: GitRegistry, _: Path) -> str:
    return str(registry.path)


def _relative_path(registry: GitRegistry, folder: Path) -> str:
    shutil.copytree(registry.path, folder / "odd.git")
    return "../odd.git"


def _with_work_tree(registry: GitRegistry, folder: Path) -> str:
    command = ["git", "clone", "--quiet", str(registry.path), str(folder / "odd")]
    subprocess.run(command, env=plain_git_environment(), check=True)
    return "../odd"


def _bundle(registry: GitRegistry, folder: Path) -> str:
    registry.git("bundle", "create", "--quiet", str(folder / "odd.bundle"), "HEAD", "--all")
    return str(folder / "odd.bundle")


def _server_of_whole_refs(registry: GitRegistry, folder: Path) -> str:
    shutil.copytree(registry.path, folder / "old.git")
    (folder / "old.git" / "config").write_text("[core]\n\tbare = true\n\trepositoryformatversion = 0\n")
    return (folder / "old.git").as_uri()


@pytest.mark.parametrize("source", [_file_url, _path, _relative_path, _with_work_tree, _bundle, _server_of_whole_refs])
def test_every_byte_and_every_mode(
    sandbox: Sandbox, odd: GitRegistry, source: Callable[[GitRegistry, Path], str]
) -> None:
    """Installed bytes are what `git cat-file blob` prints, from every kind of repository."""
    url = source(odd, sandbox.root)
    write_manifest(sandbox, f'packs:\n  odd: {{git: "{url}", tag: v1.0.0}}\n')
    succeed(sandbox, "install")
    assert files_below(sandbox.project / ".claude") == {path: odd.read("v1.0.0", path) for path in ODD_INSTALLED}
    assert are_the_programs(sandbox.project / ".claude", {"skills/pdf/scripts/fill.sh"})
    assert locked(sandbox, "odd")["commit"] == odd.git("rev-parse", "v1.0.0")


def test_git_settings_of_the_user_change_no_byte(sandbox: Sandbox, odd: GitRegistry) -> None:
    """Line-end conversion, filters and hooks that the user has set up for git do not matter."""
    (sandbox.home / ".gitconfig").write_text(
        '[core]\n\tautocrlf = true\n\teol = crlf\n[filter "lfs"]\n\tsmudge = false\n\trequired = true\n'
    )
    write_manifest(sandbox, f"packs:\n  odd: {{git: {odd.url}, branch: main}}\n")
    succeed(sandbox, "install")
    assert files_below(sandbox.project / ".claude") == {path: odd.read("main", path) for path in ODD_INSTALLED}


def test_headers_are_told_and_files_taken_as_they_are(sandbox: Sandbox, odd: GitRegistry) -> None:
    """A header that is no YAML is told in `list`; it stops nothing."""
    write_manifest(sandbox, f"packs:\n  odd: {{git: {odd.url}, branch: main}}\n")
    succeed(sandbox, "install")
    (pack,) = sandbox.json("list")["data"]["packs"]
    headers = {item["item"]: (item["header"], item["claude_code"]) for item in pack["items"]}
    assert headers["agent:not-yaml"][0] == "repaired"
    assert headers["agent:crlf"] == ("strict", "ok")
    assert headers["command:plain"][0] == "none"
    lines = succeed(sandbox, "list").stdout.splitlines()
    assert any("agent:not-yaml" in line and "header repaired" in line for line in lines)
    (skill,) = [item for item in pack["items"] if item["item"] == "skill:pdf"]
    assert skill["path"] == "skills/pdf/SKILL.md"
    assert skill["files"] == [f".claude/{path}" for path in sorted(ODD_INSTALLED) if path.startswith("skills/pdf/")]


def test_a_pack_elsewhere_in_the_tree(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Upstream's folders above `agents/` are not copied; those below it are."""
    git_registry.publish(
        None,
        {
            "plugins/web/agents/ui/painter.md": agent("painter"),
            "plugins/web/skills/draw/SKILL.md": "---\nname: draw\ndescription: Draws\n---\n",
            ".claude/settings.json": '{"permissions": {"allow": ["Bash(rm:*)"]}}',
            ".claude/settings.local.json": "{}",
            "plugins/web/tests/agents/fake.md": agent("fake"),
        },
    )
    write_manifest(sandbox, f"packs:\n  web: {{git: {git_registry.url}, branch: main}}\n")
    succeed(sandbox, "install")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/ui/painter.md", "skills/draw/SKILL.md"}


def test_what_is_refused_is_told_and_the_rest_is_taken(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Links, submodules and LFS pointers are findings; one bad file does not take the pack down."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    git_registry.publish(
        None,
        {
            "agents/good.md": agent("good"),
            "skills/odd/SKILL.md": "---\nname: odd\ndescription: Odd\n---\n",
            "skills/odd/passwd": File("/etc/passwd", symlink=True),
            "skills/odd/module": File(gitlink="1" * 40),
            "skills/odd/big.bin": pointer,
        },
    )
    write_manifest(sandbox, f"packs:\n  odd: {{git: {git_registry.url}, branch: main}}\n")
    run = succeed(sandbox, "install")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/good.md", "skills/odd/SKILL.md"}
    for path, reason in (("passwd", "a symlink"), ("module", "a submodule"), ("big.bin", "LFS pointer")):
        (line,) = [line for line in run.stderr.splitlines() if path in line]
        assert line.startswith(f"note: not installed: skills/odd/{path} of odd: ") and reason in line


@pytest.mark.parametrize(
    "name",
    ["A.txt", "con.txt", "a:b.txt", "trailing.", "no\nline.txt"],
)
def test_a_refused_name_does_not_take_the_skill_down(sandbox: Sandbox, git_registry: GitRegistry, name: str) -> None:
    """A file that some platform cannot hold is a finding, like any other."""
    skill = {"skills/odd/SKILL.md": "---\nname: odd\ndescription: Odd\n---\n", "skills/odd/a.txt": "a\n"}
    git_registry.publish(None, skill | {f"skills/odd/{name}": "Never\n"})
    write_manifest(sandbox, f"packs:\n  odd: {{git: {git_registry.url}, branch: main}}\n")
    run = succeed(sandbox, "install")
    assert len(files_below(sandbox.project / ".claude")) == 2
    assert "note: not installed: skills/odd/" in run.stderr


def test_dry_run_changes_nothing(sandbox: Sandbox, odd: GitRegistry) -> None:
    """`--dry-run` prints the plan, and leaves no trace in the project."""
    write_manifest(sandbox, f"packs:\n  odd: {{git: {odd.url}, branch: main}}\n")
    before = snapshot(sandbox.project)
    run = succeed(sandbox, "install", "--dry-run")
    assert "would write     .claude/agents/bom.md" in run.stdout.splitlines()
    assert snapshot(sandbox.project) == before
    data = sandbox.json("install", "--dry-run")["data"]
    assert {change["path"] for change in data["changed"]} == {f".claude/{path}" for path in ODD_INSTALLED}
    assert snapshot(sandbox.project) == before


def test_offline_needs_the_cache_alone(sandbox: Sandbox, odd: GitRegistry) -> None:
    """What was fetched once installs again without a remote; what was not is named."""
    write_manifest(sandbox, f"packs:\n  odd: {{git: {odd.url}, branch: main}}\n")
    refused = sandbox.run("install", "--offline")
    assert refused.exit == 3 and "--offline" in refused.stderr
    succeed(sandbox, "lock")
    run = succeed(sandbox, "install", "--offline", git_log=True)
    assert not {"fetch", "ls-remote"} & {word for call in run.git_calls for word in call}
    assert files_below(sandbox.project / ".claude") == {path: odd.read("main", path) for path in ODD_INSTALLED}
