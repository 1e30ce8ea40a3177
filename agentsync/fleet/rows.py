"""The row of one repository: put together from its projects, or from the failure to read it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from agentsync.errors import AgentsyncError, BusyError, DeniedError, EmptyRepositoryError, FetchError, NoRepositoryError
from agentsync.fleet.projects import FoundProject, one_line
from agentsync.model.fleet import FleetStanding, FoundRepository, Member

_WORST_FIRST: Final = list(FleetStanding)
_MEANS: Final[Mapping[type[AgentsyncError], FleetStanding]] = {
    DeniedError: FleetStanding.DENIED,
    NoRepositoryError: FleetStanding.GONE,
    EmptyRepositoryError: FleetStanding.EMPTY,
    FetchError: FleetStanding.UNREACHABLE,
}


def row(member: Member, commit: str, standing: FleetStanding, error: str = "") -> FoundRepository:
    """Return a row without any project."""
    return FoundRepository(member.url.text, commit, standing, time.time(), error)


def broken(member: Member, commit: str, why: str) -> FoundRepository:
    """Return the row of a repository that no look can take apart; another look at this commit finds the same."""
    return row(member, commit, FleetStanding.BROKEN, why)


def failed_row(member: Member, error: AgentsyncError) -> FoundRepository:
    """Return the row of a repository that could not be read, which the class of the failure says more of."""
    means = (standing for kind, standing in _MEANS.items() if isinstance(error, kind))
    found = row(member, "", next(means, FleetStanding.UNREACHABLE), one_line(error.why or error.what))
    return found._replace(wait=0.0) if isinstance(error, BusyError) else found


def of_projects(member: Member, commit: str, found: Mapping[str, FoundProject], folders: int) -> FoundRepository:
    """Return the row of a repository with projects: the worst of them gives it its standing.

    Args:
        found: what was found, by folder.
        folders: how many folders with projects it has.
    """
    worst = min((one.standing for one in found.values()), key=_WORST_FIRST.index)
    named = len(found) > 1
    told = [f"{folder}: {one.error}" if named else one.error for folder, one in found.items() if one.standing == worst]
    said = [one_line("; ".join(one for one in told if one and not one.endswith(": ")))]
    if folders > len(found):
        said.append(f"it has {folders} projects, and the first {len(found)} were looked at")
    return row(member, commit, worst, "; ".join(filter(None, said)))._replace(
        folders=tuple(found),
        packs=tuple(pack for one in found.values() for pack in one.packs),
        files=tuple(file for one in found.values() for file in one.files),
    )
