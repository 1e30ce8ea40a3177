"""One pack for many AI tools: installed, agreed to, compared, merged, and taken away again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tests.cli.terminal import answered
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

READER: Final = (
    "---\nname: auditor\ndescription: Looks.\nmodel: opus\ntools: Read\n---\nOne.\n\nTwo.\n\nThree.\n\nFour.\n"
)
SKILL: Final = "---\nname: pdf\ndescription: d\n---\nBody.\n"
RELEASES: Final = {
    "v1.0.0": {"agents/auditor.md": READER, "skills/pdf/SKILL.md": SKILL},
    "v1.1.0": {"agents/auditor.md": READER.replace("Four", "FOUR"), "skills/pdf/SKILL.md": SKILL},
}
WAITING: Final = ["residue:codex:mcp", "residue:codex:spawn"]


def written(sandbox: Sandbox, registry: GitRegistry, targets: str, packs: str = "{team: 1.0.0}") -> None:
    """Write a manifest for some targets."""
    text = f"registries: {{team: {registry.url}}}\npacks: {packs}\ntargets: {targets}  # ours\n"
    sandbox.project.joinpath("agentsync.yaml").write_text(text)


def there(sandbox: Sandbox) -> set[str]:
    """The files of AI tools in the project."""
    files = (path.relative_to(sandbox.project) for path in sandbox.project.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if path.parts[0].startswith(".") and path.parts[0] != ".agentsync"}


def test_what_needs_a_yes_is_not_installed_for_that_tool(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The rest is; `grants --accept` and then `install` bring it, and the lock says so on every machine."""
    written(sandbox, registry, "[claude-code, codex, opencode]")
    data = sandbox.json("install")["data"]
    (told,) = (one for one in data["told"] if one["code"] == "residue")
    assert (told["target"], told["item"], told["about"], told["waits"]) == (
        *("codex", "agent:auditor", "spawn, mcp"),
        True,
    )
    both = {".claude/agents/auditor.md", ".opencode/agents/auditor.md"}
    skills = {".claude/skills/pdf/SKILL.md", ".agents/skills/pdf/SKILL.md"}
    assert there(sandbox) == both | skills
    assert "waits for a yes: residue in codex (mcp, spawn)" in sandbox.run("grants").stdout
    assert sandbox.json("install")["data"]["told"] == [], "it is told once"
    shown = sandbox.run("list", "--told").stdout
    assert "codex: not installed before a yes: agent:auditor of team/team: codex would also give spawn, mcp\n" in shown
    assert "or `codex: {residue: [spawn, mcp]}` below `targets:`\n" in shown
    accepted = sandbox.json("grants", "--accept")["data"]["accepted"]
    assert [(one["item"], one["gained"]) for one in accepted] == [("agent:auditor", WAITING)]
    assert sandbox.run("install").exit == 0
    assert there(sandbox) == both | skills | {".codex/agents/auditor.toml"}
    grants = {item["item"]: item for item in sandbox.json("grants")["data"]["packs"][0]["items"]}
    assert grants["agent:auditor"]["grants"] == ["read", *WAITING] and "waits" not in grants["agent:auditor"]
    shutil.rmtree(sandbox.project / ".codex")
    shutil.rmtree(sandbox.project / ".agentsync")
    assert sandbox.run("install").exit == 0
    assert sandbox.run("drift").exit == 0


