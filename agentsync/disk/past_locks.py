"""The locks that were installed here, to go back to; each with the patches that it was installed with.

A lock counts only with a stamp that was made here: to go back to one needs no further yes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_errors
from agentsync.disk.patches import Patches
from agentsync.disk.stamps import LENGTH, Stamps
from agentsync.disk.state_folder import StateFolder, read_state
from agentsync.errors import AgentsyncError
from agentsync.formats.lock_reader import parse_lock
from agentsync.late import late
from agentsync.model.lock import Lock

_REMEMBERED: Final = 10
_NAME: Final = late(r"[0-9]{6}\.lock")
_LAST_NUMBER: Final = 999_999
STAMP: Final = late(rb"# stamp: ([0-9a-f]{%d})\n\Z" % LENGTH)


class PastLocks:
    """The remembered locks of a scope."""

    def __init__(self, folder: StateFolder, stamps: Stamps, patches: Patches) -> None:
        self._folder = folder
        self._stamps = stamps
        self._patches = patches
        self._history = folder.path / "history"

    def locks(self) -> list[Lock]:
        """Return the locks that were installed here, the last one first; one that cannot be read is none."""
        found = []
        for where in reversed(self._files()):
            with suppress(ValueError, AgentsyncError):
                if (text := self._text(where)) is not None:
                    found.append(parse_lock(text.decode("utf-8"), name=where.name))
        return [lock for lock in found if not lock.broken]

    def remember(self, text: str) -> None:
        """Keep a lock that was installed, and forget all but the last ten; those without a stamp first.

        Raises:
            DiskError: where the file system refuses.
        """
        with disk_errors(f"cannot write to {self._history}"):
            self._remember(text)

    def _remember(self, text: str) -> None:
        files, others = self._next(text)
        for where, data in files.items():
            self._folder.write(where, data)
        for old in others[: max(0, len(others) + 1 - _REMEMBERED)] if files else ():
            self._folder.remove(old)
            self._patches.forget(old.with_suffix(""))

    def next_files(self, text: str) -> Mapping[Path, bytes]:
        """Return what `remember` would write for a lock: its patches, and last the lock."""
        return self._next(text)[0]

    def _next(self, text: str) -> tuple[Mapping[Path, bytes], Sequence[Path]]:
        """Return the files to write for a lock, and the locks that are there, those first that are forgotten first."""
        data, there = text.encode("utf-8", "surrogateescape"), self._files()
        ours = {where: found for where in there if (found := self._text(where)) is not None}
        if there and ours.get(there[-1]) == data:
            return {}, ()
        number = int(there[-1].stem) + 1 if there else 1
        if number > _LAST_NUMBER:
            number = max((int(where.stem) for where in ours), default=0) % _LAST_NUMBER + 1
        where = self._history / f"{number:06}.lock"
        files = {**self._patches.copies(where.with_suffix("")), where: with_stamp(self._stamps, where, data)}
        return files, sorted((one for one in there if one != where), key=lambda one: (one in ours, int(one.stem)))

    def _files(self) -> list[Path]:
        return sorted(where for where in self._history.glob("*.lock") if _NAME.fullmatch(where.name))

    def _text(self, where: Path) -> bytes | None:
        """Return a lock without its stamp; None where it was not installed here."""
        try:
            data = read_state(where)
        except OSError:
            return None
        found = STAMP.search(data)
        if found is None:
            return None
        text = data[: found.start()]
        return text if self._stamps.holds(found[1].decode(), _purpose(where), [text]) else None


def with_stamp(stamps: Stamps, where: Path, data: bytes) -> bytes:
    """Return the content of a remembered lock: with its stamp, where one can be made."""
    stamp = stamps.make(_purpose(where), [data])
    return data + (f"# stamp: {stamp}\n".encode() if stamp else b"")


def _purpose(where: Path) -> str:
    return f"history/{where.stem}"
