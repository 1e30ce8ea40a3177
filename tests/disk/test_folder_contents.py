"""A folder on disk as a pack: what git would make of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentsync.disk import folder_contents
from agentsync.disk.folder_contents import FolderContents, Known
from agentsync.errors import DiskError, UnsafeError, UsageError
from agentsync.model.policy import Limits
from agentsync.model.working_tree import TrackedFile
from tests.git_registry import plain_git_environment
from tests.needs import needs


def git(folder: Path, *arguments: str) -> str:
    """Run git in a work tree, or make one of the folder."""
    environment = plain_git_environment() | {"GIT_DIR": str(folder.with_name("git")), "GIT_WORK_TREE": str(folder)}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, check=True)
    return os.fsdecode(done.stdout).removesuffix("\n")


@dataclass(frozen=True)
class Thing:
    """A file, or with `link` a symlink to what its bytes name."""

    data: bytes
    executable: bool = False
    link: bool = False


# Names that sort differently as bytes, as text and as folders.
NAMES = st.sampled_from(
    [
        "a",
        "b",
        "a.md",
        "a-b",
        "a0",
        "A",
        "é",
        "e\u0301",
        "日",
        " x",
        "-x",
        "#",
        "a\nb",
        "a\\b",
        '"',
        "\udcff",
        ".x",
        "~",
    ]
)
THINGS = st.one_of(
    st.builds(Thing, st.binary(max_size=20), st.booleans()),
    st.builds(Thing, st.sampled_from([b"a", b"../x", b"/etc/passwd", b"\xff", b"."]), link=st.just(True)),
)
TREES: st.SearchStrategy[dict[str, object]] = st.dictionaries(
    NAMES, st.recursive(THINGS, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=6), max_size=5
)


def lay_out(folder: Path, tree: dict[str, object]) -> None:
    """Put a tree on disk."""
    folder.mkdir()
    for name, thing in tree.items():
        where = folder / name
        if isinstance(thing, dict):
            lay_out(where, thing)
        elif isinstance(thing, Thing) and thing.link:
            where.symlink_to(os.fsdecode(thing.data))
        elif isinstance(thing, Thing):
            where.write_bytes(thing.data)
            where.chmod(0o755 if thing.executable else 0o644)


@needs("modes", "symlinks", "case")
@settings(max_examples=25)
@example(tree={"a": {"x": Thing(b"1")}, **{name: Thing(b"2") for name in ("a-b", "a.md", "a0", "A")}})
@given(tree=TREES)
def test_the_tree_id_is_that_of_git(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]) -> None:
    """For any files, bits, links and names; folders that hold nothing do not count."""
    top = tmp_path_factory.mktemp("pack")
    folder = top / "work"
    lay_out(folder, tree)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    expected = git(folder, "write-tree")
    listing = git(folder, "ls-files", "--stage", "-z").split("\0")[:-1]
    shutil.rmtree(folder.with_name("git"))
    found = FolderContents(folder, "../work")
    assert found.tree == expected
    rows = {f"{entry.mode} {entry.oid} 0\t{path}" for path, entry in found.entries.items()}
    behind = found.links.files
    assert {row for row in rows if row.partition("\t")[2] not in behind} == {
        row for row in listing if row.partition("\t")[2] not in behind
    }
    data = found.read(found.entries)
    assert data.keys() == found.entries.keys()
    shutil.rmtree(top)


def test_what_is_passed_over(tmp_path: Path) -> None:
    """Files of git, of Python and of agentsync itself; pipes; no link is followed."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"private")
    folder = tmp_path / "work"
    lay_out(folder, {"agents": {"a.md": Thing(b"a")}, ".git": {"HEAD": Thing(b"x")}, "__pycache__": {"x": Thing(b"")}})
    (folder / ".agentsync").mkdir()
    (folder / ".agentsync" / "receipt.json").touch()
    (folder / "agents" / "linked").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "pipe")
    contents = FolderContents(folder, "work")
    assert sorted(contents.entries) == ["agents/a.md", "agents/linked"]
    assert contents.read(["agents/a.md"]) == {"agents/a.md": b"a"}
    assert not contents.entries["agents/linked"].is_plain
    assert contents.read(["agents/linked"])["agents/linked"] == os.fsencode(tmp_path / "outside")


@needs("modes")
def test_one_byte_or_bit_changes_the_id(tmp_path: Path) -> None:
    """So that the lock sees every change."""
    folder = tmp_path / "work"
    lay_out(folder, {"a": Thing(b"one")})
    ids = [FolderContents(folder, "work").tree]
    (folder / "a").write_bytes(b"two")
    ids.append(FolderContents(folder, "work").tree)
    (folder / "a").chmod(0o755)
    ids.append(FolderContents(folder, "work").tree)
    (folder / "a").rename(folder / "b")
    ids.append(FolderContents(folder, "work").tree)
    assert len(set(ids)) == 4


