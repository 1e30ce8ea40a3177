"""The folder of a report about a fleet: written file by file, and what an earlier report left is deleted at the end.

The record of its files names each one before it is written, so that a run that is killed leaves none that the next one
takes for foreign. How many files of a series there will be is known at its end: the record is ahead of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from agentsync.disk.site_record import MadeFile, Record, write_record
from agentsync.disk.site_there import site_there
from agentsync.platform.files import SCRATCH

RECORD: Final = ".fleet.json"
_SERIES: Final = re.compile(r"(.*-)([0-9]+)(\..*)")
_AHEAD: Final = 16


class ReportFolder:
    """A folder that holds nothing, or an earlier report; raises UsageError for any other one."""

    def __init__(self, out: Path) -> None:
        self._there = site_there(out, RECORD, "a fleet report")
        self._known = dict(self._there.record.files)
        self._made: dict[str, MadeFile] = {}

    def write(self, path: str, pieces: Iterable[bytes]) -> None:
        """Write a file, whole or not at all."""
        if path not in self._known:
            self._known |= dict.fromkeys(_announced(path), MadeFile("", 0)) | self._known
            self._save(self._known)
        self._made[path] = self._there.folder.write_pieces(path, pieces)

    def finish(self) -> tuple[list[str], list[str]]:
        """Delete what is no part of the report any more; return what was written and what was deleted."""
        sizes = self._there.folder.sizes()
        gone = sorted(path for path in self._known if path not in self._made and path in sizes)
        for path in (*gone, *(path for path in sizes if path.endswith(SCRATCH))):
            self._there.folder.delete(path)
        self._save(self._made)
        return sorted(self._made), gone

    def _save(self, files: dict[str, MadeFile]) -> None:
        self._there.folder.write(RECORD, write_record(Record(files)))


def _announced(path: str) -> Iterator[str]:
    yield path
    if series := _SERIES.fullmatch(path):
        number = int(series[2])
        yield from (f"{series[1]}{one}{series[3]}" for one in range(number, 2 * number + _AHEAD))
