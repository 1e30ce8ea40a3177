"""Notes: what was written is read again, within bounds, and nothing else is believed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentsync.git import notes
from agentsync.git.notes import Notes, note_name


def test_a_note_is_read_again(tmp_path: Path) -> None:
    """By its name alone; a name stands for its parts in their order."""
    found = Notes(tmp_path / "notes")
    assert found.read("a") is None
    found.write("a", {"x": [1, None]})
    assert Notes(tmp_path / "notes").read("a") == {"x": [1, None]}
    assert len({note_name("a", "b"), note_name("b", "a"), note_name("ab"), note_name("a", ["b"])}) == 4
    assert note_name("\udcff") == note_name("\udcff")


def test_an_empty_file_of_an_earlier_version_is_no_note(tmp_path: Path) -> None:
    """It is worked out again, and written."""
    (tmp_path / "a").touch()
    found = Notes(tmp_path)
    assert found.read("a") is None
    found.write("a", True)
    assert found.read("a") is True


def test_the_oldest_notes_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With those that a killed process left."""
    monkeypatch.setattr(notes, "_MOST_FILES", 3)
    found = Notes(tmp_path)
    for number in range(6):
        found.write(f"a{number}", number)
        os.utime(tmp_path / f"a{number}", (10 * number, 10 * number))
    (tmp_path / "b.1.2.new").touch()
    found.write("00", True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00", "a5"]