@needs("modes")
def test_modes_that_the_file_system_does_not_keep(tmp_path: Path) -> None:
    """They come from git's index, where a link may be a plain file; or from the digests of known programs."""
    folder = tmp_path / "work"
    lay_out(folder, {"run.sh": Thing(b"x", executable=True), "a.md": Thing(b"a"), "l": Thing(b"a.md", link=True)})
    expected = FolderContents(folder, "work").tree
    (folder / "run.sh").chmod(0o644)
    (folder / "a.md").chmod(0o755)
    programs = Known({}, {hashlib.sha256(b"x").hexdigest()})
    assert FolderContents(folder, "work", known=programs).tree == expected
    (folder / "l").unlink()
    (folder / "l").write_bytes(b"a.md")
    modes = {"run.sh": "100755", "a.md": "100644", "l": "120000"}
    tracked = Known({path: TrackedFile(mode, "") for path, mode in modes.items()})
    found = FolderContents(folder, "work", known=tracked)
    assert found.tree == expected
    assert found.read(["l"]) == {"l": b"a"}


def test_a_link_that_git_wrote_as_a_file(tmp_path: Path) -> None:
    """As `core.symlinks` says: it is a link still, where git's index has one with this target."""
    folder = tmp_path / "work"
    lay_out(folder, {"a.md": Thing(b"a"), "l": Thing(b"a.md")})
    oid = hashlib.sha1(b"blob 4\0a.md", usedforsecurity=False).hexdigest()
    plain = FolderContents(folder, "work")
    assert plain.has_flat_links and plain.entries["l"].mode != "120000"
    known = Known({"l": TrackedFile("120000", oid)}, has_modes=True)
    found = FolderContents(folder, "work", known=known)
    assert found.tree != plain.tree and found.read(["l"]) == {"l": b"a"}
    (folder / "l").write_bytes(b"b.md")
    edited = FolderContents(folder, "work", known=known)
    assert edited.tree == FolderContents(folder, "work").tree and not edited.has_flat_links


@pytest.mark.parametrize("converts", [True, False])
def test_line_ends_that_git_stores(tmp_path: Path, converts: bool) -> None:
    """A text that git has written with CRLF has the bytes of the index; an edited one, and a binary one, its own."""
    folder = tmp_path / "work"
    stored = {"a.md": b"a\nb\n", "edited.md": b"a\n", "b": b"\0\n", "long.md": b"x" * 300_000 + b"\n"}
    lay_out(folder, {path: Thing(data) for path, data in stored.items()})
    before = FolderContents(folder, "work")
    assert not before.has_crlf
    tracked = {path: TrackedFile("100644", entry.oid, converts) for path, entry in before.entries.items()}
    written = {path: data.replace(b"\n", b"\r\n") for path, data in stored.items()} | {"edited.md": b"b\r\n"}
    for path, data in written.items():
        (folder / path).write_bytes(data)
    found = FolderContents(folder, "work", known=Known(tracked, has_modes=True))
    restored = {"a.md", "long.md"} if converts else set()
    assert found.has_crlf and found.read(written) == {
        path: stored[path] if path in restored else written[path] for path in written
    }


def test_no_folder(tmp_path: Path) -> None:
    """Told as it is written, and where that is."""
    (tmp_path / "file").touch()
    for name in ("none", "file"):
        with pytest.raises(UsageError, match=rf"there is no folder \.\./{name}") as caught:
            FolderContents(tmp_path / name, f"../{name}")
        assert str(tmp_path / name) in caught.value.why


def test_more_files_than_any_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest may name any folder, a whole disk too."""
    monkeypatch.setattr(folder_contents, "MOST", 3)
    for number in range(4):
        (tmp_path / str(number)).touch()
    with pytest.raises(UnsafeError, match="the/pack holds more than 3 files"):
        FolderContents(tmp_path, "the/pack")


def test_a_file_that_is_too_large_to_read(tmp_path: Path) -> None:
    """It is listed, hashed piece by piece, and not read into memory."""
    (tmp_path / "large").write_bytes(b"x" * 101)
    contents = FolderContents(tmp_path, "the/pack", Limits(file=10, read=100))
    assert contents.sizes(["large"]) == {"large": 101}
    with pytest.raises(UnsafeError, match="the/pack holds more than is read") as caught:
        contents.read(["large"])
    assert caught.value.why == "large has 101 bytes, more than 100 bytes"


def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    """Its bytes are not those of the tree, so they are not returned."""
    (tmp_path / "a").write_bytes(b"one")
    contents = FolderContents(tmp_path, "the/pack")
    (tmp_path / "a").write_bytes(b"two")
    with pytest.raises(DiskError, match="changed while it was read"):
        contents.read(["a"])


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    """A pipe would never end."""
    os.mkfifo(tmp_path / "pipe")
    assert dict(FolderContents(tmp_path, "the/pack").entries) == {}
