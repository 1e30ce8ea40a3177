"""Locks that merge by plain git, and locks of one commit that is asked for in several ways."""

from __future__ import annotations

from pathlib import Path

from tests.cli.packs import agent
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


def test_no_neighbours(sandbox: Sandbox, tmp_path: Path) -> None:
    """The merged lock is the lock that asking for both gives."""
    for name in ("alpha", "beta", "gamma", "omega"):
        GitRegistry(tmp_path / f"{name}.git").publish("v1.0.0", {f"agents/{name}.md": agent(name)})
    lock, manifest = sandbox.project / "agentsync.lock", sandbox.project / "agentsync.yaml"
    succeed(sandbox, "init")
    for name in ("beta", "gamma"):
        succeed(sandbox, "add", str(tmp_path / f"{name}.git"))
    base, start = lock.read_bytes(), manifest.read_text()
    sides = []
    for name in ("alpha", "omega"):
        lock.write_bytes(base)
        manifest.write_text(start)
        succeed(sandbox, "add", str(tmp_path / f"{name}.git"))
        sides.append(lock.read_bytes())
    succeed(sandbox, "add", str(tmp_path / "alpha.git"))
    for name, data in (("ours", sides[0]), ("base", base), ("theirs", sides[1])):
        (sandbox.root / name).write_bytes(data)
    merged = sandbox.shell(f"cd {sandbox.root} && git merge-file -p ours base theirs")
    assert merged.exit == 0
    assert merged.stdout.encode() == lock.read_bytes()


def test_one_commit_is_asked_for_in_every_way(sandbox: Sandbox, tmp_path: Path) -> None:
    """As a release, a tag, a branch or a commit: each lock fits what is asked for, whatever was locked before."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", {"agents/critic.md": agent("critic")})
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url)
    commit = registry.git("rev-parse", "refs/tags/v1.0.0").strip()
    ways = [
        "@tag:v1.0.0",
        f"@commit:{commit}",
        "@branch:main",
        f"@commit:{commit}",
        "@1.0.0",
        f"@commit:{commit}",
        "^1",
    ]
    for way in ways:
        succeed(sandbox, "add", f"team/team{way}")
        assert sandbox.run("drift").exit == 0
