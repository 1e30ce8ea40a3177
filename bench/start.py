"""How long small commands take beside an empty Python: 120 files in 5 packs, all in sync."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.timing import medians, table

_ROUNDS = 11


def main() -> None:
    """Print the medians and ratios."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        root = Path(name)
        env = {"PATH": os.environ["PATH"], "HOME": str(root), "AGENTSYNC_CACHE_DIR": str(root / "cache")}
        project = _project(root, env)
        agentsync = [sys.executable, "-m", "agentsync"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "agentsync --version": [*agentsync, "--version"],
            "agentsync drift": [*agentsync, "drift"],
            "agentsync install": [*agentsync, "install"],
            "agentsync list": [*agentsync, "list"],
        }
        print(table(medians(commands, rounds=_ROUNDS, cwd=project, env=env), "python -c pass"))


def _project(root: Path, env: dict[str, str]) -> Path:
    """A project with five installed packs of 24 agents each, from folders on disk."""
    project = root / "project"
    project.mkdir()
    lines = []
    for pack in range(5):
        agents = root / f"pack{pack}" / "agents"
        agents.mkdir(parents=True)
        for number in range(24):
            text = f"---\nname: agent-{pack}-{number}\ndescription: Helps.\n---\n" + "Words. " * 800
            (agents / f"agent-{pack}-{number}.md").write_text(text)
        git = ["git", "-c", "user.name=b", "-c", "user.email=b@b", "-C", str(root / f"pack{pack}")]
        subprocess.run([*git, "init", "-q"], check=True, env=env)
        subprocess.run([*git, "add", "."], check=True, env=env)
        subprocess.run([*git, "commit", "-qm", "x"], check=True, env=env)
        subprocess.run([*git, "tag", "v1.0.0"], check=True, env=env)
        lines.append(f"  pack{pack}: {root}/pack{pack}")
    packs = "\n".join(f"  pack{pack}: ^1" for pack in range(5))
    (project / "agentsync.yaml").write_text("registries:\n" + "\n".join(lines) + f"\npacks:\n{packs}\n")
    subprocess.run([sys.executable, "-m", "agentsync", "install", "-q"], cwd=project, check=True, env=env, stdout=-3)
    return project


if __name__ == "__main__":
    main()
