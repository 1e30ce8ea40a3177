"""The repository that the stories begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ci.shop import FIRST, git
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """Two packs with a release each."""
    registry = GitRegistry(tmp_path / "agents.git")
    registry.publish("a/v1.0.0", FIRST)
    registry.git("tag", "b/v1.0.0")
    return registry


@pytest.fixture
def shop(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A repository with the projects `svc` and `web`, committed and pushed."""
    for folder, packs in (("svc", "{acme/a: ^1, acme/b: ^1}"), ("web", "{acme/a: ^1}")):
        (sandbox.project / folder).mkdir()
        manifest = f"registries: {{acme: {registry.url}}}\npacks: {packs}\n"
        (sandbox.project / folder / "agentsync.yaml").write_text(manifest, encoding="utf-8")
        succeed(sandbox, "-C", folder, "install")
    git(sandbox.project, "init", "--quiet", "--initial-branch=main")
    git(sandbox.project, "add", ".")
    git(sandbox.project, "commit", "--quiet", "-m", "Agents")
    git(sandbox.root, "clone", "--quiet", "--bare", "project", "shop.git")
    git(sandbox.project, "remote", "add", "origin", str(sandbox.root / "shop.git"))
    git(sandbox.project, "fetch", "--quiet", "origin")
    return sandbox
