"""`fleet status` and `fleet report` on results that were made: the same bytes twice, nothing of others, no password."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin

import pytest

from agentsync.commands import fleet_report
from agentsync.commands.fleet_report import report
from agentsync.commands.fleet_status import Wanted, status
from agentsync.disk.site_folder import SiteFolder
from agentsync.errors import Exit, UsageError
from agentsync.fleet.batch import Question
from agentsync.fleet.results import Results
from agentsync.formats.git_url import parse_git_url
from agentsync.model.fleet import FleetStanding, FoundItem, FoundRepository, Member, PackUpstream
from agentsync.model.outcome import Outcome
from agentsync.reporting.failure import json_document
from agentsync.reporting.outcome_data import outcome_data
from tests.catalogue.test_safe_text import Elements
from tests.fleet.made_results import NOW, fleet, made, pack, write_results
from tests.output import check

PASSWORD: Final = "s3cr3t-t0ken"


def files_of(out: Path) -> dict[str, str]:
    """Return a digest of every file."""
    found = (path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def checked(command: str, outcome: Outcome) -> Outcome:
    """Hold the data of an outcome against its schema."""
    check(json.loads(json_document(command, outcome.exit, outcome_data(outcome), ())))
    return outcome


def test_report(tmp_path: Path) -> None:
    """Twice the same bytes; a smaller fleet leaves nothing of a larger one; links lead somewhere."""
    results, out = tmp_path / "fleet.sqlite", tmp_path / "out"
    write_results(results, *fleet(201, 2), yanked="1.3.0")
    outcome = checked("fleet report", report(results=str(results), out=str(out)))
    first = files_of(out)
    assert outcome.exit is Exit.OK and {*outcome.data["written"], ".fleet.json"} == set(first)
    assert {"index.html", "report.json", "report.sarif", "report.md", "metrics.prom", "repositories-3.html"} <= set(
        first
    )
    assert any("report.sarif" in note for note in outcome.notes)
    for page in out.glob("*.html"):
        for _, attributes in Elements(page.read_text("utf-8")).found:
            link = attributes.get("href") or attributes.get("src") or ""
            if link and not link.startswith(("https://git.example/", "#")):
                place, _, anchor = urljoin(page.as_uri(), link).partition("#")
                there = Path(unquote(place.removeprefix("file://")))
                assert there.is_file() and (not anchor or f'id="{anchor}"' in there.read_text("utf-8")), (page, link)
    (out / "CNAME").write_text("fleet.example")
    report(results=str(results), out=str(out))
    assert files_of(out) == {**first, "CNAME": files_of(out)["CNAME"]}
    small = write_results(tmp_path / "small.sqlite", *fleet(5))
    assert "repositories-3.html" in report(results=str(small), out=str(out)).data["removed"]
    (out / "CNAME").unlink()
    report(results=str(small), out=str(tmp_path / "anew"))
    assert files_of(tmp_path / "anew") == files_of(out)


def test_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that ends at any file is made good by the next one."""
    results = write_results(tmp_path / "fleet.sqlite", *fleet(20))
    report(results=str(results), out=str(tmp_path / "whole"))
    write = SiteFolder.write_pieces
    for most in (1, 5, 9):
        left = [most]

        def failing(folder: SiteFolder, path: str, pieces: list[bytes], left: list[int] = left) -> object:
            left[0] -= 1
            if left[0] < 0:
                (folder.root / f"{path}.new").write_bytes(b"half")
                raise InterruptedError
            return write(folder, path, pieces)

        out = tmp_path / f"out{most}"
        with monkeypatch.context() as patch, pytest.raises(InterruptedError):
            patch.setattr(SiteFolder, "write_pieces", failing)
            report(results=str(results), out=str(out))
        report(results=str(results), out=str(out))
        assert files_of(out) == files_of(tmp_path / "whole")


