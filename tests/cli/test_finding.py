"""What registries offer and what is locked: `search`, `info`, `outdated`, `why`, `refresh`, the question of `add`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.packs import agent, registry_yaml, skill
from tests.cli.project import fail, files_below, locked, manifest_text, snapshot, succeed, write_manifest
from tests.cli.terminal import answered
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

FILES = {
    "registry.yaml": registry_yaml("web", "data", web="description: Pages and forms, keywords: [html, css]"),
    "packs/web/agents/designer.md": agent("designer"),
    "packs/web/skills/forms/SKILL.md": skill("forms"),
    "packs/web/pack.yaml": "requires: {data: '>=1'}\n",
    "packs/data/agents/modeller.md": agent("modeller"),
}


@pytest.fixture
def acme(sandbox: Sandbox) -> GitRegistry:
    """A registry of two packs with two releases, known to the project."""
    registry = GitRegistry(sandbox.root / "acme.git")
    registry.publish("v1.0.0", FILES)
    registry.publish("v1.1.0", FILES)
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\npacks: {}\n")
    return registry


def hits(sandbox: Sandbox, *words: str) -> list[tuple[str, str | None]]:
    """What a search finds, as pack and item."""
    return [(hit["pack"], hit["item"]) for hit in sandbox.json("search", *words)["data"]["hits"]]


def test_search_is_offline(sandbox: Sandbox, acme: GitRegistry) -> None:
    """A registry that was never asked is named; `--refresh` asks, and then the cache is enough."""
    run = succeed(sandbox, "search", "designer", git_log=True)
    assert run.git_calls == []
    assert run.stdout == "nothing found\n"
    assert "registry acme: not searched" in run.stderr and "--refresh" in run.stderr
    assert hits(sandbox, "designer", "--refresh") == [("acme/web", "agent:designer")]
    acme.path.rename(acme.path.with_name("away.git"))
    assert hits(sandbox, "designer") == [("acme/web", "agent:designer")]
    assert hits(sandbox, "FORMS") == [("acme/web", None), ("acme/web", "skill:forms")]
    assert hits(sandbox, "css") == [("acme/web", None)]
    assert hits(sandbox, "about", "modeller") == [("acme/data", "agent:modeller")]
    assert hits(sandbox, "about", "forms") == []


def test_search_after_a_refresh_of_the_registries(sandbox: Sandbox, acme: GitRegistry) -> None:
    """`registry refresh` remembers the items too."""
    document = sandbox.json("registry", "refresh")
    assert document["data"]["registries"] == [{"registry": "acme", "packs": 2}]
    acme.path.rename(acme.path.with_name("away.git"))
    assert hits(sandbox, "designer") == [("acme/web", "agent:designer")]


def test_search_sees_what_changed(sandbox: Sandbox, acme: GitRegistry) -> None:
    """Rows are made again after a refresh, after another pack's files came, and where their file is damaged."""
    other = GitRegistry(sandbox.root / "other.git")
    other.publish("v1.0.0", {"agents/far.md": agent("far")})
    files = FILES | {"registry.yaml": f"{FILES['registry.yaml']}  far: {{git: '{other.url}'}}\n"}
    acme.publish("v1.2.0", files)
    assert hits(sandbox, "designer", "--refresh") == [("acme/web", "agent:designer")]
    assert "acme/far: not looked into" in succeed(sandbox, "search", "far").stderr
    succeed(sandbox, "info", "acme/far")
    assert hits(sandbox, "far") == [("acme/far", None), ("acme/far", "agent:far")]
    acme.publish("v1.3.0", files | {"packs/web/agents/painter.md": agent("painter")})
    assert hits(sandbox, "painter") == [] != hits(sandbox, "painter", "--refresh")
    (rows,) = sandbox.cache.glob("search-*.sqlite")
    rows.write_bytes(rows.read_bytes()[:5000])
    assert hits(sandbox, "painter") == [("acme/web", "agent:painter")]
    write_manifest(sandbox, f"registries:\n  again: {acme.url}\npacks: {{}}\n")
    assert hits(sandbox, "again", "css") == [("again/web", None)]


