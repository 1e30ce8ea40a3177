"""A tool's folder that is a link: followed where it leads to a folder inside the scope, else refused by its name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.packs import TEAM, TEAM_NEXT, agent
from tests.cli.project import drifts, files_below, snapshot, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

SKILL = ".claude/skills/pdf/SKILL.md"
AGENTS = ("agents/designer.md", "agents/review/critic.md")


def _link(root: Path, path: str, goal: str | Path, *, make: bool = True) -> Path:
    """A link, and the folder that it leads to."""
    where = root / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.symlink_to(goal)
    if make:
        where.resolve().mkdir(parents=True, exist_ok=True)
    return where


def _begin(sandbox: Sandbox, team: GitRegistry) -> None:
    write_manifest(sandbox, f"registries: {{team: {team.url}}}\npacks: {{team/team: ^1}}\n")


def _below(real: str) -> dict[str, str]:
    """Where the files of a tool's folder are, when that folder is `real`."""
    return {path: f"{real}/{path.partition('/')[2]}" for path in TEAM}


@pytest.mark.parametrize(
    ("link", "goal", "real"),
    [
        (".claude/skills", "../.agents/skills", ".agents/skills"),
        (".claude/skills", "{root}/shared/skills", "shared/skills"),
        (".claude/agents", "../team", "team"),
        (".claude", "dot/claude", "dot/claude"),
    ],
)
def test_a_link_inside_the_project_is_followed(
    sandbox: Sandbox, team: GitRegistry, link: str, goal: str, real: str
) -> None:
    """Relative or absolute; the link stays, and so does what the user has behind it."""
    project = sandbox.project
    where = _link(project, link, goal.replace("{root}", str(project)))
    (where / "mine").mkdir()
    (where / "mine" / "SKILL.md").write_text("Mine\n")
    _begin(sandbox, team)
    succeed(sandbox, "install")
    assert where.is_symlink()
    installed = files_below(project / real)
    assert installed.pop("mine/SKILL.md") == b"Mine\n"
    kinds = ("agents/", "skills/", "commands/") if link == ".claude" else (f"{link.rpartition('/')[2]}/",)
    short = {path: path if link == ".claude" else path.partition("/")[2] for path in TEAM if path.startswith(kinds)}
    assert installed == {name: team.read("v1.0.0", path) for path, name in short.items()}
    assert drifts(sandbox) == {}
    before = snapshot(project)
    assert succeed(sandbox, "install", git_log=True).git_calls == []
    assert snapshot(project) == before
    succeed(sandbox, "remove", "team/team")
    assert files_below(project / real) == {"mine/SKILL.md": b"Mine\n"} and where.is_symlink()


def test_the_folder_behind_a_link_is_made_and_stays(sandbox: Sandbox, team: GitRegistry) -> None:
    """As after a clone, which brings the link and no empty folder; what a link leads to is not ours to remove."""
    where = _link(sandbox.project, ".claude/skills", "../.agents/skills", make=False)
    _begin(sandbox, team)
    succeed(sandbox, "install")
    assert (sandbox.project / ".agents/skills/pdf/SKILL.md").is_file()
    succeed(sandbox, "remove", "team/team")
    assert where.is_symlink() and where.is_dir() and list(where.iterdir()) == []


def test_a_chain_of_links(sandbox: Sandbox, team: GitRegistry) -> None:
    """What counts is where it ends."""
    _link(sandbox.project, "other", "real", make=True)
    _link(sandbox.project, ".agents", "other", make=False)
    _link(sandbox.project, ".claude/skills", "../.agents/skills", make=False)
    _begin(sandbox, team)
    succeed(sandbox, "install")
    assert (sandbox.project / "real/skills/pdf/SKILL.md").is_file()
    (sandbox.project / "other").unlink()
    (sandbox.project / "other").symlink_to(sandbox.root)
    run = sandbox.run("drift")
    assert run.exit == 3 and ".claude/skills is a symlink that leads out of the project" in run.stderr


