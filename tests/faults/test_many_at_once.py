"""Many processes in one project, and in many projects over one cache; who waits, and who does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.project import drifts, files_below, lock_text, succeed
from tests.faults.scenarios import BOTH, serve
from tests.sandbox import AGENTSYNC, Sandbox

SECONDS = 900
# So many processes, each with so many runs.
CROWDS = [pytest.param(4, 3, marks=pytest.mark.slow), pytest.param(8, 50, marks=pytest.mark.faults)]


@pytest.fixture
def registry(sandbox: Sandbox) -> str:
    """A registry with two packs in two versions."""
    serve(sandbox.root)
    return f"file://{sandbox.root}/acme.git"


def _ask(project: Path, registry: str, version: str) -> None:
    packs = "".join(f"  {pack}: '{version}'\n" for pack in BOTH)
    (project / "agentsync.yaml").write_text(f"registries:\n  acme: {registry}\npacks:\n{packs}")


def _crowd(sandbox: Sandbox, projects: list[Path], script: str) -> None:
    """Run a script in each of these folders at the same time; all must end well."""
    environment = sandbox.environment(PATH=f"{sandbox.root}/bin:{sandbox.environment()['PATH']}")
    said = [(sandbox.root / f"said-{number}").open("wb") for number in range(len(projects))]
    running = [
        subprocess.Popen(["sh", "-ec", script], cwd=project, env=environment, stdout=log, stderr=log)
        for project, log in zip(projects, said, strict=True)
    ]
    for process, log in zip(running, said, strict=True):
        code = process.wait(timeout=SECONDS)
        log.close()
        assert code == 0, Path(log.name).read_text()


@pytest.mark.parametrize(("processes", "runs"), CROWDS)
def test_into_one_project(sandbox: Sandbox, registry: str, processes: int, runs: int) -> None:
    """Each run finds files missing and puts them back; all end well, and the last state is whole."""
    _ask(sandbox.project, registry, "1.0.0")
    succeed(sandbox, "install")
    expected = files_below(sandbox.project / ".claude"), lock_text(sandbox)
    script = f"for n in $(seq {runs}); do rm -f .claude/agents/plain.md; agentsync install -q; done"
    _crowd(sandbox, [sandbox.project] * processes, script)
    succeed(sandbox, "install")
    assert (files_below(sandbox.project / ".claude"), lock_text(sandbox)) == expected
    assert drifts(sandbox) == {}
    assert not (sandbox.project / ".agentsync/stage").exists()
    assert not (sandbox.project / ".agentsync/backup").exists()


@pytest.mark.parametrize(("processes", "runs"), CROWDS)
def test_into_many_projects(sandbox: Sandbox, registry: str, processes: int, runs: int) -> None:
    """Over one cache that is empty at first, and that is emptied in between."""
    projects = [sandbox.root / f"project-{number}" for number in range(processes)]
    for project in projects:
        project.mkdir()
        _ask(project, registry, "1.0.0")
    script = (
        f"for n in $(seq {runs}); do rm -rf .claude .agentsync; agentsync install -q; done;"
        " sed -i.old s/1.0.0/2.0.0/ agentsync.yaml; rm agentsync.yaml.old; agentsync install -q"
    )
    _crowd(sandbox, projects, script)
    trees = [files_below(project / ".claude") for project in projects]
    assert "agents/fresh.md" in trees[0] and trees == [trees[0]] * processes
    assert len({(project / "agentsync.lock").read_bytes() for project in projects}) == 1


@pytest.fixture
def held(sandbox: Sandbox, registry: str) -> subprocess.Popen[bytes]:
    """A process that holds the project, as `agentsync update` would."""
    _ask(sandbox.project, registry, "1.0.0")
    succeed(sandbox, "install")
    (sandbox.project / ".claude/agents/plain.md").unlink()
    lock = sandbox.project / ".agentsync/write.lock"
    script = (
        "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire();"
        "open(sys.argv[1], 'w').write('process 1 (agentsync update)'); print(flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline()
    return process


@pytest.mark.slow
def test_who_waits(sandbox: Sandbox, held: subprocess.Popen[bytes]) -> None:
    """A command that writes waits and says for whom; one that looks does not; none waits for the dead."""
    refused = sandbox.run("install", "--no-wait")
    assert refused.exit == 3
    assert refused.stderr.splitlines() == [
        "error: the project project is in use",
        "  why: by process 1 (agentsync update)",
        "hint: run the command again when that is done, or without --no-wait",
    ]
    for command in ("status", "drift", "diff", "list", "tree", "install --dry-run"):
        assert sandbox.run(*command.split()).exit in (0, 1)
    waiting = subprocess.Popen(
        [*AGENTSYNC, "install"],
        cwd=sandbox.project,
        env=sandbox.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert waiting.stderr is not None
    said = waiting.stderr.readline()
    assert said == b"note: waiting for process 1 (agentsync update): the project project is in use\n"
    assert waiting.poll() is None
    held.kill()
    held.communicate()
    waiting.communicate(timeout=SECONDS)
    assert waiting.returncode == 0
    assert drifts(sandbox) == {}


@pytest.mark.slow
def test_a_copy_of_a_project(sandbox: Sandbox, held: subprocess.Popen[bytes]) -> None:
    """The lock of one copy is not that of another."""
    other = sandbox.root / "copied"
    shutil.copytree(sandbox.project, other)
    succeed(sandbox, "install", "--no-wait", cwd=other)
    held.kill()
    held.communicate()
