"""Results of a fleet: what was found in each repository, written batch by batch, and read again row by row.

One process writes, and each batch is one transaction: after a kill at any moment, all batches before it are there.
Rows come from SQLite as they are read, so that a fleet of any size takes the memory of one repository.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.fleet.batch import Question
from agentsync.fleet.remembered import Rows
from agentsync.fleet.tables import failure, opened
from agentsync.model.fleet import (
    UNANSWERED,
    FleetStanding,
    FoundPack,
    FoundRepository,
    Member,
    PackUpstream,
    Unchanged,
)

Row = FoundRepository | Unchanged

RESULTS_NAME: Final = "fleet.sqlite"
_DAY: Final = 24 * 3600.0
_MOST_RUNS: Final = 300
_FORGOTTEN_AFTER: Final = 90 * _DAY  # of repositories that are in no list any more
_PAGE: Final = 500
_SILENT: Final = ", ".join(f"'{standing}'" for standing in sorted(UNANSWERED))
# The standings that another one of a registry is worse than, by that one.
_BETTER: Final = {
    worse: ", ".join(f"'{one}'" for one in list(FleetStanding)[list(FleetStanding).index(worse) + 1 :])
    for worse in (FleetStanding.MOVED_TAG, FleetStanding.OUTDATED)
}
# What is held is an answer to the same question. A folder as it stands on disk has no commit, and is no answer for the
# repository in it, nor the other way round.
_SAME: Final = f"""(seen.basis = :basis AND seen.branch = listed.branch AND seen.asked_folders = listed.folders
    AND (seen."commit" = '' AND seen.standing NOT IN ('{FleetStanding.GONE}', '{FleetStanding.EMPTY}')) = is_folder)"""
_DUE: Final = f"""
SELECT listed.id, listed.url, listed.branch, listed.folders, listed.is_folder,
    CASE WHEN {_SAME} THEN seen."commit" END
FROM listed LEFT JOIN seen ON seen.key = listed.key
WHERE listed.id > :after AND (seen.run IS NOT :run OR (NOT {_SAME} AND seen.standing NOT IN ({_SILENT})))
    AND (NOT :retry OR seen.standing IS NULL OR seen.standing IN ({_SILENT}))
    AND ({_SAME} AND seen.standing NOT IN ({_SILENT}) AND seen.looked_at > :since AND seen.looked_at <= :now) IS NOT 1
ORDER BY listed.id LIMIT {_PAGE}
"""
_STANDINGS: Final = f"""
CREATE TEMP TABLE judged AS SELECT seen.id, CASE
    WHEN worst = 2 AND looked IN ({_BETTER[FleetStanding.MOVED_TAG]}) THEN '{FleetStanding.MOVED_TAG}'
    WHEN worst > 0 AND looked IN ({_BETTER[FleetStanding.OUTDATED]}) THEN '{FleetStanding.OUTDATED}'
    ELSE looked END AS standing
