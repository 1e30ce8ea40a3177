"""`info` tells an author all that is wrong with a pack, before anyone installs it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import fail, locked, snapshot, succeed, write_manifest
from tests.git_registry import File, GitRegistry
from tests.sandbox import Sandbox

GOOD = {"agents/good.md": agent("good")}

WRONG: dict[str, tuple[dict[str, Any], tuple[str, str, int]]] = {
    "two names": ({"agents/also.md": agent("good", "Other.\n")}, ("item-twice", "agents/good.md", 0)),
    "an invisible character": ({"commands/hid.md": "one\nhidden \u202e text\n"}, ("hidden-text", "commands/hid.md", 2)),
    "one character that does not show": (
        {"commands/odd.md": "one zero\u200bwidth space\n"},
        ("hidden-text", "commands/odd.md", 1),
    ),
    "a file that is too large": (
        {"skills/pdf/SKILL.md": skill("pdf"), "skills/pdf/big.bin": b"\0" * (1 << 20) + b"\0"},
        ("refused-file", "skills/pdf/big.bin", 0),
    ),
    "an LFS pointer": (
        {"skills/pdf/SKILL.md": skill("pdf"), "skills/pdf/a.bin": "version https://git-lfs.github.com/spec/v1\n"},
        ("refused-file", "skills/pdf/a.bin", 0),
    ),
    "hooks": ({"hooks/hooks.json": '{"hooks": {\n  bad'}, ("json-invalid", "hooks/hooks.json", 2)),
    "servers": ({".mcp.json": '{"mcpServers": {,}}'}, ("json-invalid", ".mcp.json", 1)),
    "a header that is no YAML": (
        {"agents/odd.md": "---\nname: odd\ndescription: Use it: when 'so\n---\nx\n"},
        ("header-repaired", "agents/odd.md", 0),
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong(sandbox: Sandbox, git_registry: GitRegistry, what: str) -> None:
    """Each is a finding with its file, marked in the list of items, and nothing is written."""
    files, (rule, path, line) = WRONG[what]
    git_registry.publish("v1.0.0", GOOD | files)
    before = snapshot(sandbox.project)
    document = sandbox.json("info", git_registry.url)
    assert document["exit"] == 0
    found = {(one["rule"], one["path"], one.get("line", 0)) for one in document["data"]["findings"]}
    assert (rule, path, line) in found
    shown = succeed(sandbox, "info", git_registry.url)
    assert path in shown.stderr
    if f"  {path}" in shown.stdout:
        assert f"{path}  ({rule}" in shown.stdout
    assert snapshot(sandbox.project) == before


def test_what_is_told_is_installed(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A character that could hide nothing is a warning, and the file is taken all the same."""
    git_registry.publish("v1.0.0", {"commands/odd.md": "one zero\u200bwidth space\n"})
    succeed(sandbox, "init")
    data = sandbox.json("add", git_registry.url)["data"]
    assert [(one["rule"], one["level"]) for one in data["findings"]] == [("hidden-text", "warning")]
    assert data["refused"] == []
    assert (sandbox.project / ".claude/commands/odd.md").exists()


def test_a_folder_on_disk(sandbox: Sandbox) -> None:
    """The same for a folder that is no repository yet."""
    folder = sandbox.project / "own"
    (folder / "hooks").mkdir(parents=True)
    (folder / "hooks/hooks.json").write_text("{bad")
    assert [one["rule"] for one in sandbox.json("info", "./own")["data"]["findings"]] == ["json-invalid"]


def test_nothing_is_wrong(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Then there are no findings: known to be none, as an empty list."""
    git_registry.publish("v1.0.0", GOOD)
    data = sandbox.json("info", git_registry.url)["data"]
    assert (data["findings"], data["notes"], data["told"]) == ([], [], [])


@pytest.mark.parametrize("asked", ["^9", "@9.0.0", ">=2"])
def test_a_version_that_does_not_exist(sandbox: Sandbox, git_registry: GitRegistry, asked: str) -> None:
    """Exit 3, with the versions that do; never another one without a word."""
    git_registry.publish("v1.0.0", GOOD)
    write_manifest(sandbox, f"registries: {{acme: '{git_registry.url}'}}\npacks: {{}}\n")
    said = fail(sandbox, "info", f"acme/agents{asked}", exit=3, code="resolution")
    assert "1.0.0" in said


def test_a_range_where_nothing_is_released(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """The default branch stands in for any version, and for no particular one."""
    git_registry.publish(None, GOOD)
    write_manifest(sandbox, f"registries: {{acme: '{git_registry.url}'}}\npacks: {{}}\n")
    assert "no release tags" in fail(sandbox, "info", "acme/agents^1", exit=3, code="resolution")
    succeed(sandbox, "info", "acme/agents@*")


def test_a_yanked_version_that_is_asked_for(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """It is shown, and told; what its registry says of it is in the document."""
    git_registry.publish("v1.0.0", GOOD)
    git_registry.publish("v1.1.0", {"agents/good.md": agent("good", "New.\n")})
    listed = "registry: 1\npacks:\n  p: {path: ., yanked: {'1.0.0': loses data}}\n"
    git_registry.publish(None, {"registry.yaml": listed, "agents/good.md": agent("good", "New.\n")})
    document = sandbox.json("info", f"{git_registry.url}@v1.0.0")
    (pack,) = document["data"]["packs"]
    assert (pack["version"], pack["yanked"]) == ("1.0.0", {"1.0.0": "loses data"})
    write_manifest(sandbox, f"registries: {{acme: '{git_registry.url}'}}\npacks: {{}}\n")
    document = sandbox.json("info", "acme/p@1.0.0")
    assert document["data"]["packs"][0]["version"] == "1.0.0"
    assert "yanked" in {one["rule"] for one in document["data"]["findings"]}


def test_many_packs_are_few_fetches(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """All packs of a repository come in one batch, however many there are."""
    names = [f"p{number}" for number in range(12)]
    files: dict[str, str | bytes | File] = {
        f"{name}/agents/{name}.md": agent(name, f"{name} " * 2000) for name in names
    }
    listed = "registry: 1\npacks:\n" + "".join(f"  {name}: {{path: {name}}}\n" for name in names)
    git_registry.publish("v1.0.0", files | {"registry.yaml": listed})
    run = succeed(sandbox, "info", git_registry.url, "--all", git_log=True)
    assert "agent:p11" in run.stdout
    assert len([call for call in run.git_calls if "fetch" in call]) <= 4


def test_what_was_refused_is_remembered(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """The lock names it, and `status` and `doctor` know that the skill is incomplete."""
    big: dict[str, str | bytes | File] = {
        "skills/pdf/SKILL.md": skill("pdf"),
        "skills/pdf/big.bin": b"\0" * ((1 << 20) + 1),
    }
    git_registry.publish("v1.0.0", big)
    succeed(sandbox, "init")
    succeed(sandbox, "add", git_registry.url)
    assert locked(sandbox, "agents/agents")["refused"] == ["skills/pdf/big.bin"]
    assert "skills/pdf/big.bin" in succeed(sandbox, "status").stderr
    assert "skills/pdf/big.bin" in sandbox.run("doctor").stdout
    assert sandbox.run("drift").exit == 0
    git_registry.publish("v2.0.0", {"commands/only.md": "hidden \u202e text\n"})
    assert "every item is refused" in fail(sandbox, "add", "agents@2.0.0", exit=3, code="resolution")
