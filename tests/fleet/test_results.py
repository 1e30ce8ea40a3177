"""The results of a fleet: rows in are rows out, a batch is there whole or not at all, a run is gone on with."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.errors import AgentsyncError, DiskError, UsageError
from agentsync.fleet.batch import Question
from agentsync.fleet.remembered import open_rows
from agentsync.fleet.results import Begun, Results
from agentsync.formats.git_url import parse_git_url
from agentsync.model.fleet import (
    UNANSWERED,
    FleetStanding,
    FoundFile,
    FoundItem,
    FoundPack,
    FoundRepository,
    Member,
    PackUpstream,
    Remembered,
    Unchanged,
)

DAY: Final = 24 * 3600.0
NOW: Final = 1_800_000_000.0
NET: Final = FoundPack(
    folder=".", pack="acme/net", version="1.0", commit="a" * 40, tree="b" * 40, registry="https://r.example/r.git",
    tag="v1.0", wanted="^1", items=(FoundItem("agent:n", ("net", "read")), FoundItem("skill:s")),
)  # fmt: skip
DOCS: Final = NET._replace(pack="acme/docs", version=None, items=(FoundItem("agent:d", ("read",)),))


def member(name: str) -> Member:
    """A repository of the list."""
    return Member(parse_git_url(f"https://h.example/{name}.git"))


def asked(name: str) -> Question:
    """The same, as the list has it."""
    return Question(member(name))


def found(
    name: str, standing: FleetStanding = FleetStanding.CLEAN, commit: str = "c1", at: float = NOW
) -> FoundRepository:
    """What is found in a repository that has nothing."""
    return FoundRepository(f"https://h.example/{name}.git", commit, standing, NOW)


def due(results: Results, run: Begun, *, max_age: float = 0, retry: bool = False, now: float = NOW) -> list[str]:
    """The names of the repositories that are asked, with the remembered commit behind them."""
    rows = results.due(run, max_age=max_age, retry=retry, now=now)
    return [f"{one.url.rpartition('/')[2].removesuffix('.git')} {one.commit}".strip() for one in rows]


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    """Results in a new file."""
    made = Results(tmp_path / "new" / "fleet.sqlite", named=True)
    yield made
    made.close()


TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PACKS: Final = st.builds(
    FoundPack,
    **dict.fromkeys(("folder", "pack", "commit", "tree", "registry", "tag", "wanted"), TEXT),
    version=st.none() | TEXT,
    items=st.lists(st.builds(FoundItem, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2).map(tuple),
)
REPOSITORIES: Final = st.builds(
    FoundRepository,
    st.just(""),
    TEXT,
    st.sampled_from([one for one in FleetStanding if one not in UNANSWERED]),
    st.floats(0, 2e9),
    error=TEXT,
    folders=st.lists(TEXT, max_size=2).map(tuple),
    packs=st.lists(PACKS, max_size=3).map(tuple),
    files=st.lists(st.builds(FoundFile, TEXT, TEXT, TEXT, TEXT), max_size=3).map(tuple),
    requests=st.integers(0, 9),
    received=st.integers(0, 10**12),
    blobs=st.just({}),
    wait=st.none(),
)


@settings(max_examples=25)
@given(st.lists(REPOSITORIES, max_size=4), st.lists(REPOSITORIES, max_size=4))
def test_rows_in_are_rows_out(first: list[FoundRepository], second: list[FoundRepository]) -> None:
    """All that was found last of each repository comes back, whatever was there before."""
    with TemporaryDirectory() as folder, closing(Results(Path(folder, "f"), named=True)) as results:
        judge(results, first, second)


def judge(results: Results, *batches: list[FoundRepository]) -> None:
    """The rows of the last batch, which is the list of the last run, are what is read."""
    expected: dict[str, FoundRepository] = {}
    for batch in batches:
        rows = [(member(str(n)), one._replace(repository=member(str(n)).url.text)) for n, one in enumerate(batch)]
        run = results.begin([Question(one) for one, _ in rows], "", NOW)
        results.put(run, rows)
        results.finish(run, NOW)
        expected = {one.repository: one for _, one in rows}
    assert [one.found for one in results.rows.repositories()] == list(expected.values())
    worst = [one.found.standing for one in results.rows.repositories(worst_first=True)]
    assert worst == sorted(worst, key=list(FleetStanding).index)
    assert sum(results.rows.counts().values()) == len(expected) == results.rows.listed()
    uses = {use.pack: use.repositories for use in results.rows.uses()}
    entries = [{pack._replace(folder="") for pack in one.packs} for one in expected.values()]
    assert uses == {entry: sum(entry in one for one in entries) for one in entries for entry in one}


def test_a_run_asks_what_is_missing(results: Results) -> None:
    """What was asked by an interrupted run is not asked again; a new run asks all, with what it remembers."""
    names = ("a", "b", "c")
    run = results.begin(map(asked, [*names, "a"]), "policy 1", NOW)
    assert (run.listed, run.goes_on, due(results, run)) == (3, False, ["a", "b", "c"])
    results.put(run, [(member("a"), found("a", commit="1")), (member("b"), found("b", FleetStanding.GONE, ""))])
    again = results.begin(map(asked, [*names, "d"]), "policy 1", NOW + 9)
    assert again == run._replace(listed=4, goes_on=True) and due(results, again) == ["c", "d"]
    other = results.begin([Question(member("a")._replace(branch="x")), asked("b")], "policy 1", NOW + 9)
    assert other.goes_on and due(results, other) == ["a"], "it was asked for another branch"
    again = results.begin(map(asked, [*names, "d"]), "policy 1", NOW + 9)
    results.put(again, [(member("c"), found("c", FleetStanding.DENIED, ""))])
    results.finish(again, NOW + 10)
    second = results.begin(map(asked, names), "policy 1", NOW + 11)
    assert not second.goes_on and due(results, second) == ["a 1", "b", "c"]
    assert due(results, second, retry=True) == ["c"]
    assert due(results, second, max_age=60, now=NOW + 11) == ["c"], "one that did not answer has no answer of that age"
    new = results.begin(map(asked, [*names, "new"]), "policy 1", NOW + 11)
    assert due(results, new, retry=True) == ["c", "new"], "one that was never asked did not answer either"
    other = results.begin(map(asked, names), "policy 2", NOW + 12)
    assert not other.goes_on and due(results, other, max_age=60) == ["a", "b", "c"], "held against another policy"
    late = results.begin(map(asked, names), "policy 2", NOW + 2 * DAY)
    assert not late.goes_on, "answers of an interrupted run of another day are no answers of today"
    branch = results.begin([Question(member("a")._replace(branch="x")), asked("b")], "policy 1", NOW)
    assert due(results, branch) == ["a", "b"]
    assert [(run.finished > 0, run.listed, run.asked) for run in results.rows.runs()][:2] == [
        (True, 4, 3),
        (False, 4, 0),
    ]

    def bad_list() -> Iterator[Question]:
        yield asked("z")
        raise UsageError("line 2")

    with pytest.raises(UsageError):
        results.begin(bad_list(), "policy 1", NOW)
    assert results.rows.listed() == 2


def test_folder_on_disk_is_no_answer_for_its_repository(results: Results) -> None:
    """Nor the other way round, however young the answer is."""
    listed = (asked("a"), asked("a")._replace(is_folder=True))
    for commit, young in (("c1", [[], ["a"]]), ("", [["a"], []])):
        run = results.begin([listed[0]], "", NOW)
        results.put(run, [(member("a"), found("a", commit=commit))])
        results.finish(run, NOW)
        begun = [results.begin([one], "", NOW + 1) for one in listed]
        assert [due(results, begun[0], max_age=60)] == young[1:]
        results.begin([listed[0]], "", NOW + 1)
        assert [due(results, begun[0], max_age=60)] == young[:1]


def test_folder_that_is_no_utf8_has_one_name(results: Results) -> None:
    """Its packs and files are told under the folder that the repository has."""
    run = results.begin([asked("a")], "", NOW)
    odd = found("a")._replace(folders=("\udcff",), packs=(NET._replace(folder="\udcff"),))
    results.put(run, [(member("a"), odd)])
    (row,) = results.rows.repositories()
    assert row.found.folders == tuple(pack.folder for pack in row.found.packs) and row.found.folders[0].isascii()


def test_what_did_not_answer_keeps_its_last_standing(results: Results) -> None:
    """With its age; one that is unchanged has all it had."""
    whole = found("a", FleetStanding.BROKEN)._replace(error="why", packs=(NET,), folders=(".",))
    run = results.begin([asked("a")], "", NOW)
    results.put(run, [(member("a"), whole)])
    results.finish(run, NOW)
    run = results.begin([asked("a")], "", NOW + 5)
    silent = FoundRepository(whole.repository, "", FleetStanding.UNREACHABLE, NOW + 5, "no route", requests=2)
    results.put(run, [(member("a"), silent)])
    results.finish(run, NOW + 6)
    (row,) = results.rows.repositories()
    assert row.found == whole._replace(
        standing=FleetStanding.UNREACHABLE, error="no route", looked_at=NOW + 5, requests=2
    )
    assert (row.last, row.answered_at) == (FleetStanding.BROKEN, NOW)
    assert results.rows.runs()[-1].standings == {FleetStanding.UNREACHABLE: 1}
    run = results.begin([asked("a")], "", NOW + 7)
    assert due(results, run) == ["a c1"]
    results.put(run, [(member("a"), Unchanged(whole.repository, "c1", NOW + 8, 1, 300))])
    (row,) = results.rows.repositories()
    assert row.found == whole._replace(looked_at=NOW + 8, requests=1, received=300) and row.answered_at == NOW + 8


def test_registries_say_more(results: Results) -> None:
    """The worst counts; entries, items and grants are there once for all repositories that have them."""
    standings = [FleetStanding.CLEAN, FleetStanding.DRIFT, FleetStanding.POLICY, FleetStanding.LOCK_ONLY]
    rows = [(member(one.value[0]), found(one.value[0], one)._replace(packs=(NET, DOCS))) for one in standings[:3]]
    edited = FoundFile(".", "x", "acme/net", "edited")
    rows[1] = (rows[1][0], rows[1][1]._replace(files=(edited,), blobs={"b1": "s1"}))
    rows.append((member("l"), found("l", FleetStanding.LOCK_ONLY)._replace(packs=(DOCS,))))
    run = results.begin([Question(one) for one, _ in rows], "", NOW)
    results.put(run, rows)
    docs, net = results.rows.uses()
    assert (docs.repositories, docs.differing, net.repositories, net.differing) == (4, 0, 3, 1)
    results.put_upstream({docs.number: PackUpstream(FleetStanding.OUTDATED, "2.0", "yanked")})
    results.put_upstream({net.number: PackUpstream(FleetStanding.MOVED_TAG)})
    results.finish(run, NOW)
    kinds = {one.found.repository[-5]: one.found.standing.value for one in results.rows.repositories()}
    assert kinds == {"c": "moved tag", "d": "moved tag", "p": "moved tag", "l": "outdated"}
    results.put_upstream({net.number: PackUpstream(None)})
    results.judge()
    kinds = {one.found.repository[-5]: one.found.standing.value for one in results.rows.repositories()}
    assert kinds == {"c": "outdated", "d": "drift", "p": "policy", "l": "outdated"}
    first = next(results.rows.repositories(worst_first=True, limit=1))
    assert first.upstream == (PackUpstream(), PackUpstream(FleetStanding.OUTDATED, "2.0", "yanked"))
    reads = results.rows.repositories
    assert _letters(reads(pack="acme/net")) == "cdp" and _letters(reads(pack="acme/*")) == "cdlp"
    assert _letters(reads(grant="net")) == "cdp" and _letters(reads(item="agent:d", grant="net")) == ""
    assert _letters(reads(grant="read")) == "cdlp" and _letters(reads(item="n")) == ""
    assert results.sha256_of(["b0", "b1"]) == {"b1": "s1"}
    data = sqlite3.connect(results.path)
    assert data.execute("SELECT count(*), count(DISTINCT grants) FROM item").fetchone() == (3, 3)
    assert data.execute("SELECT url, folder, path, pack, drift FROM file").fetchall() == [
        ("https://h.example/d.git", ".", "x", "acme/net", "edited")
    ]
    columns = 'url, folder, pack, version, "commit", tree'
    assert len(data.execute(f"SELECT {columns} FROM pack").fetchall()) == 7
    assert data.execute('SELECT url, "commit", standing, looked_at, error FROM repository').fetchone()[2] == "outdated"
    data.close()


def _letters(rows: Iterable[Remembered]) -> str:
    return "".join(one.found.repository[-5] for one in rows)


KILLED: Final = """
import os, signal, sys
from pathlib import Path
from agentsync.fleet.results import Results
from tests.fleet.test_results import NOW, asked, found, member
results = Results(Path(sys.argv[1]), named=True)
run = results.begin(map(asked, "abcdef"), "", NOW)
for batch in ("ab", "cd"):
    results.put(run, [(member(name), found(name)) for name in batch])

