"""README, the documentation and the journeys: their console blocks do what they say.

AGENTSYNC_UPDATE_TRANSCRIPTS=1 writes what is printed into the files instead.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.needs import needs
from tests.transcript import is_runnable, play

ROOT: Final = Path(__file__).resolve().parent.parent
PAGES: Final = [
    ROOT / "README.md",
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "tests" / "journeys").glob("*.md"),
]
RUNNABLE: Final = sorted(path for path in PAGES if path.is_file() and is_runnable(path))
UPDATE: Final = bool(os.environ.get("AGENTSYNC_UPDATE_TRANSCRIPTS"))


def _marks(path: Path) -> list[pytest.MarkDecorator]:
    """Return the marks of a page; one that tells of a lost mode needs modes."""
    loses_modes = "(+x lost)" in path.read_text("utf-8")
    return [pytest.mark.slow] * (path.name != "README.md") + [needs("modes")] * loses_modes


PARAMETERS: Final = [
    pytest.param(
        path,
        id=path.relative_to(ROOT).as_posix(),
        marks=_marks(path),
    )
    for path in RUNNABLE
]


@pytest.mark.parametrize("path", PARAMETERS)
def test_page(path: Path, tmp_path: Path) -> None:
    """The page runs, and prints what it says."""
    play(path, tmp_path, update=UPDATE)
