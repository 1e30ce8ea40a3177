"""The file of a fleet's results: one SQLite file, and the tables in it.

`repository`, `pack` and `file` show what the list of the last run has; with `blob` and `run` they may be read by other
programs. The other tables may become others in a later version.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_application_id
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from agentsync.errors import AgentsyncError, DiskError, UsageError
from agentsync.platform.files import remove
from agentsync.platform.retrying import make_folders

VERSION: Final = 1
_APPLICATION: Final = 0x61735F66  # "as_f"
_PATIENCE: Final = 30.0  # seconds that another process may write
# Results of SQLite for a file that holds something else than it should.
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNREACHABLE: Final = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_TABLES: Final = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT, started REAL NOT NULL, finished REAL NOT NULL DEFAULT 0,
    basis TEXT NOT NULL, listed INTEGER NOT NULL DEFAULT 0, asked INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0, received INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE run_standing (
    run INTEGER NOT NULL, standing TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (run, standing)
) WITHOUT ROWID;
CREATE TABLE listed (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, url TEXT NOT NULL, branch TEXT NOT NULL,
    folders TEXT NOT NULL, is_folder INTEGER NOT NULL
);
CREATE TABLE seen (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, url TEXT NOT NULL, run INTEGER NOT NULL,
    branch TEXT NOT NULL DEFAULT '', asked_folders TEXT NOT NULL DEFAULT '', basis TEXT NOT NULL DEFAULT '',
    "commit" TEXT NOT NULL DEFAULT '', standing TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    looked TEXT NOT NULL DEFAULT '', looked_error TEXT NOT NULL DEFAULT '', looked_at REAL NOT NULL DEFAULT 0,
    last TEXT NOT NULL DEFAULT '', answered_at REAL NOT NULL DEFAULT 0, folders TEXT NOT NULL DEFAULT '[]',
    requests INTEGER NOT NULL DEFAULT 0, received INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX seen_standing ON seen (standing);
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, digest BLOB UNIQUE NOT NULL, pack TEXT NOT NULL, version TEXT, "commit" TEXT NOT NULL,
    tree TEXT NOT NULL, registry TEXT NOT NULL, tag TEXT NOT NULL, wanted TEXT NOT NULL,
    upstream TEXT NOT NULL DEFAULT '', newest TEXT NOT NULL DEFAULT '', told TEXT NOT NULL DEFAULT ''
);
CREATE INDEX entry_pack ON entry (pack);
CREATE TABLE item (
    entry INTEGER NOT NULL, place INTEGER NOT NULL, item TEXT NOT NULL, grants TEXT NOT NULL,
    PRIMARY KEY (entry, place)
) WITHOUT ROWID;
CREATE TABLE locked (
    seen INTEGER NOT NULL, place INTEGER NOT NULL, folder TEXT NOT NULL, entry INTEGER NOT NULL,
    PRIMARY KEY (seen, place)
) WITHOUT ROWID;
CREATE INDEX locked_entry ON locked (entry);
CREATE TABLE differing (
    seen INTEGER NOT NULL, place INTEGER NOT NULL, folder TEXT NOT NULL, path TEXT NOT NULL, pack TEXT NOT NULL,
    drift TEXT NOT NULL, PRIMARY KEY (seen, place)
) WITHOUT ROWID;
CREATE TABLE branch (
    url TEXT NOT NULL, name TEXT NOT NULL, "commit" TEXT NOT NULL, base TEXT NOT NULL, outcome TEXT NOT NULL,
    noted_at REAL NOT NULL, wanted TEXT NOT NULL DEFAULT '', PRIMARY KEY (url, name, "commit")
) WITHOUT ROWID;
CREATE TABLE blob (id TEXT PRIMARY KEY, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE VIEW repository AS
    SELECT seen.url, seen."commit", seen.standing, seen.looked_at, seen.error, seen.last, seen.answered_at,
        seen.folders, seen.requests, seen.received, seen.id
    FROM listed JOIN seen ON seen.key = listed.key;
CREATE VIEW pack AS
    SELECT repository.url, locked.folder, entry.pack, entry.version, entry."commit", entry.tree, entry.registry,
        entry.tag, entry.wanted, entry.upstream, entry.newest, entry.told, entry.id AS entry
    FROM repository JOIN locked ON locked.seen = repository.id JOIN entry ON entry.id = locked.entry;
CREATE VIEW file AS
    SELECT repository.url, differing.folder, differing.path, differing.pack, differing.drift
    FROM repository JOIN differing ON differing.seen = repository.id
"""


