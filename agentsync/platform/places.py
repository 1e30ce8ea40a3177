"""The folders of the user and of the machine, as each system has them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

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
    import platformdirs

    return Path(platformdirs.user_cache_dir(_NAME)).absolute()


def config_folder() -> Path:
    """Return the folder of the user's own manifest and settings."""
    if named := os.environ.get("AGENTSYNC_CONFIG_DIR"):
        return Path(named).absolute()
    import platformdirs

    return Path(platformdirs.user_config_dir(_NAME)).absolute()


def own_state_folder() -> Path:
    """Return the folder of the user's own state: `state` in `AGENTSYNC_CONFIG_DIR`, else the system's state folder."""
    if os.environ.get("AGENTSYNC_CONFIG_DIR"):
        return config_folder() / "state"
    import platformdirs

    return Path(platformdirs.user_state_dir(_NAME)).absolute()


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
