"""A skill meets a folder of the user's own: nothing is written into it, and nothing in it is touched."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.packs import skill
from tests.cli.project import drifts, files_below, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

MINE = {"arxiv/SKILL.md": skill("arxiv"), "poly/SKILL.md": skill("poly"), "notes.txt": "Mine\n"}
PACK = {"skills/research/SKILL.md": skill("research"), "skills/research/a.txt": "a\n", "skills/b/SKILL.md": skill("b")}
WAITING = {f".claude/skills/research/{name}": "foreign" for name in ("SKILL.md", "a.txt")}


def own_files(sandbox: Sandbox, *names: str) -> dict[str, bytes]:
    """Put files of the user's own into a folder that a skill is called after."""
    for name in names:
        path = sandbox.project / ".claude/skills/research" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MINE[name])
    return {name: MINE[name].encode() for name in names}


@pytest.fixture
def registry(sandbox: Sandbox) -> GitRegistry:
    """A pack with two skills, and an empty project."""
    found = GitRegistry(sandbox.root / "pack.git")
    found.publish("v1.0.0", PACK)
    succeed(sandbox, "init")
    return found


@pytest.mark.parametrize("names", [("arxiv/SKILL.md", "poly/SKILL.md"), ("notes.txt",), tuple(MINE)])
def test_a_category_of_the_user(sandbox: Sandbox, registry: GitRegistry, names: tuple[str, ...]) -> None:
    """The pack's other skill is installed; every command that writes leaves the folder, and the hint settles it."""
    mine = own_files(sandbox, *names)
    skills = sandbox.project / ".claude/skills"
    run = sandbox.run("add", registry.url)
    assert run.exit == 3 and (skills / "b/SKILL.md").exists()
    assert ".claude/skills/research (a folder of yours)" in run.stderr
    for command in (("install",), ("install", "--theirs"), ("install", "--adopt"), ("restore",), ("update",)):
        assert sandbox.run(*command).exit == 3
        assert files_below(skills / "research") == mine
    assert drifts(sandbox) == WAITING
    hint = run.stderr.splitlines()[-1].removeprefix("hint: ")
    assert hint == "agentsync add pack/pack --rename skill:research=pack-research"
    settled = sandbox.shell(hint)
    assert settled.exit == 0, settled.stdout
    assert set(files_below(skills / "pack-research")) == {"SKILL.md", "a.txt"}
    assert files_below(skills / "research") == mine
    assert drifts(sandbox) == {}


def test_a_skill_of_the_user(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Nothing is mixed into it; `--theirs` takes the skill's files and leaves those beside them."""
    mine = own_files(sandbox, "notes.txt")
    skills = sandbox.project / ".claude/skills/research"
    (skills / "SKILL.md").write_text("Mine\n")
    assert sandbox.run("add", registry.url).exit == 3
    assert files_below(skills) == mine | {"SKILL.md": b"Mine\n"}
    assert drifts(sandbox) == WAITING | {".claude/skills/research/notes.txt": "extra"}
    succeed(sandbox, "install", "--theirs")
    assert files_below(skills)["SKILL.md"].decode() == skill("research")
    assert files_below(skills)["notes.txt"] == b"Mine\n"


def test_what_is_ours_stays_ours(sandbox: Sandbox, registry: GitRegistry) -> None:
    """A file that the user adds later is extra; a skill that the user deleted comes back beside it."""
    succeed(sandbox, "add", registry.url)
    own_files(sandbox, "notes.txt")
    assert drifts(sandbox) == {".claude/skills/research/notes.txt": "extra"}
    for name in ("SKILL.md", "a.txt"):
        (sandbox.project / ".claude/skills/research" / name).unlink()
    succeed(sandbox, "install")
    assert set(files_below(sandbox.project / ".claude/skills/research")) == {"SKILL.md", "a.txt", "notes.txt"}


def test_a_fresh_clone(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Without a receipt, the folder is ours where a locked file is in it, and the user's where none is."""
    succeed(sandbox, "add", registry.url)
    shutil.rmtree(sandbox.project / ".agentsync")
    shutil.rmtree(sandbox.project / ".claude/skills/research")
    mine = own_files(sandbox, "arxiv/SKILL.md")
    assert sandbox.run("install").exit == 3
    assert files_below(sandbox.project / ".claude/skills/research") == mine
    (sandbox.project / ".claude/skills/research/SKILL.md").write_text(skill("research", "Edited.\n"))
    succeed(sandbox, "install")
    assert (sandbox.project / ".claude/skills/research/a.txt").exists()


def test_a_copy_of_the_skill(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Where the user has the skill's own bytes already, the folder becomes ours."""
    own_files(sandbox, "notes.txt")
    (sandbox.project / ".claude/skills/research/SKILL.md").write_text(skill("research"))
    succeed(sandbox, "add", registry.url)
    assert drifts(sandbox) == {".claude/skills/research/notes.txt": "extra"}
