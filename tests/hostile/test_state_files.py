"""What a checkout says of itself: every file of the state, in every hostile form, is not believed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from agentsync.model.digest import digest_of
from tests.cli.project import snapshot, succeed
from tests.git_registry import GitRegistry
from tests.hostile.machine import GOOD, INSTALLED, Machine

MINE: Final = ".claude/agents/mine.md"
NAMES: Final = (
    "receipt.json",
    "journal",
    "grants.json",
    "history/000001.lock",
    "history/999999.lock",
    "patches/acme/acme/.claude/agents/good.md.patch",
    "patches/.gitattributes",
    "conflicts/.claude/agents/good.md",
    ".gitignore",
    "stage/1-1",
    "stage/1-1.new",
)
RECEIPT: Final = json.dumps({"receipt": 1, "files": {MINE: str(digest_of(b"Mine\n"))}})


def _endless(where: Path) -> None:
    where.symlink_to("/dev/zero")


def _pipe(where: Path) -> None:
    os.mkfifo(where)


def _folder(where: Path) -> None:
    (where / "deep").mkdir(parents=True)
    (where / "deep/file").write_text("x")


def _huge(where: Path) -> None:
    with where.open("wb") as file:
        file.truncate(3 << 30)


def _circle(where: Path) -> None:
    where.symlink_to(where.name)


FORMS: Final = (_endless, _pipe, _folder, _huge, _circle)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form.__name__)[1:])
def test_whatever_a_file_of_the_state_is(machine: Machine, form: Callable[[Path], None]) -> None:
    """A command ends soon and in little memory, and says why where it cannot do its work."""
    machine.honest()
    for name in NAMES:
        shutil.rmtree(machine.project / ".agentsync", ignore_errors=True)
        shutil.rmtree(machine.project / ".claude", ignore_errors=True)
        where = machine.project / ".agentsync" / name
        where.parent.mkdir(parents=True)
        form(where)
        for command in (["drift"], ["install"], ["update"], ["status"]):
            run = machine.measured(command, {})
            assert run.exit in (0, 1, 3), f"{name}: {command} exits {run.exit}: {run.stdout}{run.stderr}"
        assert machine.most_kib < 200 * 1024, name
        assert {path for path in INSTALLED if (machine.project / path).is_file()} == INSTALLED, name


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form.__name__)[1:])
def test_whatever_the_lock_file_is(machine: Machine, form: Callable[[Path], None]) -> None:
    """It is not waited for, nor emptied, wherever it leads."""
    if form in (_huge,):
        pytest.skip("it is no other file than any that is locked")
    machine.honest()
    where = machine.project / ".agentsync/write.lock"
    where.parent.mkdir()
    form(where)
    run = machine.measured(["install"], {})
    assert run.exit == 3 and "cannot lock" in run.stderr


def test_a_lock_file_that_leads_to_a_users_file(machine: Machine) -> None:
    """It is left as it is."""
    machine.honest()
    (machine.project / ".agentsync").mkdir()
    (machine.project / ".agentsync/write.lock").symlink_to(machine.outside / "precious.md")
    assert machine.run("install").exit == 3
    assert (machine.outside / "precious.md").read_text() == "Kept\n"


def test_a_forged_receipt_deletes_nothing_for_good(machine: Machine) -> None:
    """A file of the user's that it calls ours is in the backup, byte for byte."""
    machine.honest()
    machine.write(MINE, "Mine\n")
    machine.write(".agentsync/receipt.json", RECEIPT)
    run = machine.run("install")
    assert run.exit == 0 and "files that may be yours were set aside in .agentsync/backup/" in run.stderr
    (kept,) = machine.project.glob(f".agentsync/backup/*/{MINE}")
    assert kept.read_text() == "Mine\n"


def test_a_hint_stays_one(machine: Machine) -> None:
    """A receipt that we write does not make ours what only a forged one called so."""
    machine.honest()
    machine.write(MINE, "Other\n")
    machine.write(".agentsync/receipt.json", RECEIPT)
    succeed(machine, "install", "--target", "claude-code")
    machine.write(MINE, "Mine\n")
    succeed(machine, "install")
    assert (machine.project / MINE).is_file() or list(machine.project.glob(f".agentsync/backup/*/{MINE}"))


def test_a_forged_lock_deletes_nothing_for_good(machine: Machine) -> None:
    """Without a receipt the lock says what is ours; it came with the checkout, too."""
    registry = machine.honest({"agents/mine.md": GOOD.replace("good", "mine")})
    succeed(machine, "lock")
    registry.publish("v2.0.0", {"agents/good.md": GOOD})
    machine.write(MINE, GOOD.replace("good", "mine"))
    assert machine.run("update", "--accept-grants").exit == 0
    assert not (machine.project / MINE).exists()
    (kept,) = machine.project.glob(f".agentsync/backup/*/{MINE}")
    assert kept.read_text() == GOOD.replace("good", "mine")


