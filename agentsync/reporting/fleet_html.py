"""The report about a fleet as pages: one with numbers, charts and a list, and pages of 100 repositories each.

Every value that a template prints is escaped, its hidden characters are named, and what is very long is cut. The
list that a script searches is a file of its own, with the worst 50,000 repositories.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agentsync.model.fleet import FleetStanding, Remembered
from agentsync.reporting.failure import shown
from agentsync.reporting.fleet_charts import FULL, MOST_RUNS, courses, pack_versions, share
from agentsync.reporting.fleet_facts import (
    GOOD,
    MEANINGS,
    FleetFacts,
    folders_of,
    moment,
    repositories,
    seen_before,
    version_of,
)

TEMPLATES: Final = Path(__file__).with_name("templates")
INDEX: Final = "index.html"
ROWS: Final = "fleet-rows.js"
ASSETS: Final = ("fleet.css", "fleet.js")
MOST_ROWS: Final = 50_000
"""The most repositories that the search knows."""
ON_PAGE: Final = 100
"""The most repositories of one page."""
FIRST: Final = 100
"""The repositories that stand in the list without a script."""
_LINES: Final = 3_000  # rows of tables after which a page ends
_MOST_PACKS: Final = 200  # of one repository
_MOST_FILES: Final = 300
_MOST_LINKS: Final = 200
_SEARCHED: Final = 50  # packs of one repository that the search knows
_LONGEST: Final = 1_000  # characters of one text
_BEHIND: Final = "https://[A-Za-z0-9.-]+(?::[0-9]+)?/[A-Za-z0-9._~/+-]+"
_RANKS: Final = {standing: place for place, standing in enumerate(FleetStanding)}


class Row(NamedTuple):
    """One repository in the list; the fields before `number` say where in the list it stands."""

    rank: int
    less_files: int
    repository: str
    number: int
    page: int
    packs: tuple[str, ...]
    looked_at: float
    error: str

    @property
    def standing(self) -> FleetStanding:
        return tuple(FleetStanding)[self.rank]

    @property
    def href(self) -> str:
        return f"{page_name(self.page)}#r{self.number}"


def page_name(number: int) -> str:
    """Return the page of repositories with this number, from 1."""
    return f"repositories-{number}.html"


def fleet_pages(facts: FleetFacts, shell: str) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield each file: its path and its pieces. What one holds is known when all before it are read.

    Args:
        shell: the template of what stands around a page of any site.
    """
    templates = _templates(shell)
    rows: list[Row] = []
    pages = 0
    for number, (members, start, is_last) in enumerate(_batches(facts.members(None)), 1):
        sections = [_section(member, start + place) for place, member in enumerate(members)]
        text = templates.get_template("fleet_list.html").render(
            facts=facts, sections=sections, number=number, is_last=is_last
        )
        yield page_name(number), (text.encode(),)
        rows += [_row(member, start + place, number) for place, member in enumerate(members)]
        if len(rows) > 2 * MOST_ROWS:
            rows = sorted(rows)[:MOST_ROWS]
        pages = number
    rows = sorted(rows)[:MOST_ROWS]
    yield ROWS, _rows(rows)
    yield INDEX, (templates.get_template("fleet_index.html").render(**_index(facts, rows, pages)).encode(),)
    for name in ASSETS:
        yield name, (_source(templates, name),)


def _source(templates: Environment, name: str) -> bytes:
    """Return a file beside the templates as it is."""
    assert templates.loader is not None
    return templates.loader.get_source(templates, name)[0].encode()


