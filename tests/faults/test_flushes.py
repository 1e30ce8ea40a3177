"""The number of waits for the disk is the same for any number of files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agentsync.platform.descent import entered
from agentsync.platform.flushing import file_system_of
from tests.cli.packs import agent, registry_yaml, skill
from tests.git_registry import GitRegistry
from tests.sandbox import AGENTSYNC, Sandbox

SIZES = {"small": 10, "large": 100, "larger": 400}


def waits(sandbox: Sandbox, *arguments: str) -> dict[str, int]:
    """Run agentsync, and count its calls that wait for the disk, and those of all that it starts."""
    log = sandbox.root / "calls"
    strace = ["strace", "-f", "--seccomp-bpf", "-o", str(log), "-e", "trace=fsync,fdatasync,syncfs,sync"]
    done = subprocess.run(
        [*strace, *AGENTSYNC, *arguments],
        cwd=sandbox.project,
        env=sandbox.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if "PTRACE" in done.stderr:
        pytest.skip("no process may be traced here")
    assert done.returncode == 0, done.stderr
    names = re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE)
    return {name: names.count(name) for name in sorted(set(names))}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here")
def test_as_many_for_ten_files_as_for_hundreds(sandbox: Sandbox) -> None:
    """A first install, one with all in the cache, an update of every file, and all put back: deleted, and edited."""
    with entered(str(sandbox.root), ()) as folder:
        if (system := file_system_of(folder)) is None:
            pytest.skip("files are flushed one by one here")
        system.close()
    registry = GitRegistry(sandbox.root / "acme.git")
    for release in ("1.0.0", "2.0.0"):
        files = {"registry.yaml": registry_yaml(*SIZES)}
        for pack, size in SIZES.items():
            for number in range(size // 2):
                body = f"{number} in {release}.\n"
                files[f"packs/{pack}/agents/{pack}{number}.md"] = agent(f"{pack}{number}", body)
                files[f"packs/{pack}/skills/{pack}{number}/SKILL.md"] = skill(f"{pack}{number}", body)
        registry.publish(f"v{release}", files)
    _ask(sandbox.project, registry, "small", "1.0.0")
    waits(sandbox, "install")  # it makes the user's key
    found = {pack: _waits_of(sandbox, registry, pack) for pack in SIZES}
    assert found["small"] == found["large"] == found["larger"], found
    assert all(counts["syncfs"] == 2 for counts in found["large"].values()), found
    assert sum(found["large"].pop("first install").values()) <= 7, found
    assert all(sum(counts.values()) <= 5 for counts in found["large"].values()), found


def _waits_of(sandbox: Sandbox, registry: GitRegistry, pack: str) -> dict[str, dict[str, int]]:
    """Count what each command waits for that writes all files of a pack."""
    for name in ("cache", "project"):
        shutil.rmtree(sandbox.root / name, ignore_errors=True)
    sandbox.project.mkdir()
    _ask(sandbox.project, registry, pack, "1.0.0")
    found = {"first install": waits(sandbox, "install")}
    for name in (".claude", ".agentsync"):
        shutil.rmtree(sandbox.project / name)
    found["install"] = waits(sandbox, "install")
    _ask(sandbox.project, registry, pack, "2.0.0")
    found["update"] = waits(sandbox, "update")
    files = [path for path in (sandbox.project / ".claude").rglob("*") if path.is_file()]
    assert len(files) == SIZES[pack]
    for path in files:
        path.unlink()
    found["restore what was deleted"] = waits(sandbox, "restore")
    for path in files:
        path.write_text("Mine.\n")
    found["restore what was edited"] = waits(sandbox, "restore")
    return found


def _ask(project: Path, registry: GitRegistry, pack: str, version: str) -> None:
    text = f"registries: {{acme: {registry.url}}}\npacks: {{acme/{pack}: '{version}'}}\n"
    (project / "agentsync.yaml").write_text(text)
