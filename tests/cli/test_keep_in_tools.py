"""Edits of what AI tools read in their own words, kept as patches: of every form, through updates, to their end."""

from __future__ import annotations

from typing import Final

import pytest

from tests.cli.project import drifts, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

AGENT: Final = "---\nname: auditor\ndescription: Looks.\n---\nOne.\n\nTwo.\n\nThree.\n\nFour.\n"
RULE: Final = "One.\n\nTwo.\n\nThree.\n\nFour.\n"
FILES: Final = {"agents/auditor.md": AGENT, "rules/style.md": RULE}
RELEASES: Final = {"v1.0.0": FILES, "v1.1.0": {path: text.replace("Four", "FOUR") for path, text in FILES.items()}}
EDITED: Final = {
    ".codex/agents/auditor.toml": ".codex/agents/auditor.toml",
    ".github/agents/auditor.agent.md": ".github/agents/auditor.agent.md",
    ".cursor/rules/style.mdc": ".cursor/rules/style.mdc",
    "AGENTS.md": "AGENTS.md#team/team rule:style",
}


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """An edit in a file of each form, and in a section."""
    text = f"registries: {{team: {registry.url}}}\npacks: {{team: ^1.0}}\ntargets: [codex, copilot, cursor]\n"
    write_manifest(sandbox, text)
    succeed(sandbox, "install", "--accept-grants")
    succeed(sandbox, "update", "team@1.0.0", "--allow-downgrade")
    for path in EDITED:
        file = sandbox.project / path
        file.write_text(file.read_text().replace("Two.", "Two, and mine."))
    return sandbox


def test_kept_edits_go_through_an_update(project: Sandbox) -> None:
    """Upstream's change arrives through the renderer; dropped, they are local edits, and can be put back."""
    assert set(drifts(project)) == set(EDITED.values())
    succeed(project, "keep")
    succeed(project, "drift")
    succeed(project, "update")
    for path in EDITED:
        text = (project.project / path).read_text()
        assert "Two, and mine." in text and "FOUR." in text, path
    succeed(project, "drift")
    succeed(project, "verify")
    succeed(project, "keep", "--drop")
    assert set(drifts(project)) == {*EDITED.values()}
    succeed(project, "restore")
    succeed(project, "drift")
    assert not any("mine" in (project.project / path).read_text() for path in EDITED)


def test_another_machine_gets_kept_edits(project: Sandbox) -> None:
    """The lock and the patches say it all."""
    succeed(project, "keep")
    for path in EDITED:
        (project.project / path).unlink()
    succeed(project, "install")
    assert all("Two, and mine." in (project.project / path).read_text() for path in EDITED)
    succeed(project, "drift")
