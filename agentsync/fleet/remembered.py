"""Read the results of a fleet, one repository after the other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from agentsync.fleet.tables import failure, opened
from agentsync.model.fleet import (
    FleetRun,
    FleetStanding,
    FoundFile,
    FoundItem,
    FoundPack,
    FoundRepository,
    Holder,
    PackDrift,
    PackUpstream,
    PackUse,
    Remembered,
    VersionUse,
)

_ORDER: Final = " ".join(f"WHEN '{standing}' THEN {place}" for place, standing in enumerate(FleetStanding))
_WORST_FIRST: Final = f"CASE standing {_ORDER} END, url"
_REPOSITORIES: Final = """
SELECT id, url, "commit", standing, looked_at, error, folders, requests, received, last, answered_at
FROM repository WHERE {where} ORDER BY {order} LIMIT :limit
"""
_PACKS: Final = """
SELECT locked.folder, entry.pack, version, "commit", tree, registry, tag, wanted, upstream, newest, told, entry.id
FROM locked JOIN entry ON entry.id = locked.entry WHERE locked.seen = ? ORDER BY locked.place
"""
_USES: Final = """
SELECT '', entry.pack, version, entry."commit", tree, registry, tag, wanted, upstream, newest, told, entry.id,
    count(DISTINCT repository.id), (
        SELECT count(*) FROM locked AS has JOIN differing
            ON differing.seen = has.seen AND differing.folder = has.folder AND differing.pack = entry.pack
        WHERE has.entry = entry.id AND has.seen IN (SELECT id FROM repository)
    )
FROM repository JOIN locked ON locked.seen = repository.id JOIN entry ON entry.id = locked.entry
WHERE entry.pack GLOB :pack GROUP BY entry.id ORDER BY entry.pack, entry.version, entry."commit", entry.id
"""
_VERSION: Final = """COALESCE(version, NULLIF(substr("commit", 1, 12), ''), NULLIF(substr(tree, 1, 12), ''), 'none')"""
_VERSIONS: Final = f"""
SELECT pack, {_VERSION}, count(DISTINCT url) FROM pack GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""
_DRIFT: Final = """
SELECT pack, count(*), count(DISTINCT url) FROM file GROUP BY pack ORDER BY 2 DESC, 1
"""
_HOLDERS: Final = """
SELECT url, folder, standing, answered_at FROM locked JOIN repository ON repository.id = locked.seen
WHERE locked.entry = ? ORDER BY url, locked.place
"""
_HAS: Final = """
id IN (
    SELECT locked.seen FROM locked JOIN entry ON entry.id = locked.entry
    WHERE entry.pack GLOB :pack AND (:item = '*' AND :grant = '*' OR EXISTS (
        SELECT 1 FROM item WHERE item.entry = entry.id AND item.item GLOB :item
            AND (:grant = '*' OR EXISTS (SELECT 1 FROM json_each(item.grants) AS one WHERE one.value GLOB :grant))
    ))
)
"""
_KEPT_ENTRIES: Final = 2_000  # in memory, while repositories are read


