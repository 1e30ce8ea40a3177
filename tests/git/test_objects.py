"""Reading a bare repository: what git itself lists, within the limits."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsync.errors import UnsafeError
from agentsync.git.objects import ObjectReader
from agentsync.model.git_file import TreeEntry
from agentsync.model.policy import Limits
from tests.git_registry import plain_git_environment


def repository(folder: Path, object_format: str) -> Callable[..., bytes]:
    """Makes a bare one; returns what runs git in it."""

    def git(*arguments: str, stdin: bytes = b"") -> bytes:
        command = ["git", f"--git-dir={folder}", *arguments]
        done = subprocess.run(command, input=stdin, env=plain_git_environment(), check=True, capture_output=True)
        return done.stdout.rstrip(b"\n")

    git("init", "--quiet", "--bare", f"--object-format={object_format}")
    return git


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_entries_are_those_that_git_lists(tmp_path: Path, object_format: str) -> None:
    """Modes, order and names, the odd ones too."""
    git = repository(tmp_path / "odd.git", object_format)
    blob, other = git("hash-object", "-w", "--stdin", stdin=b"x"), git("hash-object", "-w", "--stdin", stdin=b" \0")
    inner = git("mktree", "-z", stdin=b"100644 blob %s\tz\xff\0" % blob + b"100755 blob %s\ta b\0" % other)
    empty = git("mktree")
    rows = (
        b"100664 blob %s\ta.md" % blob,
        b"40000 tree %s\ta" % inner,
        b"40000 tree %s\tab" % inner,
        b"40000 tree %s\tempty" % empty,
        b"120000 blob %s\ta0" % blob,
        b"160000 commit %s\tmodule" % (b"1" * len(blob)),
        b"100644 blob %s\tnew\nline\ttab" % other,
    )
    top = git("mktree", "-z", "--missing", stdin=b"".join(row + b"\0" for row in rows)).decode()
    listed = {}
    for line in git("ls-tree", "-r", "-z", "--full-tree", top).split(b"\0")[:-1]:
        facts, _, path = line.partition(b"\t")
        mode, _, oid = facts.decode().split(" ")
        listed[path.decode("utf-8", "surrogateescape")] = TreeEntry(mode, oid)
    found = ObjectReader(tmp_path / "odd.git").entries(top)
    assert list(found.items()) == list(listed.items())
    assert found["a/z\udcff"].oid == blob.decode()


def test_thousands_of_folders_side_by_side(tmp_path: Path) -> None:
    """As in a registry of many packs: all of them are listed, and any of them is found."""
    git = repository(tmp_path / "many.git", "sha1")
    names = [f"folder-{number}-of-many-others" for number in range(1_200)]
    files = "".join(f"M 644 inline packs/{name}/one.md\ndata {len(name)}\n{name}\n" for name in names)
    git("fast-import", "--quiet", stdin=f"commit refs/heads/main\ncommitter a <a@a> 1 +0000\ndata 1\nx{files}".encode())
    commit, tree = git("rev-parse", "main", "main^{tree}").decode().split()
    objects = ObjectReader(tmp_path / "many.git")
    listed = git("ls-tree", "-r", "--format=%(path) %(objectname)", "main").decode().splitlines()
    assert [f"{path} {entry.oid}" for path, entry in objects.entries(tree).items()] == listed
    some = [f"packs/{name}" for name in (*names[:3], names[-1])]
    asked = git("rev-parse", *(f"main:{path}" for path in some)).decode().split()
    assert objects.tree_ids([(commit, path) for path in (*some, "packs/folder-1")]) == [*asked, None]
    many = [f"packs/{name}" for name in names[::50]]
    trees = git("rev-parse", *(f"main:{path}" for path in many)).decode().split()
    assert objects.tree_ids([(commit, path) for path in (*many, "packs/one.md")]) == [*trees, None]
    objects.close()


def test_a_tree_in_itself_by_many_names(tmp_path: Path) -> None:
    """Ten trees that name a million files: it is not listed to the end."""
    git = repository(tmp_path / "bomb.git", "sha1")
    oid, row = git("hash-object", "-w", "--stdin", stdin=b"x"), b"100644 blob %s\t%d\n"
    for _ in range(10):
        oid = git("mktree", stdin=b"".join(row % (oid, number) for number in range(8)))
        row = b"40000 tree %s\t%d\n"
    small = ObjectReader(tmp_path / "bomb.git", Limits(listing=100_000))
    with pytest.raises(UnsafeError, match="names more files than are looked at"):
        small.entries(oid.decode())
    with pytest.raises(UnsafeError, match="names more files than are looked at"):
        ObjectReader(tmp_path / "bomb.git", Limits(listing=100)).entries(oid.decode())
