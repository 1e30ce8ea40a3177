"""`report.md`: a fleet in GitHub-flavoured Markdown, short enough for the summary of a job.

GitHub takes 1 MiB of a step:
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentsync.model.fleet import Remembered
from agentsync.reporting.fleet_facts import (
    GOOD,
    MEANINGS,
    FleetFacts,
    below,
    folders_of,
    moment,
    repositories,
    seen_before,
    versions_by_pack,
)
from agentsync.reporting.markdown import code, section, table, table_row
from agentsync.reporting.words import count

ROOM: Final = 1024 * 1024
"""The most bytes of the whole text."""
_RESERVED: Final = 500  # bytes for the words about what is left out
_MOST_PACKS: Final = 50
_MOST_VERSIONS: Final = 8
_MOST_LINES: Final = 100  # files of one repository
_LONGEST: Final = 2_000  # characters of a name or a reason


def fleet_markdown(facts: FleetFacts) -> str:
    """Return the whole text: the numbers first, then the repositories of which something has to be told."""
    parts = [*_head(facts)]
    room = ROOM - _RESERVED - len("\n\n".join(parts).encode("utf-8", "replace"))
    told, left = 0, sum(number for standing, number in facts.standings.items() if standing not in GOOD)
    for member in facts.worst_first():
        block = "\n".join(_repository(member))
        size = len(block.encode("utf-8", "replace")) + 2
        if size > room:
            break
        room -= size
        parts.append(block)
        told += 1
    if told < left:
        rest = "this text may not be longer. `report.json` and `index.html` have all of them"
        parts.append(f"... and {repositories(left - told)} more: {rest}.")
    return "\n\n".join(parts) + "\n"


def _head(facts: FleetFacts) -> Iterator[str]:
    yield f"# Fleet: {repositories(sum(facts.standings.values()))}"
    yield f"Run {facts.run.number}, {moment(facts.moment)}."
    rows = [table_row(str(one), f"{number:,}", MEANINGS[one]) for one, number in facts.standings.items()]
    yield "\n".join((*table("standing", "repositories", "meaning"), *rows))
    drift = [table_row(_name(one.pack), f"{one.files:,}", f"{one.repositories:,}") for one in facts.drift]
    head = table("pack", "drifted files", "repositories")
    yield from section("Drift by pack", head, [*drift[:_MOST_PACKS], *_more(drift)])
    uses = [
        table_row(
            _name(pack),
            ", ".join(f"{code(use.version[:100])} ({use.repositories:,})" for use in versions[:_MOST_VERSIONS])
            + (f" and {len(versions) - _MOST_VERSIONS:,} more" if len(versions) > _MOST_VERSIONS else ""),
        )
        for pack, versions in versions_by_pack(facts.uses).items()
    ]
    yield from section("Versions in use", table("pack", "versions"), [*uses[:_MOST_PACKS], *_more(uses)])


def _more(rows: list[str]) -> list[str]:
    return [table_row(f"and {len(rows) - _MOST_PACKS:,} more packs")] if len(rows) > _MOST_PACKS else []


def _repository(member: Remembered) -> Iterator[str]:
    found = member.found
    yield f"### {code(found.repository[:_LONGEST])}\n"
    before = seen_before(member)
    why = found.error or MEANINGS[found.standing]
    yield f"**{found.standing}**: {code(why[:_LONGEST])}{f'; {before}' if before else ''}\n"
    lines = [
        table_row(file.drift, code(below(one.folder, file.path)[:_LONGEST]), _name(file.pack))
        for one in folders_of(member)
        for file in one.files
    ]
    if lines:
        yield "\n".join((*table("drift", "file", "pack"), *lines[:_MOST_LINES]))
    if len(lines) > _MOST_LINES:
        yield f"\n... and {count(len(lines) - _MOST_LINES, 'more file')}"


def _name(pack: str) -> str:
    return code(pack[:_LONGEST]) or "(no pack)"
