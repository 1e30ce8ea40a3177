"""`fleet check`: a list in, standings out; what it remembers, what it asks again, and how it ends."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.project import succeed
from tests.fleet.copies import Copy, commit_on, copies
from tests.fleet.templates import Templates
from tests.sandbox import AGENTSYNC, Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def made(sandbox: Sandbox, fleet_templates: Templates) -> list[Copy]:
    """A repository of each template, and a `fleet.yaml` in the project that lists them."""
    made = copies(sandbox.root / "fleet", fleet_templates.all, len(fleet_templates.all))
    (sandbox.project / "policy.yaml").write_text(fleet_templates.policy)
    registries = {alias: registry.url for alias, registry in fleet_templates.registries.items()}
    fleet = {"fleet": 1, "lists": ["all.txt"], "policy": "policy.yaml", "registries": registries}
    (sandbox.project / "fleet.yaml").write_text(json.dumps(fleet))
    (sandbox.project / "all.txt").write_text("".join(f"{one.path}  # {one.template}\n" for one in made))
    return made


def standings(path: Path) -> dict[str, str]:
    """What the results hold, by URL."""
    with closing(sqlite3.connect(path)) as data:
        return dict(data.execute("SELECT url, standing FROM repository"))


def checked(sandbox: Sandbox, *arguments: str, exit: int = 1) -> dict[str, Any]:
    """The data of a check into a file of the project."""
    document = sandbox.json("fleet", "check", "--results", "r.sqlite", *arguments)
    assert document["exit"] == exit, document
    data: dict[str, Any] = document["data"]
    return data


def test_a_fleet_is_checked_again_and_again(sandbox: Sandbox, made: list[Copy]) -> None:
    """Every standing is right; what is unchanged is not fetched, what is young is not asked, what is gone is told."""
    first = checked(sandbox)
    results = sandbox.project / "r.sqlite"
    assert standings(results) == {str(one.path): str(one.standing) for one in made}
    assert first["asked"] == first["run"]["listed"] == len(made) == sum(first["summary"].values())
    told = sandbox.run("fleet", "check", "--results", "r.sqlite", "--fail-on", "never")
    assert told.exit == 0 and f"{len(made)} repositories, {len(made)} asked with " in told.stdout
    again = checked(sandbox, "--fail-on", "error,policy")
    assert again["summary"] == first["summary"] and again["run"]["received"] < first["run"]["received"] / 3
    assert checked(sandbox, "--max-age", "1h")["asked"] == 0
    clean = next(one for one in made if one.standing == "clean")
    changed = commit_on(clean, {"README.md": "no manifest"})
    clean.path.rename(clean.path.with_name("other.git"))
    assert checked(sandbox, "--max-age", "0s")["summary"].get("gone", 0) == 1
    clean.path.with_name("other.git").rename(clean.path)
    checked(sandbox)
    assert standings(results)[str(clean.path)] == "unmanaged" and changed.commit != clean.commit


def test_exit_codes(sandbox: Sandbox, made: list[Copy]) -> None:
    """`--fail-on` names the least that fails; a list or an option that is wrong is told before anything is asked."""
    by_standing = {str(one.standing): one.path for one in made}
    text = (sandbox.project / "fleet.yaml").read_text().replace("all.txt", "one.txt")
    (sandbox.project / "one.yaml").write_text(text)
    expected = ["outdated drift 0", "drift drift 1", "lock policy 0", "policy policy 1", "policy error 0"]
    for line in [*expected, "moved+tag policy 1", "moved+tag error 0", "broken error 1"]:
        standing, word, code = line.split()
        standing = standing.replace("+", " ")
        (sandbox.project / "one.txt").write_text(f"{by_standing[standing]}\n")
        data = checked(sandbox, "--from", "one.yaml", "--fail-on", word, exit=int(code))
        assert data["summary"] == {standing: 1}
    before = standings(sandbox.project / "r.sqlite")
    (sandbox.project / "bad.txt").write_text(f"{made[0].path}\nnonsense\n")
    wrong = {
        ("--from", "bad.txt"): "bad.txt, line 2: 'nonsense' is not a git URL or path",
        ("--from", "none.txt"): "cannot read none.txt",
        ("--folder", "nowhere/*"): "--folder nowhere/* names no folder",
        ("--policy", "none.yaml"): "none.yaml",
        ("--fail-on", "drift,errors"): "--fail-on knows no 'errors'",
        ("--max-age", "soon"): "--max-age soon is no time",
        ("--jobs", "0"): "--jobs 0 is no number of threads",
        ("--limit-rate", "0/s"): "--limit-rate 0/s is no rate",
        ("--executor", "ray"): "there is no executor 'ray'",
    }
    for arguments, what in wrong.items():
        told = sandbox.run("fleet", "check", "--results", "r.sqlite", *arguments)
        assert told.exit == 2 and what in told.stderr, told
    assert standings(sandbox.project / "r.sqlite") == before
    silent = sandbox.run("fleet", "check", "--from", "-", input="https://nowhere.invalid/a.git\n", env={"CI": "1"})
    assert silent.exit == 3 and "no repository could be reached" in silent.stderr


def test_folders_and_lists(sandbox: Sandbox, made: list[Copy]) -> None:
    """Folders are looked at as they are on disk; a repository that two lists name is asked once."""
    sandbox.publish_example()
    succeed(sandbox, "init")
    succeed(sandbox, "add", str(sandbox.registry), "--all", "--accept-grants")
    data = checked(sandbox, "--folder", f"{sandbox.project.parent}/*", "--from", "all.txt", "--from", "all.txt")
    assert data["run"]["listed"] > len(made)
    assert standings(sandbox.project / "r.sqlite")[sandbox.project.as_posix()] == "clean"
    (sandbox.root / "[x]").mkdir()
    checked(sandbox, "--folder", f"{sandbox.root}/[x]", exit=0)
    assert standings(sandbox.project / "r.sqlite") == {f"{sandbox.root.as_posix()}/[x]": "unmanaged"}, (
        "a shell put it there"
    )
    assert any("fleet.yaml is not read" in note for note in data["notes"])


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_interrupted(sandbox: Sandbox, made: list[Copy]) -> None:
    """Ctrl-C ends with 130 and keeps what was found; the next check asks only the rest."""
    (sandbox.project / "all.txt").write_text("".join(f"{one.path}\n" for one in made))
    command = (*AGENTSYNC, "fleet", "check", "--results", "r.sqlite", "--limit-rate", "2/s", "-v")
    process = subprocess.Popen(
        command,
        cwd=sandbox.project,
        env=sandbox.environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # CI may have it ignored
    )
    assert process.stderr is not None
    while b" of " not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    found = standings(sandbox.project / "r.sqlite")
    assert 0 < len(found) < len(made)
    data = checked(sandbox)
    assert data["asked"] == len(made) - len(found) and data["run"]["number"] == 1
    assert any("goes on with a run that was interrupted" in note for note in data["notes"])
    assert standings(sandbox.project / "r.sqlite") == {str(one.path): str(one.standing) for one in made}
