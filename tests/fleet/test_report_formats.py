"""The formats of a fleet's report: what they say, their limits, and that no text of a repository breaks one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft7Validator
from markdown_it import MarkdownIt

from agentsync.catalogue.style import shell
from agentsync.commands.schema import schema_text
from agentsync.model.fleet import (
    FleetRun,
    FleetStanding,
    FoundFile,
    FoundPack,
    FoundRepository,
    PackDrift,
    PackUpstream,
    Remembered,
    VersionUse,
)
from agentsync.model.invisible import hidden_places
from agentsync.reporting import fleet_html, fleet_markdown, fleet_metrics, fleet_sarif
from agentsync.reporting.fleet_charts import courses, pack_versions
from agentsync.reporting.fleet_facts import GOOD, FleetFacts
from agentsync.reporting.fleet_html import fleet_pages
from agentsync.reporting.fleet_json import report_json
from agentsync.reporting.fleet_markdown import fleet_markdown as markdown
from agentsync.reporting.fleet_metrics import metrics
from agentsync.reporting.fleet_sarif import repository_uri, sarif_files
from tests.catalogue.test_safe_text import Elements
from tests.fleet.made_results import NOW, made, pack

SARIF: Final = Draft4Validator(
    json.loads((Path(__file__).parent.parent / "data/sarif/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
)
REPORT: Final = Draft7Validator(json.loads(schema_text("fleet-report")))
PARSER: Final = MarkdownIt("commonmark").enable("table")
RUN: Final = FleetRun(3, NOW - 600, NOW, 12, 12, 24, 4096)
ODD: Final = (
    *(
        "<script>alert(1)</script>",
        "'\"><img src=x onerror=alert(1)>",
        "</table>",
        "<!--",
        "{{7*7}}",
        "{%raw%}",
        "&lt;",
    ),
    *("](javascript:alert(1))", "|", "`", "``", "\n", "\r", "\n# x", "\\", '"', "\x1b[31m", "\0", "\u202e", "\u200b"),
    *(
        "\udc80",
        "\u2028",
        "*a*",
        "#1",
        "@me",
        "{0}",
        "%0A",
        "%",
        "é",
        "😀",
        "javascript:alert(1)",
        "https://h.example/",
    ),
)
TEXTS: Final = st.lists(st.sampled_from(ODD) | st.text(max_size=4), max_size=5).map("".join)
STANDINGS: Final = st.sampled_from(FleetStanding)
PLAIN: Final = st.just("")
PACKS: Final = st.builds(FoundPack, TEXTS, TEXTS, st.none() | TEXTS, TEXTS, TEXTS, TEXTS, PLAIN, PLAIN, st.just(()))
FILES: Final = st.builds(FoundFile, TEXTS, TEXTS, TEXTS, st.sampled_from(("edited", "extra")))
NEWS: Final = st.builds(PackUpstream, st.sampled_from((None, FleetStanding.OUTDATED)), TEXTS, TEXTS)
FOUND: Final = st.builds(
    lambda url, commit, standing, error, packs, files: FoundRepository(
        url, commit, standing, NOW, error, packs=tuple(packs), files=tuple(files)
    ),
    *(TEXTS, TEXTS, STANDINGS, TEXTS, st.lists(PACKS, max_size=2), st.lists(FILES, max_size=2)),
)
MEMBERS: Final = st.builds(
    Remembered, FOUND, st.lists(NEWS, max_size=2).map(tuple), st.none() | STANDINGS, st.just(NOW - 9999)
)


def facts(members: list[Remembered], **more: Any) -> FleetFacts:
    """The facts about some repositories."""
    standings = [one.found.standing for one in members]

    def chosen(standing: FleetStanding | None) -> Iterator[Remembered]:
        return (one for one in members if standing in (None, one.found.standing))

    counts = {one: standings.count(one) for one in FleetStanding if one in standings}
    parts: dict[str, Any] = {
        "run": RUN,
        "runs": (RUN._replace(standings=counts),),
        "drift": tuple(PackDrift(one.pack, 1, 1) for member in members for one in member.found.files),
        "uses": tuple(VersionUse(one.pack, one.version or "", 1) for member in members for one in member.found.packs),
    }
    return FleetFacts(standings=counts, members=chosen, **{**parts, **more})


def fleet(count: int) -> list[Remembered]:
    """Repositories of every standing."""
    return [Remembered(made(number), (), None, 0.0) for number in range(count)]


def pages(told: FleetFacts) -> dict[str, str]:
    """The text of each page and script."""
    return {path: b"".join(pieces).decode() for path, pieces in fleet_pages(told, shell())}


def logs(told: FleetFacts) -> dict[str, Any]:
    """The SARIF logs, which their schema allows."""
    found = {name: json.loads(text) for name, text in sarif_files(told)}
    for log in found.values():
        SARIF.validate(log)
    return found


SAMPLE: Final = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
    r'(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*")*)\})? (?P<value>[0-9]+(?:\.[0-9]+)?)'
)


def samples(text: str) -> dict[str, float]:
    """The samples of a text, by the rules of the format: one block a metric, its type first, no sample twice."""
    assert text.endswith("\n") and "\r" not in text
    found: dict[str, float] = {}
    kinds: list[str] = []
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            assert len(line.split(" ", 3)) == 4
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind == "gauge" and name not in kinds
            kinds.append(name)
        else:
            read = SAMPLE.fullmatch(line)
            assert read is not None, line
            assert read["name"] == kinds[-1] and line.rpartition(" ")[0] not in found
            found[line.rpartition(" ")[0]] = float(read["value"])
    return found


@given(st.lists(MEMBERS, max_size=3))
def test_no_text_breaks_a_format(members: list[Remembered]) -> None:
    """Nothing of a repository is markup, a link, a sample, or hidden; each format can be read by its readers."""
    told = facts(members)
    for path, text in pages(told).items():
        if path.endswith(".html"):
            _is_harmless(text)
            assert not hidden_places(text) and "\x1b" not in text and "\0" not in text
    rows = pages(told)[fleet_html.ROWS]
    assert rows.isascii() and len(json.loads(_array(rows, "rows"))) == len(members)
    assert [one["standing"] for one in json.loads("".join(report_json(told)))["repositories"]] == [
        str(one.found.standing) for one in members
    ]
    REPORT.validate(json.loads("".join(report_json(told))))
    for log in logs(told).values():
        for run in log["runs"]:
            uri = run["versionControlProvenance"][0]["repositoryUri"]
            assert uri.isascii() and urlsplit(uri).scheme
    assert samples(metrics(told))['agentsync_fleet_repositories{standing="clean"}'] == told.standings.get(
        FleetStanding.CLEAN, 0
    )
    _is_plain(markdown(told), len(list(told.worst_first())))


def _array(script: str, name: str) -> str:
    body = script.partition(f"const {name} = [\n")[2].partition("];\n")[0]
    return f"[{body.rstrip().rstrip(',')}]"


def _is_harmless(text: str) -> None:
    for tag, attributes in Elements(text).found:
        assert tag not in ("img", "iframe", "object", "style", "base", "embed")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert tag != "script" or attributes.get("src") in ("fleet-rows.js", "fleet.js")
        link = attributes.get("href") or ""
        assert not link or re.fullmatch(r"[a-z0-9.-]*(?:#[a-z0-9]+)?|https://h\.example/[\w.~/+-]*", link), link
    assert "default-src 'none'" in text


def _is_plain(text: str, told: int) -> None:
    headings = [token for token in PARSER.parse(text) if token.type == "heading_open"]
    assert len(headings) == 1 + told
    for token in PARSER.parse(text):
        for one in (token, *(token.children or ())):
            assert one.type not in ("link_open", "image", "fence")
            if one.type in ("html_inline", "html_block"):
                assert re.fullmatch(r"(</?(code|details|summary)>|[^<]|\s)*", one.content), one.content


def test_what_they_say() -> None:
    """Counts, findings and numbers are those of the repositories."""
    members = fleet(60)
    told = facts(members, drift=(PackDrift("a", 7, 2), PackDrift("", 1, 1)), uses=(VersionUse("a", "1", 3),))
    document = json.loads("".join(report_json(told)))
    assert list(document) == ["schema", "run", "summary", "repositories"]
    assert list(document["repositories"][0]) == ["repository", "commit", "standing", "folders", "error"]
    assert document["summary"] == {str(one): number for one, number in told.standings.items()}
    found = samples(metrics(told))
    assert (
        found['agentsync_fleet_drifted_files{pack="a"}'] == 7 and found['agentsync_fleet_drifted_files{pack=""}'] == 1
    )
    assert found['agentsync_fleet_packs{pack="a",version="1"}'] == 3
    assert found["agentsync_fleet_run_timestamp_seconds"] == NOW
    text = markdown(told)
    assert "| drift | 10 | files are not as its lock has them |" in text and "(no pack)" in text
    index = pages(told)["index.html"]
    assert "60 repositories" in index and 'data-standing="drift"' in index
    assert index.count('<svg class="course"') == len(told.standings)


def test_sarif_keeps_the_limits_of_its_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 20 runs a file and 5,000 results a run; what could not be looked at comes last, without results."""
    assert (fleet_sarif.MOST_RUNS, fleet_sarif.MOST_RESULTS) == (20, 5000)
    monkeypatch.setattr(fleet_sarif, "MOST_RESULTS", 50)
    files = tuple(FoundFile("svc/a", f"f{number}.md", "p", "edited") for number in range(60))
    large = made(0)._replace(repository="git@h.example:a/b.git", standing=FleetStanding.DRIFT, commit="c1", files=files)
    members = [Remembered(large), *fleet(120)]
    found = logs(facts(members))
    runs = [run for log in found.values() for run in log["runs"]]
    assert list(found)[:2] == ["report.sarif", "report-2.sarif"]
    assert all(len(log["runs"]) <= 20 for log in found.values())
    wrong = [one for one in members if one.found.standing not in GOOD]
    assert len(runs) == len(wrong) == len({run["automationDetails"]["id"] for run in runs})
    (cut,) = (run for run in runs if len(run["results"]) > 20)
    assert len(cut["results"]) == 50 and "10 results more" in json.dumps(cut["invocations"])
    assert cut["versionControlProvenance"] == [{"repositoryUri": "ssh://git@h.example/a/b.git", "revisionId": "c1"}]
    uri = cut["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "svc/a/f0.md"
    answered = [run["invocations"][0]["executionSuccessful"] for run in runs]
    assert answered == sorted(answered, reverse=True) and False in answered
    assert all(bool(run["results"]) == is_answered for run, is_answered in zip(runs, answered, strict=True))
    assert list(logs(facts([]))) == ["report.sarif"]


def test_uris() -> None:
    """A URL of any form is a URI."""
    assert repository_uri("C:\\a b") == "file:///C:/a%20b"
    assert repository_uri("https://h.example/a%20b/[c]?d") == "https://h.example/a%20b/%5Bc%5D%3Fd"
    assert repository_uri("/a%b") == "file:///a%25b"


def test_markdown_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never longer than the summary of a job may be, and tells what it leaves out."""
    told = facts(fleet(300))
    assert "... and" not in markdown(told)
    monkeypatch.setattr(fleet_markdown, "ROOM", 9000)
    text = markdown(told)
    left = len(list(told.worst_first())) - text.count("\n### ")
    assert len(text.encode()) <= 9000 and f"... and {left} repositories more: this text may not be longer" in text


def test_metrics_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most series the rest is one."""
    monkeypatch.setattr(fleet_metrics, "MOST", 2)
    uses = tuple(VersionUse("a", f"{number}", number) for number in range(1, 6))
    found = samples(metrics(facts([], uses=uses)))
    assert {name: value for name, value in found.items() if "_packs{" in name} == {
        'agentsync_fleet_packs{pack="a",version="1"}': 1,
        'agentsync_fleet_packs{pack="a",version="2"}': 2,
        'agentsync_fleet_packs{pack="(others)",version="(others)"}': 12,
    }


def test_pages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page ends after 100 repositories or many rows; the list for the script keeps the worst."""
    monkeypatch.setattr(fleet_html, "ON_PAGE", 10)
    monkeypatch.setattr(fleet_html, "MOST_ROWS", 7)
    members = fleet(25)
    many = tuple(pack(f"acme/{number}", "1") for number in range(500))
    members[3] = Remembered(members[3].found._replace(packs=many, folders=(".",)))
    monkeypatch.setattr(fleet_html, "_LINES", 201)
    found = pages(facts(members))
    names = [name for name in found if name.startswith("repositories-")]
    assert [found[name].count("<section ") for name in names] == [3, 1, 10, 10, 1]
    assert "300 more packs are in report.json" in "".join(found.values())
    rows = json.loads(_array(found["fleet-rows.js"], "rows"))
    assert [row[3] for row in rows] == sorted(list(FleetStanding).index(one.found.standing) for one in members)[:7]
    assert "The search knows the worst 7" in found["index.html"]


def test_charts() -> None:
    """One run, many runs, none; of 300 versions the first hundred are listed and the rest counted."""
    runs = [RUN._replace(number=one, standings={FleetStanding.CLEAN: one}) for one in range(100)]
    (course,) = courses(runs)
    assert (len(course.bars), course.now, course.change, course.highest) == (60, 99, "+1", 99)
    assert course.bars[-1].height == 40 and course.width == 600
    (course,) = courses(runs[1:2])
    assert (len(course.bars), course.change, course.width) == (1, "", 120)
    assert courses([]) == []
    (told,) = pack_versions(VersionUse("a", f"1.{number}", 400 - number) for number in range(300))
    assert (told.number, len(told.first), told.others, len(told.listed)) == (300, 6, 294, 100)
