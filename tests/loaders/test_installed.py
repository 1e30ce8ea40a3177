"""One pack with agents, a skill, a command and rules, installed for all tools: each loader sees what is for it."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.git_registry import GitRegistry
from tests.loaders.judges import JUDGES, codex_skills, copilot_lists, gemini_skills, listed_by_cline, opencode_config
from tests.loaders.sources import AGENTS
from tests.sandbox import Sandbox

pytestmark = pytest.mark.long

SOME: Final = ("example-in-description", "readers", "full-list", "scoped", "denies", "servers", "plans", "windows")
SKILL: Final = "---\nname: review-changes\ndescription: 'Use it: when you review.'\n---\n\nRead the diff.\n"
COMMAND: Final = "---\ndescription: Reviews a branch.\nargument-hint: BRANCH\n---\n\nReview $ARGUMENTS.\n"
PACK: Final = {
    "registry.yaml": "registry: 1\nname: acme\npacks:\n  review: {path: .}\n",
    **{f"agents/{name}.md": AGENTS[name].replace("{name}", name) for name in SOME},
    "skills/review-changes/SKILL.md": SKILL,
    "commands/review.md": COMMAND,
    "rules/always.md": "Write tests first.\n",
    "rules/python.md": "---\npaths: ['src/**/*.py', 'tests/**']\n---\n\nType everything.\n",
}
TARGETS: Final = ("claude-code", "copilot", "codex", "opencode", "gemini", "qwen", "cline")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the pack installed for every tool."""
    sandbox = Sandbox(tmp_path_factory.mktemp("installed"))
    registry = GitRegistry(sandbox.root / "srv" / "all.git")
    registry.publish("v1.0.0", PACK)
    asked = f"registries:\n  acme: {{git: '{registry.path}'}}\npacks:\n  acme/review: '*'\n"
    manifest = f"{asked}targets: [{', '.join(TARGETS)}]\n"
    (sandbox.project / "agentsync.yaml").write_text(manifest, "utf-8")
    subprocess.run(["git", "init", "--quiet", sandbox.project], check=True)
    run = sandbox.run("install", "--accept-grants")
    assert run.exit == 0, run.stderr
    yield sandbox.project


@pytest.mark.parametrize("target", TARGETS)
def test_agents(project: Path, target: str, tmp_path: Path) -> None:
    """Every agent is loaded by every tool."""
    seen = JUDGES[target](project, tmp_path)
    assert seen.get("") is None
    assert set(SOME) <= set(seen)


def test_copilot(project: Path, tmp_path: Path) -> None:
    """Its command line lists the skill and the rules, with the files that they are for."""
    skills, rules = copilot_lists(project, tmp_path)
    assert "review-changes" in skills
    found = {Path(one["sourcePath"]).name: one.get("applyTo") for one in rules}
    assert found["always.instructions.md"] in (None, ["**"])
    assert found["python.instructions.md"] == ["src/**/*.py", "tests/**"]


def test_opencode(project: Path, tmp_path: Path) -> None:
    """Its effective configuration has the command, and its list of skills the skill."""
    commands, skills = opencode_config(project, tmp_path)
    assert commands["review"] == {"description": "Reviews a branch.", "template": "Review $ARGUMENTS."}
    assert "review-changes" in skills


def test_skills_elsewhere(project: Path, tmp_path: Path) -> None:
    """Codex, Gemini CLI and Cline see the skill where it is shared."""
    assert "review-changes" in codex_skills(project, tmp_path / "codex")
    assert "review-changes" in gemini_skills(project, tmp_path / "gemini")
    assert "review-changes" in _names(listed_by_cline(project, tmp_path / "cline", "skills"))


def test_rules_of_cline(project: Path, tmp_path: Path) -> None:
    """Its command line lists the rules."""
    assert {"always", "python"} <= _names(listed_by_cline(project, tmp_path, "rules"))


def test_documents(project: Path) -> None:
    """What no loader is there for is read by strict readers."""
    command = tomllib.loads((project / ".gemini" / "commands" / "review.toml").read_text("utf-8"))
    assert command["description"] == "Reviews a branch."
    assert "{{args}}" in command["prompt"]


def _names(found: list[dict[str, Any]]) -> set[str]:
    return {str(one["name"]).removesuffix(".md") for one in found}
