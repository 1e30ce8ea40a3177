"""Marketplaces of plugins: local ones, and those in other repositories, reached through git's `insteadOf`."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import fail, files_below, locked, manifest_text, snapshot, succeed, write_manifest
from tests.git_registry import Files, GitRegistry
from tests.sandbox import Sandbox

MARKET = ".claude-plugin/marketplace.json"
HOST = "https://github.com/"


@pytest.fixture
def hub(sandbox: Sandbox) -> Sandbox:
    """A machine that finds every repository of the host in the folder `hub`."""
    (sandbox.home / ".gitconfig").write_text(f'[url "{(sandbox.root / "hub").as_uri()}/"]\n\tinsteadOf = {HOST}\n')
    return sandbox


def repository(hub: Sandbox, name: str) -> GitRegistry:
    """A repository of that host."""
    return GitRegistry(hub.root / "hub" / f"{name}.git")


def market(*plugins: dict[str, Any], **top: Any) -> str:
    """A marketplace with these plugins."""
    return json.dumps({"name": "market", "owner": {"name": "Kim"}, "plugins": list(plugins), **top})


def publish(hub: Sandbox, *plugins: dict[str, Any], files: Files | None = None, **top: Any) -> GitRegistry:
    """A marketplace repository, `acme/market`, without releases."""
    registry = repository(hub, "acme/market")
    registry.publish(None, {MARKET: market(*plugins, **top), **(files or {})})
    return registry


def ask(hub: Sandbox, *lines: str) -> None:
    """A manifest with the marketplace as a registry."""
    packs = "".join(f"  {line}\n" for line in lines)
    write_manifest(hub, f"registries:\n  market: github:acme/market\npacks:\n{packs}")


def installed(hub: Sandbox) -> list[str]:
    """Every installed file."""
    return sorted(files_below(hub.project / ".claude"))


def test_local_plugins(hub: Sandbox) -> None:
    """Each is a pack of its own; `pluginRoot`, lists of items and stale entries; what is in none is the rest."""
    publish(
        hub,
        {"name": "web", "source": "./web"},
        {"name": "docs", "source": "./", "strict": False, "skills": ["./skills/pdf"]},
        {"name": "gone", "source": "./gone"},
        {"name": "evil", "source": "../evil"},
        metadata={"pluginRoot": "./plugins"},
        files={
            "plugins/web/agents/web.md": agent("web"),
            "plugins/web/.claude-plugin/plugin.json": '{"name": "web"}',
            "skills/pdf/SKILL.md": skill("pdf"),
            "skills/docx/SKILL.md": skill("docx"),
        },
    )
    succeed(hub, "init")
    run = succeed(hub, "add", "github:acme/market", "--all")
    assert installed(hub) == ["agents/web.md", "skills/docx/SKILL.md", "skills/pdf/SKILL.md"]
    assert [*locked(hub, "market/market")["items"]] == ["skill:docx"]
    assert (locked(hub, "market/web")["path"], locked(hub, "market/docs").get("path", "")) == ("plugins/web", "")
    assert "not offered: market/gone" in run.stderr and "not offered: market/evil" in run.stderr
    before = snapshot(hub.project)
    succeed(hub, "install", "--locked")
    assert snapshot(hub.project) == before


def test_no_terminal_and_several_plugins(hub: Sandbox) -> None:
    """Exit 2 and the names."""
    publish(
        hub,
        {"name": "one", "source": "./one"},
        {"name": "far", "source": {"source": "github", "repo": "kim/far"}},
        files={"one/agents/a.md": agent("a")},
    )
    succeed(hub, "init")
    said = fail(hub, "add", "github:acme/market", exit=2, code="usage")
    assert "market/one" in said and "market/far" in said


SOURCES: list[tuple[dict[str, Any], str]] = [
    ({"source": "github", "repo": "kim/tools"}, ""),
    ({"source": "github", "repo": "kim/tools", "path": "sub/web"}, "sub/web"),
    ({"source": "url", "url": f"{HOST}kim/tools.git"}, ""),
    ({"source": "git-subdir", "url": f"{HOST}kim/tools.git", "path": "sub/web"}, "sub/web"),
    ({"source": "git-subdir", "url": "kim/tools", "path": "./sub/web"}, "sub/web"),
]


@pytest.mark.parametrize(("source", "path"), SOURCES)
@pytest.mark.parametrize("pinned", [False, True])
def test_plugins_in_other_repositories(hub: Sandbox, source: dict[str, Any], path: str, pinned: bool) -> None:
    """With a `sha` that commit is locked, though the branch has moved on; without one, the branch as it is."""
    far = repository(hub, "kim/tools")
    old = far.publish(None, {"sub/web/agents/web.md": agent("web", "Old.\n")})
    new = far.publish(None, {"sub/web/agents/web.md": agent("web", "New.\n")})
    publish(hub, {"name": "web", "source": source | ({"sha": old} if pinned else {})})
    succeed(hub, "init")
    succeed(hub, "add", "github:acme/market")
    entry = locked(hub, "market/web")
    assert (entry["git"], entry["registry"]) == (f"{HOST}kim/tools.git", f"{HOST}acme/market.git")
    assert (entry["commit"], entry.get("path", "")) == (old if pinned else new, path)
    assert ('market/web: "*"' in manifest_text(hub)) == pinned
    text = (hub.project / ".claude/agents/web.md").read_text()
    assert text.endswith("Old.\n" if pinned else "New.\n")
    assert hub.run("drift").exit == 0


def test_plugins_of_one_repository_come_together(hub: Sandbox) -> None:
    """Each is pinned to a commit of its own, all come in one fetch, and their files in another."""
    far = repository(hub, "kim/tools")
    body = "All of it.\n" * 400
    commits = [far.publish(None, {f"p{n}/agents/a{n}.md": agent(f"a{n}", f"{n}\n{body}")}) for n in range(4)]
    source = {"source": "git-subdir", "url": f"{HOST}kim/tools.git"}
    plugins = [{"name": f"p{n}", "source": source | {"path": f"p{n}", "sha": one}} for n, one in enumerate(commits)]
    publish(hub, *plugins)
    succeed(hub, "init")
    run = succeed(hub, "info", "github:acme/market", "--all", git_log=True)
    market = 1
    assert sum("fetch" in call for call in run.git_calls) == market + 2 and "a3" in run.stdout
    shutil.rmtree(hub.cache)
    run = succeed(hub, "add", "github:acme/market", "--all", git_log=True)
    assert sum("fetch" in call for call in run.git_calls) == market + 2
    assert len(installed(hub)) == len(commits)


def test_a_pin_that_moves(hub: Sandbox) -> None:
    """`update` follows the marketplace to the commit that it pins now; `install` stays."""
    far = repository(hub, "kim/tools")
    old = far.publish(None, {"agents/web.md": agent("web", "Old.\n")})
    new = far.publish(None, {"agents/web.md": agent("web", "New.\n")})
    source = {"source": "github", "repo": "kim/tools"}
    publish(hub, {"name": "web", "source": source | {"sha": old}})
    ask(hub, 'market/web: "*"')
    succeed(hub, "install")
    publish(hub, {"name": "web", "source": source | {"sha": new}})
    succeed(hub, "install")
    assert locked(hub, "market/web")["commit"] == old
    rows = hub.json("outdated", "--check")
    assert rows["exit"] == 1
    assert rows["data"]["packs"] == [
        {"pack": "market/web", "current": old[:12], "allowed": new[:12], "latest": new[:12]}
    ]
    succeed(hub, "update")
    assert locked(hub, "market/web")["commit"] == new


def test_releases_of_another_repository(hub: Sandbox) -> None:
    """An entry without `sha` is served by that repository's tags; `ref` counts where there are none."""
    far = repository(hub, "kim/tools")
    far.publish("v1.2.0", {"agents/web.md": agent("web")})
    far.publish(None, {"agents/web.md": agent("web", "Later.\n")})
    other = repository(hub, "kim/other")
    other.publish(None, {"agents/other.md": agent("other")}, branch="stable")
    other.publish(None, {"agents/wrong.md": agent("wrong")})
    publish(
        hub,
        {"name": "web", "source": {"source": "github", "repo": "kim/tools"}},
        {"name": "other", "source": {"source": "github", "repo": "kim/other", "ref": "stable"}},
    )
    succeed(hub, "init")
    succeed(hub, "add", "github:acme/market", "--all")
    assert "market/web: ^1.2.0" in manifest_text(hub).replace('"', "")
    assert "market/other: {branch: stable}" in manifest_text(hub)
    assert installed(hub) == ["agents/other.md", "agents/web.md"]


