"""`drift` and `status`: how every file stands, told from the lock alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.packs import TEAM
from tests.cli.project import drifts, snapshot, succeed
from tests.needs import needs, skip_without
from tests.sandbox import Sandbox

DESIGNER = ".claude/agents/designer.md"
SCRIPT = ".claude/skills/pdf/scripts/fill.sh"


def _edit(project: Path) -> None:
    with (project / DESIGNER).open("a") as file:
        file.write("Mine\n")


def _delete(project: Path) -> None:
    (project / DESIGNER).unlink()


def _delete_folder(project: Path) -> None:
    shutil.rmtree(project / ".claude/agents/review")


def _add_to_skill(project: Path) -> None:
    (project / ".claude/skills/pdf/mine").mkdir()
    (project / ".claude/skills/pdf/mine/notes.md").write_text("Mine\n")


def _lose_x(project: Path) -> None:
    (project / SCRIPT).chmod(0o644)


def _gain_x(project: Path) -> None:
    (project / DESIGNER).chmod(0o755)


def _link_the_same(project: Path) -> None:
    """A link to a file of the very same bytes is still no file of ours."""
    (project / DESIGNER).rename(project / "elsewhere.md")
    (project / DESIGNER).symlink_to(project / "elsewhere.md")


def _link_to_nothing(project: Path) -> None:
    (project / DESIGNER).unlink()
    (project / DESIGNER).symlink_to("nowhere")


def _folder(project: Path) -> None:
    (project / DESIGNER).unlink()
    (project / DESIGNER).mkdir()
    (project / DESIGNER / "secret").write_text("not to be read\n")


def _link_the_folder_above(project: Path) -> None:
    (project / ".claude/agents/review").rename(project / "elsewhere")
    (project / ".claude/agents/review").symlink_to(project / "elsewhere")


def _link_in_skill(project: Path) -> None:
    (project / ".claude/skills/pdf/etc").symlink_to("/etc")


def _twin_of_a_folder(project: Path) -> None:
    shutil.rmtree(project / ".claude/agents/review")
    (project / ".claude/agents/review").write_text("A file where a folder was\n")


EDITED = {"drift": "edited", "mode_changed": False, "replaced_by": None}
MODE = {"drift": "edited", "mode_changed": True, "replaced_by": None}
LINK = {"drift": "edited", "mode_changed": False, "replaced_by": "symlink"}
MISSING = {"drift": "missing", "mode_changed": False, "replaced_by": None}
EXTRA = {"drift": "extra", "mode_changed": False, "replaced_by": None}
CHANGES: list[tuple[Callable[[Path], None], str, dict[str, Any], str]] = [
    (_edit, DESIGNER, EDITED, ""),
    (_delete, DESIGNER, MISSING, ""),
    (_delete_folder, ".claude/agents/review/critic.md", MISSING, ""),
    (_add_to_skill, ".claude/skills/pdf/mine/notes.md", EXTRA, ""),
    (_lose_x, SCRIPT, MODE, "(+x lost)"),
    (_gain_x, DESIGNER, MODE, "(+x gained) (adds power: executable)"),
    (_link_the_same, DESIGNER, LINK, "(a symlink stands there)"),
    (_link_to_nothing, DESIGNER, LINK, "(a symlink stands there)"),
    (_folder, DESIGNER, EDITED | {"replaced_by": "folder"}, "(a folder stands there)"),
    (_link_the_folder_above, ".claude/agents/review/critic.md", LINK, "(a symlink stands there)"),
    (_link_in_skill, ".claude/skills/pdf/etc", EXTRA | {"replaced_by": "symlink"}, "(a symlink stands there)"),
    (
        _twin_of_a_folder,
        ".claude/agents/review/critic.md",
        EDITED | {"replaced_by": "other"},
        "(something else stands there)",
    ),
]


def test_a_fresh_clone_is_clean(clone: Sandbox) -> None:
    """No receipt, no cache, no git, no network, an empty home; and nothing is left behind."""
    before = snapshot(clone.project, clone.home)
    run = succeed(clone, "drift", env=clone.cut_off())
    assert run.stdout == f"{len(TEAM)} files in sync\n"
    assert run.stderr == ""
    data = clone.json("drift", env=clone.cut_off())["data"]
    assert data["clean"] and data["scope"] == "project"
    assert data["summary"] == {"in sync": len(TEAM)}
    assert {file["path"] for file in data["files"]} == {f".claude/{path}" for path in TEAM}
    (pack,) = data["packs"]
    assert (pack["pack"], pack["version"]) == ("team/team", "1.0.0")
    assert snapshot(clone.project, clone.home) == before


@pytest.mark.parametrize("machine", ["clone", pytest.param("installed", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("change", "path", "facts", "cause"), CHANGES, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_change_is_named_with_its_cause(
    request: pytest.FixtureRequest,
    machine: str,
    change: Callable[[Path], None],
    path: str,
    facts: dict[str, Any],
    cause: str,
) -> None:
    """Exit 1, the file's own entry, with and without a receipt; and the same as a line."""
    sandbox: Sandbox = request.getfixturevalue(machine)
    if facts == MODE:
        skip_without("modes", sandbox.root)
    change(sandbox.project)
    before = snapshot(sandbox.project)
    document = sandbox.json("drift", env=sandbox.cut_off())
    assert document["exit"] == 1
    assert not document["data"]["clean"]
    (file,) = [file for file in document["data"]["files"] if file["drift"] != "in sync"]
    assert file["path"] == path
    assert {key: file[key] for key in facts} == facts
    assert (file["pack"], file["target"]) == ("team/team", "claude-code")
    assert file["item"] == ("skill:pdf" if "skills" in path else f"agent:{Path(path).stem}")
    assert snapshot(sandbox.project) == before
    if machine == "installed":
        return
    run = sandbox.run("drift", env=sandbox.cut_off())
    assert run.exit == 1
    line, closing = run.stdout.splitlines()
    assert line.split()[:2] == [facts["drift"], path]
    assert line.endswith(cause)
    assert closing.startswith("1 file drifted")


