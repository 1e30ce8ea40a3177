"""What items take of a model's context: listed, before an update, and where a tool has a budget for it."""

from __future__ import annotations

from tests.cli.packs import TEAM
from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

HEADER = "---\nname: {}\ndescription: {}\n---\n"
RELEASES = {"v1.0.0": {"agents/a.md": HEADER.format("a", "x" * 39) + "y" * 100}}


def test_list_and_growth(asking: Sandbox, registry: GitRegistry) -> None:
    """Four bytes are a token; a dry run tells what the next version takes more, and what leaves."""
    row = asking.json("list", "--cost")["data"]["packs"][0]
    size = len(RELEASES["v1.0.0"]["agents/a.md"])
    expected = {"always": 10, "used": -(-size // 4)}
    assert row == {"pack": "team/team", "items": [{"item": "agent:a", "context": expected}], "context": expected}
    assert "agent:a" in succeed(asking, "list", "--cost").stdout
    registry.publish("v1.1.0", {"agents/a.md": HEADER.format("a", "x" * 79) + "y" * 100})
    dry = asking.json("update", "--dry-run")
    (found,) = dry["data"]["context"]
    assert found["pack"] == "team/team" and found["always"] == {"from": 10, "to": 20}
    assert "context   team/team: +10 tokens always (20)" in succeed(asking, "update", "--dry-run").stdout


def test_doctor_knows_the_budget(sandbox: Sandbox) -> None:
    """All skills together, the user's own too, are compared with what the tool lists of them."""
    write_manifest(sandbox, "registries: {}\npacks: {}\ntargets: [claude-code, codex]\n")
    succeed(sandbox, "install")
    rules = sandbox.project / "AGENTS.md"
    rules.write_text("x" * 32_768)
    assert "context" not in sandbox.run("doctor").stdout
    for number in range(9):
        folder = sandbox.project / f".claude/skills/s{number}"
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(HEADER.format(f"s{number}", "word " * 200) + "Do.\n")
    rules.write_text("x" * 32_769)
    document = sandbox.json("doctor")
    found, long = [one for one in document["data"]["findings"] if one["check"] == "context"]
    assert long["subject"] == "AGENTS.md" and "codex reads 32,768" in long["what"]
    assert found["subject"] == "9 skills" and "2,000" in found["what"] and document["exit"] == 1


def test_info_has_it_before_anything_is_installed(sandbox: Sandbox, team: GitRegistry) -> None:
    """The same estimate."""
    before = sandbox.json("info", team.url)["data"]["packs"][0]["context"]
    succeed(sandbox, "add", team.url)
    assert sandbox.json("list", "--cost")["data"]["context"] == before
    assert before["always"] > 0 and len(TEAM) > 4
