"""Tags that are versions, findings about the others, and the default branch beside the newest release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import fail, lock_text, locked, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


def two_packs(tmp_path: Path, *tags: str) -> GitRegistry:
    """A registry with the packs `pdf` and `doc`, and with tags on its only commit."""
    registry = GitRegistry(tmp_path / "team.git")
    files = {f"packs/{name}/agents/{name}.md": agent(name) for name in ("pdf", "doc")}
    commit = registry.publish(None, {"registry.yaml": registry_yaml("pdf", "doc"), **files})
    for tag in tags:
        registry.move_tag(tag, commit)
    return registry


def rules(document: dict[str, Any]) -> list[tuple[str, str]]:
    """The rule and the pack of each finding of a JSON document."""
    return [(finding["rule"], finding.get("pack", "")) for finding in document["data"].get("findings", ())]


@pytest.mark.parametrize("tag", ["pdf-1.2.0", "pdf_v1.2.0", "pdf/1.2.0", "pdf@v1.2.0", "@acme/pdf@1.2.0"])
def test_tags_as_release_tools_write_them(sandbox: Sandbox, tmp_path: Path, tag: str) -> None:
    """The pack has its version, and no other one has."""
    registry = two_packs(tmp_path, tag)
    write_manifest(sandbox, f'registries:\n  m: {registry.url}\npacks:\n  m/pdf: "^1"\n  m/doc: "*"\n')
    succeed(sandbox, "install")
    assert locked(sandbox, "m/pdf")["version"] == "1.2.0"
    assert locked(sandbox, "m/pdf")["ref"] == f"refs/tags/{tag}"
    assert "version" not in locked(sandbox, "m/doc")
    assert sandbox.json("info", "m/pdf")["data"]["packs"][0]["versions"] == ["1.2.0"]


def test_a_template_of_the_manifest(sandbox: Sandbox, tmp_path: Path) -> None:
    """It is tried first; what is no template is told with its place."""
    registry = two_packs(tmp_path, "rel.pdf.1.4", "v9.0")
    line = f'registries:\n  m: {{ git: "{registry.url}", tags: "rel.{{pack}}.{{version}}" }}\n'
    write_manifest(sandbox, line + 'packs:\n  m/pdf: "*"\n  m/doc: "*"\n')
    succeed(sandbox, "install")
    assert [locked(sandbox, f"m/{pack}")["version"] for pack in ("pdf", "doc")] == ["1.4", "9.0"]
    write_manifest(sandbox, line.replace("{version}", "{ver}"))
    said = fail(sandbox, "install", exit=2, code="manifest")
    assert "agentsync.yaml, line 2" in said and "{version} once" in said


def test_tags_that_are_not_understood_are_named_with_a_line_that_works(sandbox: Sandbox, tmp_path: Path) -> None:
    """By `add` where the pack has no release, and by `info`; the line, once written, reads them."""
    registry = two_packs(tmp_path, "rel.pdf.1.4")
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "m", registry.url)
    added = succeed(sandbox, "add", "m/pdf")
    assert "follows the branch main" in added.stderr
    document = sandbox.json("info", "m/pdf")
    assert ("tag-not-understood", "m/pdf") in rules(document)
    assert [rule for rule, _ in rules(sandbox.json("info", "m"))] == ["tag-not-understood"]
    (fix,) = [one["fix"] for one in document["data"]["findings"] if one["rule"] == "tag-not-understood"]
    assert fix in added.stderr
    entry = fix.partition("`")[2].partition("`")[0]
    write_manifest(sandbox, f'registries:\n  {entry}\npacks:\n  m/pdf: "*"\n')
    succeed(sandbox, "install")
    assert locked(sandbox, "m/pdf")["version"] == "1.4"


def test_what_is_left_aside_is_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    """A date beside versions, a tag of two packs, and one that names no version."""
    registry = two_packs(tmp_path, "v0.2.0", "20250731", "v1.x")
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "m", registry.url)
    added = succeed(sandbox, "add", "m/pdf", "-v")
    assert "locked    m/pdf 0.2.0" in added.stdout
    assert "m/pdf: tags that look like versions and are left out: 2" in added.stderr


@pytest.fixture
def ahead(tmp_path: Path) -> GitRegistry:
    """A registry whose default branch went on with one of its packs after the release."""
    registry = GitRegistry(tmp_path / "team.git")
    files = {f"packs/{name}/agents/{name}.md": agent(name) for name in ("pdf", "doc")}
    files["registry.yaml"] = registry_yaml("pdf", "doc")
    registry.publish("v1.0.0", files)
    registry.publish(None, files | {"packs/pdf/agents/new.md": agent("new")})
    return registry


def test_a_default_branch_that_differs_is_told_with_the_line_that_follows_it(
    sandbox: Sandbox, ahead: GitRegistry
) -> None:
    """For the pack that differs alone; and the line, once written, follows the branch."""
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "m", ahead.url)
    added = sandbox.json("add", "m/pdf", "m/doc")
    assert rules(added).count(("branch-differs", "m/pdf")) == 1
    assert ("branch-differs", "m/doc") not in rules(added)
    outdated = sandbox.json("outdated")
    rows = {row["pack"]: row for row in outdated["data"]["packs"]}
    assert "default_branch" not in rows["m/doc"]
    told = rows["m/pdf"]["default_branch"]
    assert told == {"name": "main", "commit": ahead.git("rev-parse", "main"), "line": "m/pdf: {branch: main}"}
    assert rules(outdated) == [("branch-differs", "m/pdf")]
    for request in ("m/pdf", "m/pdf@1.0.0", f"{ahead.url}//packs/pdf"):
        info = sandbox.json("info", request)
        assert info["data"]["packs"][0]["default_branch"]["name"] == "main"
        assert "to follow it, write `" in sandbox.run("info", request).stderr
    assert "default_branch" not in sandbox.json("info", "m/doc")["data"]["packs"][0]
    write_manifest(sandbox, f"registries:\n  m: {ahead.url}\npacks:\n  {told['line']}\n")
    succeed(sandbox, "install")
    assert locked(sandbox, "m/pdf")["ref"] == "refs/heads/main"
    assert sandbox.json("outdated")["data"]["packs"] == [
        {"pack": "m/pdf", "current": f"main@{told['commit'][:12]}"}
        | dict.fromkeys(("allowed", "latest"), f"main@{told['commit'][:12]}")
    ]


def test_telling_it_costs_no_fetch(sandbox: Sandbox, ahead: GitRegistry) -> None:
    """One question to the registry; and once it is known, no other git runs."""
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "m", ahead.url)
    succeed(sandbox, "add", "m/pdf")
    first = succeed(sandbox, "outdated", git_log=True)
    assert [call for call in first.git_calls if call[:1] == ["fetch"] or "fetch" in call] == []
    again = succeed(sandbox, "outdated", git_log=True)
    assert len(again.git_calls) == 1
    assert "default branch main differs" in again.stderr


def test_a_path_takes_a_ref(sandbox: Sandbox, tmp_path: Path) -> None:
    """A version, a tag, a branch, a kind of ref, and one behind a folder; a path with an `@` is taken as it is."""
    folder = tmp_path / "odd @ name" / "team"
    registry = GitRegistry(folder)
    registry.publish("v1.0.0", {"agents/a.md": agent("a", "One.\n"), "x/agents/b.md": agent("b")})
    registry.publish("team/v1.1.0", {"agents/a.md": agent("a", "Two.\n")}, branch="topic")
    named = GitRegistry(tmp_path / "odd @ name" / "team@1.0.0")
    named.publish("v3.0.0", {"agents/a.md": agent("a", "Three.\n")})
    succeed(sandbox, "init")
    for request, expected in (
        (f"{folder}@topic", "branch: topic"),
        (f"{folder}@tag:v1.0.0", "tag: v1.0.0"),
        (f"{folder}@team/v1.1.0", "tag: team/v1.1.0"),
        (f"{folder}@^1.1", '"^1.1"'),
        (f"{folder}//x@v1.0.0", "version: v1.0.0"),
    ):
        assert expected in succeed(sandbox, "add", request, "--dry-run").stdout
    assert sandbox.json("info", f"{folder}@^1")["data"]["packs"][0]["version"] == "1.1.0"
    succeed(sandbox, "add", f"{named.path}")
    assert "team-1.0.0/team@1.0.0: " not in manifest_text(sandbox)
    assert "version: 3.0.0" in lock_text(sandbox)
    assert sandbox.run("add", f"{tmp_path}/missing@1.0.0").exit == 3


def test_a_date_as_the_newest_release_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    """With the command that takes the newest release that is none."""
    registry = GitRegistry(tmp_path / "m.git")
    for tag in ("v0.1.0", "v0.2.0", "v2025.07.31"):
        registry.publish(tag, {"agents/a.md": agent("a", tag)})
    succeed(sandbox, "init")
    run = succeed(sandbox, "add", registry.url)
    assert locked(sandbox, "m/m")["version"] == "2025.7.31"
    assert (
        "its newest release 2025.7.31 looks like a date; `agentsync add 'm/m@^0.2.0'` takes 0.2.0 instead" in run.stderr
    )
    succeed(sandbox, "add", "m/m@^0.2.0")
    assert locked(sandbox, "m/m")["version"] == "0.2.0"
