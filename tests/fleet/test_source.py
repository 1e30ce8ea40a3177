"""The head of a repository alone: what comes, how little is said, and what a failure means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentsync.errors import BusyError, DeniedError, FetchError, NoRepositoryError
from agentsync.fleet.source import Source
from agentsync.formats.git_url import parse_git_url
from agentsync.git.heads import Head
from tests.cli.http_server import serving
from tests.git_registry import GitRegistry
from tests.programs import write_program


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http and ssh are allowed."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:http:ssh")


def test_head_and_a_branch(git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over http, from a folder and over ssh it is the same, in two requests and some hundred bytes."""
    old = git_registry.publish("v1.0.0", {"a.md": "a"})
    for number in range(50):
        git_registry.git("tag", f"v2.0.{number}")
    git_registry.git("branch", "work/it")
    git_registry.git("branch", "work/it-not")
    new = git_registry.publish("v3.0.0", {"a.md": "b"})
    # The user's ssh: here it runs what the other machine would, and shows what it was given.
    ssh = write_program(tmp_path / "bin" / "ssh", 'echo "$@" >> "$0.log"\nfor last; do :; done\neval "$last"\n')
    monkeypatch.setenv("GIT_SSH_COMMAND", f"'{ssh}' -v")
    with serving(git_registry.path.parent) as server:
        folder = git_registry.path
        for url in (str(folder), f"file://{folder}", f"{server}/{folder.name}", f"ssh://kim@host:22{folder}"):
            source = Source(parse_git_url(url))
            assert source.head("") == Head("main", new)
            source.close()
            said = source.traffic
            assert said.requests == 2 and 0 < said.sent < 200 and 0 < said.received < 400, url
            assert source.head("work/it") == Head("work/it", old) and source.head("work") is None
            source.close()
    command = f"-v -o SendEnv=GIT_PROTOCOL -p 22 kim@host git-upload-pack '{folder}'"
    assert (Path(f"{ssh}.log")).read_text().splitlines()[0] == command


def test_what_a_failure_means(git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Denied, gone, empty and out of reach are told apart, by class."""
    git_registry.git("init", "--quiet", "--bare", str(tmp_path / "empty.git"))
    refusing = write_program(
        tmp_path / "bin" / "ssh", "echo 'kim@host: Permission denied (publickey).' >&2\nexit 255\n"
    )
    monkeypatch.setenv("GIT_SSH_COMMAND", str(refusing))
    with serving(tmp_path, user="kim", password="s3cret") as closed, serving(tmp_path) as server:
        means = {
            f"{closed}/empty.git": DeniedError,
            "ssh://kim@host/x.git": DeniedError,
            f"{server}/gone.git": NoRepositoryError,
            str(tmp_path / "gone.git"): NoRepositoryError,
            "http://127.0.0.1:9/x.git": BusyError,
        }
        for url, kind in means.items():
            source = Source(parse_git_url(url))
            with pytest.raises(FetchError) as found:
                source.head("")
            source.close()
            assert type(found.value) is kind, (url, found.value.why)
        for url in (f"{server}/empty.git", str(tmp_path / "empty.git")):
            source = Source(parse_git_url(url))
            assert source.head("") is None
            source.close()
        git_registry.publish("v1.0.0", {"a.md": "a"})
        git_registry.git("symbolic-ref", "HEAD", "refs/heads/gone")
        with serving(git_registry.path.parent) as other:
            for url in (f"{other}/{git_registry.path.name}", str(git_registry.path)):
                source = Source(parse_git_url(url))
                assert source.head("") == Head("", "") and source.head("main") is not None
                source.close()
    assert "s3cret" not in os.environ
