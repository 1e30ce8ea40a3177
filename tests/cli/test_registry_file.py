"""A registry that says in `registry.yaml` what it offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import (
    drifts,
    fail,
    files_below,
    lock_text,
    locked,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


def _release(version: str, *packs: str, **facts: str) -> dict[str, str]:
    """One agent in each pack, which says the version."""
    files = {f"packs/{pack}/agents/{pack}.md": agent(pack, f"{version}\n") for pack in packs}
    return {"registry.yaml": registry_yaml(*packs, **facts), **files}


def _ask(sandbox: Sandbox, registry: GitRegistry, *lines: str) -> None:
    packs = "".join(f"  {line}\n" for line in lines)
    write_manifest(sandbox, f"registries:\n  acme: {registry.url}\npacks:\n{packs}")


def _body(sandbox: Sandbox, name: str) -> str:
    return (sandbox.project / f".claude/agents/{name}.md").read_text().splitlines()[-1]


def test_several_packs_with_their_own_tags(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Each pack moves at its own pace, by the template that `tags:` gives or by the usual ones."""
    facts = {"web": 'tags: "release-{pack}-{version}"'}
    git_registry.publish("release-web-1.0", _release("first", "web", "data", **facts))
    git_registry.publish("data/v3.1.0", _release("second", "web", "data", **facts))
    git_registry.publish("web/v9.0.0", _release("third", "web", "data", **facts))
    _ask(sandbox, git_registry, 'acme/web: "*"', "acme/data: ^3")
    succeed(sandbox, "install")
    assert locked(sandbox, "acme/web")["ref"] == "refs/tags/release-web-1.0"
    assert locked(sandbox, "acme/data")["ref"] == "refs/tags/data/v3.1.0"
    assert (_body(sandbox, "web"), _body(sandbox, "data")) == ("first", "second")
    assert locked(sandbox, "acme/web")["path"] == "packs/web"