def test_the_ways_to_say_yes(sandbox: Sandbox, registry: GitRegistry) -> None:
    """On a terminal, in the manifest, by the option; a policy forbids it whatever is said."""
    written(sandbox, registry, "[codex]")
    code, said = answered(sandbox, "n", "install")
    assert code == 0 and "install them for codex?" in said and ".codex/agents/auditor.toml" not in there(sandbox)
    written(sandbox, registry, "{codex: {residue: [spawn]}}")
    assert sandbox.run("install").exit == 0
    assert ".codex/agents/auditor.toml" not in there(sandbox), "one of two is not enough"
    written(sandbox, registry, "{codex: {residue: [mcp, spawn]}}")
    assert sandbox.run("drift").exit == 1, "what the manifest agrees to is not locked"
    assert sandbox.run("install").exit == 0
    assert ".codex/agents/auditor.toml" in there(sandbox)
    manifest = sandbox.project / "agentsync.yaml"
    manifest.write_text(f"{manifest.read_text()}policy: {{residue: deny}}\n")
    assert sandbox.run("install", "--frozen").exit == 3, "also where nothing has to be written"
    shutil.rmtree(sandbox.project / ".codex")
    denied = sandbox.run("install", "--frozen")
    assert denied.exit == 3 and "(residue: deny)" in denied.stderr
    assert "refused" in [one["code"] for one in sandbox.json("install")["data"]["told"]]
    assert ".codex/agents/auditor.toml" not in there(sandbox)


def test_more_residue_later_is_a_gain(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Of an item that is installed for that tool: exit 3, and nothing changes."""
    written(sandbox, registry, "[cursor]", "{team: ^1}")
    wide = READER.replace("tools: Read", "tools: Read, WebFetch, Task")
    registry.publish("v1.2.0", {"agents/auditor.md": wide, "skills/pdf/SKILL.md": SKILL})
    assert sandbox.run("install", "--accept-grants").exit == 0
    registry.publish("v1.3.0", {"agents/auditor.md": READER, "skills/pdf/SKILL.md": SKILL})
    before = there(sandbox)
    refused = sandbox.run("update")
    assert refused.exit == 3 and "residue in cursor (net" in refused.stderr and there(sandbox) == before
    assert sandbox.run("update", "--accept-grants").exit == 0


def test_edits_of_rendered_files_are_merged(sandbox: Sandbox, registry: GitRegistry) -> None:
    """With what the old release gives there; `restore` and `verify` know the rendered bytes."""
    written(sandbox, registry, "{claude-code: {}, codex: {residue: [mcp, spawn]}, gemini: {}}", "{team: ^1.0}")
    assert sandbox.run("install").exit == 0
    assert sandbox.run("update", "team@1.0.0", "--allow-downgrade").exit == 0
    files = [sandbox.project / ".codex/agents/auditor.toml", sandbox.project / ".gemini/agents/auditor.md"]
    for file in files:
        file.write_text(file.read_text().replace("Two.", "Two, and mine."))
    assert sandbox.json("drift")["exit"] == 1
    assert sandbox.run("update").exit == 0
    for file in files:
        assert "Two, and mine." in file.read_text() and "FOUR." in file.read_text()
    assert sandbox.run("restore", *(str(file) for file in files)).exit == 0
    assert sandbox.run("drift").exit == 0 and sandbox.run("verify").exit == 0


def test_a_target_that_is_taken_out_takes_its_files(sandbox: Sandbox, registry: GitRegistry) -> None:
    """An edited one stays and is the user's; an edited skill moves where the tools that are left read it."""
    written(sandbox, registry, "[claude-code, copilot, gemini]")
    assert sandbox.run("install").exit == 0
    gemini = sandbox.project / ".gemini/agents/auditor.md"
    gemini.write_text("mine\n")
    written(sandbox, registry, "[claude-code, copilot]")
    assert sandbox.run("install").exit == 0
    assert there(sandbox) == {
        *(".claude/agents/auditor.md", ".claude/skills/pdf/SKILL.md", ".github/agents/auditor.agent.md"),
        ".gemini/agents/auditor.md",
    }
    skill = Path(sandbox.project / ".claude/skills/pdf/SKILL.md")
    skill.write_text(SKILL + "mine\n")
    written(sandbox, registry, "[copilot]")
    assert sandbox.run("install").exit == 0
    assert there(sandbox) == {
        *(".agents/skills/pdf/SKILL.md", ".github/agents/auditor.agent.md", ".gemini/agents/auditor.md"),
    }
    assert (sandbox.project / ".agents/skills/pdf/SKILL.md").read_text() == SKILL + "mine\n"
    assert sandbox.run("drift").exit == 1, "the edit is one still"
