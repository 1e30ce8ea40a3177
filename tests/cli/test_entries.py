"""Entries of documents through every command: they are owned, compared, merged and told as files are."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.cli.project import drifts, fail, locked, succeed, write_manifest
from tests.git_registry import File, Files, GitRegistry
from tests.sandbox import Sandbox

DB = ".mcp.json#/mcpServers/db"
WEB = ".mcp.json#/mcpServers/web"
STYLE = "AGENTS.md#acme/acme rule:style"
TABLE = ".codex/config.toml#/mcp_servers/db"
USERS = '{\n  // mine\n  "mcpServers": {\n    "own": {"command": "x"} // note\n  }\n}\n'
OWN_HOOK = {"matcher": "Edit", "hooks": [{"type": "command", "command": "own.sh"}]}


def pack(*, args: list[str], timeout: int, style: str, web: str = "https://x.example/mcp") -> Files:
    """A release with two servers, a hook and a rule."""
    servers = {"db": {"command": "npx", "args": args}, "web": {"type": "http", "url": web}}
    guard = {"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/hooks/guard.sh", "timeout": timeout}
    hooks = {"PreToolUse": [{"matcher": "Bash", "hooks": [guard]}]}
    return {
        ".mcp.json": json.dumps({"mcpServers": servers}),
        "hooks/hooks.json": json.dumps({"hooks": hooks}),
        "hooks/guard.sh": File("#!/bin/sh\nexit 0\n", executable=True),
        "rules/style.md": style,
    }


@pytest.fixture
def registry(sandbox: Sandbox) -> GitRegistry:
    """Two releases, the first of them installed beside the user's own entries."""
    found = GitRegistry(sandbox.root / "acme.git")
    found.publish("v1.0.0", pack(args=["-y", "server"], timeout=5, style="Be brief.\n"))
    found.publish("v2.0.0", pack(args=["-y", "server@2"], timeout=10, style="Be brief.\nBe kind.\n"))
    (sandbox.project / ".mcp.json").write_text(USERS)
    (sandbox.project / "AGENTS.md").write_text("# Project\n")
    (sandbox.project / ".claude").mkdir()
    settings = json.dumps({"hooks": {"PreToolUse": [OWN_HOOK]}}, indent=2)
    (sandbox.project / ".claude/settings.json").write_text(settings)
    ask(sandbox, found, "1.0.0")
    succeed(sandbox, "install", "--accept-grants")
    return found


def ask(sandbox: Sandbox, registry: GitRegistry, version: str) -> None:
    """Ask for a version of the pack."""
    text = f"registries:\n  acme: {registry.url}\npacks:\n  acme: {version!r}\ntargets: [claude-code, codex]\n"
    write_manifest(sandbox, text)


def text(sandbox: Sandbox, path: str = ".mcp.json") -> str:
    """A document."""
    return (sandbox.project / path).read_text()


def edit(sandbox: Sandbox, old: str, new: str, path: str = ".mcp.json") -> None:
    """Replace a text in a document, as a person does."""
    before = text(sandbox, path)
    assert old in before
    (sandbox.project / path).write_text(before.replace(old, new))


def hook_slot(sandbox: Sandbox) -> str:
    """The entry of the hook for Claude Code."""
    (found,) = [slot for slot in locked(sandbox, "acme/acme")["entries"] if slot.startswith(".claude/settings.json#")]
    return str(found)


def stopped(sandbox: Sandbox, *arguments: str) -> list[dict[str, Any]]:
    """What a command left as it was."""
    run = sandbox.run(*arguments, "--json")
    assert run.exit == 3
    found: list[dict[str, Any]] = json.loads(run.stdout)["data"]["stopped"]
    return found


@pytest.mark.usefixtures("registry")
def test_installed_and_removed(sandbox: Sandbox) -> None:
    """Beside the user's own, which have their bytes back at the end."""
    entries = locked(sandbox, "acme/acme")["entries"]
    assert {DB, WEB, TABLE, STYLE} <= entries.keys() and drifts(sandbox) == {}
    assert succeed(sandbox, "install").stdout.endswith("nothing to do\n")
    assert json.loads(text(sandbox, ".claude/settings.json"))["hooks"]["PreToolUse"][0] == OWN_HOOK
    assert "// note" in text(sandbox) and '"db"' in text(sandbox)
    succeed(sandbox, "verify", "--deep")
    succeed(sandbox, "remove", "acme")
    assert (text(sandbox), text(sandbox, "AGENTS.md")) == (USERS, "# Project\n")
    assert json.loads(text(sandbox, ".claude/settings.json")) == {"hooks": {"PreToolUse": [OWN_HOOK]}}
    assert sorted(path.name for path in sandbox.project.iterdir() if path.name.startswith(".")) == [
        ".agentsync",
        ".claude",
        ".mcp.json",
    ]


