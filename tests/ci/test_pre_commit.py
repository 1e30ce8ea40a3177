"""The hooks for pre-commit: where they run, and the real program with them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from agentsync.targets.all_tools import TOOLS
from agentsync.targets.described import places_of
from tests.ci.shop import AGENT, git
from tests.sandbox import Sandbox

ROOT: Final = Path(__file__).resolve().parent.parent.parent
HOOKS: Final[dict[str, dict[str, Any]]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}


def test_where_they_run() -> None:
    """`agentsync-drift` for whatever an AI tool reads; none of them is given names of files."""
    assert list(HOOKS) == [f"agentsync-{name}" for name in ("drift", "lock", "pack-check", "registry-check")]
    for hook in HOOKS.values():
        assert (hook["language"], hook["pass_filenames"], hook["require_serial"]) == ("python", False, True)
    drift, lock = (re.compile(HOOKS[f"agentsync-{name}"]["files"]) for name in ("drift", "lock"))
    places = {
        re.split(r"#| \(", place)[0] for tool in TOOLS.values() for kind in places_of(tool).values() for place in kind
    }
    for path in (*places, "agentsync.lock", "agentsync.yaml", ".agentsync/patches/acme/a/x.patch"):
        whole = f"{path}x" if path.endswith("/") else path
        assert drift.search(whole) and drift.search(f"svc/{whole}"), path
    assert not any(drift.search(path) for path in ("src/main.py", "docs/guide.md", "my.agentsync.lock"))
    assert lock.search("svc/agentsync.yaml") and not lock.search(AGENT)


@pytest.mark.long
def test_pre_commit_itself(shop: Sandbox) -> None:
    """`try-repo` passes in a clean project and fails in an edited one; the manifest of the hooks is valid."""
    pytest.importorskip("pre_commit")
    command = [sys.executable, "-m", "pre_commit"]
    subprocess.run([*command, "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")], check=True)
    source = shop.root / "agentsync"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in files.decode().split("\0")[:-1]:
        if name.startswith(("agentsync/", ".pre-commit", "pyproject", "README", "LICENSE")) and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    git(shop.root, "init", "--quiet", "agentsync")
    git(source, "add", ".")
    git(source, "commit", "--quiet", "-m", "agentsync")
    home = {"PRE_COMMIT_HOME": str(shop.root / "pre-commit"), "PATH": os.environ["PATH"]}
    web = shop.project / "web"
    git(web, "init", "--quiet")
    git(web, "add", ".")

    def run(hook: str) -> subprocess.CompletedProcess[str]:
        line = [*command, "try-repo", str(source), hook, "--all-files", "--color=never"]
        return subprocess.run(line, cwd=web, env=shop.environment(**home), capture_output=True, text=True)

    for hook in ("agentsync-drift", "agentsync-lock"):
        done = run(hook)
        assert done.returncode == 0 and "Passed" in done.stdout, done.stdout + done.stderr
    (web / AGENT).write_text("mine\n", encoding="utf-8")
    git(web, "add", ".")
    done = run("agentsync-drift")
    assert done.returncode == 1 and f"edited    {AGENT}" in done.stdout, done.stdout
    assert run("agentsync-lock").returncode == 0
    manifest = web / "agentsync.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("^1", "1.0.0"), encoding="utf-8")
    git(web, "add", ".")
    assert run("agentsync-lock").returncode == 1
