"""The pages about the house name the rooms, doors and files that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.sources import PACKAGE
from tests.test_layers import MAY_IMPORT

ROOT: Final = PACKAGE.parent
PAGES: Final = (
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs/read-this-first.md",
    *sorted((ROOT / "docs/decisions").glob("*.md")),
)


def test_the_table_of_rooms_has_the_doors() -> None:
    """ARCHITECTURE.md names each room, and what it may import."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE)
    told = {room: set(re.findall(r"`(\w+)`", doors)) for room, doors in rows}
    assert told == {room: doors for room, doors in MAY_IMPORT.items() if room not in ("__init__", "errors", "late")}


def test_the_picture_has_each_room() -> None:
    """The picture of the first page names every folder of the package."""
    picture = (ROOT / "docs/rooms.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'font-weight="bold"[^>]*>(\w+)<', picture))
    assert drawn - {"api"} == {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    """A path of a module in these pages leads to it; capital letters stand for a name of one's own."""
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (PACKAGE / path).is_file() and not (ROOT / path).is_file()] == []
