"""Two packs with one skill, in two folders that one AI tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.cli.packs import registry_yaml
from tests.cli.project import files_below, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

SKILL: Final = "---\nname: pdf\ndescription: d\n---\nBody.\n"


@pytest.mark.parametrize(("other", "exit"), [(SKILL, 0), (SKILL.replace("Body", "Another"), 3)])
def test_equal_skills_are_no_clash(sandbox: Sandbox, tmp_path: Path, other: str, exit: int) -> None:
    """Whichever of the two the tool loads, it is the same; where they differ it is a clash."""
    registry = GitRegistry(tmp_path / "two.git")
    files = {"registry.yaml": registry_yaml("one", "two"), "packs/one/skills/pdf/SKILL.md": SKILL}
    registry.publish("v1.0.0", {**files, "packs/two/skills/pdf/SKILL.md": other})
    first, second = "targets: [claude-code, copilot]", "targets: [copilot, gemini]"
    packs = f"{{two/one: {{version: '*', {first}}}, two/two: {{version: '*', {second}}}}}"
    targets = "targets: [claude-code, copilot, gemini]\n"
    write_manifest(sandbox, f"registries: {{two: {registry.url}}}\npacks: {packs}\n{targets}")
    assert sandbox.run("install").exit == exit
    if not exit:
        assert {".claude/skills/pdf/SKILL.md", ".agents/skills/pdf/SKILL.md"} <= files_below(sandbox.project).keys()
        succeed(sandbox, "drift")
        succeed(sandbox, "verify")
