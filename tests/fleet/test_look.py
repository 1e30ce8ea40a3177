"""The look at repositories: each standing, what is asked for, what hostile ones come to, and what is never done."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.look import look
from agentsync.formats.git_url import parse_git_url
from agentsync.model.fleet import FleetStanding, FoundRepository, Member, Unchanged
from bench.git_server import Rule, serving
from tests.cli.project import snapshot
from tests.fleet.copies import commit_on, copies
from tests.fleet.templates import Templates
from tests.git_registry import File
from tests.hostile.raw_git import RawRepository
from tests.programs import write_program

# What registries say is asked by other code.
WITHOUT_REGISTRIES = {FleetStanding.MOVED_TAG: FleetStanding.CLEAN, FleetStanding.OUTDATED: FleetStanding.CLEAN}


def asked(where: object, commit: str = "", *, branch: str = "", is_folder: bool = False) -> Question:
    """A question about a repository or a folder."""
    return Question(Member(parse_git_url(str(where)), branch), commit, is_folder)


def found(
    *questions: Question, policy: str = "", seconds: float = 60.0, most: int = 100 << 20
) -> list[FoundRepository]:
    """The rows of a batch, none of which is as it was; behind one whose host is busy the rest is asked anew."""
    rows = list[object]()
    while len(rows) < len(questions):
        rows += look(Batch(questions[len(rows) :], policy, seconds=seconds, most=most))
    assert all(isinstance(row, FoundRepository) for row in rows)
    return [row for row in rows if isinstance(row, FoundRepository)]


def facts(rows: Sequence[FoundRepository]) -> list[FoundRepository]:
    """What does not depend on the way to a repository, and on the time."""
    return [row._replace(repository="", looked_at=0, requests=0, received=0) for row in rows]


@pytest.fixture(autouse=True)
def _with_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:http")


def test_each_standing_by_file_and_over_http(fleet_templates: Templates, tmp_path: Path) -> None:
    """Equal rows both ways; requests and bytes are those that the server counts; again, refs alone are asked for."""
    made = copies(tmp_path / "fleet", fleet_templates.all, len(fleet_templates.all))
    batch = Batch(tuple(asked(one.path) for one in made), policy=fleet_templates.policy)
    rows = found(*pickle.loads(pickle.dumps(batch)).questions, policy=fleet_templates.policy)
    for one, row in zip(made, rows, strict=True):
        assert row.standing == WITHOUT_REGISTRIES.get(one.standing, one.standing), (one.template, row)
        assert row.commit == one.commit
        assert row.folders == (
            () if row.standing in ("unmanaged", "empty") else fleet_templates.named(one.template).folders
        )
        assert bool(row.error) == (row.standing in ("broken", "policy", "lock"))
    by_name = {one.template: row for one, row in zip(made, rows, strict=True)}
    assert by_name["broken-manifest"].error.startswith("agentsync.yaml, line 6, column 1: ")
    first = by_name["clean"].packs[0]
    assert (first.folder, first.pack, first.version, first.tag) == (".", "acme/acme", "1.1.0", "v1.1.0")
    assert (first.wanted, first.registry) == ("^1", fleet_templates.registries["acme"].url)
    assert [one.item for one in first.items] == ["agent:critic", "skill:pdf"]
    assert [*map(str, by_name["drift-below"].files[0])] == [
        "services/api",
        ".claude/agents/helper.md",
        "tools/tools",
        "edited",
    ]
    with serving(tmp_path / "fleet") as server:
        questions = [asked(f"{server.url}/{one.path.name}") for one in made]
        again = found(*questions, policy=fleet_templates.policy)
        assert facts(again) == facts(rows)
        for one, row in zip(made, again, strict=True):
            assert row.requests == server.requests_of[one.path.name] <= 5
            assert row.received <= server.sent_of[one.path.name] <= row.received + 60
        server.forget()
        held = [one._replace(commit=row.commit) for one, row in zip(questions, again, strict=True) if row.commit]
        same = look(Batch(tuple(held)))
        assert all(isinstance(row, Unchanged) and row.requests == 2 for row in same)
        assert server.requests == 2 * len(held)
        assert server.sent <= 300 * len(held)


def test_what_does_not_answer_says_why(fleet_templates: Templates, tmp_path: Path) -> None:
    """Denied, gone, busy and out of reach are told apart, a branch that is not there too, and no password is told."""
    made = copies(tmp_path / "fleet", [fleet_templates.named("clean")], 6)
    with serving(tmp_path / "fleet") as server:
        rules = (
            Rule(login="kim:s3cret"),
            Rule(403),
            Rule(404),
            Rule(500),
            Rule(busy=9),
            Rule(resets=9, reset_over=100),
        )
        server.rules.update({one.path.name: rule for one, rule in zip(made, rules, strict=True)})
        named = f"{server.url.replace('//', '//kim:wrong@')}/{made[0].path.name}"
        questions = [asked(f"{server.url}/{one.path.name}") for one in made]
        rows = found(*questions, asked(named), asked(f"{server.url}/none.git"), asked(made[5].path, branch="none"))
        known = found(asked(named.replace("wrong", "s3cret")))
    (down,) = found(asked(f"{server.url}/{made[0].path.name}"))
    standings = "denied denied gone unreachable unreachable unreachable denied gone gone".split()
    assert [row.standing for row in rows] == standings
    assert down.standing == "unreachable"
    assert [row.wait for row in (*rows, down)] == [None] * 4 + [0.0] + [None] * 4 + [0.0]
    assert [row.standing for row in known] == ["clean"]
    with serving(tmp_path / "fleet") as server:
        server.rules[made[1].path.name] = Rule(busy=1)
        (_, busy) = look(Batch(tuple(asked(f"{server.url}/{one.path.name}") for one in made)))
        assert isinstance(busy, FoundRepository) and busy.wait is not None
        assert [server.requests_of[one.path.name] for one in made[2:]] == [0] * 4
    assert all(row.error and row.commit == "" for row in (*rows, down))
    assert "s3cret" not in repr((rows, known))
    assert "wrong" not in repr(rows)


def test_working_folder_is_looked_at_as_it_stands(fleet_templates: Templates, tmp_path: Path) -> None:
    """It is what `drift` says there, and nothing in it is changed."""
    for path, file in fleet_templates.named("drift-below").files.items():
        where = tmp_path / "work" / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(file.data if isinstance(file.data, bytes) else file.data.encode())
    before = snapshot(tmp_path / "work")
    (tmp_path / "none").mkdir()
    rows = found(*(asked(tmp_path / name, is_folder=True) for name in ("work", "none", "gone")))
    assert [(row.standing, row.folders) for row in rows] == [
        ("drift", (".", "services/api")),
        ("unmanaged", ()),
        ("gone", ()),
    ]
    assert snapshot(tmp_path / "work") == before
    denied = found(asked(tmp_path / "work", is_folder=True), policy="deny_grants: [read]\n")
    assert [row.standing for row in denied] == ["policy"]


def test_hostile_repositories_end_as_broken(fleet_templates: Templates, tmp_path: Path) -> None:
    """Each with a reason, each in its own row, and those beside them are looked at as always."""
    clean = {path: file.data for path, file in fleet_templates.named("clean").files.items()}
    made = [
        *(_manifest(tmp_path / f"{name}.git", text, clean["agentsync.lock"]) for name, text in _BOMBS.items()),
        *(_odd_name(tmp_path / f"name-{number}.git", name) for number, name in enumerate((b"..", b".GIT", b"a/../b"))),
        _wide(tmp_path / "wide.git"),
        _many(tmp_path / "many.git"),
        _deep(tmp_path / "deep-tree.git"),
    ]
    honest = copies(tmp_path / "fleet", [fleet_templates.named("clean")], 1)[0]
    huge = _huge(tmp_path / "fleet" / "huge.git", clean["agentsync.yaml"])
    with serving(tmp_path / "fleet") as server:
        questions = [*(asked(one.path) for one in made), asked(f"{server.url}/{huge.path.name}"), asked(honest.path)]
        *rows, last = found(*questions)
    assert last.standing == "clean"
    for row in rows:
        assert row.standing == "broken", row
        assert row.error.isprintable()
        assert row.commit


_BOMBS: Final = {
    "aliases": "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(12)),
    "deep": "[" * 100_000,
    "large": "# much\n" * 300_000,
    "control": "packs: \x00\n",
}


def _manifest(path: Path, text: str, lock: str | bytes) -> RawRepository:
    raw = RawRepository(path)
    raw.commit(raw.files({"agentsync.yaml": text, "agentsync.lock": lock}))
    return raw


def _odd_name(path: Path, name: bytes) -> RawRepository:
    """What no checkout takes."""
    raw = RawRepository(path)
    below = raw.tree([("100644", b"x", raw.blob("x"))])
    raw.commit(raw.tree([("40000", name, below), ("100644", b"agentsync.yaml", raw.blob("packs: {}\n"))]))
    return raw


def _wide(path: Path) -> RawRepository:
    """A few trees that stand for 10^19 files."""
    raw = RawRepository(path)
    tree = raw.tree([("100644", b"%06d" % number, raw.blob("x")) for number in range(1_000)])
    for _ in range(8):
        tree = raw.tree([("40000", b"%03d" % number, tree) for number in range(100)])
    raw.commit(tree)
    return raw


def _many(path: Path) -> RawRepository:
    raw = RawRepository(path)
    blob = raw.blob("x")
    raw.commit(raw.tree([("100644", b"%0100d" % number, blob) for number in range(120_000)]))
    return raw


def _deep(path: Path) -> RawRepository:
    raw = RawRepository(path)
    tree = raw.tree([("100644", b"x", raw.blob("x"))])
    for _ in range(500):
        tree = raw.tree([("40000", b"d" * 200, tree)])
    raw.commit(tree)
    return raw


def _huge(path: Path, manifest: str | bytes) -> RawRepository:
    """A lock of 140 MB that comes in a few bytes."""
    raw = RawRepository(path)
    lock = raw.pack_delta(b"x" * 1_000_000, 140)
    raw.commit(raw.tree([("100644", b"agentsync.lock", lock), ("100644", b"agentsync.yaml", raw.blob(manifest))]))
    return raw


def test_odd_repositories_are_looked_at(fleet_templates: Templates, tmp_path: Path) -> None:
    """A commit without files, names with line ends, and more projects than are looked at are no faults."""
    nothing = RawRepository(tmp_path / "nothing.git")
    nothing.commit(nothing.tree([]))
    names = RawRepository(tmp_path / "names.git")
    text = {"packs.md": "x"}
    names.commit(names.files({**text, "a\n": "x", "b\n\nc/..d\n": "x", "agentsync.yaml": "packs: {}\n"}))
    many = RawRepository(tmp_path / "many.git")
    passed_over = {f"{name}/x/agentsync.yaml": "x" for name in ("node_modules", "a/.venv", ".git2/.tox")}
    projects = {f"p{number:02}/agentsync.yaml": "packs: {}\n" for number in range(60)}
    many.commit(many.files({**passed_over, **projects}))
    rows = found(asked(nothing.path), asked(names.path), asked(many.path))
    assert [(row.standing, len(row.folders)) for row in rows] == [("unmanaged", 0), ("clean", 1), ("clean", 50)]
    assert rows[2].error == "it has 60 projects, and the first 50 were looked at"
    wrong = RawRepository(tmp_path / "wrong.git")
    wrong.commit(wrong.files({f"p{number}/agentsync.yaml": f"{'x' * 200}: 1\n" for number in range(60)}))
    (row,) = found(asked(wrong.path))
    assert row.standing == "broken" and len(row.error) < 1200 and row.error.endswith("first 50 were looked at")
    named = [asked(names.path).member._replace(folders=one) for one in (("b", "c"), (".", "b"))]
    rows = found(*map(Question, named))
    assert [row.standing for row in rows] == ["unmanaged", "broken"], (
        "none of its folders has a manifest, or one of them"
    )


def test_nothing_of_a_repository_is_run_or_stays(
    fleet_templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No filter, no hook and no submodule, with drivers of the user's too; the store is gone afterwards."""
    program = write_program(tmp_path / "bin" / "evil", f"touch {tmp_path / 'ran'}\ncat\n")
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[filter "evil"]\n\tsmudge = {program}\n\tclean = {program}\n\tprocess = {program}\n\trequired = true\n'
        f"[core]\n\thooksPath = {program.parent}\n\tfsmonitor = {program}\n"
        f"[uploadpack]\n\tpackObjectsHook = {program}\n"
    )
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        write_program(tmp_path / "bin" / name, f"touch {tmp_path / 'ran'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    files = fleet_templates.named("clean").files
    module = '[submodule "m"]\n\tpath = m\n\turl = ../m.git\n\tupdate = !touch ran\n'
    more = {".gitattributes": "* filter=evil eol=crlf ident diff=evil merge=evil\n", ".gitmodules": module}
    made = copies(tmp_path / "fleet", [fleet_templates.named("clean")], 1)[0]
    commit_on(made, {**files, **more, "m": File(gitlink="1" * 40)})
    before = snapshot(made.path)
    with serving(tmp_path / "fleet") as server:
        (row,) = found(asked(f"{server.url}/{made.path.name}"))
    assert (row.standing, row.error) == ("clean", "")
    assert not (tmp_path / "ran").exists()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert snapshot(made.path) == before


def test_no_password_of_a_lock_is_kept(fleet_templates: Templates, tmp_path: Path) -> None:
    """Whatever wrote it there."""
    raw = RawRepository(tmp_path / "told.git")
    lock = fleet_templates.named("clean").files["agentsync.lock"].data
    text = lock if isinstance(lock, str) else lock.decode()
    url = str(fleet_templates.registries["acme"].url)
    assert url in text
    secret = '"https://kim:s3cret@h.example/x?access_token=s3cret"'
    raw.commit(raw.files({"agentsync.lock": text.replace(url, secret), "agentsync.yaml": "packs: {}\n"}))
    (row,) = found(asked(raw.path))
    assert row.standing == "lock" and row.packs[0].registry == "https://h.example/x?access_token=***"
    assert "s3cret" not in repr(row)


def test_limits_of_time_and_bytes(fleet_templates: Templates, tmp_path: Path) -> None:
    """What takes too long may answer another time; what is too large is broken; the batch goes on after both."""
    made = copies(tmp_path / "fleet", [fleet_templates.named("clean")], 3)
    with serving(tmp_path / "fleet") as server:
        server.rules[made[0].path.name] = Rule(delay=9)
        slow, fast = found(*(asked(f"{server.url}/{one.path.name}") for one in made[:2]), seconds=1.5)
    assert (slow.standing, slow.error) == ("unreachable", "it took longer than 1.5 seconds")
    assert fast.standing == "clean"
    raw = RawRepository(tmp_path / "large.git")
    names = {f"folder{n}/{n:0200}": "x" for n in range(300)}
    raw.commit(raw.files({**names, "agentsync.yaml": "packs: {}\n"}))
    files = RawRepository(tmp_path / "files.git")
    noise = "".join(f"# {hashlib.sha256(bytes([n])).hexdigest()}\n" for n in range(200))
    files.commit(files.files({"agentsync.yaml": noise}))
    rows = found(*(asked(path) for path in (made[0].path, raw.path, files.path, made[1].path)), most=6_000)
    assert [row.standing for row in rows] == ["clean", "broken", "broken", "clean"]
    assert {row.error for row in rows[1:3]} == {"more than 6,000 bytes would have to be fetched"}