def test_a_new_name(hub: Sandbox) -> None:
    """A plugin can be asked for by the name that it had."""
    publish(hub, {"name": "site", "source": "./site"}, renames={"web": "site"}, files={"site/agents/a.md": agent("a")})
    ask(hub, "market/web: {branch: main}")
    succeed(hub, "install")
    assert locked(hub, "market/web")["path"] == "site"
    assert installed(hub) == ["agents/a.md"]


@pytest.mark.parametrize("pinned", [False, True])
def test_one_plugin_that_cannot_be_reached(hub: Sandbox, pinned: bool) -> None:
    """`add --all` takes the others and warns; who asks for it by name is told why not, and nothing changes."""
    repository(hub, "kim/here").publish("v1.0.0", {"agents/here.md": agent("here")})
    gone = {"source": "github", "repo": "kim/gone"} | ({"sha": "3f2a91c0" * 5} if pinned else {})
    publish(
        hub,
        {"name": "here", "source": {"source": "github", "repo": "kim/here"}},
        {"name": "gone", "source": gone},
        {"name": "own", "source": "./own"},
        files={"own/agents/own.md": agent("own")},
    )
    succeed(hub, "init")
    run = succeed(hub, "add", "github:acme/market", "--all")
    assert installed(hub) == ["agents/here.md", "agents/own.md"]
    assert f"note: market/gone is left out: cannot read {HOST}kim/gone.git" in run.stderr
    assert "market/gone" not in manifest_text(hub)
    said = fail(hub, "add", "market/gone", exit=3, code="fetch")
    assert f"cannot read {HOST}kim/gone.git" in said
    run = succeed(hub, "info", "market", "--all")
    assert "market/here" in run.stdout and "market/own" in run.stdout
    assert "market/gone" in run.stderr


