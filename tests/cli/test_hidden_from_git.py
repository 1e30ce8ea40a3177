"""What git hides: files that a clone needs are told, files that are never committed are no drift."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.packs import SCRIPT, agent, skill
from tests.cli.project import drifts, succeed
from tests.cli.test_line_ends import clone, commit, git
from tests.git_registry import File, Files, GitRegistry
from tests.programs import write_program
from tests.sandbox import Sandbox

FILES: Final[Files] = {
    "agents/critic.md": agent("critic"),
    "skills/pdf/SKILL.md": skill("pdf"),
    "skills/pdf/lib/one.py": "x = 1\n",
    "skills/pdf/lib/two words.py": "x = 2\n",
    "skills/pdf/build/run.sh": File(SCRIPT, executable=True),
}
HIDDEN: Final = "git ignores"


@pytest.fixture
def project(sandbox: Sandbox, git_registry: GitRegistry) -> Sandbox:
    """A project in git with a manifest, in which nothing is installed."""
    git_registry.publish("v1.0.0", FILES)
    git(sandbox.project, "init", "--quiet", ".")
    succeed(sandbox, "init")
    return sandbox


def add(project: Sandbox, registry: GitRegistry, rules: str) -> str:
    """Install under these rules; returns what was noted."""
    (project.project / ".gitignore").write_text(rules)
    return succeed(project, "add", registry.url, "--as", "team", "--accept-grants").stderr


def findings(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What `doctor` finds of git."""
    return [row for row in sandbox.json("doctor")["data"]["findings"] if row["check"] == "git"]


