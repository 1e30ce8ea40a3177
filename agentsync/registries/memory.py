"""What was worked out once and stays true, kept beside the cached repository that it was read from.

It goes with that repository, and may be deleted at any time. Nothing is kept here that is not a
function of what its name was made of, and nothing that nobody may know.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agentsync.platform.plain_files import read_plain_file

_FOLDER: Final = "agentsync-1"
_LARGEST: Final = 256 * 1024 * 1024


class Memory:
    """What is remembered beside one repository.

    Args:
        repository: the folder of the repository, which must be the user's own; nothing is kept where it is not there.
    """

    def __init__(self, repository: Path) -> None:
        self._folder = repository / _FOLDER

    def recall(self, name: str) -> Any:
        """What was remembered, as JSON has it; None where nothing is."""
        try:
            return json.loads(read_plain_file(self._folder / name, _LARGEST))
        except (OSError, ValueError, RecursionError):
            return None

    def remember(self, name: str, told: Any) -> None:
        """Remember; where that cannot be written, it is worked out again next time."""
        scratch = self._folder / f"{name}.{os.getpid()}.{threading.get_ident()}.new"
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True, mode=0o700)
            # Of a run that was killed, or of one that is at it now, and will do without.
            for left in self._folder.glob("*.new"):
                left.unlink(missing_ok=True)
            try:
                scratch.write_text(json.dumps(told), encoding="ascii")
                scratch.replace(self._folder / name)
            finally:
                scratch.unlink(missing_ok=True)


def named(*parts: str | Sequence[str]) -> str:
    """A name that nothing else than these parts has."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
