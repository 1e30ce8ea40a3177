"""Notes: facts that were worked out once and stay true, such as the packs that a commit offers.

A note depends on nothing but its name, and holds no secret. Notes go with the folder that they are in, and may be
deleted at any time: they are worked out again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agentsync import __version__
from agentsync.platform.files import own_scratch, remove, replace
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.retrying import make_folders

_LARGEST: Final = 256 * 1024 * 1024
# Bounds of one folder, which are checked with one note of 256: to list a folder takes long.
_MOST_FILES: Final = 20_000
_MOST_BYTES: Final = 256 * 1024 * 1024
_CHECKING: Final = "00"


class Notes:
    """The notes in one folder, each a file with JSON.

    Args:
        folder: made with the first note, where its parent is there; it must be the user's own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Any:
        """Return a note as JSON has it, None where there is none that can be read."""
        try:
            return json.loads(read_plain_file(self._folder / name, _LARGEST))
        except (OSError, ValueError, RecursionError):
            return None

    def write(self, name: str, value: Any) -> None:
        """Write a note; where that is not possible, or there is no repository, there is none."""
        if not self._folder.parent.is_dir():
            return
        with suppress(OSError):
            make_folders(self._folder, 0o700)
            with own_scratch(self._folder / name, json.dumps(value).encode("ascii"), lasting=False) as scratch:
                replace(scratch, self._folder / name)
            if name.startswith(_CHECKING):
                self._delete_oldest()

    def _delete_oldest(self) -> None:
        """Delete the oldest notes beyond the bounds, and what a killed process left."""
        found = [(path.stat(), path) for path in self._folder.iterdir()]
        size = 0
        for number, (status, path) in enumerate(sorted(found, key=lambda one: one[0].st_mtime_ns, reverse=True)):
            size += status.st_size
            if number >= _MOST_FILES or size > _MOST_BYTES or path.suffix == ".new":
                remove(path)


def note_name(*parts: str | Sequence[str]) -> str:
    """Return a name for these parts and this version of agentsync, which no other parts have."""
    return hashlib.sha256(json.dumps((__version__, *parts)).encode()).hexdigest()
