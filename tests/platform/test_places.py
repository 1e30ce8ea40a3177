"""The folders of the user, where the system knows the user and where it does not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs
import pytest

from agentsync.commands.completion import completion
from agentsync.errors import DiskError
from agentsync.platform.files import keep_log, scratch_folder
from agentsync.platform.places import cache_folder, config_folder, home_folder, known_home, no_folder, own_state_folder


def test_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is put into a folder `~` of the project: the folders are named, or it is an error that says so."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where the list of users has no such user
    assert known_home() is None
    for folder in (home_folder, cache_folder, config_folder, own_state_folder):
        with pytest.raises(DiskError, match="home folder is not known"):
            folder()
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache"


@pytest.mark.skipif(sys.platform == "win32", reason="HOME is no variable of Windows")
@pytest.mark.parametrize("home", ["", "here"])
def test_an_odd_home_is_none(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    """Nothing is written to the root of the system, or to the current folder, for it."""
    monkeypatch.setenv("HOME", home)
    assert known_home() is None
    with pytest.raises(DiskError) as found:
        completion("bash", install=True)
    assert repr(home) in found.value.why


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs is asked")
@pytest.mark.parametrize("variables", [{}, {"CACHE": "/c", "CONFIG": "/d e", "STATE": "/s"}, {"CONFIG": ""}])
def test_as_platformdirs_has_them(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """On Linux they are known without it; a path that is not absolute counts as none."""
    for name in ("CACHE", "CONFIG", "STATE"):
        monkeypatch.delenv(f"AGENTSYNC_{name}_DIR", raising=False)
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
        if name in variables:
            monkeypatch.setenv(f"XDG_{name}_HOME", variables[name])
    found = cache_folder(), config_folder(), own_state_folder()
    theirs = platformdirs.user_cache_path, platformdirs.user_config_path, platformdirs.user_state_path
    assert found == tuple(ask("agentsync") for ask in theirs)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert cache_folder() == Path.home() / ".cache/agentsync"


def test_nothing_is_below_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither here nor on Windows, where git has another opinion of `/dev/null`."""
    assert no_folder() == os.devnull
    monkeypatch.setattr(sys, "platform", "win32")
    assert "/dev" not in no_folder() and not os.path.lexists(f"{no_folder()}/pre-push")


def test_a_scratch_folder_goes_with_read_only_files() -> None:
    """Git makes its objects so."""
    with scratch_folder() as folder:
        (folder / "objects").mkdir()
        (folder / "objects/a").touch(0o444)
    assert not folder.exists()


def test_a_log_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It holds the text, also letters that no encoding has."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert keep_log("a\udcff\n").read_text("utf-8") == "a\\udcff\n"
