"""Results of fleets of any size, made without a repository: what reports are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from agentsync.fleet.batch import Question
from agentsync.fleet.results import Results
from agentsync.formats.git_url import parse_git_url
from agentsync.model.fleet import (
    FleetStanding,
    FoundFile,
    FoundItem,
    FoundPack,
    FoundRepository,
    Member,
    PackUpstream,
)

NOW: Final = 1_800_000_000.0
DAY: Final = 24 * 3600.0
_DRIFTS: Final = ("edited", "missing", "behind", "extra")
_ERRORS: Final = {
    FleetStanding.UNREACHABLE: "could not resolve host: git.example",
    FleetStanding.DENIED: "authentication failed (403)",
    FleetStanding.GONE: "repository not found",
    FleetStanding.BROKEN: "agentsync.yaml:3:7: `packs` must be a mapping",
    FleetStanding.POLICY: "acme/tools: the policy forbids `exec`",
    FleetStanding.LOCK: "agentsync.lock: acme/review is asked for and not locked",
}
# How many of 100 repositories stand so; the others are clean.
_OF_A_HUNDRED: Final = {
    **{FleetStanding.UNREACHABLE: 1, FleetStanding.DENIED: 1, FleetStanding.GONE: 1, FleetStanding.EMPTY: 1},
    **{FleetStanding.BROKEN: 1, FleetStanding.POLICY: 2, FleetStanding.LOCK: 3, FleetStanding.DRIFT: 17},
    **{FleetStanding.LOCK_ONLY: 4, FleetStanding.UNMANAGED: 9},
}


def standing_of(number: int, shift: int = 0) -> FleetStanding:
    """The standing of one repository of many; `shift` makes another run of it."""
    place = (number * 37 + shift) % 100
    for standing, share in _OF_A_HUNDRED.items():
        if place < share:
            return standing
        place -= share
    return FleetStanding.CLEAN


def pack(name: str, version: str, *grants: str, folder: str = ".") -> FoundPack:
    """A locked pack with one agent."""
    return FoundPack(
        folder=folder,
        pack=name,
        version=version,
        commit="3f2a91c0b7d5" + "0" * 28,
        tree="a" * 40,
        registry="https://git.example/registry.git",
        tag=f"v{version}",
        wanted="*",
        items=(FoundItem(f"agent:{name.rpartition('/')[2]}", grants),),
    )


def made(number: int, shift: int = 0, *, versions: int = 7, packs: int = 6) -> FoundRepository:
    """One repository."""
    standing = standing_of(number, shift)
    url = f"https://git.example/team-{number % 23:02}/service-{number:05}.git"
    found = FoundRepository(url, f"{number:040x}", standing, NOW, _ERRORS.get(standing, ""))
    if standing in (FleetStanding.UNREACHABLE, FleetStanding.DENIED, FleetStanding.GONE, FleetStanding.EMPTY):
        return found._replace(commit="")
    if standing in (FleetStanding.BROKEN, FleetStanding.UNMANAGED):
        return found
    names = sorted({(number * step) % packs for step in (1, 2, 5)})
    folders = (".", "services/api") if number % 7 == 0 else (".",)
    held = tuple(
        pack(
            f"acme/pack-{name}",
            f"1.{(number * number + name) % versions}.0",
            *("read", "net")[: 1 + name % 2],
            folder=one,
        )
        for one in folders
        for name in names
    )
    files = tuple(
        FoundFile(".", f".claude/agents/agent-{place}.md", f"acme/pack-{names[0]}", _DRIFTS[place % 4])
        for place in range(1 + number % 5 if standing is FleetStanding.DRIFT else 0)
    )
    return found._replace(folders=folders, packs=held, files=files)


def write_results(path: Path, *runs: list[FoundRepository], yanked: str = "", finish: bool = True) -> Path:
    """Write a file of results: each run a day after the one before, the last one now."""
    with closing(Results(path, named=True)) as results:
        for place, repositories in enumerate(runs):
            at = NOW - DAY * (len(runs) - 1 - place)
            members = [Member(parse_git_url(one.repository)) for one in repositories]
            run = results.begin(map(Question, members), "", at - 600)
            rows = [one._replace(looked_at=at - 300) for one in repositories]
            results.put(run, zip(members, rows, strict=True))
            told = PackUpstream(FleetStanding.OUTDATED, "1.9.0", f"{yanked} was yanked: it deletes files")
            answers = {use.number: told for use in results.rows.uses() if yanked and use.pack.version == yanked}
            results.put_upstream(answers)
            if finish or place < len(runs) - 1:
                results.finish(run, at)
    return path


def fleet(count: int, runs: int = 1, **options: int) -> Iterator[list[FoundRepository]]:
    """The repositories of each run."""
    for shift in range(runs):
        yield [made(number, 3 * (runs - 1 - shift), **options) for number in range(count)]
