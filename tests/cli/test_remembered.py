"""Notes about registries: they save processes of git, and change no answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Run, Sandbox

FILES = {"registry.yaml": registry_yaml("web"), "packs/web/agents/designer.md": agent("designer")}


@pytest.fixture
def acme(sandbox: Sandbox) -> GitRegistry:
    """A registry with a release that is locked, and a newer one, which was asked for once."""
    registry = GitRegistry(sandbox.root / "acme.git")
    registry.publish("v1.0.0", FILES)
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\npacks:\n  acme/web: ^1\n")
    succeed(sandbox, "install")
    registry.publish("v1.1.0", FILES | {"README.md": "More.\n"})
    succeed(sandbox, "outdated")
    return registry


def commands(run: Run) -> dict[str, int]:
    """The processes of git by command."""
    return dict(Counter(word for call in run.git_calls for word in call if word in WORDS))


WORDS = ("ls-remote", "fetch", "cat-file", "ls-tree", "init", "config", "rev-parse")


def memories(sandbox: Sandbox) -> list[Path]:
    """Every file in which something is remembered."""
    return [path for path in sandbox.cache.glob("git-v1/*.git/agentsync-*/*") if path.is_file()]


def test_one_process_where_nothing_moved(sandbox: Sandbox, acme: GitRegistry) -> None:
    """And what it says is what it said."""
    first = succeed(sandbox, "outdated")
    run = succeed(sandbox, "outdated", git_log=True)
    assert commands(run) == {"ls-remote": 1}
    assert run.stdout == first.stdout == "acme/web  1.0.0  allowed 1.1.0  latest 1.1.0\n"
    assert succeed(sandbox, "outdated", "--offline", git_log=True).git_calls == []


def test_what_moved_is_seen(sandbox: Sandbox, acme: GitRegistry) -> None:
    """A new release, a withdrawn one, a list of packs that names another pattern."""
    acme.publish("v1.2.0", FILES)
    assert "allowed 1.2.0" in succeed(sandbox, "outdated").stdout
    acme.publish(None, FILES | {"registry.yaml": registry_yaml("web", web='yanked: ["1.2.0"]')})
    assert "allowed 1.1.0  latest 1.1.0" in succeed(sandbox, "outdated").stdout
    acme.publish("web-1.3.0", FILES | {"registry.yaml": registry_yaml("web", web='tags: "web-{version}"')})
    assert "allowed 1.3.0  latest 1.3.0" in succeed(sandbox, "outdated").stdout


def test_another_question_has_another_answer(sandbox: Sandbox, acme: GitRegistry) -> None:
    """The same refs, asked for another range."""
    acme.publish("v2.0.0", FILES)
    assert "allowed 1.1.0  latest 2.0.0" in succeed(sandbox, "outdated").stdout
    write_manifest(sandbox, "registries:\n  acme: ../acme.git\npacks:\n  acme/web: '>=1,<3'\n")
    succeed(sandbox, "lock")
    assert "allowed 2.0.0  latest 2.0.0" in succeed(sandbox, "outdated").stdout


BREAKS: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "no JSON": lambda path: path.write_bytes(b"\xff{"),
    "deep": lambda path: path.write_bytes(b"[" * 100_000),
    "another shape": lambda path: path.write_text("[1, 2]"),
    "half": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "nothing in it": lambda path: path.write_text('{"packs": [], "whole": {}, "findings": []}'),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("how", BREAKS)
def test_what_cannot_be_read_is_worked_out_again(sandbox: Sandbox, acme: GitRegistry, how: str) -> None:
    """Whatever became of a file."""
    before = succeed(sandbox, "outdated").stdout
    files = memories(sandbox)
    assert len(files) >= 2
    for path in files:
        BREAKS[how](path)
    assert succeed(sandbox, "outdated").stdout == before


def test_a_folder_that_cannot_be_written(sandbox: Sandbox, acme: GitRegistry) -> None:
    """Nothing is remembered, and everything works."""
    for folder in {path.parent for path in memories(sandbox)}:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        folder.write_text("in the way")
    assert "allowed 1.1.0" in succeed(sandbox, "outdated").stdout
    assert memories(sandbox) == []


def test_it_goes_with_its_repository(sandbox: Sandbox, acme: GitRegistry) -> None:
    """Nothing is left to answer from where the cache was cleaned."""
    succeed(sandbox, "cache", "clean")
    assert memories(sandbox) == []
    run = succeed(sandbox, "outdated", "--offline")
    assert "the cache does not have" in run.stderr and "up to date" not in run.stdout


def test_only_the_last_answers_are_kept(sandbox: Sandbox, acme: GitRegistry) -> None:
    """A registry that moves every day leaves no answer for each of them."""
    for number in range(3):
        acme.publish(f"v1.{number + 2}.0", FILES)
        succeed(sandbox, "outdated")
    (answers,) = [path for path in memories(sandbox) if path.name == "answers"]
    assert len(json.loads(answers.read_bytes())) == 1


def test_few_processes_for_a_lock(sandbox: Sandbox, acme: GitRegistry) -> None:
    """Presence, commit and tree are one question; the files of a pack are two."""
    (sandbox.project / "agentsync.lock").unlink()
    run = succeed(sandbox, "lock", git_log=True)
    assert commands(run)["ls-remote"] == 1
    succeed(sandbox, "update")
    (sandbox.project / "agentsync.lock").unlink()
    run = succeed(sandbox, "lock", git_log=True)
    assert "fetch" not in commands(run)
    assert len(run.git_calls) <= 8