def test_status_says_the_same_and_ends_well(installed: Sandbox) -> None:
    """Everything at a glance: the packs, then what drifted; exit 0."""
    _edit(installed.project)
    _lose_x(installed.project)
    status, drift = installed.json("status", env=installed.cut_off()), installed.json("drift", env=installed.cut_off())
    assert (status["exit"], drift["exit"]) == (0, 1)
    assert status["data"] == drift["data"]
    lines = succeed(installed, "status", env=installed.cut_off()).stdout.splitlines()
    assert lines[0].split()[:2] == ["team/team", "1.0.0"]
    assert any(line.startswith("edited") and DESIGNER in line for line in lines)


@needs("modes")
def test_everything_at_once(installed: Sandbox) -> None:
    """Each file for itself, and the sums are right."""
    for change in (_edit, _lose_x, _delete_folder, _add_to_skill):
        change(installed.project)
    assert drifts(installed) == {
        DESIGNER: "edited",
        SCRIPT: "edited",
        ".claude/agents/review/critic.md": "missing",
        ".claude/skills/pdf/mine/notes.md": "extra",
    }
    data = installed.json("drift")["data"]
    assert data["summary"] == {"edited": 2, "extra": 1, "in sync": len(TEAM) - 3, "missing": 1}


def test_the_users_own_files_are_never_listed(installed: Sandbox) -> None:
    """Other files in the tool's folders are not looked at."""
    for name in ("agents/mine.md", "skills/own/SKILL.md", "settings.json", "agents/review/own.md"):
        where = installed.project / ".claude" / name
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text("Mine\n")
    run = succeed(installed, "drift")
    assert "mine" not in run.stdout
    assert succeed(installed, "install").stdout.count("\n") == 1


def test_a_damaged_receipt_is_only_a_lost_memory(installed: Sandbox) -> None:
    """A receipt that cannot be read, or lies, makes no foreign file ours."""
    receipt = installed.project / ".agentsync" / "receipt.json"
    receipt.write_text("{ not json")
    assert drifts(installed) == {}
    (installed.project / "notes.md").write_text("Mine\n")
    receipt.write_text('{"receipt": 1, "files": {"notes.md": "sha256:%s"}}' % ("0" * 64))
    assert drifts(installed) == {}
    succeed(installed, "install")
    assert (installed.project / "notes.md").read_text() == "Mine\n"


def test_from_below_and_outside(installed: Sandbox) -> None:
    """The project is found from any folder below it, and missed outside."""
    below = installed.project / "src" / "deep"
    below.mkdir(parents=True)
    succeed(installed, "drift", cwd=below)
    run = installed.run("drift", cwd=installed.root)
    assert run.exit == 2 and "agentsync init" in run.stderr


def test_a_manifest_without_a_lock(installed: Sandbox) -> None:
    """Nothing is decided: that is drift too."""
    (installed.project / "agentsync.lock").unlink()
    document = installed.json("drift")
    assert document["exit"] == 1
    assert document["data"]["lock"] == [{"why": "there is no agentsync.lock"}]
