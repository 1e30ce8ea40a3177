"""Contributions from what AI tools read in their own words: the body goes back to the source, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest

from tests.cli.project import fail, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

AGENT: Final = "---\nname: auditor\ndescription: Looks.\nmodel: opus\n---\nOne.\n\nTwo.\n"
RELEASES: Final = {"v1.0.0": {"agents/auditor.md": AGENT, "rules/style.md": "Be kind.\n"}}
CLAUDE, GEMINI, COPILOT = ".claude/agents/auditor.md", ".gemini/agents/auditor.md", ".github/agents/auditor.agent.md"
CODEX, SECTION = ".codex/agents/auditor.toml", "AGENTS.md"


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """One agent and one rule, for tools of each form."""
    (sandbox.home / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    targets = "targets: [claude-code, gemini, copilot, codex]\n"
    write_manifest(sandbox, f"registries: {{team: {registry.url}}}\npacks: {{team: 1.0.0}}\n{targets}")
    assert sandbox.run("install", "--accept-grants").exit == 0
    return sandbox


def edit(project: Sandbox, *paths: str, old: str = "Two.", new: str = "Two, well.") -> None:
    """Change a text in installed files."""
    for path in paths:
        file = project.project / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


def sent(project: Sandbox, registry: GitRegistry, *words: str) -> dict[str, str]:
    """Contribute, and return what upstream would have."""
    (one,) = project.json("contribute", *words)["data"]["contributions"]
    return {path: registry.read(one["branch"], path).decode() for path in one["files"]}


def test_an_edit_of_a_body_goes_back_to_its_source(project: Sandbox, registry: GitRegistry) -> None:
    """With the source's own header; the same edit for several tools is one change, in whatever form."""
    edit(project, GEMINI, COPILOT, CODEX)
    dry = project.json("contribute", "--dry-run")["data"]
    assert dry["contributions"][0]["files"] == ["agents/auditor.md"] and dry["not_taken"] == []
    assert sent(project, registry) == {"agents/auditor.md": AGENT.replace("Two.", "Two, well.")}


def test_one_source_edited_in_two_ways_is_stopped(project: Sandbox, registry: GitRegistry) -> None:
    """A word says which one is meant."""
    edit(project, CLAUDE)
    edit(project, GEMINI, new="Two, better.")
    assert "edited in two ways" in fail(project, "contribute", exit=3, code="refused")
    assert sent(project, registry, GEMINI) == {"agents/auditor.md": AGENT.replace("Two.", "Two, better.")}


@pytest.mark.parametrize(
    ("path", "old"),
    [(GEMINI, "Looks."), (CODEX, "Two."), (SECTION, "Be kind.")],
)
def test_what_has_no_way_back_is_told(project: Sandbox, path: str, old: str) -> None:
    """A header, TOML, a section: alone it ends with exit 3, beside others it is told, and they are sent."""
    edit(project, path, old=old, new="Otherwise.")
    (edited,) = (one["path"] for one in project.json("drift")["data"]["files"] if one["drift"] == "edited")
    assert "cannot be contributed" in fail(project, "contribute", edited, exit=3, code="refused")
    edit(project, COPILOT)
    data = project.json("contribute", "--dry-run")["data"]
    assert [one["path"] for one in data["not_taken"]] == [edited]
    assert data["contributions"][0]["files"] == ["agents/auditor.md"]
