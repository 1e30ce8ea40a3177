"""A part of a registry that cannot be used costs only itself, and every command that meets it tells so."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import fail, files_below, locked, manifest_text, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

MARKET = ".claude-plugin/marketplace.json"


def market(*names: str, **sources: Any) -> str:
    """A marketplace with plug-ins in folders of their own names, and with others."""
    entries = [{"name": name, "source": f"./{name}"} for name in names]
    entries += [{"name": name, "source": source} for name, source in sources.items()]
    return json.dumps({"name": "m", "owner": {"name": "Kim"}, "plugins": entries})


def test_items_with_names_that_are_no_paths(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Each is refused alone, and the lock names it; asked for by its name, it is an error."""
    succeed(sandbox, "init")
    odd = {"agents/con.md": agent("con"), "agents/a:b.md": agent("ab"), "skills/aux/SKILL.md": skill("aux")}
    git_registry.publish(None, {"agents/ok.md": agent("ok"), "commands/prn.md": "Go.\n", **odd})
    run = succeed(sandbox, "add", git_registry.url, "--as", "m")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/ok.md"}
    for path in (*odd, "commands/prn.md"):
        assert f"not installed: {path} of m/" in run.stderr
    succeed(sandbox, "install", "--locked")
    succeed(sandbox, "verify", "--deep")
    name = next(iter(locked_names(sandbox)))
    assert "agent:con is refused" in fail(sandbox, "add", name, "--only", "agent:con", exit=3, code="resolution")


def locked_names(sandbox: Sandbox) -> list[str]:
    """The packs of the lock."""
    return [pack["pack"] for pack in sandbox.json("list")["data"]["packs"]]


def test_a_name_that_is_no_utf8(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """A lock that names it is read again by every command."""
    succeed(sandbox, "init")
    git_registry.publish("v1.0.0", {"skills/s/SKILL.md": skill("s"), "skills/s/big.txt": "x"})
    work = sandbox.root / "work"
    subprocess.run(["git", "clone", "-q", git_registry.url, work], check=True)
    for path in ("skills/s/latin\udce9.txt", "p\udce9/.claude-plugin/plugin.json"):
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text('{"name": "p"}')
    git = ["git", "-C", str(work), "-c", "user.name=k", "-c", "user.email=k@example.invalid"]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "odd"], check=True)
    subprocess.run([*git, "push", "-q", "origin", "HEAD"], check=True)
    subprocess.run([*git, "push", "-q", "origin", "HEAD:refs/tags/v1.1.0"], check=True)
    run = succeed(sandbox, "add", git_registry.url, "--all", "--as", "m")
    assert "latin\\xe9.txt" in run.stderr and "p\\xe9/.claude-plugin/plugin.json of m" in run.stderr
    assert locked(sandbox, locked_names(sandbox)[0])["refused"] == ["skills/s/latin\\xe9.txt"]
    for command in ("drift", "install", "update", "status", "list"):
        succeed(sandbox, command)


