"""Fleet status: how the repositories stand, and who has which version, item or power; from results alone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from agentsync.commands.fleet_results import facts_of, reading, results_path, without_credentials
from agentsync.errors import UsageError
from agentsync.fleet.remembered import Rows
from agentsync.model.fleet import FoundItem
from agentsync.model.grant import asks_for
from agentsync.model.outcome import Outcome
from agentsync.model.redaction import redact
from agentsync.reporting.fleet_facts import GOOD, age, repositories, run_data, version_of
from agentsync.reporting.fleet_status import HeldPack, held_data, held_lines, status_data, status_lines

_MOST_WORST: Final = 20
_OLD: Final = 60.0  # seconds


class Wanted(NamedTuple):
    """What is asked for: globs over packs, versions and items, and power; the rest goes with `--branches`."""

    pack: str = ""
    item: str = ""
    grant: str = ""
    lists: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    policy: str = ""


def status(*, results: str = "", options: Wanted) -> Outcome:
    """Tell how the fleet stands; with `options`, who has what.

    Args:
        results: the file that `fleet check` wrote, that of the cache by default.
    """
    if options.lists or options.folders or options.policy:
        raise UsageError(
            "--from, --folder and --policy go with --branches",
            why="fleet status asks no repository: it reads what `agentsync fleet check` found",
            hint="name the list for the check: `agentsync fleet check --from repositories.txt`",
        )
    with reading(results) as (rows, runs):
        now, run, path = time.time(), runs[-1], str(results_path(results))
        notes = _notes(rows, run.started, now)
        if any(options):
            held = _together(_held(rows, options))
            data = {"results": path, "run": run_data(run), "uses": held_data(held)}
            lines = held_lines(held, run, now, with_items=bool(options.item or options.grant))
            return Outcome(data, lines, notes)
        facts = facts_of(rows, runs)
        worst = [
            without_credentials(one)
            for one in rows.repositories(worst_first=True, limit=_MOST_WORST)
            if one.found.standing not in GOOD
        ]
        return Outcome({"results": path, **status_data(facts, worst)}, status_lines(facts, worst, now), notes)


def _notes(rows: Rows, started: float, now: float) -> list[str]:
    """Return what is told of repositories that the last run did not ask."""
    missing = rows.listed() - sum(rows.counts().values())
    notes = [f"{repositories(missing)} of the list not looked at yet"] if missing > 0 else []
    oldest = rows.oldest()
    if oldest and oldest < started - _OLD:
        notes.append(f"some of this is older than the last run, up to {age(now - oldest)}")
    return notes


def _held(rows: Rows, wanted: Wanted) -> Iterator[HeldPack]:
    name, _, version = wanted.pack.rpartition("@") if "@" in wanted.pack else (wanted.pack, "", "")
    for use in rows.uses(name or "*"):
        items = [one for one in use.pack.items if _fits(one, wanted)]
        if (items or not (wanted.item or wanted.grant)) and fnmatchcase(version_of(use.pack), version or "*"):
            holders = [one._replace(repository=redact(one.repository)) for one in rows.holders(use)]
            upstream = use.upstream._replace(told=redact(use.upstream.told))
            pack = use.pack._replace(registry=redact(use.pack.registry))
            yield HeldPack(use._replace(pack=pack, upstream=upstream), items, holders)


def _together(held: Iterable[HeldPack]) -> list[HeldPack]:
    """Join lock entries that differ only in what asks for the pack."""
    found = dict[object, HeldPack]()
    for one in held:
        pack = one.use.pack._replace(wanted="", tag="")
        key = (pack, one.use.upstream.told, one.use.upstream.standing)
        before = found.get(key)
        holders = sorted(
            [*(before.holders if before else ()), *one.holders], key=lambda one: (one.repository, one.folder)
        )
        found[key] = one._replace(holders=holders)
    return list(found.values())


def _fits(one: FoundItem, wanted: Wanted) -> bool:
    """Return whether an item has the name and the power that are asked for; its kind may be left out."""
    kind, _, name = re.sub("[:/]", "\0", wanted.item, count=1).rpartition("\0")
    here, _, own = one.item.partition(":")
    if not (fnmatchcase(own, name or "*") and fnmatchcase(here, kind or "*")):
        return False
    return not wanted.grant or asks_for(one.grants, wanted.grant)