def test_search_one_registry_of_two(sandbox: Sandbox, acme: GitRegistry) -> None:
    """One that cannot be reached is told, and the other is searched."""
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\n  gone: ../gone.git\npacks: {}\n")
    run = succeed(sandbox, "search", "designer", "--refresh")
    assert "acme/web agent:designer" in run.stdout
    assert "registry gone: not searched: cannot read" in run.stderr


def test_refresh_one_registry_of_two(sandbox: Sandbox, acme: GitRegistry) -> None:
    """The failure is told, exit 3, and the other registry was refreshed all the same."""
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\n  gone: ../gone.git\npacks: {}\n")
    document = sandbox.json("registry", "refresh")
    assert document["exit"] == 3
    assert [error["code"] for error in document["errors"]] == ["fetch"]
    assert hits(sandbox, "designer") == [("acme/web", "agent:designer")]


ITEMS = [
    {
        "item": "agent:designer",
        "path": "agents/designer.md",
        "rule": "A2-folder",
        "header": "strict",
        "claude_code": "ok",
        "grants": ["*"],
        "context": {"always": 8, "used": 16},
    },
    {
        "item": "skill:forms",
        "path": "skills/forms/SKILL.md",
        "rule": "S1",
        "header": "strict",
        "claude_code": "ok",
        "grants": ["model-invocable"],
        "context": {"always": 4, "used": 16},
    },
]


def full(acme: GitRegistry, name: str = "acme/web") -> dict[str, Any]:
    """What `info` says of the pack `web`."""
    return {
        "pack": name,
        "path": "packs/web",
        "description": "Pages and forms",
        "versions": ["1.1.0", "1.0.0"],
        "version": "1.1.0",
        "ref": "refs/tags/v1.1.0",
        "commit": acme.git("rev-parse", "v1.1.0"),
        "items": ITEMS,
        "requires": {"data": ">=1"},
        "grants": ["*", "model-invocable"],
        "context": {"always": 12, "used": 32},
    }


def test_info_of_a_pack_that_is_not_installed(sandbox: Sandbox, acme: GitRegistry) -> None:
    """By alias and pack, at its newest release or another one; nothing is written."""
    before = snapshot(sandbox.project)
    assert sandbox.json("info", "acme/web")["data"]["packs"] == [full(acme) | {"registry": "../acme.git"}]
    (older,) = sandbox.json("info", "acme/web@1.0.0")["data"]["packs"]
    assert (older["version"], older["ref"]) == ("1.0.0", "refs/tags/v1.0.0")
    lines = succeed(sandbox, "info", "acme/web").stdout.splitlines()
    assert lines[:2] == ["acme/web  Pages and forms", "  versions  1.1.0, 1.0.0"]
    assert "  requires  data >=1" in lines and "  agent:designer  agents/designer.md" in lines
    assert snapshot(sandbox.project) == before


def test_info_of_a_source(sandbox: Sandbox, acme: GitRegistry) -> None:
    """Anything that `add` takes, without a manifest: a repository, a folder of one, a folder on disk."""
    (sandbox.project / "agentsync.yaml").unlink()
    brief = sandbox.json("info", acme.url)["data"]["packs"]
    assert [(pack["pack"], pack["versions"]) for pack in brief] == [
        ("acme/web", ["1.1.0", "1.0.0"]),
        ("acme/data", ["1.1.0", "1.0.0"]),
    ]
    assert all(pack.keys().isdisjoint(("items", "grants", "requires", "context")) for pack in brief)
    web, data = sandbox.json("info", acme.url, "--all")["data"]["packs"]
    assert web == full(acme) | {"registry": acme.url}
    assert [item["item"] for item in data["items"]] == ["agent:modeller"]
    (folder,) = sandbox.json("info", f"{acme.url}//packs/web@v1.0.0")["data"]["packs"]
    assert (folder["pack"], folder["path"], folder["items"]) == ("web", "packs/web", ITEMS)
    own = sandbox.project / "own" / "agents"
    own.mkdir(parents=True)
    (own / "mine.md").write_text(agent("mine"))
    (mine,) = sandbox.json("info", "./own")["data"]["packs"]
    assert [item["path"] for item in mine["items"]] == ["agents/mine.md"]
    assert not (sandbox.project / "agentsync.yaml").exists()


