"""The journal: what was begun is finished once, where it was begun, and only there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from agentsync.disk.journal import Journal
from agentsync.disk.scope import Scope
from agentsync.disk.state import State
from agentsync.errors import DiskError, LockError
from agentsync.formats.intent import Intent, NewerIntent, dump_intent, parse_intent, text_id
from agentsync.model.digest import digest_of
from agentsync.model.drift import Drift, Replaced, Unreadable
from agentsync.model.names import ScopeName
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.rel_path import RelPath
from tests.needs import needs

HOMES = (".claude/agents/", ".claude/skills/")
PATH, ODD = RelPath(".claude/agents/a.md"), RelPath(".claude/skills/s/odd\n\udcff")
A, B = digest_of(b"a"), digest_of(b"b")
WRITING = Change(PATH, (), None, None, A, Drift.MISSING, Action.TAKE)
INTENT = Intent(Plan((WRITING,)), {PATH: b"a"}, manifest="packs: {}\n", before=("", ""))


@pytest.fixture
def journal(scope: Scope) -> Journal:
    """The journal of an empty project."""
    return Journal(scope, State(scope), lambda: HOMES)


def interrupt(journal: Journal, intent: Intent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin, and come no further than the journal."""

    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_do", stop)
        with pytest.raises(KeyboardInterrupt):
            journal.carry_out(intent)


def test_carried_out(journal: Journal, scope: Scope) -> None:
    """And nothing left of it."""
    assert journal.carry_out(INTENT).receipt.files == {PATH: A}
    assert (scope.root / PATH).read_bytes() == b"a"
    assert scope.manifest.read_text() == "packs: {}\n"
    assert not State(scope).journal.is_pending


