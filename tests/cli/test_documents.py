"""Entries in files of the user's, through the command line: what comes, what stays, and what stops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.git_registry import File, GitRegistry
from tests.sandbox import Run, Sandbox

pytestmark = pytest.mark.slow

SERVERS = '{"mcpServers": {"db": {"command": "npx", "args": ["-y", "db"], "env": {"KEY": "${KEY}"}}}}'
HOOKS = '{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "%s"}]}]}}'
MINE = '{\n  // mine\n  "mcpServers": {\n    "own": {"command": "x"} // keep\n  }\n}\n'
SETTINGS = '{\n\t"model": "opus", // mine\n}\n'


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry with a server and a hook that runs a script."""
    return publish(GitRegistry(tmp_path / "team.git"), "v1.0.0", SERVERS)


def publish(registry: GitRegistry, tag: str, servers: str, more: str = "") -> GitRegistry:
    """A release with these servers, and more in its hook."""
    hooks = HOOKS.replace('"%s"', f'"${{CLAUDE_PLUGIN_ROOT}}/scripts/guard.sh"{more}')
    guard = File("#!/bin/sh\n. ./rules.sh\n", executable=True)
    files: dict[str, str | File] = {
        "hooks/hooks.json": hooks,
        "scripts/guard.sh": guard,
        "scripts/rules.sh": "exit 0\n",
    }
    registry.publish(tag, {**files, ".mcp.json": servers})
    return registry


def project(sandbox: Sandbox, registry: GitRegistry, targets: str = "claude-code", **files: str) -> Run:
    """Install the registry's pack beside files of the user's."""
    (sandbox.project / "agentsync.yaml").write_text(
        f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\ntargets: [{targets}]\n"
    )
    (sandbox.project / ".claude").mkdir(exist_ok=True)
    for name, text in {".mcp.json": MINE, ".claude/settings.json": SETTINGS, **files}.items():
        (sandbox.project / name).write_text(text)
    return sandbox.run("install", "--accept-grants")


def read(sandbox: Sandbox, name: str) -> str:
    """The text of a file of the project."""
    return (sandbox.project / name).read_text("utf-8")


