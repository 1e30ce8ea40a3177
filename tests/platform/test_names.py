"""Names as file systems list them: decomposed, or in another case than the one that is asked for."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from agentsync.platform.names import composed, composed_path, is_one_file, spelling
from tests.needs import needs

COMPOSED = "ma\xf1ana.md"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def finds_any_spelling(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let a file be found by each spelling of its name."""

    def same(name: str) -> str:
        return unicodedata.normalize("NFD", name).casefold()

    def lexists(path: str) -> bool:
        return same(os.fspath(path).rpartition("/")[2]) in map(same, os.listdir(folder))  # noqa: PTH208

    monkeypatch.setattr(os.path, "lexists", lexists)


@needs("forms", "case")
def test_two_files_of_one_name(tmp_path: Path) -> None:
    """Two forms that are files of their own keep their names."""
    (tmp_path / DECOMPOSED).touch()
    assert composed(str(tmp_path), DECOMPOSED) == DECOMPOSED
    (tmp_path / COMPOSED).touch()
    assert composed(str(tmp_path), DECOMPOSED) == DECOMPOSED
    assert not is_one_file(f"{tmp_path}/{COMPOSED}", f"{tmp_path}/{DECOMPOSED}")
    (tmp_path / "a").touch()
    assert not is_one_file(f"{tmp_path}/a", f"{tmp_path}/A")


def test_one_file_of_any_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told in normal form C, and its spellings are one file."""
    (tmp_path / DECOMPOSED).touch()
    finds_any_spelling(monkeypatch, tmp_path)
    assert composed(str(tmp_path), DECOMPOSED) == COMPOSED
    assert composed_path(tmp_path, tmp_path / DECOMPOSED) == COMPOSED
    assert is_one_file(f"{tmp_path}/{COMPOSED}", f"{tmp_path}/{DECOMPOSED}")
    assert is_one_file(f"{tmp_path}/{COMPOSED.upper()}", f"{tmp_path}/{COMPOSED}")


def test_the_spelling_of_a_name() -> None:
    """Only another case is another spelling that can be mended."""
    assert spelling(["Rev.md", "a"], "rev.md") == "Rev.md"
    assert spelling(["Rev.md", "rev.md"], "rev.md") == ""
    assert spelling(["a"], "rev.md") == ""
    assert spelling([DECOMPOSED], COMPOSED) == ""
    assert spelling([DECOMPOSED], COMPOSED.upper()) == DECOMPOSED
