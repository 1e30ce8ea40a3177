"""Two branches that each add a pack merge by plain git where the packs are no neighbours."""

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
