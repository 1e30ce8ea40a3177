"""Rows for `search`: packs and items of registries, in one SQLite file of the cache.

The file holds nothing that cannot be made again: a damaged one, and one of another version, is replaced. Where it
cannot be written, the rows are in memory for one run. Several processes may use it at once.

Source: https://www.sqlite.org/fts5.html, "The Trigram Tokenizer" and "External Content Tables".
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from agentsync.git.notes import note_name
from agentsync.platform.file_system import file_identity
from agentsync.platform.files import remove
from agentsync.platform.retrying import make_folders

T = TypeVar("T")

_VERSION: Final = 1
_PATIENCE: Final = 30.0  # seconds that another process may write
# Results of SQLite for a file that cannot be written, or that another process writes for too long.
_OUT_OF_REACH: Final = (
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
)
_GRAM: Final = 3  # letters of the shortest word that the index has
_TABLES: Final = """
CREATE TABLE source (id INTEGER PRIMARY KEY, place TEXT UNIQUE NOT NULL, files TEXT NOT NULL, told TEXT NOT NULL);
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, pack TEXT NOT NULL, item TEXT NOT NULL,
    description TEXT NOT NULL, keywords TEXT NOT NULL, grants TEXT NOT NULL, words TEXT NOT NULL
);
CREATE INDEX entry_source ON entry (source);
"""
_INDEX: Final = """
CREATE VIRTUAL TABLE word USING fts5 (words, content='entry', content_rowid='id', tokenize='trigram');
"""
_UNINDEXED: Final = (
    "INSERT INTO word (word, rowid, words) SELECT 'delete', entry.id, entry.words FROM entry WHERE source = ?"
)
_INDEXED: Final = "INSERT INTO word (rowid, words) SELECT entry.id, entry.words FROM entry WHERE source = ?"


class Row(NamedTuple):
    """A pack, or with `item` an item of one, as `search` finds and shows it; `pack` is `ALIAS/PACK`."""

    pack: str
    item: str
    description: str
    keywords: Sequence[str] = ()
    grants: Sequence[str] = ()


def place_of(*parts: str) -> str:
    """Return the place of the rows that depend on these parts."""
    return note_name("search", *parts)


class Source(NamedTuple):
    """The rows of one registry as one project sees it.

    Args:
        place: the registry, and all else that the rows depend on beside the files.
        files: the files of the cache that the rows were made from, and how each of them was.
        told: what is told beside the rows, as JSON has it.
    """

    place: str
    files: dict[str, str]
    told: Any


class SearchRows:
    """The rows of all registries; the file is made with the first of them.

    Args:
        folder: the folder of the cache, which must be the user's own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "search-1.sqlite"
        self._memory: sqlite3.Connection | None = None

    def told(self, place: str) -> Any:
        """Return what is told beside the rows of a place; None where there are none, or files have changed since."""

        def read(data: sqlite3.Connection) -> Any:
            found = data.execute("SELECT files, told FROM source WHERE place = ?", (place,)).fetchone()
            if found is None or any(self.standing(name) != known for name, known in json.loads(found[0]).items()):
                return None
            return json.loads(found[1])

        return self._with(read) if self._memory is not None or self._path.exists() else None

    def find(self, place: str, words: Iterable[str]) -> list[Row] | None:
        """Return the rows of a place in whose text all the words occur, without regard to case; None for no place."""
        folded = [_text(word.casefold()) for word in words]

        def matching(data: sqlite3.Connection, source: Sequence[int]) -> list[Row]:
            query = ["SELECT pack, item, description, keywords, grants FROM entry WHERE source = ?"]
            values: list[object] = [*source]
            indexed = [word for word in folded if len(word) >= _GRAM and "\0" not in word]
            if indexed and _has_index(data):
                query.append("AND id IN (SELECT rowid FROM word WHERE word MATCH ?)")
                values.append(" ".join('"{}"'.format(word.replace('"', '""')) for word in indexed))
            for word in folded:
                query.append("AND instr(words, ?)")
                values.append(word)
            rows = data.execute(" ".join((*query, "ORDER BY id")), values)
            return [Row(*row[:3], *(tuple(json.loads(text)) for text in row[3:])) for row in rows]

        def read(data: sqlite3.Connection) -> list[Row] | None:
            data.execute("BEGIN")  # another process may replace the rows
            source = data.execute("SELECT id FROM source WHERE place = ?", (place,)).fetchone()
            found = None if source is None else matching(data, source)
            data.execute("COMMIT")
            return found

        return self._with(read)

    def put(self, source: Source, rows: Sequence[Row]) -> None:
        """Replace the rows of a place."""

        def write(data: sqlite3.Connection) -> None:
            data.execute("BEGIN IMMEDIATE")
            has_index = _has_index(data)
            old = data.execute("SELECT id FROM source WHERE place = ?", (source.place,)).fetchone()
            if old is not None:
                if has_index:
                    data.execute(_UNINDEXED, old)
                data.execute("DELETE FROM entry WHERE source = ?", old)
                data.execute("DELETE FROM source WHERE id = ?", old)
            values = (source.place, json.dumps(source.files), json.dumps(source.told))
            number = data.execute("INSERT INTO source (place, files, told) VALUES (?, ?, ?)", values).lastrowid
            data.executemany(
                "INSERT INTO entry (source, pack, item, description, keywords, grants, words)"
                f" VALUES ({number}, ?, ?, ?, ?, ?, ?)",
                map(_values, rows),
            )
            if has_index:
                data.execute(_INDEXED, (number,))
            data.execute("COMMIT")

        self._with(write)

    def standing(self, name: str, since: int | None = None) -> str:
        """Return what is another text after a file of the cache was written, "" where there is no such file.

        Args:
            since: when it began to be read, in nanoseconds since 1970: of what was written since, no text is right.
        """
        found = file_identity(self._folder / name)
        if found is None:
            return ""
        if since is not None and found[0] >= since:
            return "written meanwhile"
        return " ".join(map(str, found))

    def close(self) -> None:
        """Forget the rows that are in memory alone."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _with(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """Run `act` on the file, on a new one where it is damaged, in memory where there can be none."""
        if self._memory is None:
            for _ in range(2):
                try:
                    with _opened(self._path) as data:
                        return act(data)
                except (sqlite3.Error, OSError, ValueError, TypeError) as error:
                    if isinstance(error, OSError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _OUT_OF_REACH:
                        break
                    with suppress(OSError):
                        remove(self._path)
                        remove(self._path.with_name(f"{self._path.name}-journal"))
            self._memory = sqlite3.connect(":memory:", isolation_level=None)
            _make_tables(self._memory)
        return act(self._memory)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    make_folders(path.parent, 0o700)
    data = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        # All of it can be made again: a power cut may cost it.
        data.execute("PRAGMA synchronous = OFF")
        if data.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            data.execute("BEGIN IMMEDIATE")
            if data.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                _make_tables(data)
            data.execute("COMMIT")
        yield data
    finally:
        data.close()


def _make_tables(data: sqlite3.Connection) -> None:
    for name in ("word", "entry", "source"):
        data.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in filter(str.strip, _TABLES.split(";")):
        data.execute(statement)
    # An SQLite without FTS5, or older than its trigrams: the rows are looked through.
    with suppress(sqlite3.OperationalError):
        data.execute(_INDEX)
    data.execute(f"PRAGMA user_version = {_VERSION}")


def _has_index(data: sqlite3.Connection) -> bool:
    return data.execute("SELECT 1 FROM sqlite_master WHERE name = 'word'").fetchone() is not None


def _values(row: Row) -> tuple[str, ...]:
    words = (
        (row.pack, row.description, *row.keywords) if not row.item else (row.item.partition(":")[2], row.description)
    )
    texts = (row.pack, row.item, row.description, json.dumps([*row.keywords]), json.dumps([*row.grants]))
    return tuple(map(_text, (*texts, " ".join(words).casefold())))


def _text(text: str) -> str:
    """Return a text as SQLite takes it: names may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()