class Rows:
    """What a file of results has of the list of its last run; `open_rows` makes one."""

    def __init__(self, path: Path, data: sqlite3.Connection) -> None:
        self._path = path
        self._data = data
        self._packs: dict[int, tuple[FoundPack, PackUpstream]] = {}

    def close(self) -> None:
        """Close the file."""
        self._data.close()

    def forget(self) -> None:
        """Read again what registries say of packs."""
        self._packs.clear()

    def counts(self) -> dict[FleetStanding, int]:
        """Return how many repositories have each standing, the worst first; those that none has are left out."""
        with self._reading() as data:
            found = dict(data.execute("SELECT standing, count(*) FROM repository GROUP BY standing"))
        return {standing: found[standing] for standing in FleetStanding if standing in found}

    def listed(self) -> int:
        """Return how many repositories the list has, those included that were not asked yet."""
        with self._reading() as data:
            count: int = data.execute("SELECT count(*) FROM listed").fetchone()[0]
        return count

    def repositories(
        self,
        *,
        standing: FleetStanding | None = None,
        pack: str = "*",
        item: str = "*",
        grant: str = "*",
        worst_first: bool = False,
        limit: int = -1,
    ) -> Iterator[Remembered]:
        """Yield the repositories, by URL; each is read when it is asked for.

        Args:
            standing: only those that have it; None for all.
            pack, item, grant: globs; only those where a locked pack fits, an item of it, a grant of that item.
            worst_first: in the order of `FleetStanding`, then by URL.
            limit: the most that are yielded, -1 for all.
        """
        where = ["1"]
        if standing is not None:
            where.append("standing = :standing")
        if (pack, item, grant) != ("*", "*", "*"):
            where.append(_HAS)
        query = _REPOSITORIES.format(where=" AND ".join(where), order=_WORST_FIRST if worst_first else "url")
        asked = {"standing": standing, "pack": pack, "item": item, "grant": grant, "limit": limit}
        with self._reading() as data:
            for row in data.execute(query, asked):
                yield self._remembered(data, row)

    def uses(self, pack: str = "*") -> Iterator[PackUse]:
        """Yield each lock entry that a repository has, by the name of its pack.

        Args:
            pack: a glob over names.
        """
        with self._reading() as data:
            for row in data.execute(_USES, {"pack": pack}):
                found, upstream = self._pack(data, row)
                yield PackUse(number=row[11], pack=found, upstream=upstream, repositories=row[12], differing=row[13])

    def holders(self, use: PackUse) -> Iterator[Holder]:
        """Yield the projects whose lock has an entry, by URL."""
        with self._reading() as data:
            for url, folder, standing, answered_at in data.execute(_HOLDERS, (use.number,)):
                yield Holder(url, folder, FleetStanding(standing), answered_at)

    def versions(self) -> list[VersionUse]:
        """Return the versions of each pack, by its name, those that most repositories have first."""
        with self._reading() as data:
            return [VersionUse(*row) for row in data.execute(_VERSIONS)]

    def drift(self) -> list[PackDrift]:
        """Return the packs that differ, the most first."""
        with self._reading() as data:
            return [PackDrift(*row) for row in data.execute(_DRIFT)]

    def oldest(self) -> float:
        """Return when the repository was asked that was asked longest ago, in seconds since 1970; 0 for none."""
        with self._reading() as data:
            found: float | None = data.execute("SELECT min(looked_at) FROM repository").fetchone()[0]
        return found or 0.0

    def runs(self) -> list[FleetRun]:
        """Return the runs, the first one first."""
        with self._reading() as data:
            standings: dict[int, dict[FleetStanding, int]] = {}
            for run, standing, count in data.execute("SELECT run, standing, count FROM run_standing"):
                standings.setdefault(run, {})[FleetStanding(standing)] = count
            rows = data.execute(
                "SELECT id, started, finished, listed, asked, requests, received FROM run ORDER BY id"
            ).fetchall()
        return [FleetRun(*row)._replace(standings=_in_order(standings.get(row[0], {}))) for row in rows]

    def _remembered(self, data: sqlite3.Connection, row: tuple[Any, ...]) -> Remembered:
        number, url, commit, standing, looked_at, error, folders, requests, received, last, answered_at = row
        packs = [self._pack(data, one) for one in data.execute(_PACKS, (number,)).fetchall()]
        files = data.execute("SELECT folder, path, pack, drift FROM differing WHERE seen = ? ORDER BY place", (number,))
        found = FoundRepository(
            repository=url,
            commit=commit,
            standing=FleetStanding(standing),
            looked_at=looked_at,
            error=error,
            folders=tuple(json.loads(folders)),
            packs=tuple(pack for pack, _ in packs),
            files=tuple(FoundFile(*file) for file in files),
            requests=requests,
            received=received,
        )
        return Remembered(
            found=found,
            upstream=tuple(upstream for _, upstream in packs),
            last=FleetStanding(last) if last else None,
            answered_at=answered_at,
        )

    def _pack(self, data: sqlite3.Connection, row: tuple[Any, ...]) -> tuple[FoundPack, PackUpstream]:
        folder, *fields, standing, newest, told, number = row[:12]
        if number not in self._packs:
            if len(self._packs) >= _KEPT_ENTRIES:
                self._packs.clear()
            rows = data.execute("SELECT item, grants FROM item WHERE entry = ? ORDER BY place", (number,))
            items = tuple(FoundItem(item, tuple(json.loads(grants))) for item, grants in rows.fetchall())
            upstream = PackUpstream(FleetStanding(standing) if standing else None, newest, told)
            self._packs[number] = FoundPack("", *fields)._replace(items=items), upstream
        pack, upstream = self._packs[number]
        return pack._replace(folder=folder), upstream

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._data
        except sqlite3.Error as error:
            raise failure(self._path, error) from error


def open_rows(path: Path) -> Rows:
    """Open a file of results to be read; see `tables.opened` for what is raised."""
    path = path.absolute()
    return Rows(path, opened(path, named=True, writes=False))


def _in_order(counts: Mapping[FleetStanding, int]) -> dict[FleetStanding, int]:
    return {standing: counts[standing] for standing in FleetStanding if standing in counts}
