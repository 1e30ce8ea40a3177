"""The commit of a requirement: ranges over every spelling of tags, tag, branch, commit, folder."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import drifts, fail, files_below, lock_text, locked, succeed, write_manifest
from tests.git_registry import File, GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

AGENT = "packs/web/agents/one.md"


def _publish(registry: GitRegistry, *tags: str, annotated: bool = False) -> dict[str, str]:
    """One release of the pack `web` for each tag; returns their commits."""
    return {
        tag: registry.publish(
            tag, {"registry.yaml": registry_yaml("web"), AGENT: agent("one", f"{tag}\n")}, annotated=annotated
        )
        for tag in tags
    }


def _ask(sandbox: Sandbox, registry: GitRegistry, requirement: str) -> None:
    write_manifest(sandbox, f"registries: {{acme: {registry.url}}}\npacks:\n  acme/web: {requirement}\n")


@pytest.mark.parametrize(
    ("template", "annotated"),
    [
        ("web/v{}", False),
        ("web--v{}", True),
        ("web-v{}", False),
        ("web@{}", True),
        ("v{}", False),
        ("v{}", True),
        ("{}", False),
    ],
)
def test_ranges_over_every_spelling_of_tags(
    sandbox: Sandbox, git_registry: GitRegistry, template: str, annotated: bool
) -> None:
    """The highest release that fits is taken, and the tag object of an annotated tag is peeled."""
    tags = [template.format(version) for version in ("1.2.0", "1.10.0", "1.9.3", "2.0.0", "1.11.0rc1")]
    commits = _publish(git_registry, *tags, annotated=annotated)
    _ask(sandbox, git_registry, '">=1.2,<2"')
    succeed(sandbox, "lock")
    tag = template.format("1.10.0")
    entry = locked(sandbox, "acme/web")
    assert (entry["version"], entry["ref"], entry["commit"]) == ("1.10.0", f"refs/tags/{tag}", commits[tag])
    assert entry["tree"] == git_registry.git("rev-parse", f"{tag}^{{commit}}:packs/web")


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("^1.2", "1.9.3"),
        ("~1.2", "1.2.7"),
        ("1.x", "1.9.3"),
        ("1.2.7", "1.2.7"),
        ('"*"', "2.0.0"),
        ('"==2.1.0rc1"', "2.1.0rc1"),
        ('">=2.1.0rc0"', "2.1.0rc1"),
        ('{version: ">1.2.7,!=1.9.3"}', "2.0.0"),
        ("{tag: v1.2.7}", "1.2.7"),
    ],
)
def test_every_form_of_range(sandbox: Sandbox, git_registry: GitRegistry, requirement: str, version: str) -> None:
    """Pre-releases only where they are asked for."""
    _publish(git_registry, "v1.2.7", "v1.9.3", "v2.0.0", "v2.1.0rc1", "nightly", "v-next")
    _ask(sandbox, git_registry, requirement)
    succeed(sandbox, "lock")
    assert locked(sandbox, "acme/web")["version"] == version


def test_tags_of_a_pack_hide_those_of_the_repository(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A pack with releases of its own is not released by `v9.0.0`."""
    _publish(git_registry, "web/v1.0.0", "v9.0.0", "webber/v7.0.0")
    _ask(sandbox, git_registry, '"*"')
    succeed(sandbox, "lock")
    assert locked(sandbox, "acme/web")["ref"] == "refs/tags/web/v1.0.0"


