"""Carrying out a plan: what is ours is written, what is a person's is set aside first, or left."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync.disk.apply import apply_plan
from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift, classify
from agentsync.model.plan import (
    CAREFUL,
    RESTORING,
    THEIRS,
    Action,
    Applied,
    Change,
    DriftRules,
    Owner,
    Plan,
    action_for,
)
from agentsync.model.rel_path import RelPath
from tests.needs import needs

PATH = RelPath(".claude/agents/a.md")
OTHER = RelPath(".claude/agents/b.md")


def put(scope: Scope, path: str, data: bytes) -> Path:
    """A file of the user's."""
    where = scope.root / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(data)
    return where


def files(root: Path) -> dict[str, bytes]:
    """Every file below a folder, without our own."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and ".agentsync" not in path.relative_to(root).parts
    }


def change(
    scope: Scope,
    base: FileDigest | None,
    wanted: FileDigest | None,
    policy: DriftRules = CAREFUL,
    path: RelPath = PATH,
) -> Change:
    """A change as the planner makes it for what is on disk now."""
    local = Folder(scope).local(path)
    drift = classify(base, local, wanted) or Drift.EXTRA
    action = action_for(drift, local, wanted, policy)
    return Change(path, (Owner("p", "agent:a", "t"),), base, local, wanted, drift, action)


def apply(scope: Scope, *changes: Change, **contents: bytes) -> Applied:
    """Carry out changes; contents by the name of the file without its ending."""
    paths = {change.path.rpartition("/")[2].partition(".")[0]: change.path for change in changes}
    return apply_plan(Plan(changes), {paths[name]: data for name, data in contents.items()}, scope)


A, B = digest_of(b"a"), digest_of(b"b")
X = digest_of(b"a", executable=True)


def test_a_new_file(scope: Scope) -> None:
    """Written and remembered."""
    done = apply(scope, change(scope, None, A), a=b"a")
    assert files(scope.root) == {PATH: b"a"}
    assert done.receipt.files == {PATH: A} and done.backup is None and done.failures == ()


def test_an_update_and_a_deletion(scope: Scope) -> None:
    """Our own file is replaced, or deleted with its empty folder."""
    put(scope, PATH, b"a")
    assert apply(scope, change(scope, A, B), a=b"b").receipt.files == {PATH: B}
    assert files(scope.root) == {PATH: b"b"}
    assert apply(scope, change(scope, B, None)).receipt.files == {}
    assert not (scope.root / ".claude").exists()


@needs("inodes")
def test_only_the_mode(scope: Scope) -> None:
    """The bytes are not written again, so none are needed."""
    where = put(scope, PATH, b"a")
    before = where.stat().st_ino
    assert apply(scope, change(scope, A, X)).receipt.files == {PATH: X}
    assert Folder(scope).local(PATH) == X and where.stat().st_ino == before


@pytest.mark.parametrize("meanwhile", [b"saved", None])
def test_what_changed_meanwhile_is_left_alone(scope: Scope, meanwhile: bytes | None) -> None:
    """A person was faster: the file stays, and is told as stopped; what we remember stays as it was."""
    where = put(scope, PATH, b"a")
    planned = change(scope, A, B)
    where.unlink() if meanwhile is None else where.write_bytes(meanwhile)
    done = apply(scope, planned, a=b"b")
    assert files(scope.root) == ({} if meanwhile is None else {PATH: meanwhile})
    assert [one.action for one in done.plan.changes] == [Action.STOP]
    assert done.receipt.files == {PATH: A}


def test_a_persons_bytes_are_set_aside(scope: Scope) -> None:
    """Below their own path, in a folder of their own for each run."""
    for text in (b"mine", b"mine again"):
        put(scope, PATH, text)
        done = apply(scope, change(scope, A, B, THEIRS), a=b"b")
        assert files(scope.root) == {PATH: b"b"}
        assert done.backup is not None and files(done.backup) == {PATH: text}
    assert len(list((scope.state / "backup").iterdir())) == 2


def test_a_folder_in_place_of_a_file(scope: Scope) -> None:
    """All that is in it goes along."""
    put(scope, f"{PATH}/deep/x", b"mine")
    done = apply(scope, change(scope, None, A, RESTORING), a=b"a")
    assert files(scope.root) == {PATH: b"a"}
    assert done.backup is not None and files(done.backup) == {f"{PATH}/deep/x": b"mine"}


def test_a_link_in_the_way_of_several_files(scope: Scope, tmp_path: Path) -> None:
    """It is moved once; all of the files are written; what it points to is left alone."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_bytes(b"private")
    (scope.root / ".claude").mkdir()
    (scope.root / ".claude/agents").symlink_to(outside)
    changes = [change(scope, None, digest, RESTORING, path) for path, digest in ((PATH, A), (OTHER, B))]
    done = apply(scope, *changes, a=b"a", b=b"b")
    assert done.plan.stopped == () and done.failures == ()
    assert files(scope.root) == {PATH: b"a", OTHER: b"b"}
    assert files(outside) == {"a.md": b"private"}
    assert done.backup is not None and (done.backup / ".claude/agents").is_symlink()


def test_extra_files(scope: Scope) -> None:
    """Set aside where a policy says so, along with a folder that stands in place of a file."""
    folder, inner = RelPath(".claude/skills/s/x"), RelPath(".claude/skills/s/x/y")
    put(scope, inner, b"mine")
    changes = [change(scope, A, A, RESTORING, folder), change(scope, None, None, RESTORING, inner)]
    done = apply(scope, *changes, x=b"a")
    assert done.plan.stopped == ()
    assert files(scope.root) == {folder: b"a"}
    assert done.backup is not None and files(done.backup) == {inner: b"mine"}


def test_one_failure_does_not_stop_the_others(scope: Scope) -> None:
    """It is told, its file is stopped, and what we remember of it stays."""
    put(scope, PATH, b"a")
    (scope.root / ".claude/commands").symlink_to(scope.root)
    blocked = RelPath(".claude/commands/c.md")
    owners = (Owner("p", "command:c", "t"),)
    planned = Change(blocked, owners, None, None, A, Drift.MISSING, Action.TAKE)
    link = Change(blocked, owners, B, Folder(scope).local(blocked), A, Drift.DIVERGED, Action.TAKE)
    done = apply(scope, change(scope, A, B), planned, a=b"b", c=b"a")
    assert files(scope.root) == {PATH: b"b"}
    assert [one.path for one in done.plan.stopped] == [blocked] and done.failures == ()
    done = apply(scope, link, c=b"a")
    assert [error.code for error in done.failures] == ["unsafe"]
    assert done.receipt.files == {blocked: B}
