"""A registry that moves to another address or alias: packs stay at what is locked, comments stay in the manifest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.packs import TWO_RELEASES, agent
from tests.cli.project import fail, locked, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

RELEASES = TWO_RELEASES


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project that has the older one, with an override, a template and comments."""
    write_manifest(
        sandbox,
        f"""registries:
  m: {{ git: "{registry.url}", tags: "v{{version}}" }}  # ours
packs:
  m/team: "^1"  # everything
overrides:
  m/team: {{ "agent:a": {{ model: haiku }} }}
""",
    )
    succeed(sandbox, "install")
    succeed(sandbox, "update", "m/team@1.0.0")
    return sandbox


def test_another_url(project: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """The release stays; other keys and comments stay; what is another registry is refused."""
    other = GitRegistry(tmp_path / "other.git")
    other.publish("v1.0.0", {"agents/a.md": agent("a", "Another.\n")})
    fail(project, "registry", "set-url", "m", other.url, exit=3, code="integrity")
    fail(project, "registry", "set-url", "n", other.url, exit=2, code="usage")
    fail(project, "registry", "set-url", "m", f"{other.url}.gone", exit=3, code="fetch")
    moved = tmp_path / "moved" / "team.git"
    moved.parent.mkdir()
    url = Path(shutil.move(registry.path, moved)).as_uri()
    before = manifest_text(project)
    succeed(project, "registry", "set-url", "m", url, "--dry-run")
    assert manifest_text(project) == before
    succeed(project, "registry", "set-url", "m", url)
    assert manifest_text(project).replace(url, registry.url) == before.replace(f'"{registry.url}"', registry.url)
    assert (locked(project, "m/team")["version"], locked(project, "m/team")["git"]) == ("1.0.0", url)
    succeed(project, "install", "--locked")
    succeed(project, "drift")
    named = Path(shutil.move(moved, tmp_path / "crew.git")).as_uri()
    succeed(project, "registry", "set-url", "m", named)
    assert locked(project, "m/crew")["version"] == "1.0.0"
    succeed(project, "drift")


def test_another_alias(project: Sandbox) -> None:
    """Registry, packs and overrides are renamed, and the lock; no file changes."""
    before = manifest_text(project)
    done = succeed(project, "registry", "set-alias", "m", "acme")
    assert "wrote" not in done.stdout
    assert manifest_text(project) == before.replace("m/team", "acme/team").replace("  m: ", "  acme: ")
    assert locked(project, "acme/team")["version"] == "1.0.0"
    succeed(project, "install", "--locked")
    succeed(project, "drift")
    fail(project, "registry", "set-alias", "acme", "a b", exit=2, code="usage")
    fail(project, "registry", "set-alias", "m", "x", exit=2, code="usage")


def test_kept_edits_go_with_an_alias(project: Sandbox) -> None:
    """The patch moves to the new name, and the file stays as the project has it."""
    file = project.project / ".claude/agents/a.md"
    file.write_text(file.read_text().replace("One.", "Ours."))
    succeed(project, "keep")
    succeed(project, "registry", "set-alias", "m", "acme")
    assert "Ours." in file.read_text()
    succeed(project, "drift")
    succeed(project, "keep", "--list")
    assert [path.name for path in (project.project / ".agentsync/patches").iterdir() if path.is_dir()] == ["acme"]
