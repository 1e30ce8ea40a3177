"""A password in a URL opens the door once, and is written down nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.http_server import serving
from tests.cli.packs import TEAM
from tests.cli.project import files_below, lock_text, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Run, Sandbox

USER, PASSWORD = "kim", "s3cr3t-t0ken"


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[str]:
    """The URL of a server that wants a password; its repositories are outside the user's machine."""
    folder = sandbox.root.parent / "server"
    GitRegistry(folder / "team.git").publish("v1.0.0", TEAM)
    with serving(folder, user=USER, password=PASSWORD) as url:
        yield url


def _with_password(url: str) -> str:
    return url.replace("http://", f"http://{USER}:{PASSWORD}@")


def _leaks(folder: Path, *runs: Run) -> list[str]:
    """Every place that holds the password."""
    found = [str(path) for path in folder.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    return found + [run.stdout + run.stderr for run in runs if PASSWORD in run.stdout + run.stderr]


def test_it_serves_and_is_forgotten(sandbox: Sandbox, server: str) -> None:
    """`add` reaches the repository with it; manifest, lock, cache, output and JSON are without."""
    url = f"{_with_password(server)}/team.git"
    runs = [succeed(sandbox, "init"), succeed(sandbox, "add", url, git_log=True)]
    assert {f".claude/{path}" for path in TEAM} <= set(files_below(sandbox.project))
    assert f"team: {server}/team.git" in manifest_text(sandbox)
    assert f"git: {server}/team.git" in lock_text(sandbox)
    runs += [sandbox.run(*words) for words in (("list", "--json"), ("status",), ("registry", "list"), ("install",))]
    runs += [sandbox.run("registry", "add", "again", url, "--json")]
    assert _leaks(sandbox.root, *runs) == []
    assert all(PASSWORD not in word for run in runs for call in run.git_calls for word in call)


def test_without_it_the_door_stays_shut(sandbox: Sandbox, server: str) -> None:
    """No prompt, no hang: a failure with a next step."""
    succeed(sandbox, "init")
    run = sandbox.run("add", f"{server}/team.git")
    assert run.exit == 3
    assert "could not read Username" in run.stderr or "Authentication" in run.stderr


def test_a_credential_helper_is_asked(sandbox: Sandbox, server: str) -> None:
    """The user's own git configuration keeps working."""
    helper = f"!f() {{ echo username={USER}; echo password={PASSWORD}; }}; f"
    (sandbox.home / ".gitconfig").write_text(f'[credential]\n\thelper = "{helper}"\n')
    succeed(sandbox, "init")
    succeed(sandbox, "add", f"{server}/team.git")
    (sandbox.home / ".gitconfig").unlink()
    assert _leaks(sandbox.root) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://{user}:{password}@127.0.0.1:1/x.git",
        "https://{user}:{password}@127.0.0.1:1/x.git",
        "https://{password}@127.0.0.1:1/x.git",
        "https://127.0.0.1:1/x.git?private_token={password}",
        "ssh://{user}:{password}@127.0.0.1:1/x.git",
        "{user}:{password}@127.0.0.1:x.git",
        "https://{user}:{password}@/x.git",
        "https://{user}:a/{password}@127.0.0.1/x.git",
        "ftp://{user}:{password}@127.0.0.1/x.git",
        "git://{user}:{password}@127.0.0.1/x.git",
        "ext::sh -c 'echo {password}'",
    ],
)
def test_failures_do_not_repeat_it(sandbox: Sandbox, url: str) -> None:
    """Whatever is wrong with the URL, lines and document are without the password."""
    write_manifest(sandbox, "packs: {}\n")
    run = sandbox.run("add", url.format(user=USER, password=PASSWORD), "--json")
    assert run.exit in (2, 3), run.stderr
    assert json.loads(run.stdout)["errors"] and run.stderr.startswith("error: ")
    assert _leaks(sandbox.root, run) == []


def test_no_command_repeats_it(sandbox: Sandbox) -> None:
    """A URL that is refused is refused alike wherever it stands."""
    url = f"https://{USER}:{PASSWORD}@127.0.0.1:1/x.git"
    write_manifest(sandbox, "packs: {}\n")
    runs = [sandbox.run(*words) for words in (("registry", "add", "x", url), ("info", url), ("add", f"{url}//a@v1"))]
    assert all(run.exit == 3 for run in runs), [run.stderr for run in runs]
    assert _leaks(sandbox.root, *runs) == []
    write_manifest(sandbox, f"registries: {{x: 'ftp://{USER}:{PASSWORD}@127.0.0.1/x.git'}}\n")
    runs = [sandbox.run(*words) for words in (("install",), ("drift", "--json"))]
    assert all(run.exit == 2 for run in runs), [run.stderr for run in runs]
    assert _leaks(sandbox.root, *runs) == [str(sandbox.project / "agentsync.yaml")]


def test_in_a_manifest_written_by_hand(sandbox: Sandbox, server: str) -> None:
    """It is used, also for what the lock names, and comes into no other file and no output."""
    url = f"{_with_password(server)}/team.git"
    write_manifest(sandbox, f"registries: {{team: '{url}'}}\npacks: {{team/team: ^1}}\n")
    runs = [succeed(sandbox, "install"), sandbox.run("status", "--json"), sandbox.run("registry", "list")]
    succeed(sandbox, "cache", "clean")
    (sandbox.project / ".claude/agents/designer.md").unlink()
    runs += [succeed(sandbox, "install", "--locked"), sandbox.run("diff"), sandbox.run("drift")]
    assert _leaks(sandbox.root, *runs) == [str(sandbox.project / "agentsync.yaml")]


def test_what_a_server_says_is_told_without_it(sandbox: Sandbox, server: str) -> None:
    """Git repeats the URL in its errors; we do not."""
    succeed(sandbox, "init")
    runs = [sandbox.run("add", f"{_with_password(server)}/none.git"), sandbox.run("install", "-q")]
    assert runs[0].exit == 3 and "none.git" in runs[0].stderr
    assert _leaks(sandbox.root, *runs) == []


def test_two_urls_with_and_without(sandbox: Sandbox, server: str) -> None:
    """A URL with a password is the same repository as the one without."""
    url = f"{_with_password(server)}/team.git"
    succeed(sandbox, "init")
    succeed(sandbox, "add", url)
    run = succeed(sandbox, "add", url)
    assert manifest_text(sandbox).count("team.git") == 1
    assert _leaks(sandbox.root, run) == []


def test_a_fleet_asks_with_it_and_reports_without(sandbox: Sandbox, server: str) -> None:
    """From the list through results and status to every file of the report."""
    door, wrong = _with_password(server), server.replace("http://", f"http://{USER}:no-{PASSWORD}@")
    listed = sandbox.project / "list.txt"
    listed.write_text(f"{door}/team.git\n{wrong}/other.git\n{door}/gone.git\n")
    runs = [sandbox.run("fleet", "check", "--from", "list.txt", "--fail-on", "never")]
    listed.unlink()
    runs += [sandbox.run("fleet", "status", *words) for words in ((), ("--json",), ("--pack", "*"))]
    runs += [succeed(sandbox, "fleet", "report", "--out", "report")]
    assert {"unmanaged", "denied", "gone"} <= set(runs[1].stdout.replace(":", "").split())
    assert (sandbox.project / "report" / "index.html").exists() and _leaks(sandbox.root, *runs) == []
