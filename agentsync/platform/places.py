"""The folders of the user and of the machine, as each system has them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from agentsync.errors import DiskError

_NAME: Final = "agentsync"
# The accounts that own what an administrator puts into ProgramData: Administrators, SYSTEM and TrustedInstaller.
_ADMINISTRATORS: Final = (
    "S-1-5-32-544",
    "S-1-5-18",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
)


def cache_folder() -> Path:
    """Return the folder of cached repositories: `AGENTSYNC_CACHE_DIR`, else in the system's cache folder."""
    if named := os.environ.get("AGENTSYNC_CACHE_DIR"):
        return Path(named).absolute()
    return _known("user_cache_dir", "XDG_CACHE_HOME", ".cache")


def config_folder() -> Path:
    """Return the folder of the user's own manifest and settings."""
    if named := os.environ.get("AGENTSYNC_CONFIG_DIR"):
        return Path(named).absolute()
    return _known("user_config_dir", "XDG_CONFIG_HOME", ".config")


def own_state_folder() -> Path:
    """Return the folder of the user's own state: `state` in `AGENTSYNC_CONFIG_DIR`, else the system's state folder."""
    if os.environ.get("AGENTSYNC_CONFIG_DIR"):
        return config_folder() / "state"
    return _known("user_state_dir", "XDG_STATE_HOME", ".local/state")


def known_home() -> Path | None:
    """Return the user's home folder, None where neither the environment nor the list of users has one.

    An empty or relative HOME is none: Python would make the root of the system or a folder in the current one of it.
    """
    try:
        found = Path.home()
    except RuntimeError:
        return None
    is_odd = sys.platform != "win32" and not os.environ.get("HOME", "/").startswith("/")
    return None if is_odd else found


def home_folder() -> Path:
    """Return the user's home folder; raise DiskError where none is known."""
    home = known_home()
    if home is None:
        raise DiskError(
            "your home folder is not known",
            why=f"HOME is {os.environ['HOME']!r}, and no absolute path"
            if "HOME" in os.environ
            else "HOME is not set, and the list of users does not have you",
            hint="set HOME, or name folders in AGENTSYNC_CACHE_DIR and AGENTSYNC_CONFIG_DIR",
        )
    return home


def _known(ask: str, variable: str, below_home: str) -> Path:
    """Return our folder; raise DiskError where it would be in a home folder that is not known.

    Args:
        ask: the function of `platformdirs` that knows it on every system.
        variable: what names it on Linux: `platformdirs` takes as long to load as Python itself.
        below_home: where it is on Linux, where that is not set.

    Source: XDG Base Directory Specification 0.8, a path that is not absolute counts as none.
    """
    if sys.platform == "linux" and "ANDROID_ROOT" not in os.environ:
        if (named := os.environ.get(variable, "")).startswith("/"):
            return Path(named, _NAME)
        if (home := os.environ.get("HOME", "")).startswith("/"):
            return Path(home, below_home, _NAME)
    import platformdirs

    try:
        folder = Path(getattr(platformdirs, ask)(_NAME))
    except RuntimeError:
        return home_folder()
    if folder.parts[:1] == ("~",):
        home_folder()
    return folder.absolute()


def no_folder() -> str:
    """Return a path below which nothing can be, as git takes it.

    Git for Windows reads `/dev/null` as a path of its own installation, and warns of it. There it is a file of ours.
    """
    return os.devnull if sys.platform != "win32" else Path(__file__).absolute().as_posix()


def git_settings() -> Path:
    """Return the file of git's settings for all users, where most systems have it."""
    return Path("/etc/gitconfig")


def machine_folders() -> tuple[Path, ...]:
    """Return the folder of the machine's policy, where only an administrator can have made it.

    On Windows every user can make a folder in ProgramData, so its owner counts.
    """
    if sys.platform != "win32":
        return (Path("/etc", _NAME),)
    folder = Path(os.environ.get("PROGRAMDATA") or r"C:\ProgramData", _NAME)
    return (folder,) if _owner(folder) in _ADMINISTRATORS else ()


def _owner(folder: Path) -> str:
    """Return the security identifier of the owner of a folder on Windows, "" where it cannot be read.

    Source: GetNamedSecurityInfoW and ConvertSidToStringSidW (Microsoft).
    """
    import ctypes

    library = getattr(ctypes, "windll", None)
    if library is None:
        return ""
    owner, descriptor, text = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_wchar_p()
    is_file, wants_owner = 1, 1
    failed = library.advapi32.GetNamedSecurityInfoW(
        str(folder), is_file, wants_owner, ctypes.byref(owner), None, None, None, ctypes.byref(descriptor)
    )
    if failed:
        return ""
    try:
        if not library.advapi32.ConvertSidToStringSidW(owner, ctypes.byref(text)):
            return ""
        found = text.value or ""
        library.kernel32.LocalFree(text)
    finally:
        library.kernel32.LocalFree(descriptor)
    return found