FROM seen LEFT JOIN (
    SELECT locked.seen, max(CASE upstream
        WHEN '{FleetStanding.MOVED_TAG}' THEN 2 WHEN '{FleetStanding.OUTDATED}' THEN 1 ELSE 0 END) AS worst
    FROM locked JOIN entry ON entry.id = locked.entry GROUP BY locked.seen
) AS told ON told.seen = seen.id WHERE looked != ''
"""


class Due(NamedTuple):
    """A repository that a run has to ask.

    Args:
        url: its text, without credentials.
        commit: what the results have of it depends on this commit; "" for none that counts.
    """

    url: str
    branch: str
    folders: tuple[str, ...]
    is_folder: bool
    commit: str


class Begun(NamedTuple):
    """A run that has begun.

    Args:
        basis: what answers depend on beside a commit, such as the policy: others are no answer for this run.
        goes_on: whether it is a run that was interrupted.
    """

    number: int
    basis: str
    listed: int
    goes_on: bool


class Results:
    """The results of fleets in one file, to be written by one process; `rows` reads them.

    Args:
        path: the file, see `tables.opened` for what is raised.
        named: the user named the file.
    """

    def __init__(self, path: Path, *, named: bool) -> None:
        self.path = path.absolute()
        self._data = opened(self.path, named=named, writes=True)
        self._guard = threading.RLock()
        self.rows = Rows(self.path, self._data)

    def close(self) -> None:
        """Close the file; what SQLite keeps beside it goes."""
        self._data.close()

    def begin(self, questions: Iterable[Question], basis: str, now: float) -> Begun:
        """Take a list in the place of the last one, and begin a run, or go on with one that was interrupted.

        An interrupted run is gone on with where it depended on the same, and its last answer is of the last day.
        Of two with one key, the first counts. Nothing is changed where `questions` raises.
        """
        with self._transaction() as data:
            data.execute("DELETE FROM listed")
            data.executemany(
                "INSERT INTO listed (key, url, branch, folders, is_folder) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (
                    (member.url.key, member.url.text, member.branch, json.dumps(member.folders), is_folder)
                    for member, _, is_folder in questions
                ),
            )
            count = data.execute("SELECT count(*) FROM listed").fetchone()[0]
            last = data.execute(
                "SELECT id FROM run WHERE id = (SELECT max(id) FROM run) AND finished = 0 AND basis = ?1"
                " AND max(started, (SELECT COALESCE(max(looked_at), 0) FROM seen WHERE run = run.id)) > ?2",
                (basis, now - _DAY),
            ).fetchone()
            if last is None:
                run = data.execute("INSERT INTO run (started, basis) VALUES (?, ?)", (now, basis)).lastrowid or 0
            else:
                run = last[0]
            data.execute("UPDATE run SET listed = ? WHERE id = ?", (count, run))
        return Begun(run, basis, count, last is not None)

    def due(self, run: Begun, *, max_age: float, retry: bool, now: float) -> Iterator[Due]:
        """Yield what a run has to ask, in the order of the list: what it asked already is left out.

        Args:
            max_age: seconds; what answered within them is left out. What did not answer is asked again.
            retry: ask only those that did not answer when they were asked last, and those that were never asked.
        """
        asked = {"run": run.number, "basis": run.basis, "since": now - max_age, "now": now, "retry": retry}
        after = 0
        while True:
            with self._guarded() as data:
                page = data.execute(_DUE, {**asked, "after": after}).fetchall()
            for _, url, branch, folders, is_folder, commit in page:
                yield Due(url, branch, tuple(json.loads(folders)), bool(is_folder), commit or "")
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def put(self, run: Begun, found: Iterable[tuple[Member, Row]]) -> None:
        """Write what a batch found, in one transaction."""
        with self._transaction() as data:
            asked = requests = received = 0
            for member, one in found:
                asked, requests, received = asked + 1, requests + one.requests, received + one.received
                if isinstance(one, Unchanged):
                    self._put_unchanged(data, run, member, one)
                elif one.standing in UNANSWERED:
                    self._put_silent(data, run, member, one)
                else:
                    self._put_answer(data, run, member, one)
            data.execute(
                "UPDATE run SET asked = asked + ?, requests = requests + ?, received = received + ? WHERE id = ?",
                (asked, requests, received, run.number),
            )

    def sha256_of(self, blobs: Sequence[str]) -> dict[str, str]:
        """Return the SHA-256 of those blobs that the fleet knows, by their ids; any thread may ask."""
        known: dict[str, str] = {}
        with self._guarded() as data:
            for start in range(0, len(blobs), _PAGE):
                page = blobs[start : start + _PAGE]
                marks = ", ".join("?" * len(page))
                known.update(data.execute(f"SELECT id, sha256 FROM blob WHERE id IN ({marks})", page))
        return known

    def some_blobs(self, most: int) -> dict[str, str]:
        """Return the SHA-256 of up to so many blobs, by their ids."""
        with self._guarded() as data:
            return dict(data.execute("SELECT id, sha256 FROM blob LIMIT ?", (most,)).fetchall())

    def put_upstream(self, answers: Mapping[int, PackUpstream]) -> None:
        """Write what registries say of locked packs, by the number of the entry (see `Rows.uses`)."""
        with self._transaction() as data:
            data.executemany(
                "UPDATE entry SET upstream = ?, newest = ?, told = ? WHERE id = ?",
                ((one.standing or "", _text(one.newest), _text(one.told), number) for number, one in answers.items()),
            )

    def judge(self) -> None:
        """Give each repository the worst of what was found in it and what registries say of its packs."""
        with self._transaction() as data:
            data.execute(_STANDINGS)
            data.execute("CREATE UNIQUE INDEX temp.judged_id ON judged (id)")
            for column, where in (("last", ""), ("standing", f" AND standing NOT IN ({_SILENT})")):
                judged = "(SELECT judged.standing FROM judged WHERE judged.id = seen.id)"
                data.execute(f"UPDATE seen SET {column} = {judged} WHERE looked != '' AND {column} != {judged}{where}")
            data.execute("DROP TABLE temp.judged")
        self.rows.forget()

    def finish(self, run: Begun, now: float) -> None:
        """End a run: count its standings, and forget what is too old."""
        self.judge()
        with self._transaction() as data:
            data.execute("UPDATE run SET finished = ? WHERE id = ?", (now, run.number))
            data.execute("DELETE FROM run_standing WHERE run = ?", (run.number,))
            data.execute(
                "INSERT INTO run_standing SELECT ?, standing, count(*) FROM repository GROUP BY standing", (run.number,)
            )
            data.execute(f"DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - {_MOST_RUNS}")
            data.execute("DELETE FROM run_standing WHERE run NOT IN (SELECT id FROM run)")
            data.execute(
                "DELETE FROM seen WHERE looked_at < ? AND key NOT IN (SELECT key FROM listed)",
                (now - _FORGOTTEN_AFTER,),
            )
            for table in ("locked", "differing"):
                data.execute(f"DELETE FROM {table} WHERE seen NOT IN (SELECT id FROM seen)")
            data.execute("DELETE FROM entry WHERE id NOT IN (SELECT entry FROM locked)")
            data.execute("DELETE FROM item WHERE entry NOT IN (SELECT id FROM entry)")

    def _put_answer(self, data: sqlite3.Connection, run: Begun, member: Member, one: FoundRepository) -> None:
        seen = self._seen(data, member, run)
        for table in ("locked", "differing"):
            data.execute(f"DELETE FROM {table} WHERE seen = ?", (seen,))
        data.execute(
            'UPDATE seen SET branch = ?, asked_folders = ?, basis = ?, "commit" = ?, standing = ?5, looked = ?5,'
            " last = ?5, looked_at = ?6, answered_at = ?6, error = ?7, looked_error = ?7, folders = ?, requests = ?,"
            " received = ? WHERE id = ?",
            (
                *(member.branch, json.dumps(member.folders), run.basis, one.commit, one.standing),
                *(one.looked_at, _text(one.error), json.dumps([*map(_text, one.folders)])),
                *(one.requests, one.received, seen),
            ),
        )
        data.executemany(
            "INSERT INTO locked VALUES (?, ?, ?, ?)",
            [(seen, place, _text(pack.folder), _entry(data, pack)) for place, pack in enumerate(one.packs)],
        )
        data.executemany(
            "INSERT INTO differing VALUES (?, ?, ?, ?, ?, ?)",
            [(seen, place, *map(_text, file)) for place, file in enumerate(one.files)],
        )
        data.executemany("INSERT OR REPLACE INTO blob VALUES (?, ?)", one.blobs.items())

    def _put_silent(self, data: sqlite3.Connection, run: Begun, member: Member, one: FoundRepository) -> None:
        """Write that a repository did not answer: all that it answered before stays."""
        data.execute(
            "UPDATE seen SET standing = ?, looked_at = ?, error = ?, requests = ?, received = ? WHERE id = ?",
            (
                *(one.standing, one.looked_at, _text(one.error), one.requests, one.received),
                self._seen(data, member, run),
            ),
        )

    def _put_unchanged(self, data: sqlite3.Connection, run: Begun, member: Member, one: Unchanged) -> None:
        data.execute(
            "UPDATE seen SET standing = last, error = looked_error, looked_at = ?1, answered_at = ?1, requests = ?2,"
            " received = ?3 WHERE id = ?4",
            (one.looked_at, one.requests, one.received, self._seen(data, member, run)),
        )

    def _seen(self, data: sqlite3.Connection, member: Member, run: Begun) -> int:
        """Return the row of a repository, which this run has asked now."""
        data.execute(
            "INSERT INTO seen (key, url, run) VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET url = excluded.url, run = excluded.run",
            (member.url.key, member.url.text, run.number),
        )
        number: int = data.execute("SELECT id FROM seen WHERE key = ?", (member.url.key,)).fetchone()[0]
        return number

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._guarded() as data:
            try:
                data.execute("BEGIN IMMEDIATE")
                yield data
                data.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    data.execute("ROLLBACK")
                raise

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection to one thread; raise what SQLite refuses as a failure of ours."""
        with self._guard:
            try:
                yield self._data
            except sqlite3.Error as error:
                raise failure(self.path, error) from error


def _entry(data: sqlite3.Connection, pack: FoundPack) -> int:
    """Return the number of an entry; it is written where no repository had it before."""
    alike = pack._replace(folder="")
    digest = hashlib.sha256(json.dumps(alike).encode()).digest()
    known = data.execute("SELECT id FROM entry WHERE digest = ?", (digest,)).fetchone()
    if known is not None:
        number: int = known[0]
        return number
    version = None if pack.version is None else _text(pack.version)
    texts = map(_text, (pack.commit, pack.tree, pack.registry, pack.tag, pack.wanted))
    row = data.execute(
        'INSERT INTO entry (digest, pack, version, "commit", tree, registry, tag, wanted) VALUES (?,?,?,?,?,?,?,?)',
        (digest, _text(pack.pack), version, *texts),
    )
    number = row.lastrowid or 0
    data.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?)",
        [(number, place, _text(one.item), json.dumps(one.grants)) for place, one in enumerate(pack.items)],
    )
    return number


def _text(text: str) -> str:
    """Return a text as SQLite takes it: names may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()