def test_what_the_user_wrote_comes_back(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Install, again, and remove: the second writes nothing, the third gives back every byte."""
    assert project(sandbox, registry).exit == 0
    assert '"db": {\n      "command": "npx",\n' in read(sandbox, ".mcp.json") and "// keep\n" in read(
        sandbox, ".mcp.json"
    )
    settings = read(sandbox, ".claude/settings.json")
    assert settings.startswith(SETTINGS[:-2]) and settings.endswith("\t},\n}\n")
    assert sandbox.run("drift").exit == 0
    assert ": nothing to do" in sandbox.run("install").stdout
    assert sandbox.run("remove", "team").exit == 0
    assert (read(sandbox, ".mcp.json"), read(sandbox, ".claude/settings.json")) == (MINE, SETTINGS)
    assert not (sandbox.project / ".claude/hooks").exists()


def test_a_script_comes_back_while_its_hook_is_in_place(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The script is a file, and has drift of its own."""
    assert project(sandbox, registry).exit == 0
    settings = read(sandbox, ".claude/settings.json")
    (script,) = (sandbox.project / ".claude/hooks").rglob("guard.sh")
    text = script.read_text()
    script.unlink()
    assert sandbox.run("drift").exit == 1
    assert sandbox.run("install").exit == 0
    assert script.read_text() == text
    assert read(sandbox, ".claude/settings.json") == settings


def test_an_edit_and_an_update_meet_key_by_key(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Where both changed one key, the entry is the user's until that is settled."""
    assert project(sandbox, registry).exit == 0
    edited = read(sandbox, ".mcp.json").replace('"npx"', '"bunx"')
    (sandbox.project / ".mcp.json").write_text(edited)
    publish(registry, "v1.1.0", SERVERS.replace('"-y", "db"', '"-y", "db@2"'))
    assert sandbox.run("update", "--accept-grants").exit == 0
    assert read(sandbox, ".mcp.json") == edited.replace('"db"\n', '"db@2"\n')
    publish(registry, "v1.2.0", SERVERS.replace("npx", "pnpx"))
    stopped = sandbox.run("update", "--accept-grants")
    assert stopped.exit == 3 and ".mcp.json#/mcpServers/db" in stopped.stdout + stopped.stderr
    assert '"bunx"' in read(sandbox, ".mcp.json")
    assert sandbox.run("install", "--theirs").exit == 0
    assert '"pnpx"' in read(sandbox, ".mcp.json") and "// keep" in read(sandbox, ".mcp.json")


@pytest.mark.parametrize(
    "text", ['{"mcpServers": {', '{"mcpServers": []}', '{"mcpServers": {}, "mcpServers": {}}', "\0"]
)
def test_a_document_that_is_not_understood_is_not_touched(sandbox: Sandbox, registry: GitRegistry, text: str) -> None:
    """Every command says why; once it is mended all is well."""
    stopped = project(sandbox, registry, **{".mcp.json": text})
    assert stopped.exit == 3
    assert read(sandbox, ".mcp.json") == text
    found = json.loads(sandbox.run("drift", "--json").stdout)
    assert "edited" in json.dumps(found) and "mcpServers/db" in json.dumps(found)
    (sandbox.project / ".mcp.json").write_text(MINE)
    assert sandbox.run("install", "--accept-grants").exit == 0
    assert sandbox.run("drift").exit == 0


def test_another_server_of_that_name_is_the_users(sandbox: Sandbox, registry: GitRegistry) -> None:
    """It stops its entry alone; `--adopt` and `--theirs` are the ways out, and the backup has what was there."""
    own = MINE.replace('"own"', '"db"')
    assert project(sandbox, registry, **{".mcp.json": own}).exit == 3
    assert read(sandbox, ".mcp.json") == own
    assert "guard.sh" in read(sandbox, ".claude/settings.json")
    assert sandbox.run("install", "--theirs", "--accept-grants").exit == 0
    assert '"npx"' in read(sandbox, ".mcp.json") and "// mine" in read(sandbox, ".mcp.json")
    assert any(path.read_text() == own for path in (sandbox.project / ".agentsync/backup").rglob(".mcp.json"))


def test_an_inline_table_is_told(sandbox: Sandbox, registry: GitRegistry) -> None:
    """No other table can be added to it, and none is."""
    (sandbox.project / ".codex").mkdir()
    text = 'mcp_servers = { own = { command = "x" } }\n'
    stopped = project(sandbox, registry, "codex", **{".codex/config.toml": text})
    assert stopped.exit == 3 and "/mcp_servers" in stopped.stdout + stopped.stderr
    assert read(sandbox, ".codex/config.toml") == text


def test_an_edited_hook_stays_and_is_restored(sandbox: Sandbox, registry: GitRegistry) -> None:
    """It is known by its event and its command."""
    assert project(sandbox, registry).exit == 0
    settings = read(sandbox, ".claude/settings.json")
    (sandbox.project / ".claude/settings.json").write_text(settings.replace('"Bash"', '"Bash|Edit"'))
    drift = sandbox.run("drift")
    assert drift.exit == 1 and "edited" in drift.stdout
    assert sandbox.run("install").exit == 0
    assert '"Bash|Edit"' in read(sandbox, ".claude/settings.json")
    edited = read(sandbox, ".claude/settings.json")
    assert sandbox.run("restore").exit == 0
    assert read(sandbox, ".claude/settings.json") == settings
    # It is the user's when the pack goes, and still finds what it runs.
    (sandbox.project / ".claude/settings.json").write_text(edited)
    assert sandbox.run("remove", "team").exit == 0
    assert read(sandbox, ".claude/settings.json") == edited
    assert [path.name for path in sorted((sandbox.project / ".claude/hooks").rglob("*.sh"))] == ["guard.sh", "rules.sh"]
    assert sandbox.run("drift").exit == 0


def test_an_edited_hook_and_an_update_meet(sandbox: Sandbox, registry: GitRegistry) -> None:
    """It stands there once, with both changes; where both changed one key, the user's stays until that is settled."""
    assert project(sandbox, registry).exit == 0
    path = sandbox.project / ".claude/settings.json"
    for number in (2, 3, 4):
        path.write_text(path.read_text().replace('Bash"', f'Edit{number}|Bash"'))
        publish(registry, f"v1.{number}.0", SERVERS, f', "timeout": {number}')
        assert sandbox.run("update", "--accept-grants").exit == 0
        settings = path.read_text()
        assert (
            settings.count("matcher") == 1 and f"Edit{number}|Bash" in settings and f'"timeout": {number}' in settings
        )
    path.write_text(path.read_text().replace('"timeout": 4', '"timeout": 40'))
    publish(registry, "v1.5.0", SERVERS, ', "timeout": 5')
    stopped = sandbox.run("update", "--accept-grants")
    assert stopped.exit == 3 and "diverged" in stopped.stderr
    settings = path.read_text()
    assert settings.count("matcher") == 1 and '"timeout": 40' in settings
    assert sandbox.run("install").exit == 3
    assert sandbox.run("install", "--theirs").exit == 0
    assert '"timeout": 5\n' in path.read_text() and path.read_text().count("matcher") == 1


def test_a_document_that_is_a_link_to_another_one(sandbox: Sandbox, tmp_path: Path) -> None:
    """Both want the same section: it stands there once, here, in a clone and for a fleet; any other link is told."""
    registry = GitRegistry(tmp_path / "rules.git")
    registry.publish("v1.0.0", {"rules/nice.md": "Be nice.\n"})
    (sandbox.project / "agentsync.yaml").write_text(
        f'registries: {{team: {registry.url}}}\npacks: {{team: "*"}}\ntargets: [codex, gemini]\n'
    )
    (sandbox.project / "AGENTS.md").write_text("# Ours\n")
    (sandbox.project / "GEMINI.md").symlink_to("AGENTS.md")
    assert sandbox.run("install").exit == 0 and read(sandbox, "AGENTS.md").count("Be nice.") == 1
    assert [sandbox.run(word).exit for word in ("drift", "drift", "verify")] == [0, 0, 0]
    assert sandbox.shell("git init -q && git add -A && git -c user.name=a -c user.email=a@b commit -qm x").exit == 0
    (sandbox.root / "list").write_text(f"{sandbox.project}\n")
    checked = sandbox.json(
        "fleet", "check", "--results", str(tmp_path / "f.sqlite"), "--from", str(sandbox.root / "list")
    )
    assert checked["data"]["summary"] == {"clean": 1}
    registry.publish("v1.1.0", {"rules/nice.md": "Be very nice.\n"})
    assert sandbox.run("update").exit == 0 and "Be very nice." in read(sandbox, "GEMINI.md")
    (sandbox.project / "GEMINI.md").unlink()
    (sandbox.project / "GEMINI.md").symlink_to("README.md")
    told = sandbox.json("drift")["data"]["files"]
    assert [one["path"] for one in told if one["drift"] != "in sync"] == ["GEMINI.md#team/rules rule:nice"]
    (sandbox.project / "GEMINI.md").unlink()
    (sandbox.project / "GEMINI.md").symlink_to("AGENTS.md")
    assert sandbox.run("remove", "team").exit == 0 and read(sandbox, "AGENTS.md") == "# Ours\n"
