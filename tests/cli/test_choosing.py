"""What a command is about: packs and paths, one project or all of them; and the short forms of what is told."""

from __future__ import annotations

import pytest

from tests.cli.packs import TEAM, TEAM_NEXT, agent, registry_yaml
from tests.cli.project import fail, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

A, B = ".claude/agents/a.md", ".claude/agents/b.md"


@pytest.fixture
def two(sandbox: Sandbox, git_registry: GitRegistry) -> Sandbox:
    """Two packs, a file of each edited."""
    files = {"packs/x/agents/a.md": agent("a"), "packs/y/agents/b.md": agent("b")}
    git_registry.publish("v1.0.0", {"registry.yaml": registry_yaml("x", "y"), **files})
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "acme", git_registry.url)
    succeed(sandbox, "add", "acme/x", "acme/y")
    for path in (A, B):
        (sandbox.project / path).write_text("Mine\n")
    return sandbox


@pytest.mark.parametrize("word", ["acme/x", "agent:a", A])
def test_packs_items_and_paths(two: Sandbox, word: str) -> None:
    """They narrow every command that looks; what names nothing is refused."""
    for command in ("drift", "status"):
        data = two.json(command, word)["data"]
        assert [row["path"] for row in data["files"]] == [A] and [row["pack"] for row in data["packs"]] == ["acme/x"]
    for command in ("list", "outdated", "verify"):
        assert [row["pack"] for row in two.json(command, word)["data"]["packs"]] == ["acme/x"]
    for command in ("drift", "status", "list", "outdated", "verify"):
        assert "hint: " in fail(two, command, "nonsense", exit=2, code="usage")


def test_a_monorepo(two: Sandbox, git_registry: GitRegistry) -> None:
    """Each project is checked by itself; one that cannot be read costs only itself."""
    app, broken = two.project / "apps/a", two.project / "apps/b"
    for folder in (app, broken, two.project / "node_modules/x"):
        folder.mkdir(parents=True)
        (folder / "agentsync.yaml").write_text(f"registries: {{acme: {git_registry.url}}}\npacks: {{acme/x: ^1}}\n")
    succeed(two, "install", cwd=app)
    (broken / "agentsync.yaml").write_text("packs: [\n")
    document = two.json("drift", "--recursive")
    rows = {row["folder"]: row for row in document["data"]["projects"]}
    assert {name: row["exit"] for name, row in rows.items()} == {".": 1, "apps/a": 0, "apps/b": 2}
    assert rows["apps/a"]["clean"] is True and document["exit"] == 2
    assert document["errors"][0]["what"].startswith("apps/b: ")
    (broken / "agentsync.yaml").unlink()
    run = two.run("drift", "--recursive", cwd=two.project / "apps")
    assert run.exit == 0 and "a\n  1 file in sync" in run.stdout
    assert "apps/a" in two.run("doctor").stderr
    assert "no agentsync.yaml here" in fail(two, "drift", "--recursive", exit=2, code="usage", cwd=two.home)


def test_earlier_locks(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """`rollback --list` names each step, `lock --check` tells whether the lock would change."""
    git_registry.publish("v1.0.0", TEAM)
    succeed(sandbox, "init")
    succeed(sandbox, "add", git_registry.url)
    assert succeed(sandbox, "rollback", "--list").stdout == "no earlier lock is kept here\n"
    git_registry.publish("v1.1.0", TEAM_NEXT)
    succeed(sandbox, "update")
    (row,) = sandbox.json("rollback", "--list")["data"]["locks"]
    assert row == {"steps": 1, "versions": [{"pack": "agents/agents", "from": "1.1.0", "to": "1.0.0"}]}
    succeed(sandbox, "lock", "--check")
    manifest = sandbox.project / "agentsync.yaml"
    manifest.write_text(manifest.read_text().replace("^1.0.0", "1.0.0"))
    before = (sandbox.project / "agentsync.lock").read_bytes()
    assert sandbox.run("lock", "--check").exit == 1
    assert (sandbox.project / "agentsync.lock").read_bytes() == before


def test_short_forms_of_a_difference(two: Sandbox) -> None:
    """Names, or how many lines of each file."""
    assert succeed(two, "diff", "--name-only").stdout.splitlines() == [A, B]
    assert succeed(two, "diff", A, "--stat").stdout == f"{A}  +1 -5\n"
    assert two.json("diff", A, "--stat")["data"]["stat"] == [{"path": A, "added": 1, "removed": 5}]
    assert two.run("diff", "--stat", "--exit-code").exit == 1


def test_the_limit_of_doctor_is_that_of_the_policy(installed: Sandbox) -> None:
    """A file is read as far as it may be installed; a larger one is told, and not taken for one without a header."""
    large = installed.project / ".claude/agents/large.md"
    large.write_text(agent("large") + "x" * 1_100_000)
    told = installed.run("doctor").stdout
    assert "larger than any file that is installed" in told and "no header" not in told
    installed.config.mkdir(exist_ok=True)
    (installed.config / "policy.yaml").write_text("max_file: 2MiB\n")
    assert "large.md" not in installed.run("doctor").stdout
