"""One file in the place of another: only of the one that is expected there, and no bytes are lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsync.disk import swap
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Local, Replaced
from agentsync.platform import descent
from agentsync.platform.descent import Descent
from agentsync.platform.open_folder import Entry

OLD, NEW = digest_of(b"old"), digest_of(b"new")
_DESCENTS: list[Descent] = []


@pytest.fixture(params=[True, False], ids=["by handles", "by paths"], autouse=True)
def has_handles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On a system that can work in an open folder, and on one that cannot."""
    monkeypatch.setattr(descent, "HAS_HANDLES", request.param)
    yield
    while _DESCENTS:
        _DESCENTS.pop().__exit__(None, None, None)


def at(path: Path) -> Entry:
    """A path as an entry of its folder."""
    _DESCENTS.append(Descent())
    return Entry(_DESCENTS[-1].enter(str(path.parent), ()), path.name)


def look(path: Path) -> Local:
    """As of a path."""
    return swap.look(at(path))


def put(source: Path, where: Path, expected: Local) -> bool:
    """As of paths."""
    return swap.put(at(source), at(where), expected)


def take_away(where: Path, scratch: Path, expected: FileDigest) -> bool:
    """As of paths."""
    return swap.take_away(at(where), at(scratch), expected)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The new file."""
    found = tmp_path / "source"
    found.write_bytes(b"new")
    return found


@pytest.fixture(params=["swapping", "not swapping"])
def where(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place, with the old file in it; on a system that can swap two files, and on one that cannot."""
    if request.param == "not swapping":
        monkeypatch.setattr(Entry, "exchange", lambda one, other: False)
    found = tmp_path / "where"
    found.write_bytes(b"old")
    return found


def test_what_is_expected_is_replaced(source: Path, where: Path) -> None:
    """And nothing is left of it."""
    assert put(source, where, OLD)
    assert look(where) == NEW and not source.exists()


def test_nothing_is_expected(source: Path, tmp_path: Path) -> None:
    """A new file comes into being whole, and never over another."""
    assert put(source, tmp_path / "fresh", None)
    assert look(tmp_path / "fresh") == NEW and not source.exists()
    source.write_bytes(b"newer")
    assert not put(source, tmp_path / "fresh", None)
    assert look(tmp_path / "fresh") == NEW and source.read_bytes() == b"newer"


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_without_links(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """As on a stick, or while a scanner holds the file: the same, with a look instead."""

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    assert put(source, tmp_path / "fresh", None)
    source.write_bytes(b"newer")
    assert not put(source, tmp_path / "fresh", None)
    assert look(tmp_path / "fresh") == NEW


@pytest.mark.parametrize("found", [b"mine", None])
def test_something_else_stands_there(source: Path, where: Path, found: bytes | None) -> None:
    """It stays, and so does what should have come."""
    where.unlink() if found is None else where.write_bytes(found)
    assert not put(source, where, OLD)
    assert look(where) == (None if found is None else digest_of(found))
    assert look(source) == NEW
    (where.unlink if found is not None else where.parent.exists)()
    where.symlink_to(source)
    assert not put(source, where, OLD)
    assert look(where) is Replaced.SYMLINK


def test_saved_at_the_last_moment(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the last look and the swap: the two change back."""
    where = tmp_path / "where"
    where.write_bytes(b"old")
    real, saved = Entry.exchange, iter([True])

    def overtaken(one: Entry, other: Entry) -> bool:
        if next(saved, False):
            where.write_bytes(b"mine")
        return real(one, other)

    if not real(at(source), at(where)):
        pytest.skip("this system cannot swap two files")
    real(at(source), at(where))
    monkeypatch.setattr(Entry, "exchange", overtaken)
    assert not put(source, where, OLD)
    assert where.read_bytes() == b"mine" and look(source) == NEW


def test_taking_away(where: Path, tmp_path: Path) -> None:
    """Only what is expected goes."""
    assert not take_away(where, tmp_path / "scratch", NEW)
    assert look(where) == OLD
    assert take_away(where, tmp_path / "scratch", OLD)
    assert [path.name for path in tmp_path.iterdir() if path.name != "source"] == []


def test_taken_away_at_the_last_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who saves then finds the file where it was."""
    where = tmp_path / "where"
    where.write_bytes(b"old")
    real = Entry.rename

    def overtaken(entry: Entry, other: Entry) -> None:
        where.write_bytes(b"mine")
        real(entry, other)

    monkeypatch.setattr(Entry, "rename", overtaken)
    assert not take_away(where, tmp_path / "scratch", OLD)
    assert where.read_bytes() == b"mine" and not (tmp_path / "scratch").exists()