def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder, no results, files of others, no library: exit 2, and nothing is written."""
    results, out = write_results(tmp_path / "fleet.sqlite", *fleet(3)), tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not of a fleet report") as refused:
        report(results=str(results), out=str(out))
    assert refused.value.why == "notes.txt" and set(files_of(out)) == {"notes.txt"}
    with pytest.raises(UsageError, match="no folder is named"):
        report(results=str(results))
    Results(tmp_path / "empty.sqlite", named=True).close()
    for name, told in (("nothing", "there is no"), ("empty", "has no results")):
        path = str(tmp_path / f"{name}.sqlite")
        for verb in (partial(report, out=str(tmp_path / "new")), partial(status, options=Wanted())):
            with pytest.raises(UsageError, match=told) as refused:
                verb(results=path)
            assert refused.value.hint == "run `agentsync fleet check` first"
    monkeypatch.setattr(fleet_report, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as refused:
        report(results=str(results), out=str(tmp_path / "new"))
    assert refused.value.hint == "pip install 'agentsync[fleet]'" and not (tmp_path / "new").exists()


def test_only_the_report_loads_templates() -> None:
    """What reads results alone needs no library of the pages."""
    code = "import sys, agentsync.commands.fleet_status; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_status(tmp_path: Path) -> None:
    """Counts, the worst, drift and versions; then who has a version, an item, a power."""
    results = str(write_results(tmp_path / "fleet.sqlite", *fleet(60, 2), yanked="1.3.0"))
    outcome = checked("fleet status", status(results=results, options=Wanted()))
    assert sum(outcome.data["summary"].values()) == 60 and len(outcome.data["worst"]) == 20
    assert outcome.data["worst"][0]["standing"] == "unreachable" and outcome.data["worst"][0]["last"]
    assert sum(one["files"] for one in outcome.data["drift"]) == sum(len(made(number).files) for number in range(60))
    held = checked("fleet status", status(results=results, options=Wanted(pack="acme/*@1.3.0"))).data["uses"]
    having = {
        (one.repository, found.pack) for one in map(made, range(60)) for found in one.packs if found.version == "1.3.0"
    }
    assert {(one["repository"], use["pack"]) for use in held for one in use["repositories"]} == having and having
    assert all(use["told"] == "1.3.0 was yanked: it deletes files" for use in held)
    named = status(results=results, options=Wanted(item="agent:pack-1", grant="net")).data["uses"]
    assert {use["pack"] for use in named} == {"acme/pack-1"} and named[0]["items"][0]["grants"] == ["read", "net"]
    assert status(results=results, options=Wanted(item="skill:*")).lines[0].startswith("no repository has it")


def test_power_and_age(tmp_path: Path) -> None:
    """All tools are the network too; what is older than the last run, or was not looked at, is told."""
    everything = pack("acme/all", "1.0.0")._replace(items=(FoundItem("skill:all", ("*",)),))
    first = [made(60)._replace(standing=FleetStanding.CLEAN, packs=(everything,)), made(1)]
    results = write_results(tmp_path / "fleet.sqlite", first, [made(1)], [made(1)])
    with closing(Results(results, named=True)) as opened:
        urls = [first[0].repository, made(1).repository, "https://git.example/new.git"]
        opened.begin([Question(Member(parse_git_url(url))) for url in urls], "", NOW + 50)
    outcome = status(results=str(results), options=Wanted(grant="net"))
    assert [use["pack"] for use in outcome.data["uses"] if use["pack"] == "acme/all"] == ["acme/all"]
    assert "2 d ago" not in outcome.notes[0] and outcome.notes[0] == "1 repository of the list not looked at yet"
    assert "older than the last run, up to" in outcome.notes[1]
    assert "did not come to its end: 0 of 3 were asked" in status(results=str(results), options=Wanted()).lines[0]
    assert "clean, " in "".join(outcome.lines)


def test_no_password_is_written(tmp_path: Path) -> None:
    """Neither one of a URL in the list, nor one that a host or a registry quotes."""
    results, out = tmp_path / "fleet.sqlite", tmp_path / "out"
    secret = f"https://kim:{PASSWORD}@git.example/shop.git"
    url = parse_git_url(secret)
    held = pack("acme/review", "1.0.0")._replace(registry=secret)
    rows = {
        secret: FleetStanding.DRIFT,
        f"{secret}?token={PASSWORD}": FleetStanding.BROKEN,
        url.text: FleetStanding.CLEAN,
    }
    with closing(Results(results, named=True)) as opened:
        members = [Member(parse_git_url(f"{secret}-{place}")) for place in range(len(rows))]
        # As if what wrote the results had let one through.
        members = [one._replace(url=one.url._replace(text=text)) for one, text in zip(members, rows, strict=True)]
        run = opened.begin(map(Question, members), "", NOW)
        found = [
            FoundRepository(text, "1" * 40, standing, NOW, f"fatal: cannot read {secret}", (".",), (held,))
            for text, standing in rows.items()
        ]
        opened.put(run, zip(members, found, strict=True))
        told = PackUpstream(FleetStanding.OUTDATED, "2.0.0", f"see {secret}")
        opened.put_upstream({use.number: told for use in opened.rows.uses()})
        opened.finish(run, NOW)
    outcomes = [report(results=str(results), out=str(out))]
    outcomes += [status(results=str(results), options=one) for one in (Wanted(), Wanted(pack="*"))]
    for outcome in outcomes:
        assert PASSWORD not in json.dumps([outcome.data, *outcome.lines, *outcome.notes])
    for path in out.iterdir():
        assert PASSWORD not in path.read_text("utf-8") and "kim" not in path.read_text("utf-8"), path
    assert "https://git.example/shop.git" in (out / "report.json").read_text("utf-8")