def test_told_and_settled(project: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """By the command that wrote, and by doctor, one line for each rule; the command that they name settles it."""
    noted = add(project, git_registry, "lib/\nbuild/\n*.log\n")
    assert noted.count(HIDDEN) == 2 and "`lib/` in .gitignore, line 1" in noted and "lib/two words.py" in noted
    succeed(project, "drift")
    commit(project)
    assert set(drifts(clone(project, tmp_path / "before")).values()) == {"missing"}
    steps = [row["next"] for row in findings(project)]
    assert len(steps) == 2 and all(step in noted for step in steps)
    for step in steps:
        assert project.shell(step).exit == 0
    assert findings(project) == []
    commit(project)
    succeed(clone(project, tmp_path / "after"), "drift")


def test_asked_after_a_write_only(project: Sandbox, git_registry: GitRegistry) -> None:
    """What changes nothing asks nothing; what writes once more tells once more."""
    add(project, git_registry, "lib/\n")
    run = succeed(project, "install", git_log=True)
    assert (run.git_calls, HIDDEN in run.stderr) == ([], False)
    (project.project / ".claude/agents/critic.md").unlink()
    assert HIDDEN not in succeed(project, "install", "--dry-run").stderr
    assert HIDDEN in succeed(project, "install").stderr
    git_registry.publish("v1.1.0", {**FILES, "agents/critic.md": agent("critic", "Newer.\n")})
    assert HIDDEN in succeed(project, "update").stderr


@pytest.mark.parametrize(
    "rules",
    ["", "*.log\n", ".claude/\n", "agentsync.*\n.agentsync/\nlib/\n", "lib/\n!/.claude/skills/**\n", "/lib/\n"],
    ids=["none", "others", "nothing is committed", "a private manifest", "taken back", "elsewhere"],
)
def test_nothing_to_tell(project: Sandbox, git_registry: GitRegistry, rules: str) -> None:
    """Where nothing is hidden, or where a project has decided to commit none of it."""
    assert HIDDEN not in add(project, git_registry, rules)
    assert findings(project) == []


def test_outside_of_git(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """There is nothing to hide from."""
    git_registry.publish("v1.0.0", FILES)
    succeed(sandbox, "init")
    assert HIDDEN not in add(sandbox, git_registry, "lib/\n")
    assert findings(sandbox) == []


def test_lock_and_patches(project: Sandbox, git_registry: GitRegistry) -> None:
    """They have to be committed even where installed files are not."""
    noted = add(project, git_registry, ".claude/\n.agentsync/\n*.lock\n")
    assert "agentsync.lock: git ignores it" in noted and ".claude" not in noted.partition(HIDDEN)[0]
    with (project.project / ".claude/agents/critic.md").open("a") as file:
        file.write("Ours.\n")
    patch = ".agentsync/patches/team/agents/.claude/agents/critic.md.patch"
    assert f"{patch}: git ignores it" in succeed(project, "keep").stderr
    for row in findings(project):
        assert project.shell(row["next"]).exit == 0
    assert findings(project) == []
    assert {"agentsync.lock", patch} <= set(git(project.project, "ls-files").split())


def test_below_the_top_of_a_repository(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """The rules above the project count, and the rules of a skill."""
    git_registry.publish("v1.0.0", {**FILES, "skills/pdf/.gitignore": "*.sh\n"})
    git(sandbox.root, "init", "--quiet", ".")
    (sandbox.root / ".gitignore").write_text("lib/\n/home/\n/cache/\n")
    succeed(sandbox, "init")
    noted = succeed(sandbox, "add", git_registry.url, "--as", "team", "--accept-grants").stderr
    assert "`lib/` in .gitignore, line 1" in noted
    assert "`*.sh` in project/.claude/skills/pdf/.gitignore, line 1" in noted


def test_no_extra(project: Sandbox, git_registry: GitRegistry) -> None:
    """What git ignores, and what systems leave; what is neither is extra, and only that is set aside by restore."""
    add(project, git_registry, "*.log\nnode_modules/\n")
    pdf = project.project / ".claude/skills/pdf"
    names = ["a.log", "node_modules/x/y.js", "lib/__pycache__/one.pyc", ".DS_Store", "lib/._one.py", "desktop.ini"]
    for name in [*names, "lib/mine.py"]:
        (pdf / name).parent.mkdir(parents=True, exist_ok=True)
        (pdf / name).write_text("x")
    assert drifts(project) == {".claude/skills/pdf/lib/mine.py": "extra"}
    assert "1 changed" in succeed(project, "restore").stdout
    assert all((pdf / name).exists() for name in names)
    run = succeed(project, "drift", git_log=True)
    assert sum("check-ignore" in call for call in run.git_calls) == 1


def test_litter_outside_of_git(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Is no drift either, and nothing is asked about it."""
    git_registry.publish("v1.0.0", FILES)
    succeed(sandbox, "init")
    add(sandbox, git_registry, "")
    pdf = sandbox.project / ".claude/skills/pdf"
    (pdf / "lib/__pycache__").mkdir()
    for name in ("lib/__pycache__/one.cpython-311.pyc", "old.pyc", ".DS_Store", "Thumbs.db"):
        (pdf / name).write_text("x")
    assert succeed(sandbox, "drift", git_log=True).git_calls == []
    (pdf / "a.log").write_text("x")
    assert drifts(sandbox) == {".claude/skills/pdf/a.log": "extra"}


def test_settings_of_a_project_run_nothing(project: Sandbox, git_registry: GitRegistry) -> None:
    """A project may come with a repository whose settings name programs; it is asked all the same."""
    trap = project.root / "trap"
    program = write_program(project.root / "program", f"touch {trap}")
    hooks = project.project / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "fsmonitor-watchman", "pre-commit"):
        (hooks / name).write_text(program.read_text())
        (hooks / name).chmod(0o755)
    with (project.project / ".git/config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = {program}\n\tpager = {program}\n\tsshCommand = {program}\n\teditor = {program}\n"
            f'[alias]\n\tcheck-ignore = !{program}\n[filter "x"]\n\tclean = {program}\n\tsmudge = {program}\n'
            f'[diff "x"]\n\ttextconv = {program}\n\tcommand = {program}\n'
        )
    git(project.project, "update-index", "--force-write-index", "--fsmonitor")
    git(project.project, "status")
    assert trap.exists(), "git itself runs it"
    trap.unlink()
    (project.project / ".gitattributes").write_text("* filter=x diff=x\n")
    assert HIDDEN in add(project, git_registry, "lib/\n*.log\n")
    (project.project / ".claude/skills/pdf/a.log").write_text("x")
    succeed(project, "drift")
    project.run("doctor")
    assert not trap.exists()
