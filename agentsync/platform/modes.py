"""Modes of files: those that are made, and the one bit of each that counts."""

from __future__ import annotations

import os
import stat


def write_for_user_alone() -> None:
    """Let no file or folder that is made from now on be writable for all users."""
    os.umask(os.umask(0o077) | stat.S_IWOTH)


def is_program(status: os.stat_result) -> bool:
    """Return whether its owner may execute a file, as far as its file system tells."""
    return bool(status[stat.ST_MODE] & stat.S_IXUSR)
