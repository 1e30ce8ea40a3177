"""Abilities of a system that some tests need: each is tried where the tests write, and named where one is skipped.

    @needs("modes")
    def test_...

A test that makes a link or a pipe where there are none needs them without saying so.
"""

# ruff: noqa: PTH208 - names as they are listed

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from agentsync.platform.file_system import takes_modes
from tests.portable.systems import AS_SYSTEM, WINDOWS

needs: Final = pytest.mark.needs
_TESTS: Final = str(Path(__file__).parent)
_COMMANDS_RUN_ON: Final = os.environ.get(AS_SYSTEM, "")
_IS_WINDOWS: Final = os.name != "posix" or WINDOWS.name == _COMMANDS_RUN_ON
_LONG: Final = ("a" * 200, "b" * 200)


def _try(change: Callable[[Path], object]) -> Callable[[Path], bool]:
    """Return whether a call does not fail in an empty folder."""

    def tried(folder: Path) -> bool:
        try:
            return change(folder) is not False
        except (OSError, NotImplementedError, AttributeError):
            return False

    return tried


def _keeps_modes(folder: Path) -> bool:
    """Return whether files keep their mode, for the commands too."""
    plain, program = folder / "plain", folder / "program"
    plain.touch(0o640)
    program.touch()
    program.chmod(0o750)
    modes = [stat.S_IMODE(file.stat().st_mode) for file in (plain, program)]
    return modes == [0o640, 0o750] and not _IS_WINDOWS


def _has_two_names(one: str, other: str) -> Callable[[Path], bool]:
    def tried(folder: Path) -> bool:
        for name in (one, other):
            (folder / name).write_text(name)
        return sorted(os.listdir(folder)) == sorted((one, other))

    return _try(tried)


def _has_pipes(folder: Path) -> bool:
    """Return whether a file can be a pipe, and the commands open one without waiting."""
    os.mkfifo(folder / "a")
    return not _IS_WINDOWS


def _numbers_last(folder: Path) -> bool:
    (folder / "a").touch()
    return (folder / "a").stat().st_ino == (folder / "a").stat().st_ino != 0


def _times_are_fine(folder: Path) -> bool:
    os.utime(folder, ns=(1, 1_000_000_007))
    return folder.stat().st_mtime_ns == 1_000_000_007


def _long_path(folder: Path) -> None:
    folder.joinpath(*_LONG).mkdir(parents=True)


def _takes_a_read_only_file_away(folder: Path) -> None:
    (folder / "a").touch(0o444)
    (folder / "a").unlink()


def _takes_an_open_file_away(folder: Path) -> None:
    with (folder / "a").open("w"):
        (folder / "a").unlink()


class Ability(NamedTuple):
    """Something that not every system has.

    Args:
        lack: the sentence that tells of a system without it.
        has: tries it in an empty folder.
    """

    lack: str
    has: Callable[[Path], bool]


ABILITIES: Final[Mapping[str, Ability]] = {
    "symlinks": Ability("there are no symlinks", _try(lambda folder: (folder / "a").symlink_to("b"))),
    "hard links": Ability("there are no hard links", _try(lambda folder: _hard_link(folder))),
    "pipes": Ability("no file is a pipe", _try(_has_pipes)),
    "modes": Ability("files have no mode", _keeps_modes),
    "case": Ability("upper and lower case are the same name", _has_two_names("a", "A")),
    "forms": Ability(
        "names have no normal form of their own",
        _has_two_names("\xf1", unicodedata.normalize("NFD", "\xf1")),
    ),
    "any name": Ability("not every name is possible", _has_two_names('a:"?*<>|', "b\\")),
    "bytes": Ability("every name is Unicode", _try(lambda folder: (folder / os.fsdecode(b"\xff")).touch())),
    "long paths": Ability("long paths are refused", _try(_long_path)),
    "folder handles": Ability("no folder stays open", lambda _: not _IS_WINDOWS),
    "groups": Ability("there are no groups of processes", lambda _: not _IS_WINDOWS),
    "owners": Ability("files have no owner", lambda _: hasattr(os, "geteuid") and not _IS_WINDOWS),
    "inodes": Ability("numbers of files do not last", _numbers_last),
    "fine times": Ability("times are coarse", _times_are_fine),
    "read-only removal": Ability("a read-only file stays", _try(_takes_a_read_only_file_away)),
    "open removal": Ability("an open file stays", _try(_takes_an_open_file_away)),
    "shell": Ability("programs for a shell do not start", lambda _: sys.platform != "win32"),
    "all letters": Ability("the output has no such letters", lambda _: not _IS_WINDOWS),
}
_CALLS: Final = {"symlink": "symlinks", "link": "hard links", "mkfifo": "pipes"}


def _hard_link(folder: Path) -> None:
    (folder / "a").touch()
    (folder / "b").hardlink_to(folder / "a")


@cache
def has(ability: str, base: Path) -> bool:
    """Return whether the system has an ability, tried once in a folder for tests."""
    with tempfile.TemporaryDirectory(dir=base, ignore_cleanup_errors=True) as folder:
        return ABILITIES[ability].has(Path(folder))


def skip_without(ability: str, base: Path) -> None:
    """Skip the test that runs where the system lacks an ability."""
    if not has(ability, base):
        pytest.skip(f"needs {ability}: {ABILITIES[ability].lack}")


@contextmanager
def as_the_system_is(base: Path) -> Iterator[None]:
    """Skip each test that itself makes a link or a pipe where there are none; the program gets the refusal.

    Tests remove trees with read-only files, such as repositories, on every system. That modes are not kept is
    found out at first, as each command does.
    """
    (base / "tried").touch()
    takes_modes(base / "tried")
    with pytest.MonkeyPatch.context() as patch:
        if not (has("read-only removal", base) and has("inodes", base)):
            patch.setattr(shutil, "rmtree", _remove_tree)
        for name, ability in _CALLS.items():
            if hasattr(os, name) and not has(ability, base):
                patch.setattr(os, name, _skipping(getattr(os, name), ability, base))
        yield


def _remove_tree(top: str | os.PathLike[str], ignore_errors: bool = False, **_: Any) -> None:
    """Remove a tree as `shutil.rmtree` does, read-only files too, whatever the numbers of its folders are."""
    if ignore_errors and not Path(top).is_dir():
        return
    os.stat(top)  # noqa: PTH116 - fails as the original does
    for base, folders, files in os.walk(top, topdown=False):
        for name in files:
            path = Path(base, name)
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
            path.unlink()
        for name in folders:
            (Path.unlink if Path(base, name).is_symlink() else Path.rmdir)(Path(base, name))
    Path(top).rmdir()


def _skipping(call: Callable[..., Any], ability: str, base: Path) -> Callable[..., Any]:
    def called(*arguments: Any, **options: Any) -> Any:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("pathlib"):
            frame = frame.f_back
        if frame.f_code.co_filename.startswith(_TESTS):
            skip_without(ability, base)
        return call(*arguments, **options)

    return called
