"""The imitated file systems behave as those that they stand for."""

# ruff: noqa: PTH104, PTH105 - what the system's call does is what is tested

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.git_registry import GitRegistry
from tests.portable import fuse
from tests.portable.manners import ALL, DRVFS, EXFAT, MACOS, TWO_SECONDS, WINDOWS, Manners
from tests.portable.systems import mounted

pytestmark = pytest.mark.skipif(bool(fuse.why_not()), reason=fuse.why_not())


@pytest.fixture(scope="module", params=list(ALL.values()), ids=list(ALL))
def manners(request: pytest.FixtureRequest) -> Manners:
    """Each of the file systems."""
    found: Manners = request.param
    return found


@pytest.fixture(scope="module")
def mount(manners: Manners, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return its mount point."""
    with mounted(manners, tmp_path_factory.mktemp(manners.name)) as where:
        yield where


@pytest.fixture
def folder(mount: Path) -> Path:
    """A new folder on it."""
    return Path(tempfile.mkdtemp(dir=mount))


def test_a_name_in_any_case_is_one_file(folder: Path) -> None:
    """It is found in any case, listed as it was written, and its case can be changed."""
    (folder / "Rev.md").write_text("x")
    assert (folder / "rev.MD").read_text() == "x"
    os.rename(folder / "Rev.md", folder / "rev.md")
    assert os.listdir(folder) == ["rev.md"]  # noqa: PTH208 - the name as it is


def test_a_name_is_found_in_any_normal_form(folder: Path, manners: Manners) -> None:
    """One system keeps it decomposed; the others keep it, and do not find another form."""
    (folder / "mañana").touch()
    (name,) = (path.name for path in folder.iterdir())
    assert unicodedata.is_normalized("NFC", name) != (manners is MACOS)
    assert (folder / unicodedata.normalize("NFD", name)).exists() == (manners is MACOS)


def test_modes(folder: Path, manners: Manners) -> None:
    """The executable bit is kept by none but one."""
    script = folder / "run.sh"
    script.touch()
    before = script.stat().st_mode
    script.chmod(0o755)
    assert (script.stat().st_mode != before) == (manners is MACOS)
    assert bool(before & 0o111) == (manners in (EXFAT, DRVFS))


def test_links(folder: Path, manners: Manners) -> None:
    """Some have none."""
    (folder / "a").touch()
    for make, has in ((os.symlink, manners.symlinks), (os.link, manners.hard_links)):
        try:
            make(folder / "a", folder / make.__name__)
            made = True
        except PermissionError:
            made = False
        assert made == has, make.__name__


def test_an_open_file(folder: Path, manners: Manners) -> None:
    """One system neither moves nor replaces nor deletes it, or a folder with it; the others tell of it to the end."""
    inner = folder / "folder"
    inner.mkdir()
    (folder / "other").touch()
    with (inner / "open").open("w") as file:
        if manners is WINDOWS:
            refusals: list[Callable[[], None]] = [
                lambda: os.rename(inner / "open", inner / "moved"),
                lambda: os.replace(folder / "other", inner / "open"),
                (inner / "open").unlink,
                lambda: os.rename(inner, folder / "moved"),
            ]
            for refused in refusals:
                with pytest.raises(PermissionError):
                    refused()
        else:
            os.rename(inner, folder / "moved")
            (folder / "moved/open").unlink()
            file.write("still written")
            file.flush()
            assert os.fstat(file.fileno()).st_size == len("still written")
    if manners is WINDOWS:
        os.rename(inner / "open", inner / "moved")


def test_a_file_that_may_not_be_written(folder: Path, manners: Manners) -> None:
    """One system does not delete it."""
    (folder / "a").touch()
    (folder / "a").chmod(0o444)
    if manners is WINDOWS:
        with pytest.raises(PermissionError):
            (folder / "a").unlink()
        (folder / "a").chmod(0o666)
    (folder / "a").unlink()


def test_a_long_path(folder: Path, manners: Manners) -> None:
    """One system has 259 characters."""
    deep = folder / ("a" * 120) / ("b" * (258 - len(str(folder)) - 122))
    deep.parent.mkdir()
    deep.touch()
    if manners is WINDOWS:
        with pytest.raises(FileNotFoundError):
            deep.with_name(deep.name + "bb").touch()
    else:
        deep.with_name(deep.name + "bb").touch()


def test_what_is_told_of_a_file(folder: Path, manners: Manners) -> None:
    """One system has coarse times, and numbers that do not last."""
    (folder / "a").touch()
    first, second = (folder / "a").stat(), (folder / "a").stat()
    assert (first.st_ino == second.st_ino) == (manners is not EXFAT)
    assert manners is not EXFAT or first.st_mtime_ns % TWO_SECONDS == 0


def test_git_works(folder: Path) -> None:
    """A repository is made, written and collected."""
    registry = GitRegistry(folder / "a.git")
    commit = registry.publish("v1", {"agents/a.md": "A"})
    registry.git("gc", "--quiet")
    assert registry.read(commit, "agents/a.md") == b"A"