@pytest.mark.parametrize(
    ("goal", "why"),
    [
        ("{outside}", "leads out of the project"),
        ("../../outside", "leads out of the project"),
        ("../../missing", "leads out of the project"),
        ("../README.md", "to a file"),
        ("skills", "that leads to itself"),
        ("../.git", r"into .git"),
        ("../.git/hooks", r"into .git"),
        ("../sub/.GIT/x", r"into .GIT"),
        ("../.agentsync/patches", r"into .agentsync"),
    ],
)
def test_any_other_link_is_refused(sandbox: Sandbox, team: GitRegistry, goal: str, why: str) -> None:
    """It is named itself, nothing is written anywhere, and neither flag changes that."""
    project, outside = sandbox.project, sandbox.root / "outside"
    (outside / "pdf").mkdir(parents=True)
    (outside / "pdf/SKILL.md").write_text("Theirs\n")
    (project / "README.md").write_text("Read\n")
    for folder in (".git/hooks", "sub/.GIT/x"):
        (project / folder).mkdir(parents=True)
    _link(project, ".claude/skills", goal.replace("{outside}", str(outside)), make=False)
    _begin(sandbox, team)
    before = snapshot(project, outside)
    for flags in ((), ("--theirs",), ("--adopt",), ("--dry-run",)):
        run = sandbox.run("install", *flags)
        assert run.exit == 3, run.stdout
        assert run.stderr.startswith("error: .claude/skills is a symlink") and why in run.stderr
    assert snapshot(project, outside) == before


def test_a_link_that_nothing_goes_through(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Where a pack has no skills, it is no matter where the folder of skills leads."""
    git_registry.publish("v1.0.0", {"agents/a.md": agent("a")})
    _link(sandbox.project, ".claude/skills", sandbox.root)
    write_manifest(sandbox, f"registries: {{acme: {git_registry.url}}}\npacks: {{acme/agents: ^1}}\n")
    succeed(sandbox, "install")
    assert drifts(sandbox) == {}


def test_two_paths_of_one_file(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Equal bytes are one file, which goes with the last of them; others cannot both be there."""
    text = agent("a")
    git_registry.publish("v1.0.0", {"agents/a.md": text, "commands/a.md": text})
    git_registry.publish("v1.1.0", {"commands/a.md": text})
    git_registry.publish("v1.2.0", {"agents/b.md": text, "commands/b.md": agent("b")})
    project = sandbox.project
    for name in ("agents", "commands"):
        _link(project, f".claude/{name}", "../both")
    write_manifest(sandbox, f"registries: {{acme: {git_registry.url}}}\npacks: {{acme/agents: 1.0.0}}\n")
    succeed(sandbox, "install")
    assert files_below(project / "both") == {"a.md": text.encode()} and drifts(sandbox) == {}
    write_manifest(sandbox, f"registries: {{acme: {git_registry.url}}}\npacks: {{acme/agents: 1.1.0}}\n")
    succeed(sandbox, "install")
    assert files_below(project / "both") == {"a.md": text.encode()} and drifts(sandbox) == {}
    write_manifest(sandbox, f"registries: {{acme: {git_registry.url}}}\npacks: {{acme/agents: 1.2.0}}\n")
    run = sandbox.run("install", "--accept-grants")
    assert run.exit == 3 and ".claude/agents/b.md and .claude/commands/b.md are one file here" in run.stderr
    assert files_below(project / "both") == {"a.md": text.encode()}
    succeed(sandbox, "remove", "acme/agents")
    assert files_below(project / "both") == {}


def test_the_users_own_links(sandbox: Sandbox, team: GitRegistry) -> None:
    """`~/.claude/agents` leads into dotfiles, or into the folder that `CLAUDE_CONFIG_DIR` names."""
    home = sandbox.home
    _link(home, ".claude/agents", "../dotfiles/agents")
    succeed(sandbox, "init", "--user")
    succeed(sandbox, "add", "--user", team.url)
    assert files_below(home / "dotfiles/agents") == {path[7:]: team.read("v1.0.0", path) for path in AGENTS}
    assert drifts(sandbox, "--user") == {} and (home / ".claude/agents").is_symlink()
    elsewhere = sandbox.root / "elsewhere"
    _link(elsewhere, "agents", "shared/agents")
    _link(elsewhere, "skills", home / "dotfiles/skills")
    env = {"CLAUDE_CONFIG_DIR": str(elsewhere)}
    succeed(sandbox, "install", "--user", env=env)
    assert (elsewhere / "shared/agents/designer.md").is_file()
    assert (home / "dotfiles/skills/pdf/SKILL.md").is_file()


@pytest.mark.parametrize("link", [".claude", ".claude/agents"])
def test_a_link_out_of_the_home_folder(sandbox: Sandbox, team: GitRegistry, link: str) -> None:
    """It is refused, unless the user's own policy names it."""
    outside = sandbox.root / "outside"
    _link(sandbox.home, link, outside)
    succeed(sandbox, "init", "--user")
    run = sandbox.run("add", "--user", team.url)
    assert run.exit == 3 and f"{link} is a symlink that leads out of your home folder" in run.stderr
    assert list(outside.iterdir()) == []
    (sandbox.config / "policy.yaml").write_text(f"linked_folders: [{sandbox.home}/{link}]\n")
    succeed(sandbox, "add", "--user", team.url)
    assert (sandbox.home / ".claude/agents/designer.md").resolve().is_relative_to(outside)
    assert drifts(sandbox, "--user") == {}


def test_a_worktree(sandbox: Sandbox, team: GitRegistry) -> None:
    """A relative link is that of each worktree; an absolute one of another worktree leads out of this one."""

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=sandbox.project, env=sandbox.environment(), check=True, capture_output=True)

    _link(sandbox.project, ".claude/skills", "../.agents/skills")
    _begin(sandbox, team)
    succeed(sandbox, "install")
    (sandbox.project / ".gitignore").write_text(".agents/\n")
    git("init", "-q")
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    tree = sandbox.root / "tree"
    git("worktree", "add", "-q", str(tree))
    succeed(sandbox, "install", cwd=tree)
    assert (tree / ".agents/skills/pdf/SKILL.md").is_file()
    (tree / ".claude/skills").unlink()
    (tree / ".claude/skills").symlink_to(sandbox.project / ".agents/skills")
    run = sandbox.run("install", cwd=tree)
    assert run.exit == 3 and ".claude/skills is a symlink that leads out of the project" in run.stderr