def opened(path: Path, *, named: bool, writes: bool) -> sqlite3.Connection:
    """Open a file of results; one connection may serve all threads that take turns.

    Args:
        named: the user named the file: what stands there is never replaced. A damaged file of the cache is made anew.
        writes: the file is made where it is missing.

    Raises:
        UsageError: where nothing is there to be read, or a file of another kind.
        AgentsyncError: where it is damaged, or made by a newer agentsync.
        DiskError: where it cannot be read or written.
    """
    if not writes and not path.exists():
        why = "no results are there yet"
        raise UsageError(f"there is no {path}", why=why, hint="run `agentsync fleet check` first")
    try:
        return _checked(path, writes=writes)
    except sqlite3.Error as error:
        if not is_damage(error) or named or not writes:
            raise failure(path, error) from error
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        if (other := path.with_name(name)).exists():
            remove(other)
    return _checked(path, writes=True)


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether SQLite says that a file is damaged."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED


def failure(path: Path, error: sqlite3.Error) -> AgentsyncError:
    """Return the failure for what SQLite says of a file of results."""
    if is_damage(error):
        hint = "restore the file, or name another one with --results"
        return AgentsyncError(f"the results in {path} are damaged", why=str(error), hint=hint)
    hint = "see that you may write there, and that there is space, or name another file with --results"
    return DiskError(f"cannot use the results in {path}", why=str(error), hint=hint)


def _checked(path: Path, *, writes: bool) -> sqlite3.Connection:
    data = _connected(path, writes=writes)
    try:
        application, version = (data.execute(f"PRAGMA {name}").fetchone()[0] for name in _MARKS)
        if application != _APPLICATION:
            if data.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                what, why = f"{path} holds no results of a fleet", "it is an SQLite file of another program"
                raise UsageError(what, why=why, hint="name another file with --results")
            if not writes:
                what, why = f"{path} holds no results of a fleet", "it is empty"
                raise UsageError(what, why=why, hint="run `agentsync fleet check` first")
            _make(data)
        elif version > VERSION:
            what, why = f"cannot use the results in {path}", f"they are made by a newer agentsync: version {version}"
            raise AgentsyncError(what, why=why, hint="upgrade agentsync, or name another file with --results")
    except BaseException:
        data.close()
        raise
    return data


_MARKS: Final = ("application_id", "user_version")


def _connected(path: Path, *, writes: bool) -> sqlite3.Connection:
    if writes:
        try:
            make_folders(path.parent, 0o700)
        except OSError as error:
            what, why = f"cannot make the folder {path.parent}", (error.strerror or str(error)).lower()
            raise DiskError(what, why=why, hint="name a file in another folder with --results") from error
        data = _connection(str(path))
        # After a power cut the last batches may be missing, and the file is whole.
        data.execute("PRAGMA synchronous = NORMAL")
        return data
    data = _connection(f"file:{quote(str(path))}?mode=ro")
    try:
        data.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        data.close()
        if (error.sqlite_errorcode & 0xFF) not in _UNREACHABLE:
            raise
        # Where no file may be made beside it, as in an archive of a build: nothing changes it meanwhile.
        data = _connection(f"file:{quote(str(path))}?immutable=1")
    return data


def _connection(place: str) -> sqlite3.Connection:
    return sqlite3.connect(
        place, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, uri=place.startswith("file:")
    )


def _make(data: sqlite3.Connection) -> None:
    data.execute("PRAGMA journal_mode = WAL")
    data.execute("BEGIN IMMEDIATE")
    with closing(data.cursor()) as cursor:
        if not cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _TABLES.split(";"):
                cursor.execute(statement)
            cursor.execute(f"PRAGMA application_id = {_APPLICATION}")
            cursor.execute(f"PRAGMA user_version = {VERSION}")
    data.execute("COMMIT")
