"""`cache prune`: what was not used for a while goes, and what a project here needs stays where that is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentsync.platform.process_lock import Patience, process_lock
from tests.cli.project import fail, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

pytestmark = pytest.mark.slow
AGENT = "---\nname: {}\ndescription: reads\ntools: Read\n---\nRead.\n"


def _age(sandbox: Sandbox, days: float) -> None:
    for path in (sandbox.cache / "git-v1").iterdir():
        status = path.stat()
        os.utime(path, (status.st_atime - days * 86_400, status.st_mtime - days * 86_400))


def _registry(sandbox: Sandbox, name: str) -> GitRegistry:
    registry = GitRegistry(sandbox.root / "srv" / f"{name}.git")
    registry.publish("v1.0.0", {f"agents/{name}.md": AGENT.format(name)})
    return registry


def test_what_was_not_used_goes(sandbox: Sandbox) -> None:
    """By age, by size, and not what a lock names; then it is fetched again."""
    assert sandbox.run("cache", "prune").stdout == "0 kept, 0 bytes freed\n"
    needed, other = _registry(sandbox, "needed"), _registry(sandbox, "other")
    succeed(sandbox, "add", needed.url)
    succeed(sandbox, "install")
    succeed(sandbox, "info", other.url)
    fail(sandbox, "cache", "prune", "--older-than", "soon", exit=2, code="usage")
    fail(sandbox, "cache", "prune", "--max-size", "2 GB", exit=2, code="usage")
    young = sandbox.json("cache", "prune")["data"]
    assert (young["removed"], young["kept"], young["freed"]) == ([], 2, 0)

    _age(sandbox, 40)
    (sandbox.cache / "git-v1" / "0123456789abcdef0123.new").mkdir()
    before = sandbox.json("cache", "prune", "--dry-run")["data"]
    assert [one["repository"] for one in before["removed"]] == [needed.url, other.url] and before["kept"] == 0
    kept = sandbox.json("cache", "prune", "--keep-projects", "--older-than", "1d")["data"]
    (gone,) = kept["removed"]
    assert gone["repository"] == other.url and kept["kept"] == 1 and kept["freed"] == gone["bytes"] > 0
    assert not (sandbox.cache / "git-v1" / "0123456789abcdef0123.new").exists()

    (repository,) = (sandbox.cache / "git-v1").glob("*.git")
    with process_lock(Path(f"{repository}.lock"), "it", Patience()):
        run = sandbox.run("cache", "prune")
        assert "in use by another agentsync" in run.stderr and repository.is_dir()
    (removed,) = sandbox.json("cache", "prune", "--older-than", "9w", "--max-size", "1KiB")["data"]["removed"]
    assert removed["repository"] == needed.url and not list(repository.parent.glob(f"{repository.stem}.*"))
    succeed(sandbox, "update")
    assert sandbox.run("drift").exit == 0