def test_info_of_many_versions(sandbox: Sandbox) -> None:
    """The newest 20; with `--all` every one."""
    registry = GitRegistry(sandbox.root / "many.git")
    commit = registry.publish("v0.1.0", {"agents/a.md": agent("a")})
    for number in range(2, 30):
        registry.move_tag(f"v0.{number}.0", commit)
    (few,) = sandbox.json("info", registry.url)["data"]["packs"]
    (every,) = sandbox.json("info", registry.url, "--all")["data"]["packs"]
    assert few["versions"] == every["versions"][:20]
    assert (len(every["versions"]), every["versions"][0]) == (29, "0.29.0")


def test_a_registry_of_many_packs(sandbox: Sandbox) -> None:
    """`registry add` prints 20 of them, `info` a line each with the newest version; `--json` has all."""
    registry = GitRegistry(sandbox.root / "many.git")
    names = [f"p{number:02}" for number in range(23)]
    commit = registry.publish(
        "p00/v1.0.0", {"registry.yaml": registry_yaml(*names), "packs/p00/agents/a.md": agent("a")}
    )
    registry.move_tag("p00/v1.10.0", commit)
    write_manifest(sandbox, "registries: {}\npacks: {}\n")
    lines = succeed(sandbox, "registry", "add", "many", registry.url, "--dry-run").stdout.splitlines()
    assert len(lines) == 22 and lines[20].startswith("  many/p19")
    assert lines[21] == "  and 3 more: 23 packs (`agentsync info many` lists them)"
    assert sandbox.json("registry", "add", "many", registry.url)["data"]["packs"] == names
    lines = succeed(sandbox, "info", "many").stdout.splitlines()
    assert lines[:2] == ["many/p00  1.10.0", "many/p01  -"] and len(lines) == 23
    packs = sandbox.json("info", "many")["data"]["packs"]
    assert [pack["versions"] for pack in packs[:2]] == [["1.10.0", "1.0.0"], []]


@pytest.mark.parametrize(
    ("source", "exit", "code"),
    [("acme/wbe", 3, "resolution"), ("acem/web", 2, "manifest"), ("../none.git", 3, "fetch"), ("a b", 2, "usage")],
)
def test_info_of_nothing(sandbox: Sandbox, acme: GitRegistry, source: str, exit: int, code: str) -> None:
    """The usual failures, with what was probably meant."""
    fail(sandbox, "info", source, exit=exit, code=code)


def test_outdated(sandbox: Sandbox, acme: GitRegistry) -> None:
    """Locked, allowed, latest; what others require is counted in; `--check` speaks by its exit code."""
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\npacks:\n  acme/web: ^1\n")
    succeed(sandbox, "install")
    assert succeed(sandbox, "outdated", "--check").stdout == "everything is up to date\n"
    acme.publish("v1.2.0", FILES)
    acme.publish("v2.0.0", FILES)
    acme.publish("v3.0.0rc1", FILES)
    document = sandbox.json("outdated", "--check")
    assert document["exit"] == 1
    assert document["data"]["packs"] == [
        {"pack": "acme/data", "current": "1.1.0", "allowed": "2.0.0", "latest": "2.0.0"},
        {"pack": "acme/web", "current": "1.1.0", "allowed": "1.2.0", "latest": "2.0.0"},
    ]
    assert succeed(sandbox, "outdated").stdout.splitlines() == [
        "acme/data  1.1.0  allowed 2.0.0  latest 2.0.0",
        "acme/web   1.1.0  allowed 1.2.0  latest 2.0.0",
    ]
    succeed(sandbox, "update")
    assert sandbox.json("outdated", "--check")["exit"] == 0
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\npacks:\n  acme/web: '>=1'\n")
    rows = sandbox.json("outdated")["data"]["packs"]
    assert rows[1] == {"pack": "acme/web", "current": "1.2.0", "allowed": "2.0.0", "latest": "2.0.0"}, "asked for now"


