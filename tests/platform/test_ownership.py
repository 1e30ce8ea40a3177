"""The owner of a cache: one that others can write to is not used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentsync.errors import UnsafeError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.platform.ownership import insist_on_own
from tests.needs import needs


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    """Or none at all."""
    insist_on_own(tmp_path)
    insist_on_own(tmp_path / "none")
    (tmp_path / "link").symlink_to(tmp_path)
    insist_on_own(tmp_path / "link", may_be_link=True)


@needs("modes")
def test_a_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user, or all users."""
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 7)
    with pytest.raises(UnsafeError, match="not yours alone") as caught:
        insist_on_own(tmp_path)
    assert caught.value.why == f"it belongs to user {tmp_path.stat().st_uid}"
    monkeypatch.undo()
    tmp_path.chmod(0o777)
    with pytest.raises(UnsafeError) as caught:
        insist_on_own(tmp_path)
    assert caught.value.why == "every user may write to it"
    tmp_path.chmod(0o1777)
    insist_on_own(tmp_path)


@needs("modes")
def test_as_root_the_user_behind_sudo_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As git has it."""
    owner = tmp_path / "owner"
    owner.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(owner, 4711, -1)
    with pytest.raises(UnsafeError):
        insist_on_own(owner)
    monkeypatch.setenv("SUDO_UID", "4711")
    insist_on_own(owner)


def test_a_link_in_the_cache(tmp_path: Path) -> None:
    """Nothing of ours is a link there; the cache itself may be one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "cache").symlink_to(elsewhere)
    url = parse_git_url("/srv/x.git")
    folder = Cache(tmp_path / "cache").repository(url).folder
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    with pytest.raises(UnsafeError) as caught:
        Cache(tmp_path / "cache").repository(url)
    assert caught.value.why == "it is a symlink"