def test_branch_and_commit(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A branch is locked to its commit; a commit needs no ref, not even one that still names it."""
    first = _publish(git_registry, "v1")["v1"]
    git_registry.add_branch("next", first)
    latest = git_registry.publish(None, {AGENT: agent("one", "next\n")}, branch="next")
    _ask(sandbox, git_registry, "{branch: next}")
    succeed(sandbox, "install")
    entry = locked(sandbox, "acme/web")
    assert (entry["ref"], entry["commit"], entry.get("version")) == ("refs/heads/next", latest, None)
    assert entry["requested"] == "branch:next"
    _ask(sandbox, git_registry, f"{{commit: {first}}}")
    succeed(sandbox, "install")
    entry = locked(sandbox, "acme/web")
    assert (entry["commit"], "ref" in entry) == (first, False)
    assert (sandbox.project / ".claude/agents/one.md").read_bytes() == git_registry.read(first, AGENT)


def test_no_tags_and_any_version_is_the_default_branch(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A repository without releases answers `*` with its default branch, and nothing else."""
    _publish(git_registry, "nightly")
    git_registry.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    commit = git_registry.publish(None, {"registry.yaml": registry_yaml("web"), AGENT: agent("one")}, branch="trunk")
    _ask(sandbox, git_registry, '"*"')
    succeed(sandbox, "lock")
    entry = locked(sandbox, "acme/web")
    assert (entry["ref"], entry["commit"]) == ("refs/heads/trunk", commit)


def test_a_range_without_any_tags(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A range cannot fit where nothing is released, and that is what is said."""
    _publish(git_registry, "nightly")
    _ask(sandbox, git_registry, "^1")
    assert "no release tags" in fail(sandbox, "lock", exit=3, code="resolution")


@pytest.mark.parametrize("pin", ["tag: v1.0.0", "branch: main", 'version: "^1"', "commit: {commit}"])
def test_a_folder_of_a_repository_without_a_registry(sandbox: Sandbox, git_registry: GitRegistry, pin: str) -> None:
    """`git:` and `path:` take one folder, whatever the rest of the repository is."""
    commit = git_registry.publish(
        "v1.0.0",
        {
            "skills/tdd/SKILL.md": "---\nname: tdd\ndescription: Tests first\n---\n",
            "skills/tdd/run.sh": File("#!/bin/sh\n", executable=True),
            "skills/other/SKILL.md": "---\nname: other\ndescription: Other\n---\n",
        },
    )
    pin = pin.format(commit=commit)
    write_manifest(sandbox, f"packs:\n  tdd: {{git: {git_registry.url}, path: skills/tdd, {pin}}}\n")
    succeed(sandbox, "install")
    assert set(files_below(sandbox.project / ".claude")) == {"skills/tdd/SKILL.md", "skills/tdd/run.sh"}
    entry = locked(sandbox, "tdd")
    assert (entry["commit"], entry["path"]) == (commit, "skills/tdd")
    assert entry["tree"] == git_registry.git("rev-parse", f"{commit}:skills/tdd")
    assert drifts(sandbox) == {}


@needs("modes")
def test_a_folder_on_disk(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A folder is locked by its content, with the tree id that git gives the same files."""
    files = {"agents/mine.md": agent("mine"), "skills/x/SKILL.md": agent("x"), "skills/x/a.sh": "exit\n"}
    for path, text in files.items():
        where = sandbox.root / "my-pack" / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)
    (sandbox.root / "my-pack/skills/x/a.sh").chmod(0o755)
    commit = git_registry.publish(None, files | {"skills/x/a.sh": File("exit\n", executable=True)})
    write_manifest(sandbox, "packs:\n  mine: {path: ../my-pack}\n")
    succeed(sandbox, "install", git_log=True)
    entry = locked(sandbox, "mine")
    assert (entry["folder"], entry["tree"]) == ("../my-pack", git_registry.git("rev-parse", f"{commit}^{{tree}}"))
    assert "git" not in entry and str(sandbox.root) not in lock_text(sandbox)
    assert set(files_below(sandbox.project / ".claude")) == set(files)


def test_a_folder_on_disk_that_changes(sandbox: Sandbox) -> None:
    """`install` follows the folder, `--locked` stops at it, `drift` needs it no more."""
    agents = sandbox.root / "my-pack" / "agents"
    agents.mkdir(parents=True)
    (agents / "mine.md").write_text(agent("mine", "Old\n"))
    write_manifest(sandbox, "packs:\n  mine: {path: ../my-pack}\n")
    succeed(sandbox, "install")
    (agents / "mine.md").write_text(agent("mine", "New\n"))
    assert "would change" in fail(sandbox, "install", "--locked", exit=3, code="lock")
    succeed(sandbox, "install")
    assert (sandbox.project / ".claude/agents/mine.md").read_text() == agent("mine", "New\n")
    shutil.rmtree(sandbox.root / "my-pack")
    assert drifts(sandbox) == {}
    assert "my-pack" in fail(sandbox, "install", exit=2, code="usage")


@pytest.mark.parametrize(("tag", "version"), [("v1.0.0", "1.0.0"), ("nightly", None)])
@pytest.mark.parametrize("before", ["{{branch: main}}", "{{commit: {commit}}}"])
def test_from_a_branch_to_a_range(
    sandbox: Sandbox, git_registry: GitRegistry, before: str, tag: str, version: str | None
) -> None:
    """A decision for a branch or a commit is no answer to a range."""
    _publish(git_registry, tag)
    commit = git_registry.publish(None, {"registry.yaml": registry_yaml("web"), AGENT: agent("one", "later\n")})
    _ask(sandbox, git_registry, before.format(commit=commit))
    succeed(sandbox, "lock")
    _ask(sandbox, git_registry, "^1")
    if version is None:
        fail(sandbox, "lock", exit=3, code="resolution")
    else:
        succeed(sandbox, "lock")
        assert locked(sandbox, "acme/web")["version"] == version
