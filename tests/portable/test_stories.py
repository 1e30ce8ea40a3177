"""Stories of a person, from `init` to `cache clean`, on each imitated system."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Final

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import drifts, files_below, succeed
from tests.git_registry import File, GitRegistry
from tests.portable.conftest import SystemSandbox
from tests.portable.systems import simulated
from tests.sandbox import Sandbox

pytestmark = pytest.mark.slow

LINES: Final = "".join(f"Line {number}.\n" for number in range(1, 21))
NEXT: Final = LINES.replace("Line 19.", "Their line 19.")
MINE: Final = ("Line 2.", "My line 2.")
SCRIPT: Final = "#!/bin/sh\necho done\n"
FIRST: Final[dict[str, str | bytes | File]] = {
    "agents/Critic.md": agent("Critic", LINES),
    "agents/writer.md": agent("writer", LINES),
    "skills/pdf/SKILL.md": skill("pdf"),
    "skills/pdf/run.sh": File(SCRIPT, executable=True),
    "skills/pdf/mañana.md": "Morgen → 明日\n",
}
SECOND: Final = FIRST | {
    "agents/writer.md": agent("writer", NEXT),
    "skills/pdf/SKILL.md": skill("pdf", "Follow more steps.\n"),
}
CRITIC: Final = ".claude/agents/Critic.md"
WRITER: Final = ".claude/agents/writer.md"
KILLED: Final = (-9, 15, 0)  # 0: it took fewer moves
SKILL: Final = ".claude/skills/pdf"


@pytest.fixture
def project(machine: SystemSandbox, upstream: GitRegistry) -> SystemSandbox:
    """A project with the first release of a pack."""
    upstream.publish("v1.0.0", FIRST)
    succeed(machine, "init")
    succeed(machine, "add", upstream.url)
    return machine


def clean(machine: SystemSandbox) -> None:
    """Insist that nothing has drifted but kept edits, nothing is to be done, and nothing is left of what was done."""
    assert set(drifts(machine).values()) <= {"kept"}
    again = machine.json("install")
    assert (again["exit"], [row for row in again["data"].get("files", []) if row.get("written")]) == (0, [])
    state = machine.project / ".agentsync"
    assert not [path for path in (state / "stage", state / "journal.json") if path.exists()]


def dying(machine: SystemSandbox, moves: int) -> dict[str, str]:
    """Return the variables with which a command is killed right before so many of its moves."""
    return {**simulated((*machine.system.shims, "dies"), machine.system.encoding), "PORTABLE_DIES_AT": str(moves)}


def edit(machine: SystemSandbox, path: str, old: str, new: str) -> None:
    """Change a file as a person does."""
    file = machine.project / path
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_added_is_clean(project: SystemSandbox) -> None:
    """Every file is there under its name, and no command sees a difference."""
    installed = {unicodedata.normalize("NFC", path) for path in files_below(project.project / ".claude")}
    assert installed == {*(path for path in FIRST)}
    clean(project)
    assert succeed(project, "restore").stdout.count("chmod") == 0
    clean(project)


def test_an_update_merges(project: SystemSandbox, upstream: GitRegistry) -> None:
    """An edit of a person and one of upstream come together."""
    edit(project, WRITER, *MINE)
    upstream.publish("v1.1.0", SECOND)
    succeed(project, "update")
    text = (project.project / WRITER).read_text(encoding="utf-8")
    assert "My line 2." in text and "Their line 19." in text
    assert "more steps" in (project.project / SKILL / "SKILL.md").read_text(encoding="utf-8")
    assert drifts(project) == {WRITER: "edited"}


def test_a_kept_edit_is_carried_over(project: SystemSandbox, upstream: GitRegistry) -> None:
    """A kept edit is clean, and is in the next release as well."""
    edit(project, WRITER, *MINE)
    (project.project / SKILL / "eigen-ä.md").write_text("Ours.\n", encoding="utf-8")
    succeed(project, "keep")
    clean(project)
    upstream.publish("v1.1.0", SECOND)
    succeed(project, "update")
    assert "My line 2." in (project.project / WRITER).read_text(encoding="utf-8")
    assert (project.project / SKILL / "eigen-ä.md").read_text(encoding="utf-8") == "Ours.\n"
    clean(project)


@pytest.mark.parametrize(("old", "new"), [("Critic", "critic"), ("Übung", "übung")])
def test_upstream_changes_the_case_of_a_name(machine: SystemSandbox, upstream: GitRegistry, old: str, new: str) -> None:
    """The file has its new name, and is there."""
    upstream.publish("v1.0.0", {f"agents/{old}.md": agent(old, LINES), "skills/pdf/SKILL.md": skill("pdf")})
    succeed(machine, "init")
    succeed(machine, "add", upstream.url)
    upstream.publish("v1.1.0", {f"agents/{new}.md": agent(new, LINES), "skills/pdf/SKILL.md": skill("pdf")})
    succeed(machine, "update")
    names = [unicodedata.normalize("NFC", path.name) for path in (machine.project / ".claude/agents").iterdir()]
    assert names == [f"{new}.md"]
    clean(machine)


@pytest.mark.parametrize("moves", range(1, 9, 2))
def test_killed_and_resumed(project: SystemSandbox, upstream: GitRegistry, moves: int) -> None:
    """An update that is killed between two of its moves is finished by the next command."""
    upstream.publish("v1.1.0", SECOND)
    died = project.run("update", env=dying(project, moves))
    assert died.exit in KILLED, died.stderr
    succeed(project, "update")
    assert "Their line 19." in (project.project / WRITER).read_text(encoding="utf-8")
    clean(project)


def test_another_clone_installs(project: SystemSandbox, tmp_path: Path) -> None:
    """A commit is installed on Linux as it is, and the lock stays as it is."""
    other = Sandbox(tmp_path / "linux")
    for name in ("agentsync.yaml", "agentsync.lock"):
        (other.project / name).write_bytes((project.project / name).read_bytes())
    succeed(other, "install", "--locked")
    assert other.run("drift").exit == 0
    assert os.name == "nt" or (other.project / SKILL / "run.sh").stat().st_mode & 0o100


def test_removed_leaves_nothing(project: SystemSandbox) -> None:
    """Of a pack that is removed, and of the cache, no file is left."""
    name = next(iter(project.json("list")["data"]["packs"]))["pack"]
    succeed(project, "remove", name)
    assert files_below(project.project / ".claude") == {}
    clean(project)
    succeed(project, "cache", "clean")
    assert [path for path in project.cache.rglob("*.pack")] == []


def test_a_folder_is_locked_as_on_linux(machine: SystemSandbox, tmp_path: Path) -> None:
    """A pack from a folder of the project has the same tree whatever the file system keeps of it."""
    locks = []
    for one in (machine, Sandbox(tmp_path / "linux")):
        succeed(one, "init")
        folder = one.project / "pack/skills/s"
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(skill("s"), encoding="utf-8")
        (folder / "mañana.md").write_text("x", encoding="utf-8")
        succeed(one, "add", "./pack")
        locks.append((one.project / "agentsync.lock").read_text(encoding="utf-8"))
    assert locks[0] == locks[1]


def test_what_systems_leave_in_folders_is_nothing(project: SystemSandbox) -> None:
    """The notes of Finder and Explorer are neither drift nor part of a pack."""
    for folder in (SKILL, ".claude/agents", ".claude"):
        for name in (".DS_Store", "._SKILL.md", "desktop.ini", "Thumbs.db"):
            (project.project / folder / name).write_bytes(b"\0")
    clean(project)
    succeed(project, "restore")
    assert (project.project / SKILL / "Thumbs.db").exists()


def test_upstream_changes_the_case_of_a_folder(project: SystemSandbox, upstream: GitRegistry) -> None:
    """Every file of the skill is there, and the folder has its new name."""
    upstream.publish("v1.1.0", {path.replace("skills/pdf", "skills/PDF"): data for path, data in FIRST.items()})
    succeed(project, "update")
    assert [path.name for path in (project.project / ".claude/skills").iterdir()] == ["PDF"]
    assert len(files_below(project.project / ".claude/skills/PDF")) == 3
    clean(project)


def test_a_kept_edit_follows_a_change_of_case(project: SystemSandbox, upstream: GitRegistry) -> None:
    """Its patch has the new name, and is not lost with the old one."""
    edit(project, CRITIC, *MINE)
    succeed(project, "keep")
    renamed = {path.replace("Critic", "critic"): data for path, data in FIRST.items()}
    upstream.publish("v1.1.0", renamed | {"agents/critic.md": agent("critic", NEXT)})
    succeed(project, "update")
    assert [path.name for path in (project.project / ".agentsync/patches").rglob("*.patch")] == ["critic.md.patch"]
    succeed(project, "verify")


def test_a_path_that_is_too_long(machine: SystemSandbox, upstream: GitRegistry) -> None:
    """It is refused before anything is written, if the system does not take it."""
    long = "/".join(["n" * 70] * 3)
    upstream.publish("v1.0.0", FIRST | {f"skills/pdf/{long}.md": "x"})
    succeed(machine, "init")
    before = files_below(machine.project)
    added = machine.run("add", upstream.url)
    if machine.system.manners.longest:
        assert added.exit == 3 and "characters" in added.stderr, added.stderr
        after = files_below(machine.project)
        assert {path: after[path] for path in before} == before and not (machine.project / ".claude").exists()
        succeed(machine, "add", upstream.url, "--except", "skill:pdf")
    clean(machine)


def test_a_patch_whose_path_is_too_long(machine: SystemSandbox, upstream: GitRegistry) -> None:
    """The edit stays as it is, and is told, if the file fits and its patch does not."""
    name = "n" * (240 - len(f"{machine.project}/{SKILL}/.md"))
    upstream.publish("v1.0.0", FIRST | {f"skills/pdf/{name}.md": "x\n"})
    succeed(machine, "init")
    succeed(machine, "add", upstream.url)
    (machine.project / SKILL / f"{name}.md").write_text("y\n")
    kept = machine.run("keep")
    if machine.system.manners.longest:
        assert kept.exit == 3 and "characters" in kept.stderr, kept.stderr
        assert list(drifts(machine).values()) == ["edited"]
        succeed(machine, "install")
    else:
        clean(machine)


def test_a_cache_whose_path_is_too_long(machine: SystemSandbox, upstream: GitRegistry) -> None:
    """All is well if the system takes it; else the cache is told, and nothing is waited for."""
    upstream.publish("v1.0.0", FIRST)
    succeed(machine, "init")
    most = 254 - len(str(machine.root))
    deep = machine.root / ("c" * (most // 2)) / ("d" * (most // 2))
    added = machine.run("add", upstream.url, env={"AGENTSYNC_CACHE_DIR": str(deep)})
    assert added.exit == (3 if machine.system.manners.longest else 0), added.stderr
    assert machine.system.manners.longest == 0 or "cache" in added.stderr


def test_the_users_own_scope(machine: SystemSandbox, upstream: GitRegistry) -> None:
    """It is installed, checked and removed as a project is."""
    upstream.publish("v1.0.0", FIRST)
    succeed(machine, "init", "--user")
    succeed(machine, "add", upstream.url, "--user")
    assert drifts(machine, "--user") == {}
    upstream.publish("v1.1.0", SECOND)
    succeed(machine, "update", "--user")
    assert b"Their line 19." in files_below(machine.home)[WRITER]
    name = next(iter(machine.json("list", "--user")["data"]["packs"]))["pack"]
    succeed(machine, "remove", name, "--user")
    assert not [path for path in files_below(machine.home) if path.startswith(".claude/")]


def test_a_conflict_is_settled(project: SystemSandbox, upstream: GitRegistry) -> None:
    """An edit of the line that upstream changed is a conflict, and a person settles it."""
    edit(project, WRITER, "Line 19.", "My line 19.")
    upstream.publish("v1.1.0", SECOND)
    assert project.run("update").exit == 1
    attempt = project.project / ".agentsync/conflicts" / WRITER
    attempt.write_text(agent("writer", LINES.replace("Line 19.", "Our line 19.")), encoding="utf-8")
    succeed(project, "resolve", WRITER)
    succeed(project, "keep")
    clean(project)
    succeed(project, "restore")
    assert "Our line 19." in (project.project / WRITER).read_text(encoding="utf-8")


def test_an_earlier_state_comes_back(project: SystemSandbox, upstream: GitRegistry) -> None:
    """`rollback` changes back what an update changed, with files that may not be written."""
    upstream.publish("v1.1.0", SECOND)
    succeed(project, "update")
    (project.project / WRITER).chmod(0o444)
    succeed(project, "rollback")
    assert "Their line 19." not in (project.project / WRITER).read_text(encoding="utf-8")
    clean(project)


@pytest.mark.parametrize("command", ["remove", "keep", "restore"])
@pytest.mark.parametrize("moves", [1, 3])
def test_any_command_is_finished(project: SystemSandbox, command: str, moves: int) -> None:
    """A command that is killed is finished by running it again."""
    edit(project, WRITER, *MINE)
    name = next(iter(project.json("list")["data"]["packs"]))["pack"]
    words = [command, name] if command == "remove" else [command]
    assert project.run(*words, env=dying(project, moves)).exit in KILLED
    project.run(*words)
    succeed(project, "install")
    if command != "remove":
        clean(project)
    assert not (project.project / ".agentsync/journal.json").exists()


def test_a_kept_edit_goes_with_a_change_of_case(project: SystemSandbox, upstream: GitRegistry) -> None:
    """The edit is in the file of the new name."""
    edit(project, CRITIC, *MINE)
    succeed(project, "keep")
    renamed = {path.replace("Critic", "critic"): data for path, data in FIRST.items()}
    upstream.publish("v1.1.0", renamed | {"agents/critic.md": agent("critic", LINES)})
    succeed(project, "update")
    found = {path.name: path for path in (project.project / ".claude/agents").iterdir()}
    assert "My line 2." in found["critic.md"].read_text(encoding="utf-8")
    clean(project)


def test_upstreams_notes_of_systems_are_not_installed(machine: SystemSandbox, upstream: GitRegistry) -> None:
    """A registry that was committed with them is as good as one without."""
    notes = dict.fromkeys(
        ("skills/pdf/.DS_Store", "skills/pdf/Thumbs.db", "skills/pdf/.directory", "agents/._a.md"), "x"
    )
    upstream.publish("v1.0.0", FIRST | notes)
    succeed(machine, "init")
    succeed(machine, "add", upstream.url)
    assert len(files_below(machine.project / ".claude")) == len(FIRST)
    clean(machine)


def test_a_file_of_the_user_in_another_case(machine: SystemSandbox, upstream: GitRegistry) -> None:
    """It stays, and is told, if it is the file that would be installed."""
    upstream.publish("v1.0.0", FIRST)
    succeed(machine, "init")
    own = machine.project / ".claude/agents/WRITER.md"
    own.parent.mkdir(parents=True)
    own.write_text("Mine.\n")
    added = machine.run("add", upstream.url)
    assert added.exit == (3 if machine.system.manners.folds else 0), added.stderr
    assert own.read_text() == "Mine.\n"


def test_a_damaged_cache_is_mended(project: SystemSandbox, upstream: GitRegistry) -> None:
    """The packs of git may not be written, and are replaced all the same."""
    for pack in project.cache.rglob("*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:40] + b"damaged")
        pack.chmod(0o444)
    upstream.publish("v1.1.0", SECOND)
    succeed(project, "update")
    clean(project)


def test_a_file_that_is_there_already(machine: SystemSandbox, upstream: GitRegistry) -> None:
    """It is ours from then on if its bytes are the same, also in the first command, which knows nothing of modes."""
    upstream.publish("v1.0.0", FIRST)
    succeed(machine, "init")
    own = machine.project / WRITER
    own.parent.mkdir(parents=True)
    own.write_bytes(agent("writer", LINES).encode())
    succeed(machine, "add", upstream.url)
    clean(machine)
