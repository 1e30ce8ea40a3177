"""How a fleet stands, as lines for a person and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.model.fleet import UNANSWERED, FleetRun, FleetStanding, FoundItem, Holder, PackUse, Remembered
from agentsync.model.redaction import redact
from agentsync.reporting.failure import shown
from agentsync.reporting.fleet_facts import (
    GOOD,
    MEANINGS,
    FleetFacts,
    age,
    brief,
    moment,
    repositories,
    run_data,
    seen_before,
    version_of,
    versions_by_pack,
)
from agentsync.reporting.words import count, shown_grants

_MOST_PACKS: Final = 20
_MOST_VERSIONS: Final = 5
_MOST_HOLDERS: Final = 100


class HeldPack(NamedTuple):
    """A lock entry, those of its items that were asked for, and the projects that have it."""

    use: PackUse
    items: Sequence[FoundItem]
    holders: Sequence[Holder]


def status_data(facts: FleetFacts, worst: Iterable[Remembered]) -> dict[str, Any]:
    """Return how a fleet stands as data."""
    return {
        "run": run_data(facts.run),
        "summary": {str(standing): number for standing, number in facts.standings.items()},
        "worst": [worst_data(member) for member in worst],
        "drift": [one._asdict() for one in facts.drift],
        "versions": [
            {"pack": pack, "versions": [{"version": use.version, "repositories": use.repositories} for use in uses]}
            for pack, uses in versions_by_pack(facts.uses).items()
        ],
    }


def worst_data(member: Remembered) -> dict[str, Any]:
    """Return one of the worst repositories as data."""
    found = member.found
    return {
        "repository": found.repository,
        "standing": str(found.standing),
        "files": len(found.files),
        "error": found.error or None,
        "looked_at": moment(found.looked_at),
        "last": str(member.last) if member.last is not None else None,
        "answered_at": moment(member.answered_at) if member.answered_at else None,
    }


def status_lines(facts: FleetFacts, worst: Sequence[Remembered], now: float) -> list[str]:
    """Return how a fleet stands as lines."""
    lines = [f"{repositories(sum(facts.standings.values()))}, {run_line(facts.run, now)}"]
    lines += [*standing_lines(facts.standings), *worst_lines(worst, facts.standings)]
    if facts.drift:
        lines += ["", "packs with the most drift:", *_drift_lines(facts)]
    if facts.uses:
        lines += ["", "versions in use:", *_version_lines(facts)]
    return lines


def standing_lines(standings: Mapping[FleetStanding, int]) -> list[str]:
    """Return how many repositories have each standing as lines."""
    width = max(map(len, standings), default=0)
    digits = max((len(f"{number:,}") for number in standings.values()), default=0)
    return [f"  {one:<{width}}  {number:>{digits},}  {MEANINGS[one]}" for one, number in standings.items()]


def worst_lines(worst: Sequence[Remembered], standings: Mapping[FleetStanding, int]) -> list[str]:
    """Return the worst repositories as lines, after an empty one, and how many more there are; none for none."""
    if not worst:
        return []
    left = sum(number for one, number in standings.items() if one not in GOOD) - len(worst)
    more = [f"  and {left:,} more; `agentsync fleet report` lists all"] if left > 0 else []
    return ["", "the worst:" if len(worst) > 1 else "the worst one:", *(f"  {_worst(one)}" for one in worst), *more]


def run_line(run: FleetRun, now: float) -> str:
    """Return what is told of a run: when it was, and whether it came to its end."""
    if run.finished:
        return f"run {run.number} of {_minute(run.finished)} UTC, {age(now - run.finished)} ago"
    begun = f"run {run.number} began {_minute(run.started)} UTC, {age(now - run.started)} ago"
    return f"{begun}, and did not come to its end: {run.asked:,} of {run.listed:,} were asked"


def _minute(seconds: float) -> str:
    return moment(seconds)[:16].replace("T", " ")


def _worst(member: Remembered) -> str:
    found = member.found
    told = [brief(found.error)] if found.error else []
    told += _news(member)
    told += [count(len(found.files), "drifted file")] if found.files and found.standing not in UNANSWERED else []
    told += [before] if (before := seen_before(member)) else []
    why = f" ({'; '.join(told)})" if told else ""
    return shown(f"{found.standing}: {found.repository}{why}")


def _news(member: Remembered) -> list[str]:
    """Return what registries say that gave a repository its standing: the first of it, and how much more there is."""
    pairs = zip(member.found.packs, member.upstream, strict=False)
    news = [(pack.pack, one) for pack, one in pairs if one.told and one.standing is member.found.standing]
    if not news:
        return []
    pack, first = news[0]
    more = f", and {len(news) - 1:,} more" if len(news) > 1 else ""
    return [brief(f"{pack}: {redact(first.told)}{more}")]


def _drift_lines(facts: FleetFacts) -> Iterator[str]:
    for one in facts.drift[:_MOST_PACKS]:
        yield shown(f"  {one.pack or '(no pack)'}: {count(one.files, 'file')} in {repositories(one.repositories)}")
    if len(facts.drift) > _MOST_PACKS:
        yield f"  and {len(facts.drift) - _MOST_PACKS:,} more"


def _version_lines(facts: FleetFacts) -> Iterator[str]:
    by_pack = versions_by_pack(facts.uses)
    for pack, uses in list(by_pack.items())[:_MOST_PACKS]:
        told = ", ".join(f"{use.version} ({use.repositories:,})" for use in uses[:_MOST_VERSIONS])
        more = f" and {len(uses) - _MOST_VERSIONS:,} more" if len(uses) > _MOST_VERSIONS else ""
        yield shown(f"  {pack}: {told}{more}")
    if len(by_pack) > _MOST_PACKS:
        yield f"  and {len(by_pack) - _MOST_PACKS:,} more packs"


def held_data(held: Iterable[HeldPack]) -> list[dict[str, Any]]:
    """Return who has what as data."""
    return [
        {
            "pack": use.pack.pack,
            "version": use.pack.version,
            "commit": use.pack.commit or None,
            "tree": use.pack.tree or None,
            "registry": use.pack.registry or None,
            "standing": str(use.upstream.standing) if use.upstream.standing is not None else None,
            "told": use.upstream.told or None,
            "items": [{"item": one.item, "grants": list(one.grants)} for one in items],
            "repositories": [
                {
                    "repository": one.repository,
                    "folder": one.folder,
                    "standing": str(one.standing),
                    "answered_at": moment(one.answered_at),
                }
                for one in holders
            ],
        }
        for use, items, holders in held
    ]


def held_lines(held: Sequence[HeldPack], run: FleetRun, now: float, *, with_items: bool) -> list[str]:
    """Return who has what as lines: each lock entry, then the projects that have it."""
    if not held:
        return [f"no repository has it, as of {run_line(run, now)}"]
    since = run.started
    lines = []
    for use, items, holders in held:
        registry = {"moved tag": "its tag moved", "outdated": "a newer version is allowed"}
        news = use.upstream.told or registry.get(str(use.upstream.standing), "")
        names = {one.repository for one in holders}
        told = f"{use.pack.pack} {version_of(use.pack)}: {repositories(len(names))}"
        lines.append(shown(f"{told}{f' ({news})' if news else ''}"))
        if with_items:
            lines += [shown(f"  {one.item}: {', '.join(shown_grants(one.grants)) or 'no power'}") for one in items]
        lines += [shown(f"  {_holder(one, since, now)}") for one in holders[:_MOST_HOLDERS]]
        if len(holders) > _MOST_HOLDERS:
            lines.append(f"  and {len(holders) - _MOST_HOLDERS:,} more; --json has them all")
    return lines


def _holder(one: Holder, since: float, now: float) -> str:
    old = f", {age(now - one.answered_at)} ago" if one.answered_at < since else ""
    folder = f" in {one.folder}" if one.folder != "." else ""
    return f"{one.repository}{folder} ({one.standing}{old})"
