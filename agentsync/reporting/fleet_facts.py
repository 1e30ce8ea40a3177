"""The facts that the reports about a fleet tell, and the words that they share."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from agentsync.model.fleet import FleetRun, FleetStanding, FoundFile, FoundPack, PackDrift, Remembered, VersionUse

MEANINGS: Final[Mapping[FleetStanding, str]] = {
    FleetStanding.UNREACHABLE: "its host did not answer",
    FleetStanding.DENIED: "its host did not let us in",
    FleetStanding.GONE: "its host does not have it any more",
    FleetStanding.EMPTY: "it has no commit",
    FleetStanding.BROKEN: "its manifest or its lock cannot be read",
    FleetStanding.MOVED_TAG: "a locked tag names another commit now",
    FleetStanding.POLICY: "a policy forbids what it has",
    FleetStanding.LOCK: "its lock does not fit its manifest",
    FleetStanding.DRIFT: "files are not as its lock has them",
    FleetStanding.OUTDATED: "a newer version is allowed, or a locked one was yanked",
    FleetStanding.LOCK_ONLY: "the installed files are not committed",
    FleetStanding.CLEAN: "all is as its lock has it",
    FleetStanding.UNMANAGED: "it has no manifest",
}
"""The meaning of each standing, in a few words."""
GOOD: Final = frozenset((FleetStanding.CLEAN, FleetStanding.LOCK_ONLY, FleetStanding.UNMANAGED))
"""The standings of which nothing has to be told."""
_LATEST: Final = 253_402_300_799  # the last second of the year 9999
_LONGEST: Final = 240
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


class FleetFacts(NamedTuple):
    """What the results of a fleet hold.

    Args:
        run: the last run.
        runs: all that were finished, the oldest first.
        standings: how many repositories have each standing, the worst first; what none has is absent.
        drift: the packs that differ, the most first.
        uses: by pack, the versions that most have first.
        members: all repositories of a standing, or of any, by their URL; it may be called again.
    """

    run: FleetRun
    runs: tuple[FleetRun, ...]
    standings: Mapping[FleetStanding, int]
    drift: tuple[PackDrift, ...]
    uses: tuple[VersionUse, ...]
    members: Callable[[FleetStanding | None], Iterator[Remembered]]

    @property
    def moment(self) -> float:
        """When the last run ended; of one that was interrupted, when it began."""
        return self.run.finished or self.run.started

    def worst_first(self) -> Iterator[Remembered]:
        """Yield the repositories that something has to be told of."""
        for standing in FleetStanding:
            if standing not in GOOD and self.standings.get(standing):
                yield from self.members(standing)


class FolderFacts(NamedTuple):
    """One project of a repository."""

    folder: str
    packs: tuple[FoundPack, ...]
    files: tuple[FoundFile, ...]


def folders_of(member: Remembered) -> list[FolderFacts]:
    """Return the projects of a repository, each with its packs and the slots that differ."""
    found = member.found
    names = dict.fromkeys((*found.folders, *(one.folder for one in found.packs), *(one.folder for one in found.files)))
    return [
        FolderFacts(
            name,
            tuple(one for one in found.packs if one.folder == name),
            tuple(one for one in found.files if one.folder == name),
        )
        for name in names
    ]


def version_of(pack: FoundPack) -> str:
    """Return the version of a pack, else the start of its commit, or of its tree."""
    return pack.version or pack.commit[:12] or pack.tree[:12] or "none"


def versions_by_pack(uses: Iterable[VersionUse]) -> dict[str, list[VersionUse]]:
    """Return the versions of each pack, the packs that most have first."""
    found: dict[str, list[VersionUse]] = {}
    for use in uses:
        found.setdefault(use.pack, []).append(use)
    return dict(sorted(found.items(), key=lambda item: (-sum(use.repositories for use in item[1]), item[0])))


def brief(text: str) -> str:
    """Return a reason as a table has room for it: one that is long ends in three dots.

    >>> brief("it is " + "so " * 100 + "long")[-12:]
    'so so so ...'
    """
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]} ..."


def seen_before(member: Remembered) -> str:
    """Return what is told of a repository that did not answer; "" for one that did.

    >>> from agentsync.model.fleet import FoundRepository
    >>> gone = FoundRepository("https://git.example/a", "", FleetStanding.DENIED, 1_767_700_000.0)
    >>> seen_before(Remembered(gone, (), FleetStanding.CLEAN, 1_767_600_000.0))
    'clean when it answered last, 1 d before'
    """
    if member.last is None or not member.answered_at or member.answered_at >= member.found.looked_at:
        return ""
    return f"{member.last} when it answered last, {age(member.found.looked_at - member.answered_at)} before"


def repositories(number: int) -> str:
    """Return a number of repositories.

    >>> repositories(1), repositories(1200)
    ('1 repository', '1,200 repositories')
    """
    return "1 repository" if number == 1 else f"{number:,} repositories"


def below(folder: str, path: str) -> str:
    """Return a path from the root of a repository on, of one from the folder of a project on."""
    return path if folder in ("", ".") else f"{folder}/{path}"


def age(seconds: float) -> str:
    """Return a time as a person says it.

    >>> age(30), age(7300), age(90 * 86_400)
    ('1 min', '2 h', '90 d')
    """
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "1 min"


def moment(seconds: float) -> str:
    """Return a time as RFC 3339 has it, in UTC.

    >>> moment(1767600000)
    '2026-01-05T08:00:00Z'
    """
    return datetime.fromtimestamp(min(max(int(seconds), 0), _LATEST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_data(run: FleetRun) -> dict[str, object]:
    """Return a run as data; `finished` is None for one that was interrupted."""
    return {
        "number": run.number,
        "started": moment(run.started),
        "finished": moment(run.finished) if run.finished else None,
        "listed": run.listed,
        "asked": run.asked,
        "requests": run.requests,
        "received": run.received,
    }