def test_add_all_without_the_packs_that_cannot_be_installed(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """A broken `pack.yaml`, refused items alone, a requirement that no registry has: left out, told, exit 0."""
    succeed(sandbox, "init")
    git_registry.publish(
        None,
        {
            MARKET: market("a", "b", "c", "d"),
            "a/agents/a.md": agent("a"),
            "b/agents/b.md": agent("b"),
            "b/pack.yaml": "name: [\n",
            "c/commands/c.md": "x \u200b\u200b y\n",
            "d/agents/d.md": agent("d"),
            "d/pack.yaml": 'requires: {nowhere: "*"}\n',
        },
    )
    assert "m/b is left out" in succeed(sandbox, "add", git_registry.url, "--all", "--as", "m", "--dry-run").stderr
    run = succeed(sandbox, "add", git_registry.url, "--all", "--as", "m")
    assert all(f"m/{name} is left out" in run.stderr for name in "bcd")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/a.md"}
    assert "m/a" in manifest_text(sandbox) and "m/b" not in manifest_text(sandbox)
    for name in "bcd":
        assert sandbox.run("add", f"m/{name}").exit == 3


def test_a_broken_list_is_told_by_what_looks(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Offline too, from what the registry said last."""
    succeed(sandbox, "init")
    git_registry.publish(None, {MARKET: "{", "one/agents/a.md": agent("a")})
    assert MARKET in succeed(sandbox, "registry", "add", "m", git_registry.url).stderr
    succeed(sandbox, "add", "m")
    for command in (["list"], ["registry", "list"], ["registry", "refresh"], ["doctor"], ["search", "x"]):
        assert f"not offered: an entry ({MARKET}" in succeed(sandbox, *command).stderr, command


def test_add_all_tells_what_is_not_offered_again(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Although nothing is left to be decided."""
    succeed(sandbox, "init")
    git_registry.publish(None, {MARKET: market("a", "gone"), "a/agents/a.md": agent("a")})
    for _ in range(2):
        run = succeed(sandbox, "add", git_registry.url, "--all", "--as", "m")
        assert run.stderr.count("not offered: m/gone") == 1


def test_a_plugin_whose_url_is_its_own_repository(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """As marketplaces for Codex write it; the pack of the other list is the same one."""
    succeed(sandbox, "init")
    here = {"source": "url", "url": "./"}
    git_registry.publish(
        None,
        {
            MARKET: market(p="./"),
            ".agents/plugins/marketplace.json": market(p=here, q={"source": "url", "url": "./tools"}),
            "agents/a.md": agent("a"),
            "tools/agents/b.md": agent("b"),
        },
    )
    run = succeed(sandbox, "add", git_registry.url, "--all", "--as", "m")
    assert "not offered" not in run.stderr
    assert set(files_below(sandbox.project / ".claude")) == {"agents/a.md", "agents/b.md"}


def test_doctor_tells_what_packs_lack(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """Counts by kind, and references; from the cache alone, and no reason to fail."""
    succeed(sandbox, "init")
    files = {
        "agents/a.md": agent("a", "See [r](../shared/r.md).\n"),
        "shared/r.md": "",
        "output-styles/x.md": "Tabs.\n",
    }
    git_registry.publish(None, files)
    succeed(sandbox, "add", git_registry.url, "--as", "m")
    data = sandbox.json("doctor")["data"]
    assert data["findings"] == []
    assert [one["rule"] for one in data["packs"]] == ["reference-dangling"]
    assert [(one["about"], one["number"]) for one in data["told"]] == [("output style", 1)]


def test_findings_of_the_user_scope_name_its_commands(git_registry: GitRegistry, sandbox: Sandbox) -> None:
    """A command that is proposed works as it is written."""
    succeed(sandbox, "init", "--user")
    git_registry.publish(None, {MARKET: market("a", "b"), "a/agents/a.md": agent("a"), "b/agents/b.md": agent("b")})
    succeed(sandbox, "add", "--user", git_registry.url, "--all", "--as", "m")
    git_registry.publish(None, {MARKET: market("a"), "a/agents/a.md": agent("a")})
    assert "`agentsync remove --user m/b`" in sandbox.run("update", "--user").stderr


@pytest.mark.parametrize("count", [2, 9])
def test_packs_that_were_not_looked_into(git_registry: GitRegistry, sandbox: Sandbox, count: int) -> None:
    """A few are told one by one, many in one line; the document has them all."""
    succeed(sandbox, "init")
    far = {f"e{number}": {"source": "url", "url": f"{git_registry.url}/e{number}"} for number in range(count)}
    git_registry.publish(None, {MARKET: market("here", **far), "here/agents/a.md": agent("a")})
    succeed(sandbox, "registry", "add", "m", git_registry.url)
    lines = [line for line in succeed(sandbox, "search", "x").stderr.splitlines() if "not looked into" in line]
    assert len(lines) == (count if count < 4 else 1)
    found = sandbox.json("search", "x")["data"]["findings"]
    assert sum(one["rule"] == "pack-not-read" for one in found) == count