def test_nothing_that_can_be_reached(hub: Sandbox) -> None:
    """Then `add --all` fails, and changes nothing."""
    gone = [{"name": name, "source": {"source": "github", "repo": f"kim/{name}"}} for name in ("a", "b")]
    publish(hub, *gone)
    succeed(hub, "init")
    fail(hub, "add", "github:acme/market", "--all", exit=3, code="fetch")


def test_a_plugin_whose_commit_is_gone(hub: Sandbox) -> None:
    """A pin that its repository does not deliver is an error, and never another commit."""
    repository(hub, "kim/tools").publish("v1.0.0", {"agents/a.md": agent("a")})
    publish(hub, {"name": "web", "source": {"source": "github", "repo": "kim/tools", "sha": "3f2a91c0" * 5}})
    ask(hub, 'market/web: "*"')
    said = fail(hub, "install", exit=3, code="fetch")
    assert "does not deliver commit 3f2a91c03f2a" in said


def test_a_plugin_manifest_alone(hub: Sandbox) -> None:
    """Without a marketplace each `plugin.json` makes its folder a pack."""
    registry = repository(hub, "acme/market")
    files = {"a/.claude-plugin/plugin.json": '{"name": "first"}', "b/.claude-plugin/plugin.json": '{"name": "second"}'}
    registry.publish("v1.0.0", {**files, "a/agents/a.md": agent("a"), "b/agents/b.md": agent("b")})
    succeed(hub, "init")
    succeed(hub, "registry", "add", "market", "github:acme/market")
    succeed(hub, "add", "market/second")
    assert installed(hub) == ["agents/b.md"]
