"""A file that a person names for what a command prints."""

from __future__ import annotations

from pathlib import Path

from agentsync.disk.disk_error import disk_errors
from agentsync.disk.whole import write_whole
from agentsync.platform.descent import entered
from agentsync.platform.open_folder import Entry


def write_output(where: Path, data: bytes) -> None:
    """Write a file whole or not at all, in a folder that is there, and follow a link that the file is.

    Raises:
        DiskError: where the file system refuses, or the folder is missing.
    """
    with disk_errors(f"cannot write {where}"):
        goal = where.resolve()
        if not goal.parent.is_dir():
            raise FileNotFoundError(2, "there is no such folder", str(goal.parent))
        with entered(str(goal.parent), ()) as folder:
            write_whole(Entry(folder, goal.name), data, stage=folder)
