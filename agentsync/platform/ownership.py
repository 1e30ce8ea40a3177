"""The owner of a folder of the cache.

A cached repository has a configuration of its own, and git obeys it: a user who can put a folder
there can name programs. So the cache is used only where its user alone can write. Git has the same
rule for the repositories it works in (`safe.directory`, git-config(1)).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from agentsync.errors import UnsafeError
from agentsync.platform.file_system import others_may_write
from agentsync.platform.links import is_link_status


def insist_on_own(folder: Path, *, may_be_link: bool = False) -> None:
    """Raise UnsafeError where others can write to a folder of the cache; a missing folder is fine.

    Args:
        folder: the folder.
        may_be_link: it may be a link to such a folder.
    """
    try:
        status = folder.stat(follow_symlinks=may_be_link)
    except OSError:
        return  # the next write fails, and its message has the reason
    if why := _why_not_own(folder, status):
        raise UnsafeError(
            f"the cache {folder} is not yours alone",
            why=why,
            hint="delete it, or name another folder in AGENTSYNC_CACHE_DIR",
        )


def is_own(status: os.stat_result) -> bool:
    """Return whether a file is the user's own, as far as the system has owners."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _why_not_own(folder: Path, status: os.stat_result) -> str:
    if is_link_status(status):
        return "it is a symlink"
    if not hasattr(os, "geteuid"):
        return ""  # the platform has no such owners
    mine = {str(os.geteuid())}
    if mine == {"0"}:
        mine.add(os.environ.get("SUDO_UID", "0"))
    if str(status.st_uid) not in mine:
        return f"it belongs to user {status.st_uid}"
    is_shared = not status.st_mode & stat.S_ISVTX and others_may_write(folder.resolve(), status, stat.S_IWOTH)
    return "every user may write to it" if is_shared else ""