def test_why(sandbox: Sandbox, acme: GitRegistry) -> None:
    """An item, an installed path, a folder of a skill or a pack: the chain to the manifest."""
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\npacks:\n  acme/web: ^1\n")
    succeed(sandbox, "install")
    chain = [["acme/web 1.1.0", "acme/data 1.1.0"]]
    for word in ("agent:modeller", "modeller", ".claude/agents/modeller.md"):
        found = sandbox.json("why", word)["data"]["found"]
        assert found == [{"pack": "acme/data", "item": "agent:modeller", "chains": chain}], word
    assert sandbox.json("why", "acme/data")["data"]["found"] == [{"pack": "acme/data", "item": None, "chains": chain}]
    (found,) = sandbox.json("why", ".claude/skills/forms/SKILL.md")["data"]["found"]
    assert (found["item"], found["chains"]) == ("skill:forms", [["acme/web 1.1.0"]])
    below = sandbox.project / ".claude" / "agents"
    assert "acme/data 1.1.0" in succeed(sandbox, "why", "modeller.md", cwd=below).stdout
    assert succeed(sandbox, "why", "data").stdout.splitlines() == [
        "acme/data 1.1.0",
        "  agentsync.yaml -> acme/web 1.1.0 -> acme/data 1.1.0",
    ]
    assert "did you mean `agent:modeller`?" in fail(sandbox, "why", "agent:modeler", exit=2, code="usage")
    acme.publish("v3.0.0", {"rules/calm.md": "Stay calm.\n"})
    write_manifest(sandbox, "targets: [codex, opencode, gemini]\npacks: {calm: {git: ../acme.git, tag: v3.0.0}}\n")
    succeed(sandbox, "install")
    (found,) = sandbox.json("why", "AGENTS.md")["data"]["found"]
    assert found["item"] == "rule:calm"


@pytest.mark.parametrize(
    ("answer", "files"),
    [
        ("2", ["agents/modeller.md"]),
        ("data", ["agents/modeller.md"]),
        ("1", ["agents/designer.md", "agents/modeller.md", "skills/forms/SKILL.md"]),
        ("2 web", ["agents/designer.md", "agents/modeller.md", "skills/forms/SKILL.md"]),
    ],
)
def test_a_choice_on_a_terminal(sandbox: Sandbox, acme: GitRegistry, answer: str, files: list[str]) -> None:
    """Several packs: a person is asked, and answers with numbers or names."""
    code, shown = answered(sandbox, answer, "add", acme.url)
    assert code == 0, shown
    assert "1  web" in shown and "2  data" in shown
    assert sorted(files_below(sandbox.project / ".claude")) == files
    assert ("acme/web" in manifest_text(sandbox)) == ("web" in answer or "1" in answer)


@pytest.mark.parametrize("answer", ["", "3", "0", "wbe"])
def test_a_choice_of_nothing(sandbox: Sandbox, acme: GitRegistry, answer: str) -> None:
    """Exit 2, and nothing changes."""
    before = snapshot(sandbox.project)
    code, shown = answered(sandbox, answer, "add", acme.url)
    assert code == 2, shown
    assert snapshot(sandbox.project) == before


def test_a_range_that_is_newer_than_the_lock(sandbox: Sandbox, acme: GitRegistry) -> None:
    """`outdated` asks; `install` alone never moves a lock that fits."""
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\npacks:\n  acme/data: ^1\n")
    succeed(sandbox, "install")
    acme.publish("v1.2.0", FILES)
    assert succeed(sandbox, "install", git_log=True).git_calls == []
    assert locked(sandbox, "acme/data")["version"] == "1.1.0"
    assert sandbox.json("outdated", "--offline")["data"]["packs"][0]["allowed"] == "1.1.0"
    assert sandbox.json("outdated")["data"]["packs"][0]["allowed"] == "1.2.0"
    assert sandbox.json("outdated", "--offline")["data"]["packs"][0]["allowed"] == "1.2.0"
