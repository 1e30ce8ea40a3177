"""Patches: what one side becomes on the other, for any bytes, whatever the user set up for git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.git.files import diff_sides
from agentsync.git.git_object import object_id
from agentsync.model.git_file import Side
from agentsync.model.rel_path import RelPath
from tests.git_registry import plain_git_environment
from tests.needs import needs

A = RelPath("a.md")
LINES = st.lists(st.sampled_from([b"one\n", b"two\n", b"\n", b"two\r\n", b" x\n", b"-- \n", b"+\n", b"\xff\n", b"end"]))
SIDES = st.one_of(
    st.builds(Side, st.one_of(LINES.map(b"".join), st.binary(max_size=20)), st.booleans(), st.just(False)),
    st.builds(Side, st.sampled_from([b"elsewhere", b"../x"]), st.just(False), st.just(True)),
)
FILES = st.dictionaries(
    st.sampled_from(["a.md", "b", "d/x.md", "d/y z", "é", "日/😀", ' "q"', "\udcff", "a\tb", "new\nline", "-x"]).map(
        RelPath
    ),
    SIDES,
    max_size=4,
)


def lay_out(folder: Path, files: Mapping[RelPath, Side]) -> None:
    """Put one side on disk."""
    for path, side in files.items():
        where = folder / path
        where.parent.mkdir(parents=True, exist_ok=True)
        if side.is_link:
            where.symlink_to(os.fsdecode(side.data))
        else:
            where.write_bytes(side.data)
            where.chmod(0o755 if side.executable else 0o644)


def picked_up(folder: Path) -> dict[str, Side]:
    """Return the files on disk, as sides."""
    found = {}
    for where in folder.rglob("*"):
        path = str(where.relative_to(folder))
        if path.partition("/")[0] == ".git":
            continue
        if where.is_symlink():
            found[path] = Side(os.fsencode(where.readlink()), is_link=True)
        elif where.is_file():
            found[path] = Side(where.read_bytes(), bool(where.stat().st_mode & 0o100))
    return found


def git_apply(folder: Path, patch: str, *options: str) -> None:
    """Apply a patch as a user would, who has no odd settings."""
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", *options],
        input=patch.encode("utf-8", "surrogateescape"),
        cwd=folder,
        env=plain_git_environment() | {"GIT_CEILING_DIRECTORIES": str(folder.parent)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


@needs("modes", "forms")
@settings(max_examples=30)
@given(old=FILES, new=FILES)
def test_a_patch_leads_there_and_back(
    tmp_path_factory: pytest.TempPathFactory, old: dict[RelPath, Side], new: dict[RelPath, Side]
) -> None:
    """Through git's own hands: text, binary files, links, bits, names of any kind."""
    folder = tmp_path_factory.mktemp("diff")
    patch = diff_sides(old, new)
    assert (patch == "") == (old == new)
    lay_out(folder, new)
    if patch:
        git_apply(folder, patch, "-R")
        assert picked_up(folder) == old
        git_apply(folder, patch)
        assert picked_up(folder) == new


def test_the_form_of_a_patch() -> None:
    """A unified diff, with the names that git gives it."""
    patch = diff_sides({A: Side(b"one\ntwo\n")}, {A: Side(b"one\nthree\n")})
    ids = "..".join(object_id(b"blob", data) for data in (b"one\ntwo\n", b"one\nthree\n"))
    assert patch == (
        f"diff --git a/a.md b/a.md\nindex {ids} 100644\n--- a/a.md\n+++ b/a.md\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
    )


def test_new_and_deleted_files() -> None:
    """Both names stand in the header."""
    assert diff_sides({}, {A: Side(b"x\n")}).startswith("diff --git a/a.md b/a.md\nnew file mode 100644\n")
    assert diff_sides({A: Side(b"x\n", True)}, {}).startswith("diff --git a/a.md b/a.md\ndeleted file mode 100755\n")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """All of them are in the patch."""
    patch = diff_sides({A: Side(b"\0\1")}, {A: Side(b"\0\2")})
    assert "GIT binary patch" in patch
    (tmp_path / A).write_bytes(b"\0\2")
    git_apply(tmp_path, patch, "-R")
    assert (tmp_path / A).read_bytes() == b"\0\1"


def test_only_the_bit() -> None:
    """The bytes are not repeated."""
    patch = diff_sides({A: Side(b"x\n")}, {A: Side(b"x\n", executable=True)})
    assert patch == "diff --git a/a.md b/a.md\nold mode 100644\nnew mode 100755\n"


@pytest.fixture
def odd_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with settings that change what a diff looks like; where a program of theirs would leave a trace."""
    trace = tmp_path / "trace"
    config = tmp_path / "gitconfig"
    config.write_text(
        "[core]\n\tautocrlf = true\n\tquotePath = false\n"
        "[diff]\n\tcontext = 0\n\tnoprefix = true\n\tmnemonicPrefix = true\n\torderFile = /nowhere\n"
        f"\texternal = touch {trace}\n\trenames = copies\n\talgorithm = patience\n\tinterHunkContext = 9\n"
        "[color]\n\tui = always\n"
        f'[filter "x"]\n\tclean = touch {trace}; cat\n\tsmudge = touch {trace}; cat\n\trequired = true\n'
        f'[diff "x"]\n\ttextconv = touch {trace}; cat\n\tcommand = touch {trace}\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    return trace


def test_the_users_settings_change_nothing(odd_settings: Path) -> None:
    """Line ends, context, prefixes, colours and filters are for their own repositories."""
    attributes = RelPath("s/.gitattributes")
    lines = b"".join(b"%d\r\n" % number for number in range(20))
    old = {attributes: Side(b"* filter=x diff=x text eol=crlf ident\n"), RelPath("s/x"): Side(lines)}
    new = {**old, RelPath("s/x"): Side(lines.replace(b"9\r\n", b"9\n"))}
    patch = diff_sides(old, new)
    assert patch.count("\n-") == patch.count("\n+") == 3 and "\x1b" not in patch
    assert "--- a/s/x\n+++ b/s/x\n" in patch and "\n 8\r\n" in patch
    assert not odd_settings.exists()


def test_a_repository_above_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the temporary folder lies in a checkout."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], env=plain_git_environment(), check=True)
    (tmp_path / ".git" / "config").write_text("[garbage\n")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert diff_sides({}, {A: Side(b"x\n")}).endswith("@@ -0,0 +1 @@\n+x\n")


def test_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what it was made with."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    diff_sides({A: Side(b"x\n")}, {})
    assert list(tmp_path.iterdir()) == []