def dies():
    yield member("e"), found("e")
    os.kill(os.getpid(), signal.SIGKILL)

results.put(run, dies())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_killed_between_batches(tmp_path: Path) -> None:
    """All whole batches are there, none of the one that was written, and the run is gone on with."""
    path = tmp_path / "fleet.sqlite"
    ended = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert open_rows(path).counts() == {FleetStanding.CLEAN: 4}
    with closing(Results(path, named=True)) as results:
        run = results.begin(map(asked, "abcdef"), "", NOW + 60)
        assert run.goes_on and due(results, run) == ["e", "f"]


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 999)


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as data:
        data.execute("PRAGMA user_version = 7")


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as data:
        data.execute("CREATE TABLE moz_places (id)")


@pytest.mark.parametrize(
    ("damage", "code", "says"),
    [(_garbage, 3, "damaged"), (_torn, 3, "damaged"), (_newer, 3, "cannot use"), (_foreign, 2, "holds no results")],
)
def test_a_file_that_is_none(tmp_path: Path, damage: Callable[[Path], None], code: int, says: str) -> None:
    """It is told and left as it is; a damaged file of the cache is made anew."""
    path = tmp_path / "fleet.sqlite"
    with closing(Results(path, named=True)) as results:
        results.finish(results.begin(map(asked, "abc"), "", NOW), NOW)
    damage(path)
    before = path.read_bytes()
    for opens in (lambda: open_rows(path).runs(), lambda: Results(path, named=True).begin([], "", NOW)):
        with pytest.raises(AgentsyncError, match=says) as failed:
            opens()
        assert failed.value.exit == code and failed.value.hint
        assert path.read_bytes() == before
    if says == "damaged":
        with closing(Results(path, named=False)) as results:
            assert not results.rows.runs()
    else:
        with pytest.raises(AgentsyncError, match=says):
            Results(path, named=False)


def test_a_file_that_cannot_be(tmp_path: Path) -> None:
    """No results yet, and a place where none can be, are told."""
    with pytest.raises(UsageError, match="there is no"):
        open_rows(tmp_path / "fleet.sqlite")
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="cannot make"):
        Results(tmp_path / "file" / "x", named=True)
    with pytest.raises(DiskError, match="cannot use"):
        Results(tmp_path, named=True)
    with pytest.raises(UsageError, match="holds no results"):
        open_rows(tmp_path / "file")