def test_a_pack_in_another_repository(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """The registry names it; the lock remembers both, and works without asking the registry again."""
    other = GitRegistry(tmp_path / "elsewhere.git")
    other.publish("v2.0.0", {"deep/agents/far.md": agent("far")})
    git_registry.publish(None, {"registry.yaml": f"registry: 1\npacks:\n  far: {{git: {other.url}, path: deep}}\n"})
    _ask(sandbox, git_registry, "acme/far: ^2")
    succeed(sandbox, "install")
    entry = locked(sandbox, "acme/far")
    assert (entry["registry"], entry["git"], entry["path"]) == (git_registry.url, other.url, "deep")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/far.md"}
    before = snapshot(sandbox.project)
    assert succeed(sandbox, "install", "--locked", git_log=True).git_calls == []
    assert snapshot(sandbox.project) == before
    assert drifts(sandbox) == {}


def test_the_branch_that_counts(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """`branch:` of a registry says whose `registry.yaml` is read."""
    git_registry.publish("web/v1.0.0", _release("1", "web"), branch="catalog")
    git_registry.publish(None, {"agents/x.md": agent("x")})
    write_manifest(
        sandbox, f"registries:\n  acme: {{git: {git_registry.url}, branch: catalog}}\npacks:\n  acme/web: ^1\n"
    )
    succeed(sandbox, "install")
    assert _body(sandbox, "web") == "1"


def test_a_pack_that_moved_is_found_at_every_release(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """The commit itself says where the root of a pack was."""
    git_registry.publish(
        "v1.0.0", {"registry.yaml": "registry: 1\npacks: {web: {path: old}}\n", "old/agents/web.md": agent("web")}
    )
    git_registry.publish("v2.0.0", _release("2", "web"))
    _ask(sandbox, git_registry, "acme/web: ^1")
    succeed(sandbox, "install")
    assert locked(sandbox, "acme/web")["path"] == "old"
    _ask(sandbox, git_registry, "acme/web: ^2")
    succeed(sandbox, "install")
    assert (locked(sandbox, "acme/web")["path"], _body(sandbox, "web")) == ("packs/web", "2")


def test_a_deprecated_pack_is_installed_with_a_remark(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """What its registry says of it is told, on standard error."""
    git_registry.publish("v1.0.0", _release("1", "web", web="deprecated: use acme/site"))
    _ask(sandbox, git_registry, "acme/web: ^1")
    run = succeed(sandbox, "install")
    assert "note: acme/web: deprecated: use acme/site" in run.stderr.splitlines()
    assert _body(sandbox, "web") == "1"


def test_a_yanked_release_is_not_chosen(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """The newest release that was not withdrawn is taken; asking for the withdrawn one says why not."""
    git_registry.publish("v1.0.0", _release("1", "web"))
    git_registry.publish("v1.1.0", _release("2", "web"))
    git_registry.publish(None, _release("3", "web", web='yanked: ["1.1.0"]'))
    _ask(sandbox, git_registry, "acme/web: ^1")
    succeed(sandbox, "install")
    assert locked(sandbox, "acme/web")["version"] == "1.0.0"


def test_a_yanked_release_is_asked_for(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A requirement of exactly the withdrawn release is told that it was withdrawn."""
    git_registry.publish("v1.1.0", _release("2", "web"))
    git_registry.publish(None, _release("3", "web", web='yanked: ["1.1.0"]'))
    _ask(sandbox, git_registry, "acme/web: 1.1.0")
    assert "yanked" in fail(sandbox, "install", exit=3, code="resolution")


def test_a_yanked_release_stays_where_it_is_locked(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A lock is law, for a range that still fits as well."""
    git_registry.publish("v1.0.0", _release("1", "web"))
    git_registry.publish("v1.1.0", _release("2", "web"))
    _ask(sandbox, git_registry, "acme/web: ^1")
    succeed(sandbox, "install")
    git_registry.publish(None, _release("3", "web", web='yanked: ["1.1.0"]'))
    assert succeed(sandbox, "install").stderr == ""
    _ask(sandbox, git_registry, 'acme/web: ">=1"')
    succeed(sandbox, "install")
    assert locked(sandbox, "acme/web")["version"] == "1.1.0"


def test_a_yanked_release_that_stays_is_told(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A new decision that keeps the withdrawn release warns."""
    git_registry.publish("v1.1.0", _release("2", "web"))
    _ask(sandbox, git_registry, "acme/web: ^1")
    succeed(sandbox, "install")
    git_registry.publish(None, _release("3", "web", web='yanked: ["1.1.0"]'))
    _ask(sandbox, git_registry, 'acme/web: ">=1"')
    assert "1.1.0 was yanked" in succeed(sandbox, "install").stderr


@pytest.mark.parametrize("key", ["acme", "acme/agents"])
def test_the_one_pack_of_a_registry(sandbox: Sandbox, git_registry: GitRegistry, key: str) -> None:
    """Its alias alone names it; the lock always says `alias/pack`."""
    git_registry.publish("v1.0.0", {"agents/x.md": agent("x")})
    _ask(sandbox, git_registry, f"{key}: ^1")
    succeed(sandbox, "install")
    assert list(files_below(sandbox.project / ".claude")) == ["agents/x.md"]
    assert locked(sandbox, "acme/agents")["version"] == "1.0.0"
    before = snapshot(sandbox.project)
    succeed(sandbox, "install", "--locked")
    assert snapshot(sandbox.project) == before
    succeed(sandbox, "remove", "acme")
    assert "acme/agents" not in lock_text(sandbox)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("registry: 2\n", "registry: 2"),
        ("packs: {}\n", "registry: 1"),
        ("registry: 1\npacks: {web: {pth: x}}\n", "did you mean `path`"),
        ("registry: 1\npacks: {web: {path: ../up}}\n", "line 2"),
        ("registry: 1\npacks: {web: {path: a, path: b}}\n", "duplicate key"),
        ("registry: 1\npacks: {web: {tags: nothing}}\n", "{version}"),
        ('registry: 1\npacks: {web: {git: "ext::sh -c id"}}\n', "line 2"),
    ],
)
def test_a_registry_file_that_is_not_valid(sandbox: Sandbox, git_registry: GitRegistry, text: str, told: str) -> None:
    """The place in the file is told, and whose file it is."""
    git_registry.publish("v1.0.0", {"registry.yaml": text})
    _ask(sandbox, git_registry, "acme/web: ^1")
    said = fail(sandbox, "install", exit=3, code="resolution")
    assert told in said
    assert f"registry.yaml of {git_registry.url}" in said


def test_registry_commands(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Add a registry, see it, use it, and remove it once nothing comes from it."""
    git_registry.publish("v1.0.0", _release("1", "web", "data", web="description: Pages and forms"))
    succeed(sandbox, "init")
    run = succeed(sandbox, "registry", "add", "acme", git_registry.url)
    assert "acme/web  Pages and forms" in run.stdout
    assert "acme/data" in run.stdout
    rows = sandbox.json("registry", "list")["data"]["registries"]
    assert rows == [{"registry": "acme", "git": git_registry.url, "branch": None}]
    assert "acme" in fail(sandbox, "registry", "add", "acme", git_registry.url, exit=2, code="usage")
    succeed(sandbox, "add", "acme/web")
    assert "acme/web" in fail(sandbox, "registry", "remove", "acme", exit=2, code="usage")
    succeed(sandbox, "remove", "acme/web")
    succeed(sandbox, "registry", "remove", "acme")
    assert git_registry.url not in manifest_text(sandbox)
    assert sandbox.json("registry", "list")["data"]["registries"] == []
