"""The rows of `search`: every word counts anywhere in the text, whatever became of the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentsync.registries import search_rows
from agentsync.registries.search_rows import Row, SearchRows, Source

ROWS = (
    Row("acme/web", "", "Pages and Straßen", ("html", "css"), ()),
    Row("acme/web", "agent:designer", 'Draws "pages", 100% of them', (), ("fs-write",)),
    Row("acme/api", "", "", (), ()),
    Row("acme/api", "skill:a\udcff", "b_c", (), ()),
)
FILE = "search-1.sqlite"


def found(rows: SearchRows, *words: str, place: str = "here") -> list[tuple[str, str]] | None:
    """What words find, as pack and item."""
    hits = rows.find(place, words)
    return None if hits is None else [(row.pack, row.item) for row in hits]


def judge(rows: SearchRows) -> None:
    """All of these rows are found as a search through their texts would."""
    web, designer, api, skill = [(row.pack, row.item.replace("\udcff", "?")) for row in ROWS]
    assert found(rows) == [web, designer, api, skill]
    assert found(rows, "PAGES") == [web, designer]
    assert found(rows, "pages", "css") == [web]
    assert found(rows, "acme") == [web, api] and found(rows, "esig", "s") == [designer]
    assert found(rows, '"pages"') == found(rows, "100%") == [designer]
    assert found(rows, "STRASSEN") == [web] and found(rows, "b_c") == [skill] and found(rows, "bxc") == []
    assert rows.find("here", ["designer"]) == [ROWS[1]]
    assert found(rows, "web", place="nowhere") is None


def test_finding(tmp_path: Path) -> None:
    """Words of any length, in any case; what is told beside them counts until a file of the cache changes."""
    (tmp_path / "refs").write_text("1")
    rows = SearchRows(tmp_path)
    assert rows.told("here") is None and not (tmp_path / FILE).exists()
    files = {"refs": rows.standing("refs"), "gone": rows.standing("gone")}
    rows.put(Source("here", files, {"unread": ["x"]}), ROWS)
    judge(SearchRows(tmp_path))
    assert rows.told("here") == {"unread": ["x"]}
    rows.put(Source("elsewhere", {}, 1), ROWS[:1])
    rows.put(Source("here", files, 2), ROWS)
    assert found(rows, "css", place="elsewhere") == [("acme/web", "")]
    (tmp_path / "gone").write_text("")
    assert rows.told("here") is None and rows.told("elsewhere") == 1
    assert rows.standing("refs", since=0) not in ("", files["refs"])


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 999)


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _without_tables(path: Path) -> None:
    data = sqlite3.connect(path)
    data.execute("DROP TABLE entry")
    data.close()


def _of_another_version(path: Path) -> None:
    data = sqlite3.connect(path)
    data.execute("PRAGMA user_version = 7")
    data.close()


@pytest.mark.parametrize("damage", [_garbage, _torn, _without_tables, _of_another_version])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """There are no rows then, or the same; and what is put is found again, by another process too."""
    SearchRows(tmp_path).put(Source("here", {}, 1), ROWS * 50)
    damage(tmp_path / FILE)
    rows = SearchRows(tmp_path)
    told, hits = rows.told("here"), rows.find("here", ["designer"])
    assert told is None or hits is None or len(hits) == 50
    rows.put(Source("here", {}, 1), ROWS)
    judge(SearchRows(tmp_path))


def test_without_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An SQLite that knows no FTS5: the same is found."""
    monkeypatch.setattr(search_rows, "_INDEX", "CREATE VIRTUAL TABLE word USING nothing_like_it (words)")
    rows = SearchRows(tmp_path)
    rows.put(Source("here", {}, 1), ROWS)
    rows.put(Source("here", {}, 1), ROWS)
    judge(SearchRows(tmp_path))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The rows are in memory, and gone with it."""
    (tmp_path / "file").write_text("")
    rows = SearchRows(tmp_path / "file" / "cache")
    rows.put(Source("here", {}, 1), ROWS)
    judge(rows)
    rows.close()
    assert rows.find("here", ["web"]) is None


def test_many_at_once(tmp_path: Path) -> None:
    """Each finds all rows of what it put, whichever process put it last."""

    def work(number: int) -> None:
        rows = SearchRows(tmp_path)
        rows.put(Source("here", {}, number), ROWS)
        judge(rows)
        rows.put(Source(f"own {number}", {}, number), ROWS[:1])
        assert rows.told(f"own {number}") == number

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(12)))
    judge(SearchRows(tmp_path))