@cache
def _templates(shell: str) -> Environment:
    made = Environment(
        loader=ChoiceLoader((FileSystemLoader(TEMPLATES), DictLoader({"shell.html": shell}))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters |= {"moment": _minute, "repositories": repositories, "share": share, "tone": _tone}
    made.globals |= {"meanings": MEANINGS, "full": FULL, "up": ""}
    return made


def _finalized(value: Any) -> Any:
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return shown(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}...")


def _minute(seconds: float) -> str:
    return moment(seconds)[:16].replace("T", " ")


def _tone(standing: FleetStanding) -> str:
    if standing in GOOD:
        return "good" if standing is FleetStanding.CLEAN else "plain"
    return "warn" if standing in (FleetStanding.DRIFT, FleetStanding.OUTDATED, FleetStanding.EMPTY) else "bad"


def _batches(members: Iterator[Remembered]) -> Iterator[tuple[list[Remembered], int, bool]]:
    """Yield the repositories of each page, the number of the first one, from 1, and whether it is the last page."""
    batch: list[Remembered] = []
    start, lines = 1, 0
    for member in members:
        size = min(len(member.found.packs), _MOST_PACKS) + min(len(member.found.files), _MOST_FILES)
        if len(batch) == ON_PAGE or (batch and lines + size > _LINES):
            yield batch, start, False
            start, batch, lines = start + len(batch), [], 0
        batch.append(member)
        lines += size
    if batch:
        yield batch, start, True


def _section(member: Remembered, number: int) -> dict[str, Any]:
    """Return what a template needs of one repository."""
    found = member.found
    news = {(pack.folder, pack.pack): one for pack, one in zip(found.packs, member.upstream, strict=False)}
    packs_left, files_left, folders = _MOST_PACKS, _MOST_FILES, []
    for one in folders_of(member):
        packs, files = one.packs[:packs_left], one.files[:files_left]
        packs_left, files_left = packs_left - len(packs), files_left - len(files)
        rows = [(pack, version_of(pack), news.get((pack.folder, pack.pack))) for pack in packs]
        if packs or files or (packs_left and files_left):
            folders.append({"folder": one.folder, "packs": rows, "files": files})
    return {
        "number": number,
        "found": found,
        "link": found.repository if re.fullmatch(_BEHIND, found.repository) else "",
        "before": seen_before(member),
        "folders": folders,
        "more_packs": max(0, len(found.packs) - _MOST_PACKS),
        "more_files": max(0, len(found.files) - _MOST_FILES),
    }


def _row(member: Remembered, number: int, page: int) -> Row:
    found = member.found
    names = dict.fromkeys(f"{pack.pack} {version_of(pack)}"[:_LONGEST] for pack in found.packs)
    return Row(
        rank=_RANKS[found.standing],
        less_files=-len(found.files),
        repository=found.repository,
        number=number,
        page=page,
        packs=tuple(names),
        looked_at=found.looked_at,
        error=found.error[:_LONGEST],
    )


def _rows(rows: Sequence[Row]) -> Iterator[bytes]:
    """Yield the list for the script: names of packs once, and each repository by the places of its names."""
    places: dict[str, int] = {}
    for row in rows:
        for name in row.packs[:_SEARCHED]:
            places.setdefault(name, len(places))
    standings = [[str(one), _tone(one)] for one in FleetStanding]
    yield f"const standings = {json.dumps(standings)};\nconst names = [\n".encode()
    for name in places:
        yield f"{json.dumps(shown(name))},\n".encode()
    yield b"];\nconst rows = [\n"
    for row in rows:
        packs = [places[name] for name in row.packs[:_SEARCHED]]
        told = [_cut(row.repository), row.page, row.number, row.rank, -row.less_files, len(row.packs), packs]
        yield f"{json.dumps([*told, int(row.looked_at), _cut(row.error)], separators=(',', ':'))},\n".encode()
    yield b"];\n"


def _cut(text: str) -> str:
    return shown(text[:_LONGEST])


def _index(facts: FleetFacts, rows: Sequence[Row], pages: int) -> dict[str, Any]:
    total = sum(facts.standings.values())
    step = max(1, -(-pages // _MOST_LINKS))
    return {
        "facts": facts,
        "total": total,
        "wrong": sum(number for standing, number in facts.standings.items() if standing not in GOOD),
        "most": max(facts.standings.values(), default=0),
        "courses": courses(facts.runs),
        "runs": facts.runs[-MOST_RUNS:],
        "drift": facts.drift,
        "versions": pack_versions(facts.uses),
        "rows": rows[:FIRST],
        "is_cut": total > MOST_ROWS,
        "most_rows": MOST_ROWS,
        "pages": [(number, page_name(number)) for number in range(1, pages + 1, step)],
    }