def test_paths_behind_a_link(sandbox: Sandbox, team: GitRegistry) -> None:
    """An edit is found, merged, kept and restored there; a path may be named as either."""
    _link(sandbox.project, ".claude/agents", "../team")
    _begin(sandbox, team)
    succeed(sandbox, "install")
    (sandbox.project / "team/designer.md").write_text("Mine\n")
    assert drifts(sandbox) == {".claude/agents/designer.md": "edited"}
    assert "+Mine" in succeed(sandbox, "diff", "team/designer.md").stdout
    succeed(sandbox, "keep", ".claude/agents/designer.md")
    assert drifts(sandbox) == {".claude/agents/designer.md": "kept"}
    succeed(sandbox, "keep", "--drop")
    succeed(sandbox, "restore", "team/designer.md")
    assert drifts(sandbox) == {}


def test_an_update_behind_a_link(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """What changed upstream is changed there, and the user's edit survives."""
    git_registry.publish("v1.0.0", TEAM)
    _link(sandbox.project, ".claude/agents", "../team")
    succeed(sandbox, "init")
    succeed(sandbox, "add", git_registry.url)
    critic = sandbox.project / "team/review/critic.md"
    critic.write_text(critic.read_text().replace("Three", "Four"))
    git_registry.publish("v1.1.0", TEAM_NEXT)
    succeed(sandbox, "update")
    assert "API well" in (sandbox.project / "team/designer.md").read_text() and "Four" in critic.read_text()


_SWAPPING = """
import os, sys
link, real, outside, stop = sys.argv[1:]
while not os.path.exists(stop):
    try:
        os.rename(link, real); os.symlink(outside, link); os.unlink(link); os.rename(real, link)
    except OSError:
        try:
            if os.path.islink(link): os.unlink(link)
            if not os.path.exists(link) and os.path.exists(real): os.rename(real, link)
        except OSError: pass
"""


@contextmanager
def _swapped(sandbox: Sandbox, path: str, outside: Path) -> Iterator[None]:
    """Another process turns a folder into a link out of the project and back, again and again."""
    stop = sandbox.root / "stop"
    words = [sandbox.project / path, sandbox.project / "real", outside, stop]
    with subprocess.Popen([sys.executable, "-c", _SWAPPING, *map(str, words)]):
        try:
            yield
        finally:
            stop.touch()


@needs("folder handles")
@pytest.mark.parametrize("path", [".claude", ".claude/agents", ".claude/agents/sub", ".agentsync", "behind"])
def test_a_folder_that_is_swapped_meanwhile(sandbox: Sandbox, git_registry: GitRegistry, path: str) -> None:
    """Whatever becomes of the files, none is ever written outside."""
    git_registry.publish("v1.0.0", {f"agents/sub/a{number}.md": agent(f"a{number}") for number in range(150)})
    outside = sandbox.root / "outside"
    outside.mkdir()
    write_manifest(sandbox, f"registries: {{acme: {git_registry.url}}}\npacks: {{acme/agents: ^1}}\n")
    if path == "behind":
        _link(sandbox.project, ".claude/agents", "../behind")
    (sandbox.project / path).mkdir(parents=True, exist_ok=True)
    with _swapped(sandbox, path, outside):
        for _ in range(2):
            sandbox.run("install")
    left = [name for name in os.listdir(outside) if name != "write.lock"]  # noqa: PTH208 - names alone
    assert left == []
