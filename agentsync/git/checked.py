"""Which entries of locks were compared with their files before, on this machine.

To compare the grants of a lock with what its items ask for, every header has to be read. What came out stays true:
an entry names the digest of each file. So an entry that was found right is remembered by a digest of its own.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync import __version__

CHECKED: Final = "checked-1"


class Checked:
    """The memory, in the cache folder; it may be deleted at any time.

    Args:
        cache: the cache folder, which must be the user's own.
    """

    def __init__(self, cache: Path) -> None:
        self._folder = cache / CHECKED

    def knows(self, entry: str) -> bool:
        """Whether an entry, as text, was found right by this version of agentsync."""
        return self._place(entry).is_file()

    def remember(self, entry: str) -> None:
        """Remember that an entry is right; where that cannot be written, it is looked at again next time."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._place(entry).touch(mode=0o600)

    def _place(self, entry: str) -> Path:
        return self._folder / hashlib.sha256(f"{__version__}\n{entry}".encode("utf-8", "surrogateescape")).hexdigest()