def _with_two_locks(machine: Machine) -> GitRegistry:
    registry = machine.honest()
    succeed(machine, "install")
    registry.publish("v1.1.0", {"agents/good.md": GOOD.replace("Knows", "Knows more"), "skills/pdf/SKILL.md": GOOD})
    succeed(machine, "update", "--accept-grants")
    return registry


def _copied(machine: Machine) -> Path:
    copy = machine.root / "copy"
    shutil.copytree(machine.project, copy, symlinks=True)
    return copy


@pytest.mark.slow
def test_a_history_of_elsewhere(machine: Machine) -> None:
    """There is nothing to go back to in a copy; where it was made there is, also after the folder was moved."""
    _with_two_locks(machine)
    copy = _copied(machine)
    refused = machine.run("rollback", cwd=copy)
    assert refused.exit == 2 and "0 earlier locks are kept here" in refused.stderr
    moved = machine.project.rename(machine.root / "moved")
    assert machine.run("rollback", cwd=moved).exit == 0
    forgotten = machine.run("rollback", cwd=moved, env={"AGENTSYNC_CONFIG_DIR": str(machine.root / "another")})
    assert forgotten.exit == 2


@pytest.mark.slow
def test_history_that_a_pull_brings(machine: Machine) -> None:
    """Into a project that is installed: what the checkout writes over our files is not ours."""
    _with_two_locks(machine)
    history = machine.project / ".agentsync/history"
    for where in history.iterdir():
        text = where.read_text()
        where.write_text(text.replace("good", "bad"))
    assert machine.run("rollback").exit == 2
    newer, older = sorted(history.iterdir())
    shutil.copy(older, newer)  # a stamp is for one place
    assert machine.run("rollback").exit == 2


@pytest.mark.slow
def test_two_checkouts_of_one_project(machine: Machine) -> None:
    """Each is known by itself; the copy works from the hint, with a backup, and is its own from then on."""
    registry = _with_two_locks(machine)
    copy = _copied(machine)
    succeed_in = [machine.run("install", cwd=copy), machine.run("drift", cwd=copy)]
    assert [run.exit for run in succeed_in] == [0, 0]
    assert not (copy / ".agentsync/backup").exists()
    registry.publish("v1.2.0", {"agents/good.md": GOOD.replace("Knows", "Knows it all"), "skills/pdf/SKILL.md": GOOD})
    for folder, backups in ((copy, 1), (machine.project, 0)):
        assert machine.run("update", cwd=folder).exit == 0
        assert len(list(folder.glob(".agentsync/backup/*/.claude/agents/good.md"))) == backups
    registry.publish("v1.3.0", {"agents/good.md": GOOD, "skills/pdf/SKILL.md": GOOD})
    assert machine.run("update", cwd=copy).exit == 0
    assert len(list(copy.glob(".agentsync/backup/*/.claude/agents/good.md"))) == 1, "what was written here is known"


@pytest.mark.slow
@pytest.mark.parametrize("place", ["no folder", "in the project"])
def test_no_place_for_a_key(machine: Machine, place: str) -> None:
    """It is told, and works: the next run has hints."""
    registry = machine.honest()
    (machine.root / "file").write_text("")
    config = machine.root / "file" if place == "no folder" else machine.project / "config"
    env = {"AGENTSYNC_CONFIG_DIR": str(config)}
    run = machine.run("install", env=env)
    assert run.exit == 0 and "is a hint, and no more, for the next one" in run.stderr
    assert not (machine.project / "config").exists()
    narrow, wide = (GOOD.replace("description:", f"tools: {tool}\ndescription:") for tool in ("Read", "Bash"))
    registry.publish("v1.1.0", {"agents/good.md": narrow, "skills/pdf/SKILL.md": GOOD})
    assert machine.run("update", "--accept-grants", env=env).exit == 0
    assert len(list(machine.project.glob(".agentsync/backup/*/.claude/agents/good.md"))) == 1
    registry.publish("v1.2.0", {"agents/good.md": wide, "skills/pdf/SKILL.md": GOOD})
    refused = machine.run("grants", "--accept", env=env)
    assert refused.exit == 3 and "error: a yes cannot be kept" in refused.stderr, refused.stdout


def test_an_older_receipt(machine: Machine) -> None:
    """One without a stamp: nothing is written in a clean project, and the next write gives it one."""
    registry = machine.honest()
    succeed(machine, "install")
    receipt = machine.project / ".agentsync/receipt.json"
    old = json.loads(receipt.read_text())
    assert len(old.pop("stamp")) == 64
    receipt.write_text(json.dumps(old, indent=1) + "\n")
    before = snapshot(receipt)
    succeed(machine, "install")
    assert snapshot(receipt) == before
    registry.publish("v1.1.0", {"agents/good.md": GOOD.replace("Knows", "Knows more"), "skills/pdf/SKILL.md": GOOD})
    succeed(machine, "update", "--accept-grants")
    assert "stamp" in json.loads(receipt.read_text())
