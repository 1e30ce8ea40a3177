"""What is published: it names its commit, is the same bytes again, and runs where users start it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from agentsync import __version__
from agentsync.built import _of_checkout
from tests.git_registry import GitRegistry, plain_git_environment
from tests.sandbox import Sandbox

ROOT: Final = Path(__file__).resolve().parent.parent


def run_git(*arguments: str, cwd: Path) -> None:
    """Run git somewhere else than in a registry."""
    subprocess.run(["git", *arguments], cwd=cwd, env=plain_git_environment(), check=True)


def test_the_commit_of_a_checkout(git_registry: GitRegistry, tmp_path: Path) -> None:
    """Of a branch, of packed refs, of a worktree, of a commit itself; and none where there is none."""
    commit = git_registry.publish("v1.0.0", {"a": "1"})
    checkout = tmp_path / "checkout"
    run_git("clone", "--quiet", git_registry.url, str(checkout), cwd=tmp_path)
    assert _of_checkout(str(checkout)) == commit
    run_git("pack-refs", "--all", cwd=checkout)
    assert _of_checkout(str(checkout)) == commit
    run_git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "tree"), cwd=checkout)
    assert _of_checkout(str(tmp_path / "tree")) == commit
    run_git("checkout", "--quiet", "--detach", cwd=checkout)
    assert _of_checkout(str(checkout)) == commit
    assert _of_checkout(str(tmp_path)) == ""


@pytest.mark.long
def test_what_is_published(tmp_path: Path, sandbox: Sandbox) -> None:
    """Built twice it is the same; each file runs on a machine that has nothing else of ours."""
    if not (ROOT / ".git").exists():
        pytest.skip("it is built from a checkout")
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-m", "release", str(tmp_path / name)], cwd=ROOT, check=True)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two and len(one) == 3
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    said = f"agentsync {__version__} ({head.stdout[:12]})\n"
    (wheel,) = (tmp_path / "one").glob("*.whl")
    (sources,) = (tmp_path / "one").glob("*.tar.gz")
    zipped = [sys.executable, "-S", "-P", str(tmp_path / "one" / "agentsync.pyz")]
    registry = sandbox.publish_example("1.0.0")
    for words in (["init"], ["registry", "add", "acme", str(registry)], ["add", "acme/review"], ["drift"], ["schema"]):
        done = subprocess.run([*zipped, *words], cwd=sandbox.project, env=sandbox.environment(), capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
    tools = Path(sys.executable).parent
    fresh = [[str(tools / "uvx"), "--from"], [str(tools / "pipx"), "run", "--spec"]]
    for command in [zipped, *([*start, str(file), "agentsync"] for start in fresh for file in (wheel, sources))]:
        if not Path(command[0]).exists():
            pytest.skip(f"there is no {Path(command[0]).name}")
        run = subprocess.run([*command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.stdout == said, f"{command}: {run.stderr}"
