"""File systems that keep the executable bit, and others, by the list of mounts and by trying."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.model.digest import digest_of
from agentsync.model.drift import Drift, classify
from agentsync.model.names import ScopeName
from agentsync.model.rel_path import RelPath
from agentsync.platform import file_system
from tests.needs import needs

LIST: Final = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 8:17 / /media/card rw,nosuid - vfat /dev/sdb1 rw,fmask=0022
31 27 8:18 / /media/my\\040disk rw - fuseblk /dev/sdb2 rw
40 27 0:50 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000
41 27 0:51 / /mnt/d rw - 9p D:\\134 rw,aname=drvfs;path=D:\\;metadata
42 27 0:52 / /shared rw - 9p host rw,trans=virtio
a line that is none
"""


@pytest.fixture(autouse=True)
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A list of mounts."""
    where = tmp_path / "mountinfo"
    where.write_text(LIST)
    monkeypatch.setattr(file_system, "_MOUNTS", where)
    monkeypatch.setattr(file_system, "_tried_in_vain", set())
    file_system._is_mounted_with_modes.cache_clear()
    yield where
    file_system._is_mounted_with_modes.cache_clear()


@pytest.mark.parametrize(
    ("major", "minor", "keeps"),
    [(254, 0, True), (8, 17, False), (8, 18, False), (0, 50, False), (0, 51, True), (0, 52, True), (9, 9, True)],
)
def test_by_the_kind_of_file_system(major: int, minor: int, keeps: bool) -> None:
    """Those of Windows and of cards have none, but where they are told to make them up for each file."""
    assert file_system.keeps_modes(os.makedev(major, minor)) is keeps


def test_without_a_list(mounts: Path) -> None:
    """As on macOS: modes count."""
    mounts.unlink()
    assert file_system.keeps_modes(os.makedev(8, 17))


def test_no_mode_is_another_mode(mounts: Path, tmp_path: Path) -> None:
    """A file there is what the lock says, executable or not, whatever the file system makes up."""
    where = tmp_path / "run.sh"
    where.write_text("#!/bin/sh\n")
    device = where.stat().st_dev
    mounts.write_text(f"1 1 {os.major(device)}:{os.minor(device)} / / rw - vfat x rw\n")
    locked = digest_of(b"#!/bin/sh\n", executable=True)
    for mode in (0o644, 0o755):
        where.chmod(mode)
        local = Folder(Scope(ScopeName.PROJECT, tmp_path, tmp_path)).local(RelPath("run.sh"))
        assert local == locked and classify(locked, local, locked) is Drift.IN_SYNC
        assert local == locked._replace(executable=False)


@needs("modes")
def test_found_out_by_trying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file of ours, which is as it was afterwards; where there is none, modes count."""
    where = tmp_path / "receipt.json"
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    assert file_system.takes_modes(where)
    where.write_text("{}")
    before = where.stat()
    assert file_system.takes_modes(where)
    assert (where.stat().st_mode, where.stat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    monkeypatch.setattr(os, "fchmod", lambda handle, mode: None)
    assert not file_system.takes_modes(where)
    (tmp_path / "linked").symlink_to(tmp_path)
    assert file_system.takes_modes(tmp_path / "linked/receipt.json")


@needs("modes")
def test_a_folder_that_shows_every_user_as_a_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system with one mode for all files tells nothing of other writers."""
    tmp_path.chmod(0o777)
    assert file_system.others_may_write(tmp_path, tmp_path.stat())
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o777
    monkeypatch.setattr(os, "fchmod", lambda handle, mode: None)
    assert not file_system.others_may_write(tmp_path, tmp_path.stat())


@needs("inodes")
def test_the_identity_of_a_folder(mounts: Path, tmp_path: Path) -> None:
    """It is kept when the folder is moved; where inodes do not last, it is the path."""
    one = tmp_path / "one"
    one.mkdir()
    before = file_system.folder_identity(one)
    moved = one.rename(tmp_path / "moved")
    one.mkdir()
    assert file_system.folder_identity(moved) == before != file_system.folder_identity(one)
    device = one.stat().st_dev
    mounts.write_text(f"1 1 {os.major(device)}:{os.minor(device)} / / rw - exfat x rw\n")
    file_system._is_mounted_with_modes.cache_clear()
    assert file_system.folder_identity(one) == str(one.resolve())


def test_a_file_that_another_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has another identity; the same file has one, also where its number is another at each look."""
    file = tmp_path / "HEAD"
    assert file_system.file_identity(file) is None
    file.write_text("one")
    seen = file_system.file_identity(file)
    assert seen == file_system.file_identity(file) is not None
    (tmp_path / "other").write_text("longer")
    (tmp_path / "other").replace(file)
    assert file_system.file_identity(file) != seen
    real, numbers = Path.stat, itertools.count(1)

    def stat_anew(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        fields = list(real(self, follow_symlinks=follow_symlinks))
        return os.stat_result([fields[0], next(numbers), *fields[2:]])

    monkeypatch.setattr(Path, "stat", stat_anew)
    assert file_system.file_identity(file) == file_system.file_identity(file)