def test_resumed(journal: Journal, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another process, and once."""
    interrupt(journal, INTENT, monkeypatch)
    assert State(scope).journal.is_pending and not scope.manifest.exists()
    other = Journal(scope, State(scope), lambda: HOMES)
    applied = other.resume()
    assert applied is not None and applied.receipt.files == {PATH: A}
    assert (scope.root / PATH).read_bytes() == b"a"
    assert other.resume() is None and not State(scope).journal.is_pending


@pytest.mark.parametrize("path", [".vscode/tasks.json", "CLAUDE.md", "src/x.py", ".claude/settings.json"])
def test_a_path_of_no_tool(journal: Journal, scope: Scope, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """A journal that names a file outside of the folders of AI tools is not finished, whatever else it holds."""
    other = WRITING._replace(path=RelPath(path))
    plan = Plan((WRITING, other))
    interrupt(journal, INTENT._replace(plan=plan, contents={PATH: b"a", other.path: b"a"}), monkeypatch)
    assert journal.resume() is None and not State(scope).journal.is_pending
    assert not (scope.root / path).exists() and not (scope.root / PATH).exists() and not scope.manifest.exists()


def test_what_a_person_did_meanwhile(journal: Journal, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of theirs is left; where it is the manifest, nothing of it is worth anything any more."""
    interrupt(journal, INTENT, monkeypatch)
    (scope.root / PATH).parent.mkdir(parents=True)
    (scope.root / PATH).write_bytes(b"mine")
    applied = journal.resume()
    assert applied is not None and [one.path for one in applied.plan.stopped] == [PATH]
    assert (scope.root / PATH).read_bytes() == b"mine"
    interrupt(journal, INTENT, monkeypatch)
    scope.manifest.write_text("mine: {}\n")
    assert journal.resume() is None and not State(scope).journal.is_pending
    assert scope.manifest.read_text() == "mine: {}\n"


@needs("inodes")
def test_a_copy_is_not_believed(journal: Journal, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that came with a checkout does nothing."""
    interrupt(journal, INTENT, monkeypatch)
    folder = scope.root.with_name("copy")
    shutil.copytree(scope.root, folder)
    copied = Scope(ScopeName.PROJECT, folder, folder, own=scope.own)
    assert Journal(copied, State(copied), lambda: HOMES).resume() is None
    assert not (folder / PATH).exists() and not copied.manifest.exists()
    root = scope.root.rename(folder.with_name("moved"))
    moved = Scope(ScopeName.PROJECT, root, root, own=scope.own)
    assert Journal(moved, State(moved), lambda: HOMES).resume() is not None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"journal": 1}', b"[" * 100_000])
def test_a_damaged_journal(journal: Journal, scope: Scope, data: bytes) -> None:
    """It is cleared away: what is on disk is looked at as it is."""
    scope.state.mkdir()
    State(scope).journal.path.write_bytes(data)
    assert journal.resume() is None and not State(scope).journal.is_pending


def test_a_newer_journal(journal: Journal, scope: Scope) -> None:
    """No other version can finish it."""
    scope.state.mkdir()
    newer = json.dumps({"journal": 2}).encode() + b"\n"
    State(scope).journal.path.write_bytes(newer)
    assert journal.resume() is None, "it is not from here"
    State(scope).journal.write(newer)
    with pytest.raises(LockError, match="a newer agentsync was interrupted here"):
        journal.resume()
    assert State(scope).journal.is_pending


def test_a_full_disk_is_tried_again(journal: Journal, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed write is told, and the next run finishes it."""
    with monkeypatch.context() as patch:

        def full(*arguments: object, **options: object) -> bool:
            raise DiskError("cannot write", why="no space left on device")

        patch.setattr("agentsync.disk.folder.Folder.write", full)
        assert [error.code for error in journal.carry_out(INTENT._replace(installed="x")).failures] == ["disk"]
    assert State(scope).journal.is_pending
    assert not (scope.state / "history").exists(), "it was not installed"
    assert journal.resume() is not None
    assert (scope.root / PATH).read_bytes() == b"a" and not State(scope).journal.is_pending
    (remembered,) = (scope.state / "history").iterdir()
    assert remembered.read_text().startswith("x# stamp: ")


def test_all_that_an_intent_can_hold() -> None:
    """Written down and read back; not in another folder, and not a byte short."""
    changes = (
        Change(PATH, (), A, B, None, Drift.DIVERGED, Action.SET_ASIDE),
        Change(ODD, (), None, Replaced.SYMLINK, None, Drift.EXTRA, Action.SET_ASIDE),
        Change(RelPath("b"), (), None, Unreadable("no"), A, Drift.FOREIGN, Action.STOP),
    )
    intent = Intent(
        Plan(changes),
        {PATH: b"a\n\xff", RelPath("b"): b""},
        "manifest",
        "lock",
        (text_id("x"), text_id(None)),
        {("acme/web", PATH): b"patch", ("acme/web", RelPath("b")): None},
        {PATH: (b"attempt", b"upstream")},
        {RelPath("b"): True},
        "installed",
    )
    data = dump_intent(intent, "7")
    assert parse_intent(data, "7") == intent
    assert parse_intent(data, "8") is None
    with pytest.raises(ValueError, match="cut short"):
        parse_intent(data[:-1], "7")
    with pytest.raises(NewerIntent):
        parse_intent(data.replace(b'"journal": 1', b'"journal": 2'), "7")


@pytest.mark.parametrize("path", ["../x", "/x", ".claude/../../x"])
def test_no_path_leads_out(path: str) -> None:
    """Not even that of a file without an owner."""
    for drift in (Drift.EXTRA, Drift.MISSING):
        bad = Change(RelPath(path), (), None, None, None, drift, Action.SET_ASIDE)
        with pytest.raises(Exception, match="x"):
            parse_intent(dump_intent(Intent(Plan((bad,))), "7"), "7")


def test_scratch_files(journal: Journal, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scratch files are removed, but for those that may be a person's."""
    interrupt(journal, INTENT, monkeypatch)
    stage = scope.state / "stage"
    for name, data in {"1-1.new": b"torn", "1-2": b"a", "1-3": b"", "1-4": b"mine"}.items():
        (stage / name).write_bytes(data)
    assert journal.resume() is not None
    assert not stage.exists()
    kept: list[Path] = [path for path in (scope.state / "backup").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [b"mine"]
