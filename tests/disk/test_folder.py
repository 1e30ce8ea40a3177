"""Files of a scope: hashed as they are, written whole, never through a link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope, find_project
from agentsync.disk.swap import read_entry
from agentsync.disk.whole import write_whole
from agentsync.errors import DiskError, ManifestError, UnsafeError
from agentsync.model.digest import digest_of
from agentsync.model.drift import Blocked, Replaced, Unreadable
from agentsync.model.names import ScopeName
from agentsync.model.rel_path import RelPath
from agentsync.platform.descent import entered
from agentsync.platform.open_folder import Entry, OpenFolder
from tests.in_memory import other_file_system
from tests.needs import needs

AGENT = RelPath(".claude/agents/a.md")
needs_limits = pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may do anything")


def put(scope: Scope, path: str, data: bytes = b"x") -> Path:
    """A file of the user's."""
    where = scope.root / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(data)
    return where


def files(root: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_stands_on_a_path(scope: Scope, folder: Folder) -> None:
    """A file, a script, a link, a folder, a pipe, nothing."""
    assert folder.local(AGENT) is None
    where = put(scope, AGENT, b"one")
    assert folder.local(AGENT) == digest_of(b"one")
    where.chmod(0o755)
    assert folder.local(AGENT) == digest_of(b"one", executable=True)
    where.chmod(0o654)
    assert folder.local(AGENT) == digest_of(b"one"), "only the owner's bit counts"
    where.unlink()
    where.symlink_to("nowhere")
    assert folder.local(AGENT) is Replaced.SYMLINK
    where.unlink()
    where.mkdir()
    assert folder.local(AGENT) is Replaced.FOLDER
    where.rmdir()
    os.mkfifo(where)
    assert folder.local(AGENT) is Replaced.OTHER


def test_what_stands_on_many_paths(scope: Scope, folder: Folder) -> None:
    """Each is told as it is, whatever stands beside it; what is behind a link is not looked at."""
    put(scope, "agents/a.md", b"one")
    put(scope, "agents/large.md", b"x" * 1_000_000)
    put(scope, "agents/empty.md", b"").chmod(0o755)
    put(scope, "agents/file", b"two")
    (scope.root / "agents/link.md").symlink_to("a.md")
    (scope.root / "agents/folder.md").mkdir()
    (scope.root / "linked").symlink_to(scope.root / "agents")
    found = folder.local_files(
        RelPath(path)
        for path in (
            *("agents/a.md", "linked/a.md", "agents/link.md", "agents/large.md", "agents/folder.md", "agents/none.md"),
            *("none/a.md", "agents/empty.md", "agents/file/a.md", "linked/none.md"),
        )
    )
    assert found == {
        "agents/a.md": digest_of(b"one"),
        "linked/a.md": Blocked(Replaced.SYMLINK, RelPath("linked")),
        "agents/link.md": Replaced.SYMLINK,
        "agents/large.md": digest_of(b"x" * 1_000_000),
        "agents/folder.md": Replaced.FOLDER,
        "agents/none.md": None,
        "none/a.md": None,
        "agents/empty.md": digest_of(b"", executable=True),
        "agents/file/a.md": Blocked(Replaced.OTHER, RelPath("agents/file")),
        "linked/none.md": Blocked(Replaced.SYMLINK, RelPath("linked")),
    }
    assert folder.statuses.keys() >= {"agents/a.md", "agents/large.md", "agents/empty.md"}
    assert folder.statuses[RelPath("agents/a.md")] == (scope.root / "agents/a.md").lstat()


def test_a_file_that_is_not_as_long_as_it_was(tmp_path: Path) -> None:
    """All of it is read, whatever it was said to hold."""
    where = tmp_path / "a"
    where.write_bytes(b"x" * 300_000)
    entry = Entry(OpenFolder(str(tmp_path)), "a")
    assert {size: len(read_entry(entry, size)) for size in (0, 5, 299_999, 300_001, 900_000)} == dict.fromkeys(
        (0, 5, 299_999, 300_001, 900_000), 300_000
    )


@needs_limits
def test_a_file_that_cannot_be_read(scope: Scope, folder: Folder) -> None:
    """It is there, and it is not ours to guess what it holds."""
    put(scope, AGENT).chmod(0)
    assert folder.local(AGENT) == Unreadable("permission denied")
    with pytest.raises(DiskError, match="cannot read"):
        folder.read(AGENT)


@pytest.mark.parametrize("link", [".claude", ".claude/agents"])
def test_nothing_is_done_through_a_link(scope: Scope, folder: Folder, tmp_path: Path, link: str) -> None:
    """Neither read nor written, changed, deleted or listed."""
    outside = tmp_path / "outside"
    target = outside / AGENT.removeprefix(f"{link}/")
    target.parent.mkdir(parents=True)
    target.write_bytes(b"private")
    (scope.root / link).parent.mkdir(exist_ok=True)
    (scope.root / link).symlink_to(outside)
    before = files(outside)
    assert folder.local(AGENT) == Blocked(Replaced.SYMLINK, RelPath(link))
    assert list(folder.walk(RelPath(".claude/agents"))) == []
    assert folder.link_target(AGENT) is None
    acts: list[Callable[[], object]] = [
        lambda: folder.write(AGENT, b"x", executable=False),
        lambda: folder.make_executable(AGENT, True),
        lambda: folder.delete(AGENT, digest_of(b"x")),
    ]
    for act in acts:
        with pytest.raises(UnsafeError, match=f"{link} is a symlink"):
            act()
    assert files(outside) == before


def test_a_link_is_moved_and_not_what_it_points_to(scope: Scope, folder: Folder, tmp_path: Path) -> None:
    """Setting aside what stands in the way leaves the other end alone."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_bytes(b"private")
    (scope.root / ".claude").mkdir()
    (scope.root / ".claude" / "agents").symlink_to(outside)
    backup = scope.state / "backup" / "x"
    assert folder.set_aside(AGENT, backup) == ".claude/agents"
    assert (backup / ".claude" / "agents").readlink() == outside
    folder.write(AGENT, b"ours", executable=False)
    assert files(outside) == {"a.md": b"private"}
    assert folder.read(AGENT) == b"ours"


def test_a_file_in_place_of_a_folder(scope: Scope, folder: Folder) -> None:
    """It is the user's, and nothing is below it."""
    put(scope, ".claude/agents", b"mine")
    assert folder.local(AGENT) == Blocked(Replaced.OTHER, RelPath(".claude/agents"))
    with pytest.raises(UnsafeError, match=r"\.claude/agents is no folder"):
        folder.write(AGENT, b"x", executable=False)
    assert files(scope.root) == {".claude/agents": b"mine"}


def test_a_file_is_written_whole(scope: Scope, folder: Folder) -> None:
    """With its folders and its bit; over what was there; with nothing left beside it."""
    folder.write(AGENT, b"one", executable=False)
    assert folder.local(AGENT) == digest_of(b"one")
    folder.write(AGENT, b"two", executable=True)
    assert folder.local(AGENT) == digest_of(b"two", executable=True)
    assert list(files(scope.root)) == [AGENT]
    assert list((scope.state / "stage").iterdir()) == []


@needs("modes")
def test_the_umask_is_kept(scope: Scope, folder: Folder) -> None:
    """A private user's files are private."""
    before = os.umask(0o077)
    try:
        folder.write(AGENT, b"x", executable=True)
        folder.write(RelPath("b"), b"x", executable=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.locate(AGENT).stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.locate(RelPath("b")).stat().st_mode) == 0o600


@needs("long paths")
@pytest.mark.parametrize("name", ["x" * 255, pytest.param("é" * 127, marks=needs("forms")), "😀" * 63, "日" * 85])
def test_the_longest_names(folder: Folder, name: str) -> None:
    """As long as a file system takes them."""
    path = RelPath(f"d/{name}")
    folder.write(path, b"x", executable=False)
    assert folder.read(path) == b"x"
    assert folder.delete(path, digest_of(b"x"))


def test_what_a_killed_process_left(scope: Scope, folder: Folder) -> None:
    """A staged file of the same name, as another process with our number leaves it, is no obstacle."""
    folder.write(AGENT, b"one", executable=False)
    stage = scope.state / "stage"
    seen: list[str] = []

    def look(handle: int) -> None:
        seen.extend(path.name for path in stage.iterdir())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", look)
        folder.write(AGENT, b"two", executable=False)
    assert len(seen) == 1
    (stage / seen[0]).write_bytes(b"torn")
    (stage / seen[0]).chmod(0o400)
    folder.write(AGENT, b"three", executable=False)
    assert folder.read(AGENT) == b"three"


def test_a_write_that_fails_leaves_the_old_file(scope: Scope, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk; nothing stays behind."""
    folder.write(AGENT, b"old", executable=False)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=r"cannot write \.claude/agents/a\.md") as caught:
        folder.write(AGENT, b"new", executable=False)
    assert caught.value.why == "no space left on device" and "free some space" in caught.value.hint
    assert files(scope.root) == {AGENT: b"old"}


@needs("long paths")
def test_another_file_system(scope: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another file system than the state folder, the file is copied beside its place first."""
    shared = other_file_system(tmp_path)
    if shared is None:
        pytest.skip("there is just one file system")
    stage = shared / f"agentsync-test-{os.getpid()}"
    where = tmp_path / ("x" * 255)
    where.write_bytes(b"old")

    def write(*, executable: bool = False) -> None:
        with entered(str(stage), (), make=True) as scratch, entered(str(tmp_path), ()) as folder:
            write_whole(Entry(folder, where.name), b"new", stage=scratch, executable=executable)

    try:
        write(executable=True)
        assert where.read_bytes() == b"new" and os.access(where, os.X_OK)
        where.unlink()
        (where / "folder").mkdir(parents=True)
        with pytest.raises(OSError, match="irectory"):
            write()
        assert list(stage.iterdir()) == []
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []
    finally:
        stage.rmdir()


@needs("modes")
def test_modes(folder: Folder) -> None:
    """The bit goes where the file may be read, and goes away everywhere."""
    folder.write(AGENT, b"x", executable=False)
    where = folder.locate(AGENT)
    for mode, executable in ((0o640, 0o750), (0o644, 0o755), (0o600, 0o700)):
        where.chmod(mode)
        folder.make_executable(AGENT, True)
        assert stat.S_IMODE(where.stat().st_mode) == executable
        folder.make_executable(AGENT, False)
        assert stat.S_IMODE(where.stat().st_mode) == mode


def test_deleting_takes_empty_folders_along(scope: Scope, folder: Folder) -> None:
    """But no folder that holds anything, and not the root."""
    put(scope, ".claude/skills/x/SKILL.md")
    put(scope, ".claude/skills/x/scripts/run.sh")
    put(scope, ".claude/mine.md")
    assert folder.delete(RelPath(".claude/skills/x/scripts/run.sh"), digest_of(b"x"))
    assert not (scope.root / ".claude/skills/x/scripts").exists()
    assert folder.delete(RelPath(".claude/skills/x/SKILL.md"), digest_of(b"x"))
    assert sorted(files(scope.root)) == [".claude/mine.md"]
    assert not (scope.root / ".claude/skills").exists()
    assert folder.delete(RelPath(".claude/mine.md"), digest_of(b"x"))
    assert scope.root.is_dir()
    assert not folder.delete(RelPath(".claude/never.md"), digest_of(b"x"))


def test_setting_aside(scope: Scope, folder: Folder) -> None:
    """Whatever it is, as it is, below the same path."""
    backup = scope.state / "backup" / "x"
    put(scope, "a/file", b"1").chmod(0o755)
    put(scope, "a/folder/inner", b"2")
    (scope.root / "a/link").symlink_to("nowhere")
    for name in ("file", "folder", "link"):
        assert folder.set_aside(RelPath(f"a/{name}"), backup) == f"a/{name}"
    assert files(backup) == {"a/file": b"1", "a/folder/inner": b"2"}
    assert os.access(backup / "a/file", os.X_OK)
    assert (backup / "a/link").readlink() == Path("nowhere")
    assert not (scope.root / "a").exists()
    with pytest.raises(DiskError, match="cannot set a/file aside"):
        folder.set_aside(RelPath("a/file"), backup)


def test_copying_aside(scope: Scope, folder: Folder) -> None:
    """The file stays where it is."""
    put(scope, "a/file", b"1").chmod(0o755)
    backup = scope.state / "backup" / "x"
    folder.copy_aside(RelPath("a/file"), backup)
    assert files(scope.root) == {"a/file": b"1", ".agentsync/backup/x/a/file": b"1"}


def test_walking(scope: Scope, folder: Folder, tmp_path: Path) -> None:
    """Every file, link and pipe below a folder; links are told, not followed; odd names as they are."""
    put(scope, "s/SKILL.md")
    put(scope, "s/sub/x")
    (scope.root / "s/empty").mkdir()
    (scope.root / "s/to-folder").symlink_to(tmp_path)
    (scope.root / "s/to-file").symlink_to("SKILL.md")
    os.mkfifo(scope.root / "s/pipe")
    put(scope, "s/odd\n\\name")
    (scope.root / os.fsdecode(b"s/\xff")).write_bytes(b"")
    assert sorted(folder.walk(RelPath("s"))) == sorted(
        ["s/SKILL.md", "s/sub/x", "s/to-folder", "s/to-file", "s/pipe", "s/odd\n\\name", "s/\udcff"]
    )
    assert list(folder.walk(RelPath("none"))) == []
    assert list(folder.walk(RelPath("s/to-folder"))) == []
    assert list(folder.walk(RelPath("s/SKILL.md"))) == []


def test_link_targets(scope: Scope, folder: Folder) -> None:
    """The text of a link, untouched."""
    (scope.root / "link").symlink_to("./a//../\udcff")
    assert folder.link_target(RelPath("link")) == b"./a//../\xff"
    put(scope, "file")
    with pytest.raises(DiskError, match="cannot read the link file"):
        folder.link_target(RelPath("file"))


def test_a_tool_that_moved_its_folder(tmp_path: Path) -> None:
    """In user scope the first part of a path may stand elsewhere, and may be the user's own link."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    folder = Folder(Scope(ScopeName.USER, home, home / ".config", {".claude": elsewhere}))
    folder.write(AGENT, b"x", executable=False)
    assert files(elsewhere) == {"agents/a.md": b"x"}
    assert folder.local(AGENT) == digest_of(b"x")
    assert list(folder.walk(RelPath(".claude"))) == [AGENT]
    folder.set_aside(AGENT, home / ".config/.agentsync/backup/x")
    assert elsewhere.is_dir() and list(elsewhere.iterdir()) == []
    (elsewhere / "agents").symlink_to(home)
    assert folder.local(AGENT) == Blocked(Replaced.SYMLINK, RelPath(".claude/agents"))
    with pytest.raises(UnsafeError, match=r"\.claude/agents is a symlink"):
        folder.write(AGENT, b"x", executable=False)


def test_finding_the_project(tmp_path: Path) -> None:
    """The nearest folder with a manifest, from inside out."""
    inner = tmp_path / "outer" / "inner" / "deep"
    inner.mkdir(parents=True)
    with pytest.raises(ManifestError, match=r"no agentsync\.yaml here or in any folder above"):
        find_project(inner)
    (tmp_path / "outer" / "agentsync.yaml").touch()
    assert find_project(inner) == tmp_path / "outer"
    (inner.parent / "agentsync.yaml").touch()
    assert find_project(inner) == inner.parent
    (inner / "agentsync.yaml").mkdir()
    assert find_project(inner) == inner.parent
