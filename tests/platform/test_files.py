"""Moves, deletions and links as every system has them: refusals that pass, read-only files, no `O_NOFOLLOW`."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentsync.platform import open_folder, plain_files, retrying
from agentsync.platform.files import give_name, remove, remove_tree, replace
from agentsync.platform.links import is_link, is_link_status, real_path, walk
from agentsync.platform.open_folder import Entry, NotAFolder, OpenFolder
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.processes import find_program
from agentsync.platform.retrying import retried
from tests.needs import needs


def refusing(call: Callable[..., Any], is_refused: Callable[..., bool]) -> Callable[..., Any]:
    """Return a call that a system refuses sometimes."""

    def called(*arguments: Any, **options: Any) -> Any:
        if is_refused(*arguments):
            raise PermissionError(errno.EACCES, "access is denied")
        return call(*arguments, **options)

    return called


def test_a_refusal_that_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call is tried again."""
    first = {"replace": True, "unlink": True}

    def once(name: str) -> Callable[..., bool]:
        return lambda *_: first.pop(name, False)

    monkeypatch.setattr(os, "replace", refusing(os.replace, once("replace")))
    monkeypatch.setattr(os, "unlink", refusing(os.unlink, once("unlink")))
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")
    replace(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "new"
    remove(tmp_path / "b")
    assert not first and not any(tmp_path.iterdir())


def test_a_refusal_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told in the end, and a process waits for no more than so long."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(retrying, "_left", 0.5)
    for _ in range(3):
        with pytest.raises(PermissionError):
            retried(refusing(int, lambda *_: True))
    assert 0.3 < sum(waits) <= 0.5


def test_waits_that_help_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files are held for a moment, each move is tried again."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(retrying, "_left", 0.5)
    for number in range(200):
        refusals = iter((True, True, False))
        assert retried(refusing(lambda number=number: number, lambda *_, once=refusals: next(once))) == number


def is_read_only(*arguments: Any) -> bool:
    """Return whether the goal of a call is a file without the right to write."""
    try:
        return not os.stat(arguments[-1]).st_mode & stat.S_IWUSR  # noqa: PTH116 - as the call has it
    except OSError:
        return False


@needs("modes")
def test_read_only_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are replaced and removed where the system refuses that; after a failure they are read-only again."""
    monkeypatch.setattr(os, "replace", refusing(os.replace, is_read_only))
    monkeypatch.setattr(os, "unlink", refusing(os.unlink, is_read_only))
    (tmp_path / "folder/deep").mkdir(parents=True)
    for name in ("folder/a", "folder/deep/b", "goal"):
        (tmp_path / name).touch(mode=0o444)
    replace(tmp_path / "folder/a", tmp_path / "goal")
    with pytest.raises(FileNotFoundError):
        replace(tmp_path / "none", tmp_path / "goal")
    assert stat.S_IMODE((tmp_path / "goal").stat().st_mode) == 0o444
    remove_tree(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["goal"]


def test_links_are_removed_and_not_entered(tmp_path: Path) -> None:
    """Neither a tree nor a walk goes through one."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a").touch()
    (tmp_path / "tree/folder").mkdir(parents=True)
    (tmp_path / "tree/linked").symlink_to(tmp_path / "outside")
    assert [(folders, names) for _, folders, names in walk(tmp_path / "tree")] == [(["folder"], ["linked"]), ([], [])]
    remove_tree(tmp_path / "tree")
    assert (tmp_path / "outside/a").exists() and not (tmp_path / "tree").exists()


class Junction:
    """The status of a junction: to all but its tag, it is a folder."""

    st_mode = stat.S_IFDIR | 0o777
    st_reparse_tag = 0xA0000003

    def __getitem__(self, place: int) -> int:
        return self.st_mode if place == stat.ST_MODE else 0


def test_a_junction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a link, and its target is followed only where that is asked for."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "junction").symlink_to(tmp_path / "outside")
    real = os.lstat
    monkeypatch.setattr(
        os,
        "lstat",
        lambda path, **more: Junction() if os.fspath(path).endswith("junction") else real(path, **more),
    )
    assert is_link(tmp_path / "junction") and is_link_status(os.lstat("junction"))
    assert real_path(tmp_path / "junction") == str(tmp_path / "outside")
    with pytest.raises(NotAFolder) as caught:
        OpenFolder(str(tmp_path)).enter("junction")
    assert caught.value.is_link


def test_without_a_flag_against_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link is refused all the same."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")
    for module in (plain_files, open_folder):
        monkeypatch.setattr(module, "_NO_FOLLOW", 0)
    monkeypatch.setattr(open_folder, "_AS_IT_IS", 0)
    with pytest.raises(OSError, match="symbolic links") as caught:
        read_plain_file(tmp_path / "link", 9)
    assert caught.value.errno == errno.ELOOP
    with pytest.raises(OSError, match="symbolic links"):
        Entry(OpenFolder(str(tmp_path)), "link").open(os.O_RDONLY)
    assert read_plain_file(tmp_path / "link", 9, follow=True) == b"x"


def test_the_first_of_two_processes_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is given once, also where no file has two."""
    for number, has_links in enumerate((True, False)):
        if not has_links:
            monkeypatch.setattr(os, "link", refusing(os.link, lambda *_: True))
        where = tmp_path / f"key{number}"
        for text in ("first", "second"):
            (tmp_path / "scratch").write_text(text)
            give_name(tmp_path / "scratch", where)
            assert where.read_text() == "first"
            (tmp_path / "scratch").unlink(missing_ok=True)


@needs("modes")
def test_a_program_is_found_on_the_path_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the current folder, nor in a relative one."""
    (tmp_path / "git").touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    assert find_program("git", os.pathsep.join(("", ".", "bin"))) is None
    assert find_program("git", f".{os.pathsep}{tmp_path}") == str(tmp_path / "git")
    (tmp_path / "git").chmod(0o644)
    assert find_program("git", str(tmp_path)) is None