@pytest.mark.usefixtures("registry")
def test_a_fresh_clone_knows_from_the_lock_alone(sandbox: Sandbox) -> None:
    """Without a receipt, a cache or a registry; an edited hook is found by what it runs."""
    shutil.rmtree(sandbox.project / ".agentsync")
    shutil.rmtree(sandbox.cache)
    shutil.rmtree(sandbox.root / "acme.git")
    assert drifts(sandbox, "--offline") == {}
    edit(sandbox, '"timeout": 5', '"timeout": 6', ".claude/settings.json")
    edit(sandbox, '"server"', '"server", "--verbose"')
    edit(sandbox, "Be brief.", "Be very brief.", "AGENTS.md")
    (sandbox.project / ".codex/config.toml").unlink()
    assert drifts(sandbox, "--offline") == {
        hook_slot(sandbox): "edited",
        DB: "edited",
        STYLE: "edited",
        TABLE: "missing",
        TABLE.replace("db", "web"): "missing",
    }


def test_an_update_merges_key_by_key(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The edit of a server, of a hook and of a section meet a new release."""
    edit(sandbox, '"command": "npx",', '"command": "npx",\n      "env": {"LEVEL": "1"},')
    edit(sandbox, '"matcher": "Bash"', '"matcher": "Bash|Edit"', ".claude/settings.json")
    edit(sandbox, "Be brief.", "Be brief!", "AGENTS.md")
    ask(sandbox, registry, ">=1")
    run = sandbox.run("update", "--accept-grants", "--json")
    changed = {row["path"]: row["action"] for row in json.loads(run.stdout)["data"]["changed"]}
    assert (run.exit, changed[DB]) == (3, "merge")
    servers = json.loads(text(sandbox).replace("// mine", "").replace("// note", ""))["mcpServers"]
    assert servers["db"] == {"command": "npx", "args": ["-y", "server@2"], "env": {"LEVEL": "1"}}
    own, guard = json.loads(text(sandbox, ".claude/settings.json"))["hooks"]["PreToolUse"]
    assert (own, guard["matcher"], guard["hooks"][0]["timeout"]) == (OWN_HOOK, "Bash|Edit", 10)
    # Both changed the line: it is stopped, as it stands.
    assert "Be brief!\n" in text(sandbox, "AGENTS.md")
    assert drifts(sandbox) == {DB: "edited", hook_slot(sandbox): "edited", STYLE: "diverged"}
    succeed(sandbox, "restore", STYLE)
    assert "Be brief.\nBe kind.\n" in text(sandbox, "AGENTS.md")


def test_both_changed_one_key(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Stopped, without a file for a person to settle; --theirs sets the document aside."""
    edit(sandbox, '"server"', '"mine"')
    ask(sandbox, registry, "2.0.0")
    before = text(sandbox)
    for arguments in (("install", "--accept-grants"), ("install", "--accept-grants", "--merge")):
        assert stopped(sandbox, *arguments) == [{"path": DB, "pack": "acme/acme", "drift": "diverged"}]
    assert text(sandbox) == before and not (sandbox.project / ".agentsync/conflicts").exists()
    (aside,) = json.loads(succeed(sandbox, "install", "--theirs", "--json").stdout)["data"]["backups"]
    assert (aside["path"], (sandbox.project / aside["backup"]).read_text()) == (DB, before)
    assert drifts(sandbox) == {}
    succeed(sandbox, "restore", "--from-backup", "last")
    assert text(sandbox) == before and drifts(sandbox) == {DB: "edited"}


@pytest.mark.usefixtures("registry")
def test_named_by_pointer(sandbox: Sandbox) -> None:
    """A whole document, a table in it, or one entry; from another folder too."""
    edit(sandbox, '"server"', '"server", "--verbose"')
    edit(sandbox, "https://x.example", "https://y.example")
    assert sorted(drifts(sandbox, ".mcp.json")) == sorted(drifts(sandbox, ".mcp.json#/mcpServers")) == [DB, WEB]
    assert drifts(sandbox, "../.mcp.json#/mcpServers/db", cwd=sandbox.project / ".claude") == {DB: "edited"}
    diff = succeed(sandbox, "diff", WEB).stdout
    assert f"--- a/{WEB}\n+++ b/{WEB}\n" in diff and '+  "url": "https://y.example/mcp"' in diff
    assert succeed(sandbox, "diff", "--name-only").stdout == f"{DB}\n{WEB}\n"
    for form, told in {
        "sarif": '"uri": ".mcp.json"',
        "github": f"::error file=.mcp.json,title=agentsync%3A edited::{DB}",
        "junit": f'name="{DB}"',
        "markdown": f"`{DB}`",
    }.items():
        assert told in sandbox.run("drift", "--format", form).stdout
    succeed(sandbox, "restore", ".mcp.json#/mcpServers")
    assert drifts(sandbox) == {}
    fail(sandbox, "restore", ".mcp.json#/mcpServers/no", exit=2, code="usage")


def test_a_kept_edit(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Becomes the project's own, is applied on another machine and goes along with a release."""
    edit(sandbox, '"command": "npx",', '"command": "npx",\n      "env": {"LEVEL": "1"},')
    succeed(sandbox, "keep", DB)
    patch = (sandbox.project / ".agentsync/patches/acme/acme/.mcp.json#/mcpServers/db.patch").read_text()
    assert '+    "LEVEL": "1"' in patch and drifts(sandbox) == {DB: "kept"}
    assert succeed(sandbox, "keep", "--list").stdout == f"{DB}  acme/acme\n"
    (sandbox.project / ".mcp.json").unlink()
    succeed(sandbox, "install")
    assert json.loads(text(sandbox))["mcpServers"]["db"]["env"] == {"LEVEL": "1"}
    ask(sandbox, registry, "2.0.0")
    succeed(sandbox, "install", "--accept-grants")
    db = json.loads(text(sandbox))["mcpServers"]["db"]
    assert (db["args"], db["env"], drifts(sandbox)) == (["-y", "server@2"], {"LEVEL": "1"}, {DB: "kept"})
    succeed(sandbox, "keep", "--drop", DB)
    assert drifts(sandbox) == {DB: "edited"} and not (sandbox.project / ".agentsync/patches").exists()
    succeed(sandbox, "rollback")


def test_names_that_some_system_takes_for_devices(sandbox: Sandbox) -> None:
    """An alias, a pack and a server are called so: their patches have names that every system can hold."""
    registry = GitRegistry(sandbox.root / "con.git")
    server = json.dumps({"mcpServers": {"aux": {"command": "npx"}}})
    registry.publish("v1.0.0", {".claude-plugin/plugin.json": '{"name": "C#"}', ".mcp.json": server})
    write_manifest(sandbox, f"registries:\n  con: {registry.url}\npacks:\n  con/C#: ^1\n")
    succeed(sandbox, "install", "--accept-grants")
    (sandbox.project / ".mcp.json").write_text(text(sandbox).replace("npx", "bunx"))
    assert "in .agentsync/patches/%63on/C%23/.mcp.json#/mcpServers/%61ux.patch" in succeed(sandbox, "keep").stdout
    for path in (".mcp.json", ".agentsync/receipt.json"):
        (sandbox.project / path).unlink()
    succeed(sandbox, "install", "--accept-grants")
    assert '"bunx"' in text(sandbox) and set(drifts(sandbox).values()) == {"kept"}
    assert "needs" not in succeed(sandbox, "doctor").stdout
    succeed(sandbox, "keep", "--drop", ".mcp.json#/mcpServers/aux")
    assert not list((sandbox.project / ".agentsync/patches").rglob("*.patch"))


@pytest.mark.usefixtures("registry")
def test_a_document_that_cannot_be_read(sandbox: Sandbox) -> None:
    """Each of its entries is edited and unreadable, the document stays, and the others go on."""
    where = sandbox.project / ".mcp.json"
    edit(sandbox, "Be brief.", "Be long.", "AGENTS.md")
    spoilt = {
        USERS + "}": "line 7",
        '{"mcpServers": []}': "is not an object",
        '{"mcpServers": {"db": 1, "db": 2}}': "twice",
    }
    for before, why in spoilt.items():
        where.write_text(before)
        run = sandbox.run("drift", "--json")
        rows = [row for row in json.loads(run.stdout)["data"]["files"] if row["drift"] != "in sync"]
        assert {row["path"]: row["unreadable"] for row in rows} == {DB: True, WEB: True, STYLE: False}
        assert why in sandbox.run("drift").stdout
    for arguments in (("install",), ("restore",), ("install", "--theirs")):
        assert [row["path"] for row in stopped(sandbox, *arguments)] == [DB, WEB]
    assert where.read_text() == before and "Be brief." in text(sandbox, "AGENTS.md")
    where.unlink()
    where.mkdir()
    assert [row["path"] for row in stopped(sandbox, "install", "--theirs")] == [DB, WEB]
    assert list(where.iterdir()) == []


def test_a_users_own_value_in_its_place(sandbox: Sandbox) -> None:
    """Another one is foreign, with three ways out; an equal one is taken over as it stands."""
    registry = GitRegistry(sandbox.root / "acme.git")
    registry.publish("v1.0.0", pack(args=["-y", "server"], timeout=5, style="Be brief.\n"))
    same = '{"mcpServers": {"web": {"url": "https://x.example/mcp", "type": "http"}, "db": {"command": "mine"}}}'
    (sandbox.project / ".mcp.json").write_text(same)
    ask(sandbox, registry, "1.0.0")
    run = sandbox.run("install", "--accept-grants")
    told = run.stderr
    assert run.exit == 3 and f"{DB} (foreign)" in told and text(sandbox) == same
    assert all(way in told for way in ("--rename mcp:db=", "--adopt", "--theirs"))
    assert drifts(sandbox) == {DB: "foreign"}
    succeed(sandbox, "install", "--adopt")
    assert drifts(sandbox) == {DB: "edited"} and text(sandbox) == same
